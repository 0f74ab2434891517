"""What a provider does with a request, and what its caller hears."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.lifecycle import Call, Outcome
from pointsman.world.ground import ACCEPTED, BROKEN, FOR_NOW, NOTHING, PART, REFUSED, WHOLE
from pointsman.world.making import Making
from pointsman.world.replies import Heard, Nature
from pointsman.world.row import Changes, Row
from pointsman.world.system import TRUE, Const, Expr, Less, both, eq, ne, no, pick, some
from pointsman.world.worker import Phase


@dataclass(frozen=True)
class Answer:
    """One thing that can become of a request, with what its sender has in hand afterwards."""

    name: str
    says: str
    guard: Expr
    changes: Changes
    phase: Phase
    fault: str | None
    outcome: Outcome
    definite: bool


_PHASE = {
    Outcome.ACCEPTED: Phase.ACCEPTED,
    Outcome.ALREADY_DONE: Phase.ALREADY_DONE,
    Outcome.REFUSED: Phase.REFUSED,
    Outcome.REFUSED_FOR_NOW: Phase.REFUSED_FOR_NOW,
    Outcome.MISUSED: Phase.MISUSED,
    Outcome.NOT_TRIED: Phase.NOT_TRIED,
}


def in_hand(one: Heard, nature: Nature) -> Phase:
    """What a caller has in hand after a reply."""
    if one.outcome is Outcome.UNKNOWN:
        return Phase.ERROR if one.answered else Phase.UNKNOWN
    if one.outcome is Outcome.NOT_TRIED and nature is Nature.BUSY:
        return Phase.IN_USE
    return _PHASE[one.outcome]


def fits(row: Row, call: Call, much: Expr | None = None) -> Expr:
    """The provider would make this effect: it makes any, or as much as is asked for is left to be done."""
    if not row.ground.makes_effects_once(call):
        return TRUE
    units, asked = row.units(call), much if much is not None else row.asked(call)
    if asked == Const(WHOLE):
        return eq(units, 0)
    return some(eq(units, 0), both(eq(units, PART), eq(asked, PART)))


def effect(row: Row, call: Call, much: Expr | None = None) -> Changes:
    """The effect is made: money moves."""
    made = row.made(call)
    found: Changes = {made.name: pick(eq(made, 0), 1, 2)}
    if row.ground.makes_effects_once(call):
        units, asked = row.units(call), much if much is not None else row.asked(call)
        found[row.units(call).name] = pick(both(eq(units, 0), eq(asked, PART)), PART, WHOLE)
    if row.ground.without & {"reverses_full_after_partial", "bump_rewrites_amount"}:
        too_much = both(Less(row.asked(call), much)) if much is not None else eq(row.rewritten, 1)
        found[row.over.name] = pick(too_much, 1, row.over)
    return found


def answers(making: Making, row: Row, call: Call, key: Expr, much: Expr | None = None) -> Iterator[Answer]:
    """Everything that can become of a request under the key of generation `key`, for `much` where that is not what was asked."""
    ground = making.ground
    keyed = call.key is not None
    number = ground.calls.index(call) + 1
    stored = row.memory_at(call, key) if keyed else Const(NOTHING)
    busy = both(eq(row.flying, number), _same(row.flying_key, key)) if keyed else Const(0)
    fresh = both(eq(stored, NOTHING), no(busy)) if keyed else TRUE
    room = fits(row, call, much)

    def keep(nature: Nature, answer: int) -> Changes:
        return row.remember(call, key, answer) if ground.stores(call, nature) else {}

    def each(
        nature: Nature, name: str, says: str, guard: Expr, changes: Changes, fault: str | None = None, *, definite: bool = False
    ) -> Iterator[Answer]:  # fmt: skip
        for at, one in enumerate(_phases(ground.heard(call, nature), nature)):
            suffix = f"_{at}" if at else ""
            yield Answer(f"{name}{suffix}", says, guard, changes, one[0], fault, one[1], definite)

    done = {**effect(row, call, much), **keep(Nature.MADE, ACCEPTED)}
    name = call.name
    yield from each(Nature.MADE, "made", f"sends {name}: it is made", both(fresh, room), done)
    yield from each(Nature.SILENT, "made_lost", f"sends {name}: it is made, and the reply is lost", both(fresh, room), done, "lost reply")  # fmt: skip
    yield from each(Nature.SILENT, "lost", f"sends {name}: the request is lost", TRUE, {}, "lost request")
    flight: Changes = {row.flying.name: Const(number)} | ({row.flying_key.name: key} if keyed else {})
    yield from each(Nature.SILENT, "late", f"sends {name}: no answer in time, and it is still executing", both(fresh, eq(row.flying, 0)), flight, "still executing")  # fmt: skip
    error = keep(Nature.ERROR, BROKEN)
    yield from each(Nature.ERROR, "error_made", f"sends {name}: it is made, and the answer is an error", both(fresh, room), {**done, **error}, "error")  # fmt: skip
    yield from each(Nature.ERROR, "error", f"sends {name}: nothing is made, and the answer is an error", fresh, error, "error")  # fmt: skip
    if ground.may("reply-ends-request"):
        yield from each(Nature.ERROR, "error_late", f"sends {name}: the answer is an error, and it is still executing", both(fresh, eq(row.flying, 0)), {**flight, **error}, "error")  # fmt: skip
    for nature, answer in ((Nature.REFUSED, REFUSED), (Nature.REFUSED_FOR_NOW, FOR_NOW)):
        says = f"sends {name}: {nature.value.replace('_', ' ')}"
        # What is done already is answered "already done", never refused: that is what `repeat: already_done` says.
        yield from each(nature, nature.value, says, both(fresh, room), keep(nature, answer), nature.value.replace("_", " "), definite=nature is Nature.REFUSED)  # fmt: skip
        if keyed and ground.stores(call, nature):
            yield from each(nature, f"{nature.value}_again", f"{says}, as before under this key", both(eq(stored, answer), no(busy)), {}, definite=nature is Nature.REFUSED)  # fmt: skip
    if room != TRUE:
        yield from _no_room(making, row, call, both(fresh, no(room)))
    if keyed:
        yield from each(Nature.MADE, "made_again", f"sends {name}: made before under this key", both(eq(stored, ACCEPTED), no(busy)), {})  # fmt: skip
        yield from each(Nature.ERROR, "error_again", f"sends {name}: the same error as before under this key", both(eq(stored, BROKEN), no(busy)), {})  # fmt: skip
        yield from each(Nature.BUSY, "in_use", f"sends {name}: the key is in use", busy, {})
    if any(one.outcome is Outcome.NOT_TRIED or one.outcome is Outcome.REFUSED for one in ground.heard(call, Nature.THROTTLED)):
        yield from each(Nature.THROTTLED, "throttled", f"sends {name}: too many requests", TRUE, {}, "throttled")


def _no_room(making: Making, row: Row, call: Call, guard: Expr) -> Iterator[Answer]:
    """All is done, and the answer says so; or less is left than was asked for, and that is refused."""
    ground = making.ground
    all_done = eq(row.units(call), WHOLE)
    for at, (phase, outcome) in enumerate(_phases(ground.heard(call, Nature.ALREADY), Nature.ALREADY)):
        says = f"sends {call.name}: already done"
        yield Answer(f"already_{at}", says, both(guard, all_done), {}, phase, None, outcome, definite=False)
    refused = _phases(ground.heard(call, Nature.REFUSED), Nature.REFUSED) or _phases(ground.heard(call, Nature.ERROR), Nature.ERROR)  # fmt: skip
    for at, (phase, outcome) in enumerate(refused):
        says = f"sends {call.name}: more than is left, refused"
        stored = row.remember(call, row.generation, REFUSED) if ground.stores(call, Nature.REFUSED) else {}
        yield Answer(f"too_much_{at}", says, both(guard, ne(row.units(call), WHOLE)), stored, phase, None, outcome, definite=True)


def _phases(every: tuple[Heard, ...], nature: Nature) -> tuple[tuple[Phase, Outcome], ...]:
    return tuple(dict.fromkeys((in_hand(one, nature), one.outcome) for one in every))


def _same(left: Expr, right: Expr) -> Expr:
    return eq(left, right.value) if isinstance(right, Const) else eq(left, right)
