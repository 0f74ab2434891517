"""`pointsman migrate`: write the next migration files, or rebuild invalid indexes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pointsman.result import Code, Prose, Result
from pointsman.spec.errors import OptionError, UsageError
from pointsman.spec.finding import Finding, Severity, shown

if TYPE_CHECKING:
    from pointsman.api.migrating import MigrationPlan
    from pointsman.spec.lifecycle import Lifecycle

HELP = "add the migration files between two specs, or rebuild invalid indexes (--repair)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: two specs and a number, or --repair with a database."""
    from pointsman.api.migrating import runner_names

    runners = runner_names()
    parser.add_argument(
        "specs", nargs="+", metavar="SPEC", help="the spec as it was and as it is; one alone makes the table"
    )
    parser.add_argument("--number", metavar="N", help="the number of the first new file")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("migrations"),
        metavar="FOLDER",
        help="where the files go (default: migrations)",
    )
    parser.add_argument(
        "--runner", choices=runners, default=runners[0], help=f"what applies them (default: {runners[0]})"
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="CODE",
        help="write in spite of this finding; may be repeated",
    )
    parser.add_argument("--dry-run", action="store_true", help="print what would be written or run, and do nothing")
    parser.add_argument("--repair", action="store_true", help="rebuild the invalid indexes of one spec's table")
    parser.add_argument("--dsn", help="the database to repair; env:NAME takes it from the environment")


def run(arguments: argparse.Namespace) -> Result:
    """Write the files of a migration, or rebuild indexes.

    Raises:
        SpecError: a spec cannot be loaded.
        UsageError: an option makes no sense, or a file or the database is in the way.
    """
    from pointsman.api.loading import load

    if arguments.repair:
        if len(arguments.specs) != 1:
            raise UsageError("--repair takes one spec: the one that the database follows now.")
        return _repair(load(arguments.specs[0]), arguments.dsn, dry_run=arguments.dry_run)
    if arguments.dsn is not None:
        raise UsageError("--dsn goes with --repair; writing migrations needs no database.")
    if len(arguments.specs) > 2:
        raise UsageError("migrate takes the spec as it was and the spec as it is, or one spec alone for a new table.")
    new = load(arguments.specs[-1])
    old = load(arguments.specs[0]) if len(arguments.specs) == 2 else None
    return _result(_plan(old, new, arguments), dry_run=arguments.dry_run)


# --- files ---------------------------------------------------------------------


def _plan(old: Lifecycle | None, new: Lifecycle, arguments: argparse.Namespace) -> MigrationPlan:
    from pointsman.api.migrating import migrate

    try:
        return migrate(
            old, new, number=arguments.number, folder=arguments.out, runner=arguments.runner, allow=arguments.allow
        )
    except OptionError as error:
        if error.option != "number":
            raise
        given = f", and {shown(arguments.number)} is no number" if arguments.number is not None else ""
        raise UsageError(f"--number N says which number the first file gets, such as --number 983{given}.") from error


def _result(plan: MigrationPlan, *, dry_run: bool) -> Result:
    if plan.blocked:
        return Result("migrate", plan.findings, summary="Nothing was written.")
    if not plan.files:
        return Result(
            "migrate", plan.findings, summary="Nothing to do: the database stays as it is.", data={"files": []}
        )
    paths = [(plan.folder / output.path).as_posix() for output in plan.files]
    data = {"files": paths}
    if dry_run:
        blocks = tuple(Code(f"--- {path}\n{output.text}") for path, output in zip(paths, plan.files, strict=True))
        return Result("migrate", plan.findings, blocks, data, f"{len(paths)} files would be written.")
    plan.write()
    return Result("migrate", plan.findings, (Prose("\n".join(paths)),), data, f"{len(paths)} files written.")


# --- repair --------------------------------------------------------------------


def _repair(lifecycle: Lifecycle, dsn: str | None, *, dry_run: bool) -> Result:
    from pointsman.api.migrating import BuildRunningError, repair

    try:
        report = repair(lifecycle, dsn, dry_run=dry_run)
    except BuildRunningError as error:
        return Result("migrate", incomplete=(str(error),))
    statements = list(report.statements)
    data, blocks = {"statements": statements}, _ran(statements)
    if report.stopped:
        return Result("migrate", blocks=blocks, incomplete=(report.stopped,), data=data)
    findings = tuple(_invalid(lifecycle, index.name, index.why) for index in report.left)
    if not report.found:
        summary = "No index is invalid."
    elif dry_run:
        summary = f"{len(report.found)} would be mended; nothing was changed."
    else:
        summary = f"{len(report.found) - len(report.left)} of {len(report.found)} mended."
    return Result("migrate", findings, blocks, data, summary)


def _ran(statements: list[str]) -> tuple[Code, ...]:
    return (Code("".join(f"{statement};\n" for statement in statements), "sql"),) if statements else ()


def _invalid(lifecycle: Lifecycle, name: str, why: str) -> Finding:
    queue = next((queue.name for queue in lifecycle.queues if queue.index == name), None)
    place = lifecycle.place("queues", queue, "index", value=True) if queue is not None else lifecycle.place("table")
    return Finding(
        "index-invalid",
        Severity.WARNING,
        f"The index {name} is invalid: {why}. Writers keep it up to date and no query uses it.",
        place,
        "Run migrate --repair with the same database.",
        f"index:{name}",
    )
