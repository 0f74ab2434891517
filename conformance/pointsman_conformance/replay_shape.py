"""The shape of a replay file, and its JSON Schema."""

from __future__ import annotations

from dataclasses import MISSING, fields
from functools import cache

from pointsman_conformance.core.history import KINDS
from pointsman_conformance.core.plan import STEPS, Fault, FaultKind, Point, Step
from pointsman_conformance.core.shapes import (
    DRAFT,
    Anything,
    Exactly,
    JsonChoice,
    JsonField,
    JsonFlag,
    JsonList,
    JsonMap,
    JsonNumber,
    JsonRecord,
    JsonScalar,
    JsonShape,
    JsonText,
    JsonWhole,
    Named,
    Nullable,
    Tagged,
    schema_of,
)
from pointsman_conformance.core.wire import Json

FORMAT = 1
"""The version of the files."""

_NAME = JsonText(least=1)


def _a_fault() -> JsonShape:
    return fault_shape()


def _a_step() -> JsonShape:
    return step_shape()


_FAULTS = JsonList(Named("fault", _a_fault))
_STEPS = JsonList(Named("step", _a_step))

_OF_FIELD: dict[str, tuple[JsonShape, str]] = {
    "row": (_NAME, "The plan's name for the row."),
    "status": (_NAME, "The status, by its name."),
    "columns": (JsonMap(JsonScalar()), "Columns that the row has beside those that its status requires."),
    "event": (_NAME, "The spec's event."),
    "actor": (_NAME, "The actor of the spec."),
    "id": (_NAME, "The event's own id; the same for duplicates."),
    "fields": (JsonMap(Anything()), "The values that the event carries."),
    "faults": (_FAULTS, "The faults that strike in this step."),
    "copy": (JsonWhole(1), "Which copy of the implementation."),
    "times": (JsonWhole(1), "How often each is delivered."),
    "reverse": (JsonFlag(), "The newest first."),
    "call": (_NAME, "The call of the spec."),
    "part": (JsonFlag(), "Half of what is asked."),
    "value": (JsonText(), "The value that is written into the status column."),
    "rounds": (JsonWhole(1), "How many rounds of turns."),
    "arrivals": (JsonWhole(0), "How many new rows in each round."),
    "seconds": (JsonNumber(0), "How long, in seconds."),
    "kind": (JsonChoice(tuple(FaultKind)), "The kind of the fault."),
    "point": (JsonChoice(tuple(Point)), "The point at which it strikes."),
    "nth": (JsonWhole(1), "The number of the time, from 1, that the step reaches the point."),
    "reads": (JsonFlag(), "True: only look-ups count. False: only requests that can make an effect."),
    "during": (_STEPS, "The steps that are played while the copy is stopped."),
}


def _fields(of: type[Step | Fault]) -> tuple[JsonField, ...]:
    found = []
    for each in fields(of):
        shape, says = _OF_FIELD[each.name]
        required = each.default is MISSING and each.default_factory is MISSING
        found.append(JsonField(each.name, Nullable(shape) if each.default is None else shape, says, required))
    return tuple(found)


def _step(word: str, step: type[Step]) -> JsonRecord:
    says = (step.__doc__ or "").partition("\n")[0]
    return JsonRecord(f"the step {word}", (JsonField("do", Exactly(word), "Which step this is."), *_fields(step)), says)


@cache
def fault_shape() -> JsonRecord:
    """A fault."""
    return JsonRecord("the fault", _fields(Fault), "A fault that strikes the copy or a request.")


@cache
def step_shape() -> Tagged:
    """A step of a plan."""
    return Tagged("do", tuple((word, _step(word, step)) for word, step in STEPS.items()))


_SPEC = JsonRecord(
    "spec",
    (
        JsonField("name", _NAME, "The lifecycle's name."),
        JsonField("path", JsonText(), "The path of the spec."),
        JsonField("sha256", JsonText(), "The hash of its bytes, with LF as line ends."),
    ),
)
_FLAKY = JsonRecord(
    "flaky",
    (
        JsonField("failed", JsonWhole(0), "How many replays failed."),
        JsonField("of", JsonWhole(1), "How many there were."),
    ),
)
_EVENT = JsonMap(Anything())

FILE = JsonRecord(
    "the replay file",
    (
        JsonField("format", Exactly(FORMAT), "The version of this format."),
        JsonField("kit", JsonText(), "The version of the kit that wrote it."),
        JsonField("spec", _SPEC, "The spec that was broken."),
        JsonField("law", _NAME, "The law that was broken."),
        JsonField("requirement", _NAME, "The law at the element of the spec."),
        JsonField("says", JsonText(), "The kit's message about the failure."),
        JsonField("seed", Nullable(JsonWhole(0)), "The seed of the campaign; null for a plan that came from no seed."),
        JsonField("implementation", _NAME, "The implementation that failed."),
        JsonField("driver", _NAME, "How the implementation was reached."),
        JsonField("roles", JsonList(_NAME, distinct=True), "The actors that the implementation played."),
        JsonField("plan", _STEPS, "The steps of the kit. A replay plays them again."),
        JsonField("flaky", Nullable(_FLAKY), "How often replays failed. Null if each failed."),
        JsonField("history", JsonList(_EVENT), f"An excerpt of the records, for people; kinds: {', '.join(KINDS)}."),
    ),
    "A failure that the kit found, with the plan that makes it happen again.",
)


def replay_schema() -> dict[str, Json]:
    """The JSON Schema of a replay file."""
    told = schema_of(FILE)
    return {
        "$schema": DRAFT,
        "title": "Pointsman replay",
        **told,
        "$defs": {"step": schema_of(step_shape()), "fault": schema_of(fault_shape())},
    }
