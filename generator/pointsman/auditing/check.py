"""What a check of the audit is, and what it is given.

A row check asks a question of every row; all of them are answered in one pass
over the table. A table check reads the catalogue.
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
    """What is audited: the spec, and the table as it is.

    `overdue_after` is the user's own bound for rows that are due, if they gave
    one. `meaning` tells how the server reads an expression, by its text.
    """

    lifecycle: Lifecycle
    table: Table
    live: LiveTable
    schema: Schema
    meaning: Meaning
    overdue_after: timedelta | None = None

    def has(self, *columns: str) -> bool:
        """Whether the live table has all of these columns."""
        return all(column in self.live.column for column in columns)

    def place(self, *path: str | int) -> Place:
        """Where the spec says what `path` names."""
        return self.lifecycle.place(*path)

    def origin(self, name: str) -> Path:
        """The part of the spec that the constraint, index or trigger called `name` comes from."""
        return self._origins.get(name, ("table", "name"))

    @cached_property
    def _origins(self) -> dict[str, Path]:
        made_up = dict(derived_names(self.lifecycle))
        spelled_out = {queue.index: ("queues", queue.name, "index") for queue in self.lifecycle.queues if queue.index}
        return {**made_up, **spelled_out}


@dataclass(frozen=True, slots=True)
class Probe:
    """One question about the rows: how many contradict the spec, and which?

    `condition` is SQL that is true of such a row, its status aside. `statuses`
    are the names it concerns: None for rows of any status, and an empty tuple
    for rows whose status the spec does not know. `shows` are columns worth
    seeing beside the key; of `tally` the commonest values are counted. `says`
    opens the message, before the count.
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
    """What a table check found. `severity` is the check's own where it is None."""

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
        """What the check found, as findings."""
        for found in self.look(subject):
            yield finding(self, found)


AuditCheck = RowCheck | TableCheck


def finding(check: AuditCheck, found: Contradiction) -> Finding:
    """A contradiction as a finding of `check`."""
    severity = found.severity or check.severity
    return Finding(check.code, severity, found.message, found.place, found.help, found.subject, found.facts)


def null(column: str) -> str:
    """The condition that a column is null."""
    return f"{identifier(column)} is null"
