"""`pointsman migrate`: the next migration files, and the mending of invalid indexes."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pointsman.result import Code, Prose, Result
from pointsman.spec.errors import UsageError
from pointsman.spec.finding import Finding, Severity, shown

if TYPE_CHECKING:
    from pointsman.spec.lifecycle import Lifecycle
    from pointsman.writing.output import Output

HELP = "add the migration files between two specs, or rebuild invalid indexes (--repair)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: two specs and a number, or --repair with a database."""
    from pointsman.sql.runners import RUNNERS

    runners = [runner.name for runner in RUNNERS]
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
        "--allow", action="append", default=[], metavar="CODE", help="go on in spite of this finding; may be repeated"
    )
    parser.add_argument("--dry-run", action="store_true", help="print what would be written or run, and do nothing")
    parser.add_argument("--repair", action="store_true", help="rebuild the invalid indexes of one spec's table")
    parser.add_argument("--dsn", help="the database to repair; env:NAME takes it from the environment")


def run(arguments: argparse.Namespace) -> Result:
    """Write files, or repair."""
    from pointsman.loading.load import load

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
    return _migrate(old, new, arguments)


# --- files ---------------------------------------------------------------------


def _migrate(old: Lifecycle | None, new: Lifecycle, arguments: argparse.Namespace) -> Result:
    from pointsman.writing.adding import add

    findings = _findings(old, new, frozenset(arguments.allow))
    if any(finding.severity is Severity.ERROR for finding in findings):
        return Result("migrate", findings, summary="Nothing was written.")
    outputs = _outputs(old, new, arguments)
    if not outputs:
        return Result("migrate", findings, summary="Nothing to do: the database stays as it is.", data={"files": []})
    paths = [(arguments.out / output.path).as_posix() for output in outputs]
    data = {"files": paths}
    if arguments.dry_run:
        blocks = tuple(Code(f"--- {path}\n{output.text}") for path, output in zip(paths, outputs, strict=True))
        return Result("migrate", findings, blocks, data, f"{len(paths)} files would be written.")
    add(outputs, arguments.out)
    return Result("migrate", findings, (Prose("\n".join(paths)),), data, f"{len(paths)} files written.")


def _findings(old: Lifecycle | None, new: Lifecycle, allowed: frozenset[str]) -> tuple[Finding, ...]:
    """The dangers; those that were allowed weigh only as notes."""
    from pointsman.sql.dangers import ALLOWED, dangers

    if strange := sorted(allowed.difference(ALLOWED)):
        raise UsageError(f"--allow {strange[0]} is not possible; it takes {', '.join(ALLOWED)}.")
    found = dangers(old, new) if old is not None else ()
    return tuple(_answered(each) if each.code in allowed else _open(each) for each in found)


def _answered(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.NOTE)


def _open(finding: Finding) -> Finding:
    if not dict(finding.facts).get("query"):
        return finding
    return replace(finding, help=f"{finding.help}\nIf it counts 0 rows, repeat with --allow {finding.code}.")


def _outputs(old: Lifecycle | None, new: Lifecycle, arguments: argparse.Namespace) -> tuple[Output, ...]:
    from pointsman.sql.runner import number, refuse_taken
    from pointsman.sql.runners import RUNNERS
    from pointsman.sql.schema import table_of
    from pointsman.sql.steps import steps

    planned = steps(old, new)
    if not planned:
        return ()
    first: str | None = arguments.number
    if first is None or not re.fullmatch(r"[0-9]{1,18}", first):
        given = f", and {shown(first)} is no number" if first is not None else ""
        raise UsageError(f"--number N says which number the first file gets, such as --number 983{given}.")
    runner = next(runner for runner in RUNNERS if runner.name == arguments.runner)
    refuse_taken(runner, arguments.out, first)
    return runner.render(number(planned, table_of(new).name, first), arguments.out)


# --- repair --------------------------------------------------------------------


def _repair(lifecycle: Lifecycle, dsn: str | None, *, dry_run: bool) -> Result:
    from pointsman.database import DatabaseError, connect, resolve_dsn
    from pointsman.sql.repair import BuildRunningError, invalid_indexes, repair

    ran: list[str] = []
    with connect(resolve_dsn(dsn)) as database:
        try:
            found = invalid_indexes(database, lifecycle)
            left = found if dry_run else repair(database, lifecycle, ran.append)
        except BuildRunningError as error:
            return Result("migrate", incomplete=(str(error),))
        except DatabaseError as error:
            return Result("migrate", blocks=_ran(ran), incomplete=(_stopped(error, ran),), data={"statements": ran})
    statements = [statement for invalid in found for statement in invalid.statements] if dry_run else ran
    findings = tuple(_invalid(lifecycle, invalid.name, invalid.why) for invalid in left)
    if not found:
        summary = "No index is invalid."
    elif dry_run:
        summary = f"{len(found)} would be mended; nothing was changed."
    else:
        summary = f"{len(found) - len(left)} of {len(found)} mended."
    return Result("migrate", findings, _ran(statements), {"statements": statements}, summary)


def _ran(statements: list[str]) -> tuple[Code, ...]:
    return (Code("".join(f"{statement};\n" for statement in statements), "sql"),) if statements else ()


def _stopped(error: Exception, ran: list[str]) -> str:
    after = f" after {len(ran)} statements" if ran else ""
    return f"The database refused{after}: {error}. Nothing else was run; look what it needs and repeat."


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
