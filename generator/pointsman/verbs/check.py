"""`pointsman check`: what can go wrong around the table (workers, crashes, lost replies), or a proof that it cannot."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pointsman.result import Block, Result
from pointsman.spec.errors import UsageError
from pointsman.spec.finding import Finding

if TYPE_CHECKING:
    from pointsman.api.checking import CheckOptions, CheckReport
    from pointsman.verdicts.account import SpecAccount

HELP = "explore every run of the system around a table: workers, crashes, lost replies; prove it or show what breaks"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `check`."""
    parser.add_argument("specs", nargs="+", metavar="SPEC", help="a spec; - reads standard input")
    scope = parser.add_argument_group("scope", "what is explored; docs/check.md says what a verdict is worth")
    scope.add_argument(
        "--world", action="append", default=[], metavar="NAME",
        help="which world, or all; may be repeated (default: default; partial and arrivals where the spec has them)",
    )  # fmt: skip
    scope.add_argument("--rows", type=int, metavar="N", help="how many rows, if not what the spec says or 1")
    scope.add_argument(
        "--workers", type=int, metavar="N", help="workers for each queue, if not what the spec says or 2"
    )
    scope.add_argument("--attempts", type=int, metavar="N", help="attempts explored, if not what the spec says or 2")
    scope.add_argument(
        "--without", action="append", default=[], metavar="NAME",
        help="a law, wrong implementation or premise that is not assumed; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--laws",
        action="store_true",
        help="also drop each law and premise by itself, and say what falls; takes minutes",
    )
    scope.add_argument(
        "--no-reduction",
        action="store_true",
        help="explore equivalent states one by one: slower, the same verdicts",
    )
    limits = parser.add_argument_group("limits", "what is not decided within them is unknown, and the exit code 4")
    limits.add_argument("--max-states", type=int, metavar="N", help="states of each world")
    limits.add_argument("--max-depth", type=int, metavar="N", help="steps of each run")
    limits.add_argument("--max-memory", type=int, metavar="MIB", help="MiB that the states of each world may take")
    limits.add_argument("--timeout", type=float, metavar="SECONDS", help="seconds for everything")
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="worlds explored at a time, in processes (default: 1)"
    )
    parser.add_argument(
        "--stories", type=Path, metavar="DIR",
        help="save every counterexample and witness there: as a record, an ITF trace, Mermaid and SVG",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> Result:
    """Check every spec in every world. A spec that cannot be loaded does not keep the others from being checked.

    Raises:
        UsageError: an option makes no sense, or a spec has no such world.
    """
    from pointsman.api.checking import check_each, scopes
    from pointsman.api.loading import load_each
    from pointsman.reporting.progress import ProgressLine
    from pointsman.verdicts.keeping import make_folder

    # The checker multiplies no matrices. The threads that numpy would start for that cost a third of its import.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    options = _options(arguments)
    loaded, refused = load_each(arguments.specs)
    for lifecycle in loaded.values():
        scopes(lifecycle, options)  # refuses what no spec has before a folder is made
    if arguments.stories is not None:
        make_folder(arguments.stories)
    line = ProgressLine(None if arguments.quiet else sys.stderr)
    try:
        reports = check_each(tuple(loaded.values()), options, line.tell)
    finally:
        line.clear()
    findings = tuple(finding for found in refused.values() for finding in found)
    return _result(arguments, dict(zip(loaded, reports, strict=True)), findings)


def _options(arguments: argparse.Namespace) -> CheckOptions:
    """The options of `check`. Raises `UsageError` for arguments that exclude each other, before a spec is read."""
    from pointsman.api.checking import CheckOptions

    if arguments.specs.count("-") > 1:
        raise UsageError("standard input can be read once: give - once.")
    if arguments.laws and arguments.without:
        raise UsageError("--laws drops each law by itself: leave out --without.")
    return CheckOptions(
        worlds=tuple(arguments.world),
        rows=arguments.rows,
        workers=arguments.workers,
        attempts=arguments.attempts,
        without=tuple(arguments.without),
        laws=arguments.laws,
        reduce=not arguments.no_reduction,
        max_states=arguments.max_states,
        max_depth=arguments.max_depth,
        max_memory=arguments.max_memory,
        timeout=arguments.timeout,
        jobs=arguments.jobs,
    )


# --- the result ----------------------------------------------------------------------


def _result(arguments: argparse.Namespace, reports: Mapping[str, CheckReport], refused: tuple[Finding, ...]) -> Result:
    from pointsman.verdicts.blocks import summary
    from pointsman.verdicts.keeping import keep
    from pointsman.verdicts.record import to_data

    accounts = tuple(replace(report.account, spec=spec) for spec, report in reports.items())
    stories = keep(accounts, arguments.stories) if arguments.stories is not None else ()
    return Result(
        "check",
        (*refused, *(finding for report in reports.values() for finding in report.findings)),
        _blocks(arguments, accounts, stories),
        to_data(accounts, arguments.without, stories),
        "\n".join(summary(account) for account in accounts),
        tuple(words for report in reports.values() for words in report.undecided),
        unloadable=bool(refused),
        interrupted=any(report.interrupted for report in reports.values()),
    )


def _blocks(
    arguments: argparse.Namespace, accounts: tuple[SpecAccount, ...], stories: tuple[str, ...]
) -> tuple[Block, ...]:
    """The tables and runs that a person reads before the findings; none with --quiet."""
    from pointsman.result import Prose
    from pointsman.verdicts.blocks import grounds, of_account

    if arguments.quiet or not accounts:
        return ()
    blocks = [block for account in accounts for block in of_account(account)]
    blocks.append(grounds(accounts, arguments.without))
    if stories:
        saved = "\n".join(f"  {path}" for path in stories)
        blocks.append(Prose(f"Saved, each as .json, .itf.json, .mmd and .svg:\n{saved}"))
    return tuple(blocks)
