"""What the kit does to an implementation, step by step: data that every driver can play and a file can hold.

Steps are *total*: one that makes no sense where it stands (an unknown row, a fault at a
point that is never reached, an actor that is not there) does nothing. So a plan stays a plan when
steps are taken out of it, or when the spec moves on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from pointsman.spec.errors import PointsmanError
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.wire import Json


class PlanError(PointsmanError):
    """What should be a plan is none; the message says where."""


class Point(StrEnum):
    """Where a copy of an implementation can be met: at each statement and at each request, before and after.

    `WRITE` is a statement that may change rows, `READ` one that cannot. After a write means: committed, and the
    implementation has not been told yet. After a request means: the provider has done what it does,
    and the answer is not out yet.
    """

    READ_BEFORE = "read.before"
    READ_AFTER = "read.after"
    WRITE_BEFORE = "write.before"
    WRITE_AFTER = "write.after"
    REQUEST_BEFORE = "request.before"
    REQUEST_AFTER = "request.after"


class FaultKind(StrEnum):
    """What can go wrong. The first three happen to the copy, the rest to a request (`Point.REQUEST_BEFORE`)."""

    CRASH = "crash"
    PAUSE = "pause"
    CUT = "cut"
    LOST_REQUEST = "lost_request"
    LOST_REPLY = "lost_reply"
    EXECUTING = "executing"
    ERROR = "error"
    ERROR_AFTER_EFFECT = "error_after_effect"
    REFUSED = "refused"
    REFUSED_FOR_NOW = "refused_for_now"
    THROTTLED = "throttled"
    BUSY = "busy"
    UNAUTHORIZED = "unauthorized"
    TRUNCATED = "truncated"
    SLOW = "slow"


AT_A_REQUEST = frozenset(FaultKind) - {FaultKind.CRASH, FaultKind.PAUSE, FaultKind.CUT}
"""The faults that are the provider's or the network's."""


@dataclass(frozen=True, slots=True)
class Fault:
    """At the `nth` (from 1) time that the step reaches `point`, `kind` strikes.

    What happens to a copy counts every request. What happens to a request (`AT_A_REQUEST`) counts only those that can
    make an effect, so that it strikes them however often an implementation looks up before it sends; with `reads`, it
    counts the others only, the look-ups.

    `PAUSE` plays `during` and then lets the copy go on. `CUT` ends its connection to the database there.
    `EXECUTING`: the caller hears nothing, and the request takes effect only after `seconds`.
    """

    kind: FaultKind
    point: Point = Point.REQUEST_BEFORE
    nth: int = 1
    during: tuple[Step, ...] = ()
    seconds: float = 0.0
    reads: bool = False


class Passed:
    """How often a step has passed each point, and so which of its faults strike."""

    def __init__(self) -> None:
        self._points: Counter[Point] = Counter()
        self._requests: Counter[bool] = Counter()
        self._reads = False

    def reach(self, point: Point, *, reads: bool = False) -> None:
        """Another point. `reads`: it is a request's that can make no effect."""
        self._points[point] += 1
        if point is Point.REQUEST_BEFORE:
            self._reads = reads
            self._requests[reads] += 1

    def strikes(self, fault: Fault, point: Point) -> bool:
        """Whether the fault strikes at `point`, which was reached just now."""
        if fault.point is not point:
            return False
        if fault.kind not in AT_A_REQUEST or point is not Point.REQUEST_BEFORE:
            return fault.nth == self._points[point]
        return fault.reads == self._reads and fault.nth == self._requests[fault.reads]


@dataclass(frozen=True, slots=True)
class Create:
    """A new row in `status` (its name), as the status requires it; `columns` come on top."""

    word: ClassVar[str] = "create"
    row: str
    status: str
    columns: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Happen:
    """An event from outside reaches `actor`. `id` is the same for duplicates. `fields` is what it carries."""

    word: ClassVar[str] = "happen"
    row: str
    event: str
    actor: str
    id: str
    fields: Mapping[str, Json] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """A turn of `actor`, by its copy number `copy`: one poll, everything that it finds due."""

    word: ClassVar[str] = "work"
    actor: str
    copy: int = 1
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Advance:
    """Time passes: in the database and at the provider."""

    word: ClassVar[str] = "advance"
    seconds: float


@dataclass(frozen=True, slots=True)
class DeliverWebhooks:
    """The provider's webhooks about `row` go out, `times` times each; the newest first if `reverse`.

    Without a row, those about every row. What was delivered can be delivered again.
    """

    word: ClassVar[str] = "hook"
    row: str | None = None
    times: int = 1
    reverse: bool = False
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Somebody makes `call`'s effect for `row` by hand at the provider: as much as is asked, or half."""

    word: ClassVar[str] = "dashboard"
    row: str
    call: str
    part: bool = False


@dataclass(frozen=True, slots=True)
class SetUnknownStatus:
    """The row's status becomes one that the spec does not know."""

    word: ClassVar[str] = "estrange"
    row: str
    value: str = "in_limbo"


@dataclass(frozen=True, slots=True)
class Move:
    """The implementation is asked outright to write `status` (a name), as an admin's screen might."""

    word: ClassVar[str] = "move"
    row: str
    status: str
    actor: str


@dataclass(frozen=True, slots=True)
class Crash:
    """Kill the copy between two turns; what it had in memory is gone. It is there again for its next turn."""

    word: ClassVar[str] = "crash"
    actor: str
    copy: int = 1


@dataclass(frozen=True, slots=True)
class Settle:
    """Faults are over: turns for everybody, and time, `rounds` times; `arrivals` new rows of the queue in each round.

    The marks `healthy` and `end` stand around it.
    """

    word: ClassVar[str] = "settle"
    rounds: int = 40
    arrivals: int = 0


Step = Create | Happen | Work | Advance | DeliverWebhooks | Dashboard | SetUnknownStatus | Move | Crash | Settle
"""One thing that the kit does."""

STEPS: Mapping[str, type[Step]] = MappingProxyType(
    {
        step.word: step
        for step in (Create, Happen, Work, Advance, DeliverWebhooks, Dashboard, SetUnknownStatus, Move, Crash, Settle)
    }
)
"""Every step by its word in a file."""

Plan = tuple[Step, ...]
"""A whole run, to be played on a fresh stage."""


# --- as JSON -----------------------------------------------------------------


def to_json(plan: Plan) -> list[Json]:
    """The plan as JSON values, without what has its usual value."""
    return [{"do": step.word, **_fields(step)} for step in plan]


def _fields(thing: Step | Fault) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for each in fields(thing):
        value = getattr(thing, each.name)
        usual = each.default_factory() if callable(each.default_factory) else each.default
        if value == usual:
            continue
        if each.name == "faults":
            value = [_fields(fault) for fault in value]
        elif each.name == "during":
            value = to_json(value)
        elif isinstance(value, Mapping):
            value = dict(value)
        found[each.name] = value
    return found


def from_json(told: object) -> Plan:
    """Read what `to_json` wrote. Raises PlanError, which says what is wrong with which step."""
    if not isinstance(told, list):
        raise PlanError("a plan is a list of steps")
    return tuple(_step(each, number) for number, each in enumerate(told, 1))


def _step(told: object, number: int) -> Step:
    if not isinstance(told, dict) or told.get("do") not in STEPS:
        raise PlanError(f"step {number}: 'do' must be one of {', '.join(STEPS)}")
    words = {name: value for name, value in told.items() if name != "do"}
    if "faults" in words:
        words["faults"] = tuple(_fault(each, number) for each in words["faults"])
    try:
        return STEPS[told["do"]](**words)
    except (TypeError, ValueError) as problem:
        raise PlanError(f"step {number}: {problem}") from None


def _fault(told: object, number: int) -> Fault:
    if not isinstance(told, dict):
        raise PlanError(f"step {number}: a fault is a mapping")
    words = dict(told)
    try:
        words["kind"] = FaultKind(str(words.get("kind")))
        words["point"] = Point(words.get("point", Point.REQUEST_BEFORE))
        words["during"] = from_json(words.get("during", []))
        return Fault(**words)
    except (TypeError, ValueError) as problem:
        raise PlanError(f"step {number}: {problem}") from None
