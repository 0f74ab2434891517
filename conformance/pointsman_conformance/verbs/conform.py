"""`pointsman conform`: drive an implementation, and report the laws that it breaks, with the smallest runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pointsman.result import Block, Grid, GridCell, Prose, Result
from pointsman.spec.errors import UsageError
from pointsman.spec.finding import did_you_mean
from pointsman.spec.laws import JUDGED

if TYPE_CHECKING:
    from pointsman.spec.lifecycle import Lifecycle
    from pointsman_conformance.core.implementation import Implementation
    from pointsman_conformance.report.account import ImplementationAccount

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
    from pointsman.loading.load import load
    from pointsman_conformance.processes.stopping import told_like_ctrl_c
    from pointsman_conformance.verbs.asking import implementations

    _sensible(arguments)
    lifecycle = load(arguments.spec)
    judged = implementations(arguments, lifecycle)
    if arguments.list:
        return _listed(lifecycle, judged)
    with told_like_ctrl_c():
        return _result(arguments, _accounts(arguments, lifecycle, judged))


def _accounts(
    arguments: argparse.Namespace, lifecycle: Lifecycle, judged: Sequence[Implementation]
) -> Sequence[ImplementationAccount]:
    """Judge one after the other, until Ctrl-C. Raises KeyboardInterrupt if nothing was done by then."""
    accounts: list[ImplementationAccount] = []
    for implementation in judged:
        accounts.append(_judge(arguments, lifecycle, implementation))
        if accounts[-1].interrupted:
            break
    if accounts[-1].interrupted and not any(account.runs or account.trouble for account in accounts):
        raise KeyboardInterrupt
    return accounts


def _sensible(arguments: argparse.Namespace) -> None:
    known = [law.id for law in JUDGED]
    for law in arguments.law:
        if law not in known:
            raise UsageError(
                f"there is no law {law!r}.{did_you_mean(law, known)} `pointsman conform --list` lists them."
            )
    if arguments.jobs > 1 and arguments.tap is not None:
        raise UsageError("--tap records one conversation: use it with --jobs 1.")
    if arguments.jobs < 1:
        raise UsageError(f"--jobs {arguments.jobs} is too few: give 1 or more.")
    if arguments.budget is not None and not arguments.budget > 0:
        raise UsageError(f"--budget {arguments.budget:g} is no time: give a number of seconds above 0.")


def _judge(
    arguments: argparse.Namespace, lifecycle: Lifecycle, implementation: Implementation
) -> ImplementationAccount:
    from pointsman.reporting.progress import ProgressLine
    from pointsman_conformance.running import CampaignEffort, account_of

    line = ProgressLine(None if arguments.quiet else sys.stderr)
    effort = CampaignEffort(
        arguments.seed,
        arguments.jobs,
        arguments.budget,
        tuple(arguments.law),
        arguments.known,
        stories=arguments.stories,
        until_covered=arguments.until_covered,
    )
    try:
        return account_of(lifecycle, implementation, effort, line.tell)
    finally:
        line.clear()


# --- the result -----------------------------------------------------------------


def _result(arguments: argparse.Namespace, accounts: Sequence[ImplementationAccount]) -> Result:
    from pointsman_conformance.report.blocks import blocks, summary
    from pointsman_conformance.report.findings import findings, undecided
    from pointsman_conformance.report.record import to_data
    from pointsman_conformance.saving import keep, keep_certificate

    kept = tuple(keep(account, arguments.replays) for account in accounts)
    uncertified = keep_certificate(kept, arguments.certificate) if arguments.certificate is not None else ()
    return Result(
        "conform",
        tuple(finding for account in kept for finding in findings(account)),
        () if arguments.quiet else tuple(block for account in kept for block in blocks(account)),
        to_data(kept),
        "\n".join(summary(account) for account in kept),
        (*(words for account in kept for words in undecided(account)), *uncertified),
        interrupted=any(account.interrupted for account in kept),
    )


def _listed(lifecycle: Lifecycle, judged: Sequence[Implementation]) -> Result:
    from pointsman_conformance.drivers.kinds import driver_kind
    from pointsman_conformance.search.cells import survey
    from pointsman_conformance.search.judging import not_applicable

    blocks: list[Block] = []
    listed: list[dict[str, object]] = []
    for implementation in judged:
        roles, able = implementation.played(lifecycle), driver_kind(implementation.driver).capabilities
        idle = not_applicable(lifecycle, roles, able)
        laws = [law.id for law in JUDGED if law.id not in idle]
        required = sorted(survey(lifecycle, roles, able, laws).required)
        blocks += [
            _laws(implementation.name, idle),
            Prose("Must be reached:\n" + "\n".join(f"  {cell.sort}: {cell.name}" for cell in required)),
        ]
        cells = [{"sort": cell.sort.value, "name": cell.name} for cell in required]
        listed.append({"name": implementation.name, "laws": laws, "not_applicable": dict(idle), "required": cells})
    return Result("conform", blocks=tuple(blocks), data={"implementations": listed})


def _laws(name: str, idle: Mapping[str, str]) -> Grid:
    rows = tuple(
        (GridCell(law.id), GridCell(idle.get(law.id, law.sentence), "quiet" if law.id in idle else ""))
        for law in JUDGED
    )
    return Grid(("law", "an implementation ..., or why it does not apply"), rows, name)
