"""`pointsman replay`: play a saved failure again, on any driver, and say whether the implementation still fails."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pointsman.result import Block, Grid, GridCell, Result
from pointsman.spec.finding import Finding, Severity

if TYPE_CHECKING:
    from pointsman.spec.lifecycle import Lifecycle
    from pointsman_conformance.replay import Replay, Replayed

HELP = "play a failure that conform saved again, on any driver: fixed, failed, changed or error"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `replay`."""
    from pointsman_conformance.verbs.asking import add_implementation

    parser.add_argument("file", metavar="FILE", help="a failure, as `pointsman conform` saves it")
    parser.add_argument("--spec", metavar="SPEC", help="the spec, if it is not where the file says")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="how often to play it (default: 1)")
    add_implementation(parser, spec=False)


def run(arguments: argparse.Namespace) -> Result:
    """Play the file's plan against the implementation of the command line, else the first of pointsman.toml that fits.

    Raises:
        SpecError: the spec cannot be loaded.
        UsageError: the file cannot be read, or no implementation is given.
    """
    from pointsman.loading.load import load
    from pointsman_conformance import replay as replays
    from pointsman_conformance.implementations import reached
    from pointsman_conformance.verbs.asking import one_implementation

    failure = replays.load(Path(arguments.file))
    lifecycle = load(arguments.spec or failure.spec)
    implementation = one_implementation(arguments, lifecycle, failure.roles)
    with reached(lifecycle, implementation) as driver:
        done = [replays.replay(failure, lifecycle, driver) for _ in range(max(1, arguments.times))]
    return _result(arguments.file, failure, lifecycle, done)


def _result(file: str, failure: Replay, lifecycle: Lifecycle, done: list[Replayed]) -> Result:
    from pointsman_conformance.replay import ReplayOutcome

    worst = next(
        each
        for outcome in (ReplayOutcome.FAILED, ReplayOutcome.CHANGED, ReplayOutcome.ERROR, ReplayOutcome.FIXED)
        for each in done
        if each.outcome is outcome
    )
    said = ", ".join(
        f"{outcome} {count}" for outcome in ReplayOutcome if (count := sum(d.outcome is outcome for d in done))
    )
    times = "" if len(done) == 1 else f" ({said} of {len(done)})"
    moved = "" if failure.digest == lifecycle.source.digest else " The spec has changed since the failure was saved."
    return Result(
        "replay",
        tuple(_findings(failure, lifecycle, worst)),
        tuple(_blocks(failure, lifecycle, worst)),
        {"file": file, "outcome": worst.outcome.value, "says": worst.says, "outcomes": [d.outcome.value for d in done]},
        f"{worst.outcome}{times}: {worst.says}{moved}",
        (worst.says,) if worst.outcome is ReplayOutcome.ERROR else (),
    )


def _findings(failure: Replay, lifecycle: Lifecycle, played: Replayed) -> list[Finding]:
    """The breaches of this replay: those of the saved law if there are any, else the others."""
    from pointsman_conformance.laws.judgement import requirement

    found = [
        Finding(
            verdict.law, Severity.ERROR, breach.says, lifecycle.place(*breach.element.path),
            f"`pointsman explain {verdict.law}` says what the law asks.", requirement(verdict.law, breach.element),
        )
        for verdict in played.verdicts
        for breach in verdict.breaches[:1]
    ]  # fmt: skip
    same = [finding for finding in found if finding.code == failure.law]
    return same or found


def _blocks(failure: Replay, lifecycle: Lifecycle, played: Replayed) -> list[Block]:
    from pointsman_conformance.report.telling import grid

    if played.history is None:
        return []
    broken = [verdict.breaches[0] for verdict in played.verdicts if verdict.breaches]
    same = [verdict.breaches[0] for verdict in played.verdicts if verdict.breaches and verdict.law == failure.law]
    shown = next(iter((*same, *broken)), None)
    marked, row = ((), None) if shown is None else (shown.records, shown.row)
    saved = Grid(
        ("saved", ""),
        ((GridCell("requirement"), GridCell(failure.requirement)), (GridCell("says"), GridCell(failure.says))),
    )
    return [saved, grid(lifecycle, played.history, marked, row, "this time")]
