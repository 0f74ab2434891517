"""Compares SQL expressions by the form in which the database itself prints them.

PostgreSQL prints the expression of a CHECK or an index with casts and forms of
its own, so texts cannot be compared: ``status in ('a', 'b')`` comes back as
``((status)::text = ANY ((ARRAY['a'::character varying, ...])::text[]))``. Making
the wanted object on a copy of the table and comparing the two printed forms
would need a transaction that may write. `canonical` lets the planner read both
expressions and print them instead: EXPLAIN runs nothing, takes the lock of a
SELECT, and works on a hot standby.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

from pointsman.database import Database, DatabaseError
from pointsman.sql.quoting import identifier

MOST_AT_ONCE = 200
"""Expressions in one query; PostgreSQL takes 1,664 columns."""


def canonical(database: Database, table: str, expressions: Sequence[str]) -> tuple[str | None, ...]:
    """Each expression over `table` (a name in SQL) as the server prints it, with lists of values sorted.

    Two expressions with equal results mean the same. None stands for an
    expression that the server cannot read, for instance because a column is
    missing. The caller must leave out expressions that call functions which did
    not come with the server: the planner may run an immutable function, with
    the rights of the connected role.

    Raises:
        DatabaseError: the table may not be read, or time ran out.
    """
    texts: list[str | None] = []
    for start in range(0, len(expressions), MOST_AT_ONCE):
        texts.extend(_explained(database, table, expressions[start : start + MOST_AT_ONCE]))
    return tuple(texts)


def admitted(text: str, column: str) -> tuple[str, ...] | None:
    """The values to which a canonical expression restricts `column`; None for an expression of another form."""
    name = re.escape(identifier(column))
    several = rf"ANY \((?P<several>{_CONSTANT})::[^']+?\[\]\)"
    one = rf"(?P<one>{_CONSTANT})::[^'()]+(?:\(\d+\))?"
    comparison = re.compile(rf"\((?:{name}|\({name}\)::[\w ]+) = (?:{several}|{one})\)")
    found: dict[str, None] = {}
    rest = text if comparison.fullmatch(text) else text.removeprefix("(").removesuffix(")")
    while match := comparison.match(rest):
        listed = _elements(_value(match["several"])) if match["several"] else (_value(match["one"]),)
        found.update(dict.fromkeys(value for value in listed if value is not None))
        rest = rest[match.end() :].removeprefix(" OR ")
    return None if rest else tuple(found)


def _explained(database: Database, table: str, expressions: Sequence[str]) -> Iterator[str | None]:
    listed = ", ".join(f"({expression})" for expression in expressions)
    try:
        answer = database.read(f"{_EXPLAIN} select {listed} from only {table}")  # noqa: S608 - nothing of it is run
    except DatabaseError as error:
        if error.denied or error.timed_out:
            raise
        if len(expressions) == 1:
            yield None
            return
        for expression in expressions:
            yield from _explained(database, table, (expression,))
        return
    plan = cast("list[dict[str, Any]]", answer[0][0])[0]["Plan"]
    yield from (_ordered(str(text)) for text in plan["Output"])


_EXPLAIN = "explain (verbose, costs off, format json)"

_CONSTANT = r"E?'(?:[^']|'')*'"
"""A text literal as the server prints it: quotes are doubled, and after an E backslashes too."""


def _ordered(text: str) -> str:
    """`text` with the values of every ``= ANY`` and ``<> ALL`` sorted, because their order means nothing."""

    def in_order(match: re.Match[str]) -> str:
        values = sorted(_elements(_value(match[2])), key=lambda each: (each is None, each or ""))
        return f"{match[1]}{_array(values)}"

    return re.sub(rf"((?:ANY|ALL) \()({_CONSTANT})(?=::[^']+?\[\]\))", in_order, text)


def _value(constant: str) -> str:
    body = constant[constant.index("'") + 1 : -1].replace("''", "'")
    return body.replace("\\\\", "\\") if constant.startswith("E") else body


def _elements(array: str) -> tuple[str | None, ...]:
    """The values of an array in PostgreSQL's text form: ``{a,"b c",NULL}``."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|([^{},"]+)', array)
    return tuple(_unquoted(quoted, plain) for quoted, plain in found)


def _unquoted(quoted: str, plain: str) -> str | None:
    if plain:
        return None if plain == "NULL" else plain
    return re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)


def _array(values: Sequence[str | None]) -> str:
    spelled = ("NULL" if each is None else '"' + re.sub(r'(["\\])', r"\\\1", each) + '"' for each in values)
    body = "{" + ",".join(spelled) + "}"
    quoted = body.replace("'", "''")
    return f"E'{quoted.replace(chr(92), chr(92) * 2)}'" if "\\" in body else f"'{quoted}'"
