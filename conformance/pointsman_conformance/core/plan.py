"""Plans: the steps that the kit plays to an implementation, as data that every driver can play and a file can hold.

Steps are *total*: a step that makes no sense where it stands (an unknown row, a fault at a
point that is never reached, an actor that the spec lacks) does nothing. So a plan can still be played when
steps are taken out of it, or when the spec changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from pointsman.spec.errors import PointsmanError
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.wire import Json


class PlanError(PointsmanError):
    """JSON that is no plan; the message says at which step."""


class Point(StrEnum):
    """A moment at which a fault can strike a copy: before and after each statement and each request.

    `WRITE` is a statement that may change rows, `READ` one that cannot. After a write: it is committed, and the
    implementation has not been told yet. After a request: the provider has done its work, and its answer is not
    sent yet.
    """

    READ_BEFORE = "read.before"
    READ_AFTER = "read.after"
    WRITE_BEFORE = "write.before"
    WRITE_AFTER = "write.after"
    REQUEST_BEFORE = "request.before"
    REQUEST_AFTER = "request.after"


class FaultKind(StrEnum):
    """A kind of fault. The first five strike the copy, the rest strike a request (`Point.REQUEST_BEFORE`)."""

    CRASH = "crash"
    PAUSE = "pause"
    CUT = "cut"
    PARTITION = "partition"
    TERMINATED = "terminated"
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
    ERROR_IN_200 = "error_in_200"
    EMPTY = "empty"
    HTML_400 = "html_400"
    HTML_503 = "html_503"
    SHOULD_RETRY = "should_retry"


CUTS = frozenset({FaultKind.CUT, FaultKind.PARTITION, FaultKind.TERMINATED})
"""The ways in which a copy loses its connection to the database. Each is lost once, and may be made anew."""

AT_A_REQUEST = frozenset(FaultKind) - {FaultKind.CRASH, FaultKind.PAUSE, *CUTS}
"""The faults that the provider or the network causes."""

ODD_ANSWERS = frozenset(
    {FaultKind.ERROR_IN_200, FaultKind.EMPTY, FaultKind.HTML_400, FaultKind.HTML_503, FaultKind.SHOULD_RETRY}
)
"""The answers that client libraries read in different ways. They are aimed at workers, not at single transitions."""

AT_A_POINT: Mapping[FaultKind, tuple[Point, ...]] = MappingProxyType(
    {
        FaultKind.PARTITION: (Point.WRITE_AFTER,),
        FaultKind.TERMINATED: (Point.WRITE_BEFORE, Point.WRITE_AFTER, Point.REQUEST_AFTER),
    }
)
"""Where such a fault shows more than a cut: before a statement, while the server commits, while the session is idle."""

BEFORE_TRANSITIONS = tuple(kind for kind in FaultKind if kind not in {*ODD_ANSWERS, *AT_A_POINT, FaultKind.SLOW})
"""The faults that are played before each transition that can follow them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of `kind` that strikes at the `nth` time (from 1) that the step reaches `point`.

    A fault that strikes a copy counts every request. A fault that strikes a request (`AT_A_REQUEST`) counts only the
    requests that can make an effect, however often the implementation looks up before it sends; with `reads`, it
    counts the look-ups only.

    `PAUSE` plays `during` and then lets the copy go on. `CUT` ends the copy's connections to the database with a reset.
    `PARTITION` lets nothing pass any more on the connection, neither data nor its end, until a reset some time later.
    `TERMINATED` ends its sessions as the server does for an administrator: with 57P01 and a proper end.
    `EXECUTING`: the caller gets no answer, and the request takes effect only after `seconds`.
    """

    kind: FaultKind
    point: Point = Point.REQUEST_BEFORE
    nth: int = 1
    during: tuple[Step, ...] = ()
    seconds: float = 0.0
    reads: bool = False


class Passed:
    """Counts how often a step has reached each point, which decides whether a fault strikes."""

    def __init__(self) -> None:
        self._points: dict[Point, int] = {}
        self._requests = {True: 0, False: 0}
        self._reads = False

    def reach(self, point: Point, *, reads: bool = False) -> None:
        """Count `point`. `reads`: the point belongs to a request that can make no effect."""
        self._points[point] = self._points.get(point, 0) + 1
        if point is Point.REQUEST_BEFORE:
            self._reads = reads
            self._requests[reads] += 1

    def strikes(self, fault: Fault, point: Point) -> bool:
        """True if the fault strikes at `point`, which was counted last."""
        if fault.point is not point:
            return False
        if fault.kind not in AT_A_REQUEST or point is not Point.REQUEST_BEFORE:
            return fault.nth == self._points.get(point, 0)
        return fault.reads == self._reads and fault.nth == self._requests[fault.reads]


@dataclass(frozen=True, slots=True)
class Create:
    """A new row in `status` (its name), with the columns that the status requires, and `columns` beside them."""

    word: ClassVar[str] = "create"
    row: str
    status: str
    columns: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Happen:
    """An event from outside reaches `actor`. Duplicates have the same `id`. `fields` are the values that it carries."""

    word: ClassVar[str] = "happen"
    row: str
    event: str
    actor: str
    id: str
    fields: Mapping[str, Json] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """A turn of the copy number `copy` of `actor`: one poll, in which it may work on every row that it finds due."""

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
    """The provider delivers its webhooks about `row`, `times` times each; the newest first if `reverse`.

    Without a row, it delivers those about every row. Webhooks that were delivered before are delivered again.
    """

    word: ClassVar[str] = "hook"
    row: str | None = None
    times: int = 1
    reverse: bool = False
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The effect of `call` for `row` is made by hand at the provider: the whole amount, or half of it with `part`."""

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
    """The implementation is asked to write `status` (a name) into the row, as an admin's screen might ask."""

    word: ClassVar[str] = "move"
    row: str
    status: str
    actor: str


@dataclass(frozen=True, slots=True)
class Crash:
    """The copy is killed between two turns and loses its memory. A new one is started for its next turn."""

    word: ClassVar[str] = "crash"
    actor: str
    copy: int = 1


@dataclass(frozen=True, slots=True)
class Settle:
    """No more faults: in each of `rounds` rounds, every actor has a turn, time passes, and `arrivals` rows are created.

    The new rows are in the queues' statuses. The marks `healthy` and `end` are recorded before and after the rounds.
    """

    word: ClassVar[str] = "settle"
    rounds: int = 40
    arrivals: int = 0


Step = Create | Happen | Work | Advance | DeliverWebhooks | Dashboard | SetUnknownStatus | Move | Crash | Settle
"""One act of the kit."""

STEPS: Mapping[str, type[Step]] = MappingProxyType(
    {
        step.word: step
        for step in (Create, Happen, Work, Advance, DeliverWebhooks, Dashboard, SetUnknownStatus, Move, Crash, Settle)
    }
)
"""Every step by its word in a file."""

Plan = tuple[Step, ...]
"""The steps of a whole run, to be played after `Driver.begin`."""


# --- as JSON -----------------------------------------------------------------


def to_json(plan: Plan) -> list[Json]:
    """The plan as JSON values, without the fields that have their defaults."""
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
    """The plan that `to_json` wrote. Raises PlanError, whose message names the step and its mistake."""
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
