"""The names that generated SQL makes up: constraints, the trigger and its function, indexes of kept events.

PostgreSQL cuts a name after 63 bytes and only says so in a notice. Nothing here
cuts: `derived_names` lists every name with the part of the spec it comes from,
so that a name which is too long, or which two things share, can be pointed at.
"""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.spec.lifecycle import Enforcement, Event, Lifecycle, Table
from pointsman.spec.meaning import keeps
from pointsman.spec.source import Path

LONGEST = 63
"""Bytes of a PostgreSQL identifier."""


def primary_key(table: Table) -> str:
    """The primary key's constraint and index."""
    return f"{table.name}_pkey"


def known_check(table: Table) -> str:
    """The CHECK that the status is one of the spec's."""
    return f"{table.name}_{table.status_column}_known"


def requires_check(table: Table, status: str) -> str:
    """The CHECK for what a status requires."""
    return f"{table.name}_{status}_requires"


def column_check(table: Table, column: str) -> str:
    """The CHECK for a column's own condition."""
    return f"{table.name}_{column}_check"


def transitions_rule(table: Table) -> str:
    """The trigger, its function, and the constraint's name in the error that it raises."""
    return f"{table.name}_{table.status_column}_transitions"


def sweep_index(table: Table, event: str) -> str:
    """The index over the rows that keep an event which can now apply."""
    return f"idx_{table.name}_{event}_kept"


def is_swept(lifecycle: Lifecycle, event: Event) -> bool:
    """Whether rows may keep `event` until some transition takes it."""
    return keeps(event) and any(transition.event == event.name for transition in lifecycle.transitions)


def derived_names(lifecycle: Lifecycle) -> tuple[tuple[str, Path], ...]:
    """Every name that the SQL of `lifecycle` makes up, each with the path of the spec it comes from.

    A lifecycle without a table has none. Names that the spec spells out itself,
    a queue's index among them, are not here.
    """
    table = lifecycle.table
    return tuple(_derived(lifecycle, table)) if table is not None else ()


def _derived(lifecycle: Lifecycle, table: Table) -> Iterator[tuple[str, Path]]:
    yield primary_key(table), ("table", "name")
    if Enforcement.CHECK in table.enforce:
        yield known_check(table), ("table", "name")
        for status in lifecycle.statuses:
            if status.requires:
                yield requires_check(table, status.name), ("statuses", status.name, "requires")
        for column in table.columns:
            if column.check is not None:
                yield column_check(table, column.name), ("table", "columns", column.name, "check")
    if Enforcement.TRIGGER in table.enforce:
        yield transitions_rule(table), ("table", "name")
    for event in lifecycle.events:
        if is_swept(lifecycle, event):
            yield sweep_index(table, event.name), ("events", event.name, "keep_in")
