"""`audit`: which rows, indexes and constraints of a live table contradict the spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from pointsman.auditing.rows import StatusCount
from pointsman.auditing.run import CODES, AuditScope
from pointsman.auditing.run import audit as compare_with_database
from pointsman.database import Timeouts, connect, resolve_dsn
from pointsman.spec.errors import OptionError, UsageError
from pointsman.spec.finding import Finding, Severity, did_you_mean
from pointsman.spec.lifecycle import Lifecycle

__all__ = ["AuditOptions", "AuditReport", "StatusCount", "audit"]


@dataclass(frozen=True)
class AuditOptions:
    """Which checks `audit` makes, and how long each query may take.

    Attributes:
        only: the codes of the only checks to make; without any, all. `docs/audit.md` lists the codes.
        skip: the codes of checks that are not made.
        sample: the share of the table to read, above 0 and at most 100 per cent; None for all of it.
        examples: how many keys to fetch for each finding, from 0 to 1,000.
        overdue_after: how long a row may be due before it counts as overdue; None for what the spec says.
        statement_timeout: the longest that a query may take.
        lock_timeout: the longest wait for a lock.

    Raises:
        OptionError: `sample` or `examples` is out of its range.
        UsageError: `only` or `skip` has a code that no check has.
    """

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    sample: float | None = None
    examples: int = 5
    overdue_after: timedelta | None = None
    statement_timeout: timedelta = timedelta(minutes=1)
    lock_timeout: timedelta = timedelta(seconds=2)

    def __post_init__(self) -> None:
        _refuse_unknown(self.only)
        _refuse_unknown(self.skip)
        if self.sample is not None and not 0 < self.sample <= 100:
            raise OptionError(
                "sample", f"{self.sample:g} is no share of a table: give more than 0 and at most 100 per cent."
            )
        if not 0 <= self.examples <= 1000:
            raise OptionError("examples", "takes a number from 0 to 1000.")

    @property
    def checks(self) -> tuple[str, ...]:
        """The codes of the checks that are made, in alphabetical order."""
        return tuple(sorted((frozenset(self.only) or frozenset(CODES)) - frozenset(self.skip)))


@dataclass(frozen=True)
class AuditReport:
    """What `audit` found. The report is true where the table `agrees`.

    Attributes:
        findings: the contradictions; the facts of a finding have the count, example keys and the query.
        incomplete: a sentence for each part of the table that `audit` could not read and that may contradict the
            spec.
        checks: the codes of the checks that were made.
        table: the name of the table as SQL writes it; None where there is no such table, or the catalogue was not read.
        rows: the number of rows in each status; None where no row was read.
        server_version: PostgreSQL's own number: 180001 is 18.1.
    """

    findings: tuple[Finding, ...]
    incomplete: tuple[str, ...]
    checks: tuple[str, ...]
    table: str | None
    rows: tuple[StatusCount, ...] | None
    server_version: int

    @property
    def agrees(self) -> bool:
        """Whether the table agrees with the spec in all that the checks look at.

        False where there is an error or a warning (a note is neither), where anything could not be looked at, such as
        the rest of a sampled table, and where no check was made.
        """
        heavy = any(finding.severity is not Severity.NOTE for finding in self.findings)
        return self.table is not None and bool(self.checks) and not heavy and not self.incomplete

    def __bool__(self) -> bool:
        return self.agrees


def audit(
    lifecycle: Lifecycle,
    dsn: str | None = None,
    options: AuditOptions | None = None,
    *,
    tell: Callable[[str], None] | None = None,
) -> AuditReport:
    """Hold a live PostgreSQL table against its spec. It only reads.

    Args:
        lifecycle: what `load` gave, with a `table:`.
        dsn: the database: a URL or libpq's words, or ``env:NAME`` for a variable that holds one. None is the variable
            DATABASE_URL, else libpq's own PGHOST and so on. It needs the package psycopg: ``pointsman[postgres]``.
        options: which checks, and how long; None is all of them.
        tell: is told a sentence before something that takes long.

    Returns:
        The report. Ask `report.agrees`.

    Raises:
        UsageError: psycopg is not installed, there is no database at `dsn`, or the spec has no table.

    Example::

        report = audit(load("spec/orders.yaml"), "env:DATABASE_URL", AuditOptions(sample=10))
        for finding in report.findings:
            print(finding.code, finding.message, dict(finding.facts)["query"])
    """
    chosen = options or AuditOptions()
    scope = AuditScope(frozenset(chosen.checks), chosen.sample, chosen.examples, chosen.overdue_after)
    timeouts = Timeouts(chosen.statement_timeout, chosen.lock_timeout)
    with connect(resolve_dsn(dsn), timeouts=timeouts) as database:
        report = compare_with_database(lifecycle, database, scope, tell)
        version = database.version
    table = report.live.sql if report.live is not None else None
    return AuditReport(report.findings, report.incomplete, chosen.checks, table, report.statuses, version)


def _refuse_unknown(codes: Iterable[str]) -> None:
    for code in codes:
        if code not in CODES:
            raise UsageError(f"There is no check {code!r}.{did_you_mean(code, CODES)} There are {', '.join(CODES)}.")
