"""The provider's part of a request: each outcome that it can have, and the phase in which it leaves the caller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.spec.lifecycle import Call, Outcome
from pointsman.world.ground import ACCEPTED, BROKEN, FOR_NOW, NOTHING, PART, REFUSED, WHOLE, Ground
from pointsman.world.making import Making
from pointsman.world.replies import Nature, ReplyClass
from pointsman.world.row import Changes, RowVariables
from pointsman.world.system import TRUE, Const, Expr, Less, both, eq, no, pick, some
from pointsman.world.worker import Phase


@dataclass(frozen=True)
class ProviderReply:
    """One outcome of a request.

    `guard` and `changes` are those of the provider, `phase` is the sender's afterwards, and `fault` is None where
    nothing went wrong. `definite`: a refusal that the provider really made. `wrong` names a premise that does not
    hold where this happens.
    """

    name: str
    says: str
    guard: Expr
    changes: Changes
    phase: Phase
    fault: str | None
    outcome: Outcome
    definite: bool
    wrong: str | None = None


_PHASE = {
    Outcome.ACCEPTED: Phase.ACCEPTED,
    Outcome.ALREADY_DONE: Phase.ALREADY_DONE,
    Outcome.REFUSED: Phase.REFUSED,
    Outcome.REFUSED_FOR_NOW: Phase.REFUSED_FOR_NOW,
    Outcome.MISUSED: Phase.MISUSED,
    Outcome.NOT_TRIED: Phase.NOT_TRIED,
}


def in_hand(one: ReplyClass, nature: Nature) -> Phase:
    """The phase of a caller that took a reply of this nature as `one`."""
    if one.outcome is Outcome.UNKNOWN:
        return Phase.ERROR if one.answered else Phase.UNKNOWN
    if one.outcome is Outcome.NOT_TRIED and nature is Nature.BUSY:
        return Phase.IN_USE
    return _PHASE[one.outcome]


def fits(row: RowVariables, call: Call, much: Expr | None = None) -> Expr:
    """1 where the provider would make the effect: always, or where `much` (None: the amount asked for) is left."""
    if not row.ground.makes_effects_once(call):
        return TRUE
    units, asked = row.units(call), much if much is not None else row.asked(call)
    if asked == Const(WHOLE):
        return eq(units, 0)
    return some(eq(units, 0), both(eq(units, PART), eq(asked, PART)))


def effect(row: RowVariables, call: Call, much: Expr | None = None) -> Changes:
    """The changes at the provider when the effect is made, of `much` or of the amount asked for."""
    made = row.made(call)
    found: Changes = {made.name: pick(eq(made, 0), 1, 2)}
    if call.name in row.ground.unsettling:
        found[row.unheard(call).name] = Const(1)
    if row.ground.makes_effects_once(call):
        units, asked = row.units(call), much if much is not None else row.asked(call)
        found[row.units(call).name] = pick(both(eq(units, 0), eq(asked, PART)), PART, WHOLE)
    if row.ground.without & {"reverses_full_after_partial", "bump_rewrites_amount"}:
        rewritten = eq(row.rewritten, 1)
        too_much = rewritten if much is None else some(Less(row.asked(call), much), both(rewritten, eq(much, WHOLE)))
        found[row.over.name] = pick(too_much, 1, row.over)
    return found


@dataclass(frozen=True)
class _Case:
    """One thing that the provider may do. The spec's outcomes say how the caller takes its reply."""

    nature: Nature
    name: str
    says: str
    guard: Expr
    changes: Changes
    fault: str | None = None
    definite: bool = False
    wrong: str | None = None


def answers(
    making: Making, row: RowVariables, call: Call, key: Expr, much: Expr | None = None
) -> Iterator[ProviderReply]:
    """Every outcome of a request under the key of generation `key`, for `much` or for the amount asked for."""
    desk = _Desk(making.ground, row, call, key, much)
    usual = (*desk.fresh_ones(), *desk.lost_ones(), *desk.errors(), *desk.refusals(), *desk.others())
    for case in (*usual, *desk.misleading()):
        for at, (phase, outcome) in enumerate(_phases(making.ground.heard(call, case.nature), case.nature)):
            name = f"{case.name}_{at}" if at else case.name
            says = f"sends {call.name}: {case.says}"
            yield ProviderReply(
                name, says, case.guard, case.changes, phase, case.fault, outcome, case.definite, case.wrong
            )


def _phases(every: tuple[ReplyClass, ...], nature: Nature) -> tuple[tuple[Phase, Outcome], ...]:
    return tuple(dict.fromkeys((in_hand(one, nature), one.outcome) for one in every))


@dataclass(frozen=True)
class _Desk:
    """One request at the provider, which looks at the memory of its key and at the room for its effect."""

    ground: Ground
    row: RowVariables
    call: Call
    key: Expr
    much: Expr | None

    @property
    def keyed(self) -> bool:
        return self.call.key is not None

    @property
    def stored(self) -> Expr:
        """The code of the answer that is stored under the key."""
        return self.row.memory_at(self.call, self.key) if self.keyed else Const(NOTHING)

    @property
    def busy(self) -> Expr:
        """1 where a request under the same key is still executing."""
        if not self.keyed:
            return Const(0)
        number = self.ground.calls.index(self.call) + 1
        under = self.key.value if isinstance(self.key, Const) else self.key
        return both(eq(self.row.flying, number), eq(self.row.flying_key, under))

    @property
    def fresh(self) -> Expr:
        """1 where the key has no stored answer and no request that is still executing."""
        return both(eq(self.stored, NOTHING), no(self.busy)) if self.keyed else TRUE

    @property
    def room(self) -> Expr:
        """1 where the effect can be made."""
        return fits(self.row, self.call, self.much)

    @property
    def made(self) -> Changes:
        """Make the effect, and store the answer."""
        return {**effect(self.row, self.call, self.much), **self.keep(Nature.MADE, ACCEPTED)}

    def keep(self, nature: Nature, answer: int) -> Changes:
        """Store the answer under the key, if the provider stores answers of this nature."""
        return self.row.remember(self.call, self.key, answer) if self.ground.stores(self.call, nature) else {}

    @property
    def in_flight(self) -> Changes:
        """Note that the request is still executing."""
        number = self.ground.calls.index(self.call) + 1
        under: Changes = {self.row.flying_key.name: self.key} if self.keyed else {}
        asked = self.much if self.much is not None else self.row.asked(self.call)
        over: Changes = {}
        if self.row.flying_asked(self.call) is not None:
            over = {self.row.flying_amount.name: pick(eq(asked, PART), PART, WHOLE)}
        return {self.row.flying.name: Const(number), **under, **over}

    # --- what may happen -------------------------------------------------------

    def fresh_ones(self) -> Iterator[_Case]:
        """The effect is made and reported, was made before, or would be more than is left."""
        yield _Case(Nature.MADE, "made", "it is made", both(self.fresh, self.room), self.made)
        if self.room != TRUE:
            done = eq(self.row.units(self.call), WHOLE)
            full = both(self.fresh, no(self.room))
            yield _Case(Nature.ALREADY, "already", "already done", both(full, done), {})
            too_much = "more than is left, refused"
            nature = Nature.REFUSED if self.ground.heard(self.call, Nature.REFUSED) else Nature.ERROR
            kept = self.keep(Nature.REFUSED, REFUSED)
            yield _Case(nature, "too_much", too_much, both(full, no(done)), kept, definite=True)
        if self.keyed:
            known = both(eq(self.stored, ACCEPTED), no(self.busy))
            yield _Case(Nature.MADE, "made_again", "made before under this key", known, {})

    def lost_ones(self) -> Iterator[_Case]:
        """No reply comes: before the effect, after it, or while the request is still executing."""
        can = both(self.fresh, self.room)
        yield _Case(Nature.SILENT, "made_lost", "it is made, and the reply is lost", can, self.made, "lost reply")
        yield _Case(Nature.SILENT, "lost", "the request is lost", TRUE, {}, "lost request")
        alone = both(self.fresh, eq(self.row.flying, 0))
        says = "no answer in time, and it is still executing"
        yield _Case(Nature.SILENT, "late", says, alone, self.in_flight, "still executing")

    def errors(self) -> Iterator[_Case]:
        """The answer is an error, with and without the effect; a stored error is given again."""
        error = self.keep(Nature.ERROR, BROKEN)
        says = "it is made, and the answer is an error"
        yield _Case(Nature.ERROR, "error_made", says, both(self.fresh, self.room), {**self.made, **error}, "error")
        says = "nothing is made, and the answer is an error"
        yield _Case(Nature.ERROR, "error", says, self.fresh, error, "error")
        if self.ground.may("reply-ends-request"):
            says = "the answer is an error, and it is still executing"
            alone = both(self.fresh, eq(self.row.flying, 0))
            yield _Case(Nature.ERROR, "error_late", says, alone, {**self.in_flight, **error}, "error")
        if self.keyed:
            known = both(eq(self.stored, BROKEN), no(self.busy))
            yield _Case(Nature.ERROR, "error_again", "the same error as before under this key", known, {})

    def refusals(self) -> Iterator[_Case]:
        """The request is refused. An effect that is done already is never refused: `repeat: already_done` says so."""
        for nature, answer in ((Nature.REFUSED, REFUSED), (Nature.REFUSED_FOR_NOW, FOR_NOW)):
            says, definite = nature.value.replace("_", " "), nature is Nature.REFUSED
            can = both(self.fresh, self.room)
            yield _Case(nature, nature.value, says, can, self.keep(nature, answer), says, definite)
            if self.keyed and self.ground.stores(self.call, nature):
                known = both(eq(self.stored, answer), no(self.busy))
                again = f"{says}, as before under this key"
                yield _Case(nature, f"{nature.value}_again", again, known, {}, None, definite)

    def others(self) -> Iterator[_Case]:
        """The provider tries nothing: the key is in use or was sent with other parameters, or it throttles requests."""
        if self.keyed:
            yield _Case(Nature.BUSY, "in_use", "the key is in use", self.busy, {})
            known = both(no(eq(self.stored, NOTHING)), no(self.busy))
            says = "the key was sent with other parameters, our own defect"
            yield _Case(Nature.MISUSED, "misused", says, known, {}, "misused")
        if any(one.outcome is not Outcome.UNKNOWN for one in self.ground.heard(self.call, Nature.THROTTLED)):
            says = "too many requests, or not let in: nothing is tried"
            ends = None if self.ground.may("not-tried-ends") else "throttled"
            yield _Case(Nature.THROTTLED, "throttled", says, TRUE, {}, ends)

    def misleading(self) -> Iterator[_Case]:
        """The answer says what is not so, where answers are not assumed to mean what they say."""
        premise = "answers-mean-what-they-say"
        if not self.ground.may(premise):
            return
        fault, can = "an answer misleads", both(self.fresh, self.room)
        refused = {**effect(self.row, self.call, self.much), **self.keep(Nature.REFUSED, REFUSED)}
        says = "it is made, and the answer reads as a refusal"
        yield _Case(Nature.REFUSED, "made_refused", says, can, refused, fault, wrong=premise)
        says = "nothing is made, and the answer reads as accepted"
        accepted = self.keep(Nature.MADE, ACCEPTED)
        yield _Case(Nature.MADE, "accepted_only", says, self.fresh, accepted, fault, wrong=premise)
