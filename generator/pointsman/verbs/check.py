"""`pointsman check`: what can go wrong around the table (workers, crashes, lost replies), or a proof that it cannot."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pointsman.result import Block, Result
from pointsman.spec.errors import SpecError, UsageError
from pointsman.spec.finding import Finding
from pointsman.spec.lifecycle import Lifecycle

if TYPE_CHECKING:
    from pointsman.checking.running import Task, TaskProgress
    from pointsman.reporting.progress import ProgressLine
    from pointsman.verdicts.account import SpecAccount
    from pointsman.world.scope import Scope

HELP = "explore every run of the system around a table: workers, crashes, lost replies; prove it or show what breaks"

_USUAL = ("default", "partial", "arrivals")
"""The worlds that are looked at unless the command line names others."""


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
        "--no-reduction", action="store_true", help="take no two states for one: slower, and the same verdicts"
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
    """Check every spec in every world. One that cannot be loaded does not keep the others from being checked."""
    from pointsman.checking.running import run as run_tasks
    from pointsman.reporting.progress import ProgressLine
    from pointsman.verdicts.account import SpecAccount
    from pointsman.verdicts.keeping import make_folder
    from pointsman.world.build import expanded

    _sensible(arguments)
    expanded(arguments.without)
    loaded, refused = _loaded(arguments.specs)
    tasks = [
        (spec, _task(lifecycle, scope, arguments))
        for spec, lifecycle in loaded.items()
        for scope in _scopes(lifecycle, arguments)
    ]
    if arguments.stories is not None:
        make_folder(arguments.stories)
    line = ProgressLine(None if arguments.quiet else sys.stderr)
    began = time.monotonic()
    try:
        outcomes = run_tasks([task for _, task in tasks], arguments.jobs, arguments.timeout, _telling(line))
    finally:
        line.clear()
    done = list(zip(tasks, outcomes, strict=True))
    accounts = tuple(
        SpecAccount(
            spec, lifecycle, tuple(arguments.without),
            tuple((task.scope, outcome) for (of, task), outcome in done if of == spec),
        )
        for spec, lifecycle in loaded.items()
    )  # fmt: skip
    if arguments.laws:
        accounts = _with_laws(arguments, accounts, line, began)
    return _result(arguments, accounts, refused)


def _sensible(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be meant, before anything is read."""
    if arguments.specs.count("-") > 1:
        raise UsageError("standard input can be read once: give - once.")
    if arguments.laws and arguments.without:
        raise UsageError("--laws drops each law by itself: leave out --without.")
    for option in ("max_states", "max_depth", "max_memory", "timeout", "jobs"):
        value = getattr(arguments, option)
        if value is not None and not value > 0:
            raise UsageError(f"--{option.replace('_', '-')} {value:g} is no limit: give a number above 0.")


def _loaded(specs: list[str]) -> tuple[dict[str, Lifecycle], tuple[Finding, ...]]:
    from pointsman.loading.load import load

    found: dict[str, Lifecycle] = {}
    refused: list[Finding] = []
    for spec in dict.fromkeys(specs):
        try:
            found[spec] = load(spec)
        except SpecError as error:
            refused.extend(error.findings)
    return found, tuple(refused)


# --- what is explored -------------------------------------------------------------


def _scopes(lifecycle: Lifecycle, arguments: argparse.Namespace) -> list[Scope]:
    """The worlds, and how large: what the command line says, else what the spec says, else what fits the world."""
    from pointsman.world.scope import Scope, sizes, smallest, world_named, worlds_of

    rows, workers, attempts = sizes(lifecycle, arguments.rows, arguments.workers, arguments.attempts)
    Scope(rows, workers, attempts)  # refuses what is too large, whichever worlds there are
    named: list[str] = arguments.world or list(lifecycle.bounds.worlds if lifecycle.bounds else ())
    worlds = worlds_of(lifecycle)
    if named and "all" not in named:
        worlds = tuple(world_named(lifecycle, name) for name in dict.fromkeys(named))
        if (arguments.rows, arguments.workers, arguments.attempts) != (None, None, None):
            return [Scope(rows, workers, attempts, world) for world in worlds]
    elif not named:
        worlds = tuple(world for world in worlds if world.name in _USUAL)
    return [smallest(world, rows, workers, attempts) for world in worlds]


def _task(lifecycle: Lifecycle, scope: Scope, arguments: argparse.Namespace) -> Task:
    from pointsman.checking.running import Task

    return Task(
        lifecycle,
        scope,
        tuple(arguments.without),
        reduce=not arguments.no_reduction,
        states=arguments.max_states,
        depth=arguments.max_depth,
        bytes=None if arguments.max_memory is None else arguments.max_memory << 20,
    )


def _telling(line: ProgressLine) -> TaskProgress:
    def told(task: Task, depth: int, states: int) -> None:
        pace = states / max(line.seconds, 0.001)
        name = f"{task.lifecycle.name}, {task.scope.world.name}"
        line.tell(f"{name}: {depth:,} steps, {states:,} states, {pace:,.0f} a second")

    return told


def _with_laws(
    arguments: argparse.Namespace, accounts: tuple[SpecAccount, ...], line: ProgressLine, began: float
) -> tuple[SpecAccount, ...]:
    """The same, with what each dropped law leads to; as far as there is time, and nobody has pressed Ctrl-C."""
    from pointsman.checking.explore import Limits
    from pointsman.checking.judging import LawJudgement, judge
    from pointsman.checking.laws import Dropped

    def told(one: Dropped) -> None:
        line.tell(f"{one.law}: {one.wrong}")

    memory = None if arguments.max_memory is None else arguments.max_memory << 20
    limits = Limits(arguments.max_states, arguments.max_depth, arguments.timeout, memory)
    until = None if arguments.timeout is None else began + arguments.timeout
    found: list[SpecAccount] = []
    for account in accounts:
        if _interrupted(accounts) or _interrupted(found):
            judged = LawJudgement((), "interrupted", interrupted=True)
        elif until is not None and time.monotonic() > until:
            judged = LawJudgement((), "the time was over")
        else:
            judged = judge(account.lifecycle, limits, arguments.jobs, until, told)
        found.append(replace(account, laws=judged))
    line.clear()
    return tuple(found)


def _interrupted(accounts: Iterable[SpecAccount]) -> bool:
    from pointsman.checking.running import was_interrupted

    return any(
        any(was_interrupted(outcome) for _, outcome in account.worlds)
        or (account.laws is not None and account.laws.interrupted)
        for account in accounts
    )


# --- what it came to -----------------------------------------------------------------


def _result(arguments: argparse.Namespace, accounts: tuple[SpecAccount, ...], refused: tuple[Finding, ...]) -> Result:
    from pointsman.verdicts.blocks import summary
    from pointsman.verdicts.findings import findings, undecided
    from pointsman.verdicts.keeping import keep
    from pointsman.verdicts.record import to_data

    stories = keep(accounts, arguments.stories) if arguments.stories is not None else ()
    return Result(
        "check",
        (*refused, *(found for account in accounts for found in findings(account))),
        _blocks(arguments, accounts, stories),
        to_data(accounts, arguments.without, stories),
        "\n".join(summary(account) for account in accounts),
        tuple(words for account in accounts for words in undecided(account)),
        unloadable=bool(refused),
        interrupted=_interrupted(accounts),
    )


def _blocks(
    arguments: argparse.Namespace, accounts: tuple[SpecAccount, ...], stories: tuple[str, ...]
) -> tuple[Block, ...]:
    """What a person reads before the findings; nothing where findings are all that is wanted."""
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
