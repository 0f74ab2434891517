"""`pointsman conform`: drive an implementation, and report the laws that it breaks, with the smallest runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pointsman.result import Block, Grid, GridCell, Prose, Result
from pointsman.spec.errors import UsageError
from pointsman.spec.laws import JUDGED

if TYPE_CHECKING:
    from pointsman.spec.lifecycle import Lifecycle
    from pointsman_conformance.api import ConformDemands, ConformOptions, ConformReport, Implementation

HELP = "drive an implementation through random and planned runs with faults, and judge it by the laws"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `conform`."""
    from pointsman_conformance.verbs.asking import add_implementation

    add_implementation(parser)
    parser.add_argument(
        "--list", action="store_true", help="list the laws and the cells that must be reached; run nothing"
    )
    effort = parser.add_argument_group("effort")
    effort.add_argument("--seed", type=int, default=1, metavar="N", help="the seed of the random runs (default: 1)")
    effort.add_argument(
        "--budget", type=float, metavar="SECONDS", help="the time for each implementation (default: 60)"
    )
    effort.add_argument(
        "--until-covered", action="store_true",
        help="end as soon as everything that must be reached was reached; --budget is then the most",
    )  # fmt: skip
    effort.add_argument(
        "--jobs", type=int, default=1, metavar="N",
        help="seeds played at the same time, from --seed on, each in a process with a test bed of its own (default: 1)",
    )  # fmt: skip
    effort.add_argument(
        "--law", action="append", default=[], metavar="ID", help="judge by this law only; may be repeated"
    )
    files = parser.add_argument_group("files")
    files.add_argument(
        "--known", type=Path, metavar="FILE", help="known failures, in TOML; docs/conform.md describes the file"
    )
    files.add_argument(
        "--stories", type=Path, metavar="DIR",
        help="play first the counterexamples and witnesses that `pointsman check --stories DIR` saved",
    )  # fmt: skip
    files.add_argument(
        "--replays", type=Path, metavar="DIR", default=Path("pointsman-replays"),
        help="the folder for the runs that fail (default: pointsman-replays)",
    )  # fmt: skip
    files.add_argument(
        "--certificate", type=Path, metavar="FILE", help="write a certificate of the result there, as JSON"
    )


def run(arguments: argparse.Namespace) -> Result:
    """Judge every implementation that the command line, or pointsman.toml, names.

    Raises:
        SpecError: the spec, or the configuration, cannot be loaded.
        UsageError: no implementation is given, or its driver lacks something.
    """
    from pointsman.api.loading import load
    from pointsman_conformance.api import demands
    from pointsman_conformance.processes.stopping import told_like_ctrl_c
    from pointsman_conformance.verbs.asking import implementations, listed

    options = _options(arguments)
    lifecycle = load(arguments.spec)
    if arguments.list:
        return _listed([(each.name, demands(lifecycle, each)) for each in listed(arguments, lifecycle)])
    judged = implementations(arguments, lifecycle)
    with told_like_ctrl_c():
        return _result(arguments, _reports(arguments, options, lifecycle, judged))


def _options(arguments: argparse.Namespace) -> ConformOptions:
    from pointsman_conformance.api import ConformOptions

    if arguments.jobs > 1 and arguments.tap is not None:
        raise UsageError("--tap records one conversation: use it with --jobs 1.")
    return ConformOptions(
        seed=arguments.seed,
        budget=arguments.budget,
        jobs=arguments.jobs,
        laws=tuple(arguments.law),
        known=arguments.known,
        stories=arguments.stories,
        until_covered=arguments.until_covered,
    )


def _reports(
    arguments: argparse.Namespace, options: ConformOptions, lifecycle: Lifecycle, judged: Sequence[Implementation]
) -> Sequence[ConformReport]:
    """Judge one after the other, until Ctrl-C. Raises KeyboardInterrupt where nothing was done by then."""
    from pointsman.reporting.progress import ProgressLine
    from pointsman_conformance.api import conform

    reports: list[ConformReport] = []
    for implementation in judged:
        line = ProgressLine(None if arguments.quiet else sys.stderr)
        try:
            reports.append(conform(lifecycle, implementation, options, tell=line.tell))
        finally:
            line.clear()
        if reports[-1].interrupted:
            break
    if reports[-1].interrupted and not any(report.runs or report.account.trouble for report in reports):
        raise KeyboardInterrupt
    return reports


# --- the result ----------------------------------------------------------------------


def _result(arguments: argparse.Namespace, reports: Sequence[ConformReport]) -> Result:
    from pointsman_conformance.api import write_certificate
    from pointsman_conformance.report.blocks import blocks, summary
    from pointsman_conformance.report.record import to_data

    kept = tuple(report.save(arguments.replays) for report in reports)
    accounts = tuple(report.account for report in kept)
    uncertified = write_certificate(kept, arguments.certificate) if arguments.certificate is not None else ()
    return Result(
        "conform",
        tuple(finding for report in kept for finding in report.findings),
        () if arguments.quiet else tuple(block for account in accounts for block in blocks(account)),
        to_data(accounts),
        "\n".join(summary(account) for account in accounts),
        (*(words for report in kept for words in report.undecided), *uncertified),
        interrupted=any(report.interrupted for report in kept),
    )


def _listed(asked: Sequence[tuple[str, ConformDemands]]) -> Result:
    blocks: list[Block] = []
    listed: list[dict[str, object]] = []
    for name, each in asked:
        cells = "\n".join(f"  {cell.sort}: {cell.name}" for cell in each.cells)
        blocks += [_laws(name, each.not_applicable), Prose(f"Must be reached:\n{cells}")]
        required = [{"sort": cell.sort.value, "name": cell.name} for cell in each.cells]
        listed.append(
            {
                "name": name,
                "laws": list(each.laws),
                "not_applicable": dict(each.not_applicable),
                "required": required,
            }
        )
    return Result("conform", blocks=tuple(blocks), data={"implementations": listed})


def _laws(name: str, idle: Mapping[str, str]) -> Grid:
    rows = tuple(
        (GridCell(law.id), GridCell(idle.get(law.id, law.sentence), "quiet" if law.id in idle else ""))
        for law in JUDGED
    )
    return Grid(("law", "an implementation ..., or why it does not apply"), rows, name)
