"""`pointsman verify`: runs lint, check, generate --check and conform on one spec."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pointsman.commands import find_verb, verb_parser
from pointsman.reporting.progress import ProgressLine
from pointsman.result import Block, Exit, Grid, GridCell, Result
from pointsman.spec.errors import SpecError

HELP = "lint, check, generate --check, and conform of the implementations in pointsman.toml, in one go"

_TONES = {Exit.OK: "good", Exit.INCOMPLETE: "strong"}


@dataclass(frozen=True, slots=True)
class _Stage:
    """One verb with its arguments, its result and the seconds that it took."""

    verb: str
    words: tuple[str, ...]
    result: Result
    seconds: float


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `verify`."""
    parser.add_argument(
        "spec", metavar="SPEC", help="a spec; pointsman.toml names its generated files and its implementations"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the seed of the random runs (default: 1)")
    parser.add_argument(
        "--budget",
        type=float,
        metavar="SECONDS",
        help="the time for each implementation, instead of the one in pointsman.toml",
    )
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes at a time (default: 2)")


def run(arguments: argparse.Namespace) -> Result:
    """Run all stages, one after the other. A spec that cannot be loaded, or Ctrl-C, ends the run."""
    line = ProgressLine(None if arguments.quiet else sys.stderr)
    stages: list[_Stage] = []
    for verb, words in _plan(arguments):
        line.tell(f"{verb} {' '.join(words)}")
        stages.append(_stage(verb, words))
        line.clear()
        if stages[-1].result.unloadable or stages[-1].result.interrupted:
            break
    return _result(stages)


def _plan(arguments: argparse.Namespace) -> Iterator[tuple[str, tuple[str, ...]]]:
    spec, jobs = arguments.spec, ("--jobs", str(arguments.jobs))
    budget = () if arguments.budget is None else ("--budget", f"{arguments.budget:g}")
    yield "lint", (spec,)
    yield "check", (spec, *jobs)
    yield "generate", (spec, "--check")
    yield "conform", (spec, "--until-covered", "--seed", str(arguments.seed), *jobs, *budget)


def _stage(name: str, words: tuple[str, ...]) -> _Stage:
    began = time.monotonic()
    verb = find_verb(name)
    try:
        result = verb.run(verb_parser(name, verb).parse_args(list(words)))
    except SpecError as error:
        result = Result(name, error.findings, unloadable=True)
    return _Stage(name, words, result, time.monotonic() - began)


def _result(stages: Sequence[_Stage]) -> Result:
    results = [stage.result for stage in stages]
    return Result(
        "verify",
        tuple(finding for result in results for finding in result.findings),
        (*_told(stages), _overview(stages)),
        {"stages": [_data(stage) for stage in stages]},
        _summary(results),
        tuple(f"{result.verb}: {words}" for result in results for words in result.incomplete),
        unloadable=any(result.unloadable for result in results),
        interrupted=any(result.interrupted for result in results),
    )


def _told(stages: Sequence[_Stage]) -> Iterator[Block]:
    """The blocks of each stage: those of conform always, those of the others only if the stage did not pass."""
    for stage in stages:
        if stage.verb == "conform" or stage.result.exit_code is not Exit.OK:
            yield from stage.result.blocks


def _overview(stages: Sequence[_Stage]) -> Grid:
    rows = tuple(
        (GridCell(f"{stage.verb}"), GridCell(_words(stage.result), _TONES.get(stage.result.exit_code, "bad")),
         GridCell(line), GridCell(f"{stage.seconds:.1f} s" if number == 0 else "", "quiet"))
        for stage in stages
        for number, line in enumerate(_lines(stage.result))
    )  # fmt: skip
    return Grid(("stage", "result", "what was found", "time"), rows, "verified")


def _lines(result: Result) -> list[str]:
    return [line for line in result.summary.splitlines() if line] or [f"{len(result.findings)} findings"]


def _words(result: Result) -> str:
    words = {Exit.OK: "passed", Exit.INCOMPLETE: "incomplete", Exit.UNLOADABLE: "cannot be loaded"}
    return words.get(result.exit_code, "failed")


def _summary(results: Sequence[Result]) -> str:
    """One line."""
    passed = sum(result.exit_code is Exit.OK for result in results)
    return f"{passed} of {len(results)} stages passed"


def _data(stage: _Stage) -> dict[str, object]:
    result = stage.result
    return {
        "verb": stage.verb,
        "words": list(stage.words),
        "exit_code": int(result.exit_code),
        "seconds": round(stage.seconds, 3),
        "data": dict(result.data),
    }
