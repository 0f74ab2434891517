"""`migrate`: the next migration files between two specs. And `repair`: invalid indexes, rebuilt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pointsman.database import DatabaseError, connect, resolve_dsn
from pointsman.spec.errors import OptionError, UsageError
from pointsman.spec.finding import Finding, Severity, did_you_mean, shown
from pointsman.spec.lifecycle import Lifecycle
from pointsman.sql.dangers import ALLOWED, dangers
from pointsman.sql.repair import BuildRunningError, Invalid, invalid_indexes
from pointsman.sql.repair import repair as rebuild
from pointsman.sql.runner import Runner, number, refuse_taken
from pointsman.sql.runners import RUNNERS
from pointsman.sql.schema import table_of
from pointsman.sql.steps import steps
from pointsman.writing.adding import add
from pointsman.writing.output import Output

__all__ = ["BuildRunningError", "MigrationPlan", "RepairReport", "migrate", "repair", "runner_names"]


@dataclass(frozen=True)
class MigrationPlan:
    """The migration from one spec to another: the files, and what the rows of the table still have to decide.

    Attributes:
        files: new files for `folder`, in the order in which they are applied, with paths relative to it. Empty where
            the plan is `blocked`, and where the database stays as it is.
        findings: the dangers of the migration. An error is one that was not allowed, and its facts have the query that
            decides it; one that was allowed is a note.
        folder: where the migrations are.
    """

    files: tuple[Output, ...]
    findings: tuple[Finding, ...]
    folder: Path

    @property
    def blocked(self) -> bool:
        """Whether a danger stands that was not allowed. `files` are empty then, though the database would change."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def __bool__(self) -> bool:
        """Whether the plan may be written: False where it is `blocked`."""
        return not self.blocked

    def write(self) -> tuple[Path, ...]:
        """Add all files to `folder`, or none, and give their paths. Nothing that is there is ever overwritten.

        Raises:
            UsageError: the plan is blocked, a file is there already, or the folder cannot be written.
        """
        if self.blocked:
            codes = sorted({finding.code for finding in self.findings if finding.severity is Severity.ERROR})
            raise UsageError(f"The migration is blocked by {', '.join(codes)}, and nothing was written.")
        return add(self.files, self.folder)


def migrate(
    old: Lifecycle | None,
    new: Lifecycle,
    *,
    number: str | None = None,
    folder: str | Path = "migrations",
    runner: str = "plain",
    allow: Iterable[str] = (),
) -> MigrationPlan:
    """Plan the migration of a table from one spec to another. Nothing is written: see `MigrationPlan.write`.

    Args:
        old: the spec that the database follows now; None for a database without the table.
        new: the spec that it shall follow.
        number: the number of the first new file, in digits, such as ``"0042"``. It is needed where there are files.
        folder: where the migrations are. It is looked at, for the numbers that are taken, and not changed.
        runner: what applies them, such as ``plain`` or ``flyway``; `runner_names` has all of them.
        allow: codes of dangers that you have looked into, such as ``"status-removed"``: each is a note then.

    Returns:
        The plan. Look at `plan.blocked` before `plan.files`: without files, the database may be fine or in danger.

    Raises:
        OptionError: `number` is missing or no number, or a danger cannot be allowed.
        UsageError: a spec has no table, there is no such runner, or the number is taken.

    Example::

        plan = migrate(load("old/orders.yaml"), load("spec/orders.yaml"), number="0042")
        if not plan.blocked:
            plan.write()
    """
    applied_by = _runner(runner)
    findings = _findings(old, new, frozenset(allow))
    plan = MigrationPlan((), findings, Path(folder))
    return plan if plan.blocked else replace(plan, files=_files(old, new, applied_by, number, plan.folder))


def runner_names() -> tuple[str, ...]:
    """The names that `migrate` takes for `runner`, the usual one first."""
    return tuple(runner.name for runner in RUNNERS)


def _runner(name: str) -> Runner:
    known = {runner.name: runner for runner in RUNNERS}
    if name not in known:
        raise UsageError(f"there is no runner {name!r}.{did_you_mean(name, known)} There are: {', '.join(known)}.")
    return known[name]


def _findings(old: Lifecycle | None, new: Lifecycle, allowed: frozenset[str]) -> tuple[Finding, ...]:
    """The dangers; those that were allowed weigh only as notes."""
    if strange := sorted(allowed.difference(ALLOWED)):
        raise OptionError("allow", f"{strange[0]} is not possible; it takes {', '.join(ALLOWED)}.")
    found = dangers(old, new) if old is not None else ()
    return tuple(_allowed(each) if each.code in allowed else _refused(each) for each in found)


def _allowed(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.NOTE)


def _refused(finding: Finding) -> Finding:
    if not dict(finding.facts).get("query"):
        return finding
    return replace(finding, help=f"{finding.help}\nIf it counts 0 rows, repeat with --allow {finding.code}.")


def _files(
    old: Lifecycle | None, new: Lifecycle, runner: Runner, first: str | None, folder: Path
) -> tuple[Output, ...]:
    planned = steps(old, new)
    if not planned:
        return ()
    if first is None or not re.fullmatch(r"[0-9]{1,18}", first):
        given = f", and {shown(first)} is no number" if first is not None else ""
        raise OptionError("number", f"says which number the first file gets, such as 983{given}.")
    refuse_taken(runner, folder, first)
    return runner.render(number(planned, table_of(new).name, first), folder)


# --- repair --------------------------------------------------------------------


@dataclass(frozen=True)
class RepairReport:
    """What `repair` found and did.

    Attributes:
        found: the invalid indexes.
        left: the indexes that are invalid still.
        statements: the SQL statements that were run; those that would be run, with `dry_run`.
        stopped: why the database refused a statement; empty where all was done.
    """

    found: tuple[Invalid, ...] = ()
    left: tuple[Invalid, ...] = ()
    statements: tuple[str, ...] = ()
    stopped: str = ""


def repair(lifecycle: Lifecycle, dsn: str | None = None, *, dry_run: bool = False) -> RepairReport:
    """Rebuild the invalid indexes of a table, which an index build that was broken off leaves behind.

    Args:
        lifecycle: the spec that the database follows now.
        dsn: the database, as for `audit`.
        dry_run: only say what would be run.

    Returns:
        The report; `left` is empty where every index is valid now.

    Raises:
        BuildRunningError: another session is building an index of the table: it may be the one that looks invalid.
        UsageError: there is no database at `dsn`, or the spec has no table.
    """
    ran: list[str] = []
    with connect(resolve_dsn(dsn)) as database:
        try:
            found = tuple(invalid_indexes(database, lifecycle))
            left = found if dry_run else tuple(rebuild(database, lifecycle, ran.append))
        except DatabaseError as error:
            return RepairReport(statements=tuple(ran), stopped=_stopped(error, ran))
    planned = tuple(statement for index in found for statement in index.statements)
    return RepairReport(found, left, planned if dry_run else tuple(ran))


def _stopped(error: Exception, ran: list[str]) -> str:
    after = f" after {len(ran)} statements" if ran else ""
    return f"The database refused{after}: {error}. Nothing else was run; look what it needs and repeat."
