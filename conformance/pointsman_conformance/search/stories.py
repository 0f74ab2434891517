"""Turns a counterexample of the model checker into a plan: the kit plays the world, the implementation the workers.

The plan does not contain what a worker did wrong in the story: a right implementation passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from pointsman.spec.lifecycle import ActorKind, Call, Lifecycle
from pointsman.spec.meaning import lease_of, seconds
from pointsman.world.story import Story, TraceStep
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.plan import (
    Advance,
    Create,
    Dashboard,
    DeliverWebhooks,
    Fault,
    FaultKind,
    Happen,
    Plan,
    Point,
    Settle,
    SetUnknownStatus,
    Step,
    Work,
)
from pointsman_conformance.search.fault_sites import executing_for
from pointsman_conformance.search.values import Values
from pointsman_conformance.search.ways import Route, Ways, longest


@dataclass(frozen=True, slots=True)
class Acted:
    """The plan of a story. `left_out` has a sentence for each step that no plan can contain, with the reason."""

    plan: Plan
    left_out: tuple[str, ...] = ()


def from_story(story: Story, lifecycle: Lifecycle) -> Acted:
    """The story as a plan for implementations of `lifecycle`, the lifecycle of the story.

    The loop of a story is played once; the last step of the plan shows whether the rows are resolved.
    """
    return _Acting(story, lifecycle).acted()


_STARTS = re.compile(r"row_(\d+)_starts_(.+)")
_OF_WORKER = re.compile(r"(w\d+_.+?)_row_(\d+)_(.+)")
_OF_ROW = re.compile(r"(?:.*_)?row_(\d+)_(.*)")
_OPENS = ("claims", "reads", "takes")
_ENDS = ("records", "notes", "gives_up", "writes", "status_only", "is_back")

_FAULTS = {
    "lost reply": FaultKind.LOST_REPLY,
    "lost request": FaultKind.LOST_REQUEST,
    "still executing": FaultKind.EXECUTING,
    "refused": FaultKind.REFUSED,
    "refused for now": FaultKind.REFUSED_FOR_NOW,
    "throttled": FaultKind.THROTTLED,
}


@dataclass
class _Turn:
    """A turn that has begun in the story: the copy is at `point`. `during` has the steps of others by point."""

    worker: str
    row: str
    actor: str
    copy: int
    point: Point = Point.WRITE_AFTER
    during: dict[Point, list[Step]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    event: str | None = None

    def happens(self, step: Step) -> None:
        """Add a step that another actor takes while the copy is at its point."""
        self.during.setdefault(self.point, []).append(step)


class _Acting:
    def __init__(self, story: Story, lifecycle: Lifecycle) -> None:
        self._story, self._lifecycle = story, lifecycle
        self._ways, self._values = Ways(lifecycle), Values(lifecycle)
        self._plan: list[Step] = []
        self._open: list[_Turn] = []
        self._copies: dict[str, list[str]] = {}
        self._left_out: list[str] = []
        self._last: dict[str, Happen] = {}
        self._told = 0

    def acted(self) -> Acted:
        for deed in self._story.deeds:
            self._deed(deed)
        while self._open:
            self._close(self._open[-1])
        end = Settle(12, 1) if self._story.scope.get("world") == "arrivals" else Settle()
        return Acted((*self._plan, end), tuple(self._left_out))

    # --- where a step goes ------------------------------------------------------

    def _put(self, step: Step) -> None:
        if self._open:
            self._open[-1].happens(step)
        else:
            self._plan.append(step)

    def _leave_out(self, deed: TraceStep, why: str) -> None:
        self._left_out.append(f"{deed.actor} {deed.says}: {why}")

    # --- deeds --------------------------------------------------------------------

    def _deed(self, deed: TraceStep) -> None:
        started, worked = _STARTS.fullmatch(deed.action), _OF_WORKER.fullmatch(deed.action)
        if started is not None:
            self._start(started[1], started[2])
        elif worked is not None:
            self._of_worker(deed, worked[1], worked[2], worked[3])
        else:
            self._of_others(deed)

    def _start(self, row: str, status: str) -> None:
        name = status.rpartition("_")[0]
        initial = next(each.name for each in self._lifecycle.statuses if each.initial)
        known = name if name in self._lifecycle.status else initial
        self._put(Create(row, known, self._counted(known)))
        if name not in self._lifecycle.status:
            self._put(SetUnknownStatus(row))

    def _counted(self, status: str) -> dict[str, Value]:
        """The count of a new row. The checker explores fewer attempts than the spec allows: the rest count as used."""
        explored = self._story.scope.get("attempts", "")
        for queue in self._ways.queues_of[status]:
            limit = queue.attempts.limit if queue.attempts is not None else None
            if queue.attempts is not None and limit is not None and explored.isdigit():
                return {queue.attempts.column: max(0, limit - int(explored))}
        return {}

    def _of_others(self, deed: TraceStep) -> None:
        steps = tuple(self._steps(deed))
        for step in steps:
            self._put(step)
        if not steps:
            self._leave_out(deed, "no step of a plan does this")

    def _steps(self, deed: TraceStep) -> Iterator[Step]:
        found = _OF_ROW.fullmatch(deed.action)
        row, rest = (found[1], found[2]) if found is not None else ("1", deed.action)
        kind = self._kind(deed.actor)
        if deed.action.startswith("dashboard"):
            yield from (Dashboard(row, call.name, rest.endswith("_1")) for call in self._named(rest))
        elif deed.action.startswith("pause"):
            yield Advance((lease_of(self._lifecycle) or 60.0) + 1)
        elif deed.action.startswith("time"):
            yield from self._time(deed, rest)
        elif deed.action.startswith("late_row"):
            yield from (Advance(_settling(call)) for call in self._named(rest))
        elif deed.action.startswith("coerces"):
            yield from (Work(queue.worker) for queue in self._lifecycle.queues if queue.worker is not None)
            sent = dict.fromkeys(
                (way.actor, way.transition.event or "") for way in self._ways.all if way.route is Route.HAPPEN
            )
            yield from (Happen(row, event, actor, f"{event}-{actor}") for actor, event in sent)
        elif "applies_kept" in deed.action:
            yield Work(deed.actor)
        elif kind is ActorKind.WEBHOOK and any(type_ in deed.says for type_ in self._hooks):
            yield DeliverWebhooks(row)
        elif kind is not None:
            yield from self._event(deed, row)

    def _named(self, rest: str) -> tuple[Call, ...]:
        """The call with the longest name with which `rest` begins; none if the spec has changed."""
        found = [call for call in self._lifecycle.calls if rest.startswith(call.name)]
        return tuple(sorted(found, key=lambda call: len(call.name))[-1:])

    @cached_property
    def _hooks(self) -> frozenset[str]:
        return frozenset(hook.type for call in self._lifecycle.calls for hook in call.webhooks)

    def _kind(self, actor: str) -> ActorKind | None:
        known = self._lifecycle.actor.get(actor)
        return known.kind if known is not None else None

    def _time(self, deed: TraceStep, rest: str) -> Iterator[Step]:
        lifetimes = [call.key_lifetime for call in self._lifecycle.calls if call.key_lifetime is not None]
        if "grows_old" in rest or "forgotten" in rest:
            yield Advance(max((seconds(each) for each in lifetimes), default=86_400.0) + 1)
        elif deed.says.endswith("comes"):
            yield Advance(max((longest(queue, self._lifecycle) for queue in self._lifecycle.queues), default=60.0))

    def _event(self, deed: TraceStep, row: str) -> Iterator[Step]:
        """The event that a step hands over. A step that applies an event a second time sends the same event again."""
        if "a second time" in deed.says and row in self._last:
            yield self._last[row]
            return
        names = {move.event for move in self._lifecycle.transitions if move.event is not None}
        event = next((name for name in sorted(names, key=len, reverse=True) if name in deed.says), None)
        if event is None:
            return
        self._told += 1
        part = 1 if "(a part)" in deed.says else 0
        fields = self._values.fields(event, None, {}, part)
        self._last[row] = Happen(row, event, deed.actor, f"ev{self._told}", fields)
        yield self._last[row]

    # --- turns of workers ----------------------------------------------------------

    def _of_worker(self, deed: TraceStep, worker: str, row: str, deed_: str) -> None:
        turn = next((each for each in self._open if each.worker == worker), None)
        if deed_.startswith(_OPENS) or turn is None:
            if turn is not None:
                self._close(turn)
            turn = self._begin(deed, worker, row)
        if deed_.startswith("sends"):
            self._sends(deed, turn, deed_)
        elif deed_.startswith(("looks_up", "overlooks")):
            turn.point = Point.REQUEST_AFTER
        elif deed_.startswith("crashes"):
            turn.faults.append(Fault(FaultKind.CRASH, turn.point))
            self._close(turn)
        elif deed_.startswith(_ENDS):
            told = re.match(r"records (\w+):", deed.says)
            turn.event = told[1] if told is not None else None
            self._close(turn)

    def _begin(self, deed: TraceStep, worker: str, row: str) -> _Turn:
        actor = re.sub(r" \d+$", "", deed.actor)
        copies = self._copies.setdefault(actor, [])
        if worker not in copies:
            copies.append(worker)
        turn = _Turn(worker, row, actor, copies.index(worker) + 1)
        self._open.append(turn)
        return turn

    def _sends(self, deed: TraceStep, turn: _Turn, what: str) -> None:
        turn.point = Point.REQUEST_AFTER
        kind = _FAULTS.get(deed.fault or "")
        if deed.fault == "error":
            kind = FaultKind.ERROR_AFTER_EFFECT if "made" in what else FaultKind.ERROR
        if kind is not None:
            call = next((call for call in self._lifecycle.calls if call.name in deed.says), None)
            seconds = executing_for(call, 5) if kind is FaultKind.EXECUTING else 0.0
            turn.faults.append(Fault(kind, seconds=seconds))
        elif deed.fault is not None:
            self._leave_out(deed, "no fault of a plan does this")

    def _close(self, turn: _Turn) -> None:
        """End the turn: add it as a step, with the steps of others as pauses. Turns that began within it end first."""
        while self._open[-1] is not turn:
            inner = self._open[-1]
            self._left_out.append(f"{inner.actor} goes on after {turn.actor} is done: in a plan it is done before")
            self._close(inner)
        self._open.pop()
        pauses = [Fault(FaultKind.PAUSE, point, 1, tuple(during)) for point, during in turn.during.items()]
        faults = (*pauses, *turn.faults)
        if self._kind(turn.actor) is ActorKind.ADMIN:
            event = turn.event or self._given_up(turn)
            self._told += 1
            self._put(Happen(turn.row, event, turn.actor, f"ev{self._told}", {}, faults))
        else:
            self._put(Work(turn.actor, turn.copy, faults))

    def _given_up(self, turn: _Turn) -> str:
        events = [way.transition.event for way in self._ways.all if way.actor == turn.actor and way.transition.needs]
        return next((event for event in events if event is not None), "")


def _settling(call: Call) -> float:
    return seconds(call.settles_within) or 60.0
