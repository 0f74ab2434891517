"""The types of the audit's checks, and the context that a check gets.

A row check asks a question about every row; one pass over the table answers all
row checks. A table check reads the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from pointsman.auditing.meaning import Meaning
from pointsman.live.table import LiveTable
from pointsman.spec.database_names import derived_names
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Lifecycle, Table
from pointsman.spec.source import Path, Place
from pointsman.sql.quoting import identifier
from pointsman.sql.schema import Schema


@dataclass(frozen=True)
class AuditContext:
    """The input of every check: the spec, and the live table.

    `schema` is the schema that the spec generates. `meaning` holds the server's
    form of each expression. `overdue_after` is the user's bound for rows that
    are due, None if the user gave none.
    """

    lifecycle: Lifecycle
    table: Table
    live: LiveTable
    schema: Schema
    meaning: Meaning
    overdue_after: timedelta | None = None

    def has(self, *columns: str) -> bool:
        """True if the live table has all of these columns."""
        return all(column in self.live.column for column in columns)

    def place(self, *path: str | int) -> Place:
        """The place in the spec of the value at `path`."""
        return self.lifecycle.place(*path)

    def origin(self, name: str) -> Path:
        """The path in the spec from which the constraint, index or trigger called `name` is generated."""
        return self._origins.get(name, ("table", "name"))

    @cached_property
    def _origins(self) -> dict[str, Path]:
        made_up = dict(derived_names(self.lifecycle))
        spelled_out = {queue.index: ("queues", queue.name, "index") for queue in self.lifecycle.queues if queue.index}
        return {**made_up, **spelled_out}


@dataclass(frozen=True, slots=True)
class Probe:
    """One question about the rows: how many contradict the spec, and which?

    `condition` is SQL that is true for a row that contradicts the spec, apart
    from its status. `statuses` are the names of the statuses to look at: None
    for rows of any status, an empty tuple for rows whose status the spec does
    not know. `shows` are the columns that an example shows beside the key. The
    commonest values of the column `tally` are counted. `says` begins the
    message; the count follows.
    """

    subject: str
    statuses: tuple[str, ...] | None
    condition: str
    place: Place
    says: str
    help: str
    shows: tuple[str, ...] = ()
    tally: str | None = None


@dataclass(frozen=True, slots=True)
class RowCheck:
    """A check of the rows."""

    code: str
    severity: Severity
    summary: str
    probes: Callable[[AuditContext], Iterator[Probe]]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A contradiction found by a table check. With `severity` None the severity of the check applies."""

    subject: str
    message: str
    place: Place
    help: str
    facts: tuple[tuple[str, str], ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class TableCheck:
    """A check of the catalogue."""

    code: str
    severity: Severity
    summary: str
    look: Callable[[AuditContext], Iterator[Contradiction]]

    def findings(self, subject: AuditContext) -> Iterator[Finding]:
        """The contradictions that the check sees in `subject`, as findings."""
        for found in self.look(subject):
            yield finding(self, found)


AuditCheck = RowCheck | TableCheck


def finding(check: AuditCheck, found: Contradiction) -> Finding:
    """The finding of `check` for a contradiction."""
    severity = found.severity or check.severity
    return Finding(check.code, severity, found.message, found.place, found.help, found.subject, found.facts)


def null(column: str) -> str:
    """The SQL condition that `column` is null."""
    return f"{identifier(column)} is null"
