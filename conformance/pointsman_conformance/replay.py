"""Saves failures as replay files, and plays them again on any driver.

A file holds the plan itself, so a replay needs neither the seed nor the search that found the plan.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import pointsman
from pointsman.spec.errors import UsageError
from pointsman.spec.laws import JUDGED
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Driver, DriverError, ImplementationInfo, Played
from pointsman_conformance.core.history import (
    Answered,
    Delivered,
    Effect,
    History,
    Record,
    Request,
    Response,
    Write,
    to_json,
)
from pointsman_conformance.core.plan import (
    Create,
    Dashboard,
    Happen,
    Move,
    Plan,
    PlanError,
    Settle,
    Step,
    from_json,
)
from pointsman_conformance.core.plan import to_json as plan_to_json
from pointsman_conformance.core.shapes import problems
from pointsman_conformance.core.wire import Json
from pointsman_conformance.laws.judgement import Breach, LawVerdict, requirement
from pointsman_conformance.replay_shape import FILE, FORMAT
from pointsman_conformance.report.account import Failure
from pointsman_conformance.search.judging import judge as judge_all

EXCERPT = 200
"""The most records of a history that a file holds."""


class ReplayError(UsageError):
    """A replay file cannot be written or read; the message names the file and the reason."""


@dataclass(frozen=True)
class Replay:
    """The content of a file: a failure, the run in which it was found, and `plan`, which makes it happen again.

    `digest` is the SHA-256 of the spec's bytes. `flaky` is (replays that failed, all replays); None if each failed.
    `history` is an excerpt (`excerpt`), as JSON.
    """

    lifecycle: str
    spec: str
    digest: str
    law: str
    requirement: str
    says: str
    implementation: str
    driver: str
    roles: frozenset[str]
    plan: Plan
    seed: int | None = None
    flaky: tuple[int, int] | None = None
    history: tuple[Mapping[str, Json], ...] = ()
    kit: str = field(default_factory=lambda: pointsman.__version__)


def of_failure(
    failure: Failure,
    lifecycle: Lifecycle,
    about: ImplementationInfo,
    *,
    spec: str,
    driver: str,
    seed: int | None = None,
) -> Replay:
    """The replay of a failure that a campaign found. `spec` is the spec's path, `driver` is `DriverKind.shown`."""
    return Replay(
        lifecycle=lifecycle.name,
        spec=spec,
        digest=lifecycle.source.digest,
        law=failure.law,
        requirement=failure.requirement,
        says=failure.breach.says,
        implementation=about.name,
        driver=driver,
        roles=about.roles,
        plan=failure.plan,
        seed=seed,
        flaky=failure.flaky,
        history=excerpt(failure.history, failure.breach),
    )


# --- as a file -------------------------------------------------------------------


def save(folder: Path, failure: Replay) -> Path:
    """Write the file, whole or not at all, and return its path. Raises ReplayError.

    The file is named after the requirement, so that a later failure of the same requirement replaces it.
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", failure.requirement).strip("-")[:100] or "failure"
    path = folder / f"{name}.json"
    text = json.dumps(to_file(failure), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    temporary = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".new", delete=False, encoding="utf-8") as file:
            temporary = Path(file.name)
            file.write(text)
        temporary.replace(path)
    except OSError as problem:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
        raise ReplayError(f"{path} cannot be written: {problem.strerror or problem}") from None
    return path


def to_file(failure: Replay) -> dict[str, Json]:
    """The file's JSON."""
    return {
        "format": FORMAT,
        "kit": failure.kit,
        "spec": {"name": failure.lifecycle, "path": failure.spec, "sha256": failure.digest},
        "law": failure.law,
        "requirement": failure.requirement,
        "says": failure.says,
        "seed": failure.seed,
        "implementation": failure.implementation,
        "driver": failure.driver,
        "roles": [*sorted(failure.roles)],
        "plan": plan_to_json(failure.plan),
        "flaky": None if failure.flaky is None else {"failed": failure.flaky[0], "of": failure.flaky[1]},
        "history": [dict(each) for each in failure.history],
    }


def load(path: Path) -> Replay:
    """Read a file. Raises ReplayError, whose message names each mistake in it."""
    try:
        told: Json = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ReplayError(f"{path} cannot be read: {problem.strerror or problem}") from None
    except (ValueError, RecursionError) as problem:
        raise ReplayError(f"{path} is no JSON: {problem}") from None
    if isinstance(told, dict) and told.get("format", FORMAT) != FORMAT:
        raise ReplayError(f"{path} is of format {told['format']!r}; this kit, {pointsman.__version__}, reads {FORMAT}")
    wrong = list(problems(FILE, told))
    if wrong:
        raise ReplayError("\n".join(f"{path}: {each}" for each in wrong[:5]))
    try:
        return _replay(told)
    except PlanError as problem:
        raise ReplayError(f"{path}: {problem}") from None


def _replay(told: Any) -> Replay:
    flaky = told["flaky"]
    return Replay(
        lifecycle=told["spec"]["name"],
        spec=told["spec"]["path"],
        digest=told["spec"]["sha256"],
        law=told["law"],
        requirement=told["requirement"],
        says=told["says"],
        implementation=told["implementation"],
        driver=told["driver"],
        roles=frozenset(told["roles"]),
        plan=from_json(told["plan"]),
        seed=told["seed"],
        flaky=None if flaky is None else (flaky["failed"], flaky["of"]),
        history=tuple(told["history"]),
        kit=told["kit"],
    )


# --- what happened ---------------------------------------------------------------


def excerpt(history: History, breach: Breach) -> tuple[Mapping[str, Json], ...]:
    """The records about a breach's row, and those about no row (crashes, turns, marks), as JSON.

    Each has its `place` in the history. Those that show the breach have `shows`. Of a long history, the last `EXCERPT`
    records up to the breach are kept.
    """
    shows = frozenset(breach.records)
    requests = frozenset(_requests(history, breach))
    places = [
        place
        for place, record in enumerate(history.records)
        if place in shows or breach.row is None or _concerns(record, breach.row, requests)
    ]
    last = max(shows, default=len(history.records))
    until = sum(place <= last for place in places) + 10
    return tuple(_told(history, place, shows) for place in places[max(0, until - EXCERPT) : until])


def _requests(history: History, breach: Breach) -> Iterator[str]:
    """The ids of the requests about the breach's row: those that name it, and those that made its effects."""
    for place, record in enumerate(history.records):
        if isinstance(record, Request):
            words = {*record.params.values(), *re.split(r"[/_-]", f"{record.path}/{record.key or ''}")}
            if breach.row in words or place in breach.records:
                yield record.id
        elif isinstance(record, Effect) and record.row == breach.row and record.request is not None:
            yield record.request


def _concerns(record: Record, row: str, requests: frozenset[str]) -> bool:
    match record:
        case Write(row=of) | Delivered(row=of):
            return of == row
        case Answered(row=of):
            return of in (None, row)
        case Request(id=of) | Response(request=of):
            return of in requests
        case Effect():
            return record.row == row or record.request in requests
        case _:
            return True


def _told(history: History, place: int, shows: frozenset[int]) -> Mapping[str, Json]:
    marked: dict[str, Json] = {"shows": True} if place in shows else {}
    return {"place": place, **{name: _plain(each) for name, each in to_json(history.records[place]).items()}, **marked}


def _plain(value: object) -> Json:
    """The value as JSON. An infinity, which a timestamp can be and JSON lacks, becomes text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


# --- again -------------------------------------------------------------------------


class ReplayOutcome(StrEnum):
    """The result of a replay."""

    FIXED = "fixed"
    FAILED = "failed"
    CHANGED = "changed"
    ERROR = "error"


@dataclass(frozen=True)
class Replayed:
    """A replay: its outcome, in `says` a sentence about it, and the verdicts, history and steps behind it."""

    outcome: ReplayOutcome
    says: str
    verdicts: tuple[LawVerdict, ...] = ()
    history: History | None = None
    played: tuple[Played, ...] = ()


Judge = Callable[[Lifecycle, History], tuple[LawVerdict, ...]]


def replay(failure: Replay, lifecycle: Lifecycle, driver: Driver, judge: Judge = judge_all) -> Replayed:
    """Play the failure's plan on `driver`, and judge the run. The driver is not closed.

    *Failed*: the run breaks the same law at the same element. *Changed*: it breaks another requirement, or it did not
    put the law to the test. *Error*: the plan cannot be played.
    """
    moved = list(moved_on(failure, lifecycle, driver.about.roles))
    if moved:
        return Replayed(ReplayOutcome.ERROR, f"It cannot be played: {'; '.join(moved)}.")
    try:
        driver.begin(f"replay of {failure.requirement}")
        played = tuple(driver.play(step) for step in failure.plan)
        history = driver.history()
    except DriverError as problem:
        return Replayed(ReplayOutcome.ERROR, f"It could not be played: {problem}")
    verdicts = judge(lifecycle, history)
    outcome, says = _outcome(failure, verdicts, played)
    return Replayed(outcome, says, verdicts, history, played)


def _outcome(
    failure: Replay, verdicts: tuple[LawVerdict, ...], played: tuple[Played, ...]
) -> tuple[ReplayOutcome, str]:
    broken = {
        requirement(verdict.law, each.element): each for verdict in verdicts for each in reversed(verdict.breaches)
    }
    if failure.requirement in broken:
        return ReplayOutcome.FAILED, broken[failure.requirement].says
    if broken:
        name, breach = next(iter(broken.items()))
        return ReplayOutcome.CHANGED, f"It breaks {name} now, and {failure.requirement} no more: {breach.says}"
    trouble = next((each.trouble for each in played if each.trouble is not None), None)
    if trouble is not None:
        return ReplayOutcome.CHANGED, f"No law is broken, but the implementation was lost: {trouble}"
    if not any(verdict.met for verdict in verdicts if verdict.law == failure.law):
        return ReplayOutcome.CHANGED, f"No law is broken, but {failure.law} was not put to the test this time."
    return ReplayOutcome.FIXED, f"It keeps {failure.requirement}, and every other law that came up."


def moved_on(failure: Replay, lifecycle: Lifecycle, roles: frozenset[str]) -> Iterator[str]:
    """Yield each reason why this spec and an implementation of these roles cannot play the failure's plan."""
    if failure.lifecycle != lifecycle.name:
        yield f"it is about the lifecycle {failure.lifecycle}, not {lifecycle.name}"
    if failure.law not in {law.id for law in JUDGED}:
        yield f"there is no law {failure.law} any more"
    missing = sorted(failure.roles - roles)
    if missing:
        whose = ", ".join(sorted(failure.roles))
        yield f"it is a failure of {whose}, and this implementation does not play {', '.join(missing)}"
    steps = tuple(_all_steps(failure.plan))
    yield from dict.fromkeys(words for step in steps for words in _unknown(step, lifecycle))
    if not any(isinstance(step, Create) or (isinstance(step, Settle) and step.arrivals) for step in steps):
        yield "it creates no row"


def _all_steps(plan: Plan) -> Iterator[Step]:
    for step in plan:
        yield step
        for fault in getattr(step, "faults", ()):
            yield from _all_steps(fault.during)


def _unknown(step: Step, lifecycle: Lifecycle) -> Iterator[str]:
    """Yield a sentence for each name in `step` that the spec does not have.

    A row that is never created is no mistake: a plan that was shrunk may have steps about such a row.
    """
    columns = lifecycle.table.column if lifecycle.table is not None else {}
    actor = getattr(step, "actor", None)
    if actor is not None and actor not in lifecycle.actor:
        yield f"the spec has no actor {actor}"
    match step:
        case Create(status=status, columns=given):
            if status not in lifecycle.status:
                yield f"the spec has no status {status}"
            yield from (f"the table has no column {name}" for name in given if name not in columns)
        case Move(status=status) if status not in lifecycle.status:
            yield f"the spec has no status {status}"
        case Happen(event=event) if event not in _events(lifecycle):
            yield f"the spec has no event {event}"
        case Dashboard(call=call) if call not in lifecycle.call:
            yield f"the spec has no call {call}"


def _events(lifecycle: Lifecycle) -> frozenset[str]:
    declared = {event.name for event in lifecycle.events}
    return frozenset(
        declared | {transition.event for transition in lifecycle.transitions if transition.event is not None}
    )
