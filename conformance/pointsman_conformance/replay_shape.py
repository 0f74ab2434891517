"""What a replay file looks like."""

from __future__ import annotations

from dataclasses import MISSING, fields
from functools import cache

from pointsman_conformance.history import KINDS
from pointsman_conformance.plan import STEPS, Fault, FaultKind, Point, Step
from pointsman_conformance.shapes import (
    DRAFT,
    Anything,
    Choice,
    Exactly,
    Field,
    Flag,
    ListOf,
    MapOf,
    Named,
    Nullable,
    Number,
    Record,
    Scalar,
    Shape,
    Tagged,
    Text,
    Whole,
    schema_of,
)
from pointsman_conformance.wire import Json

FORMAT = 1
"""The version of the files."""

_NAME = Text(least=1)


def _a_fault() -> Shape:
    return fault_shape()


def _a_step() -> Shape:
    return step_shape()


_FAULTS = ListOf(Named("fault", _a_fault))
_STEPS = ListOf(Named("step", _a_step))

_OF_FIELD: dict[str, tuple[Shape, str]] = {
    "row": (_NAME, "The plan's name for the row."),
    "status": (_NAME, "The status, by its name."),
    "columns": (MapOf(Scalar()), "Columns that the row has on top of what its status requires."),
    "event": (_NAME, "The spec's event."),
    "actor": (_NAME, "The actor of the spec."),
    "id": (_NAME, "The event's own id; the same for duplicates."),
    "fields": (MapOf(Anything()), "What it carries."),
    "faults": (_FAULTS, "What goes wrong meanwhile."),
    "copy": (Whole(1), "Which copy of the implementation."),
    "times": (Whole(1), "How often each goes out."),
    "reverse": (Flag(), "The newest first."),
    "call": (_NAME, "The call of the spec."),
    "part": (Flag(), "Half of what is asked."),
    "value": (Text(), "What is written into the status."),
    "rounds": (Whole(1), "How many rounds of turns."),
    "arrivals": (Whole(0), "How many new rows in each round."),
    "seconds": (Number(0), "How long, in seconds."),
    "kind": (Choice(tuple(FaultKind)), "What goes wrong."),
    "point": (Choice(tuple(Point)), "Where it goes wrong."),
    "nth": (Whole(1), "At which time that the point is reached."),
    "reads": (Flag(), "Of requests, the look-ups only; those that can make an effect if not."),
    "during": (_STEPS, "What happens while the copy stands still."),
}


def _fields(of: type[Step | Fault]) -> tuple[Field, ...]:
    found = []
    for each in fields(of):
        shape, says = _OF_FIELD[each.name]
        required = each.default is MISSING and each.default_factory is MISSING
        found.append(Field(each.name, Nullable(shape) if each.default is None else shape, says, required))
    return tuple(found)


def _step(word: str, step: type[Step]) -> Record:
    says = (step.__doc__ or "").partition("\n")[0]
    return Record(f"the step {word}", (Field("do", Exactly(word), "Which step this is."), *_fields(step)), says)


@cache
def fault_shape() -> Record:
    """A fault."""
    return Record("the fault", _fields(Fault), "Something that goes wrong.")


@cache
def step_shape() -> Tagged:
    """A step of a plan."""
    return Tagged("do", tuple((word, _step(word, step)) for word, step in STEPS.items()))


_SPEC = Record(
    "spec",
    (
        Field("name", _NAME, "The lifecycle's name."),
        Field("path", Text(), "Where it was."),
        Field("sha256", Text(), "The hash of its bytes, with LF as line ends."),
    ),
)
_FLAKY = Record(
    "flaky",
    (
        Field("failed", Whole(0), "How many replays failed."),
        Field("of", Whole(1), "How many there were."),
    ),
)
_EVENT = MapOf(Anything())

FILE = Record(
    "the replay file",
    (
        Field("format", Exactly(FORMAT), "The version of this format."),
        Field("kit", Text(), "The version of the kit that wrote it."),
        Field("spec", _SPEC, "The spec that was broken."),
        Field("law", _NAME, "The law that was broken."),
        Field("requirement", _NAME, "The law at the element of the spec."),
        Field("says", Text(), "What the kit said of it."),
        Field("seed", Nullable(Whole(0)), "The seed of the campaign; null for a plan that came from no seed."),
        Field("implementation", _NAME, "Whose failure it was."),
        Field("driver", _NAME, "How it was reached."),
        Field("roles", ListOf(_NAME, distinct=True), "The actors that it played."),
        Field("plan", _STEPS, "What the kit did: this is played again."),
        Field("flaky", Nullable(_FLAKY), "Where it fails only sometimes: how often. Null if it always failed."),
        Field("history", ListOf(_EVENT), f"What happened, for people; kinds: {', '.join(KINDS)}."),
    ),
    "A failure that the kit found, and how to make it happen again.",
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
