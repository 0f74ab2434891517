"""Asks the server once for its form of every expression that the audit compares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.database import Database
from pointsman.live.expressions import admitted, canonical
from pointsman.live.table import LiveColumn, LiveTable
from pointsman.spec.lifecycle import Table
from pointsman.sql.quoting import setting
from pointsman.sql.schema import Schema


@dataclass(frozen=True)
class Meaning:
    """The server's form of expressions over one table, by their text. Expressions that it cannot read have no entry."""

    canonical: dict[str, str]
    status_column: str

    def same(self, wanted: str, found: str) -> bool:
        """True if the server can read both expressions and they mean the same."""
        ours, theirs = self.canonical.get(wanted), self.canonical.get(found)
        if ours is None or theirs is None:
            return False
        return ours == theirs or self._same_statuses(wanted, found)

    def statuses(self, expression: str) -> tuple[str, ...] | None:
        """The values to which `expression` restricts the status; None for an expression of another form."""
        text = self.canonical.get(expression)
        return None if text is None else admitted(text, self.status_column)

    def _same_statuses(self, wanted: str, found: str) -> bool:
        ours, theirs = self.statuses(wanted), self.statuses(found)
        return ours is not None and theirs is not None and set(ours) == set(theirs)


def as_type(expression: str, column: LiveColumn) -> str:
    """A column's default, cast to the column's type: the server may print a cast that the spec does not have."""
    return f"cast({expression} as {column.type})"


def read_meaning(database: Database, live: LiveTable, table: Table, schema: Schema) -> Meaning:
    """Ask the server about the expressions of the spec and those of the table.

    Raises:
        DatabaseError: the table may not be read, or time ran out.
    """
    texts = tuple(dict.fromkeys((*_wanted(live, table, schema), *_found(live, table))))
    answers = canonical(database, live.sql, texts)
    known = {text: answer for text, answer in zip(texts, answers, strict=True) if answer is not None}
    return Meaning(known, table.status_column)


def _wanted(live: LiveTable, table: Table, schema: Schema) -> Iterator[str]:
    yield from (check.expression for check in schema.checks)
    yield from (index.where for index in schema.indexes)
    for column in table.columns:
        if column.default is not None and column.name in live.column:
            yield as_type(setting(column.default), live.column[column.name])


def _found(live: LiveTable, table: Table) -> Iterator[str]:
    """The table's expressions, except those with foreign code: the planner could run it with our role's rights."""
    yield from (check.expression for check in live.checks if not check.foreign_code)
    yield from (index.predicate for index in live.indexes if index.predicate is not None and not index.foreign_code)
    for column in live.columns:
        if column.name in table.column and column.default is not None and not column.foreign_code:
            yield as_type(column.default, column)
