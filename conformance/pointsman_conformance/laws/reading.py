"""A history as the laws read it: versions, claims, requests and legs, and indexes of them.

All of it is derived from what was seen from outside. Where that does not decide (which actor
wrote, which row a request is about), the answer is None or the wider set, and laws do not judge.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pointsman.spec import lifecycle as spec
from pointsman.spec.lifecycle import Lifecycle, Queue, Transition
from pointsman.spec.meaning import LookUpResult, queues_in, status_in, text_of
from pointsman_conformance.core.history import (
    Answered,
    Columns,
    Crashed,
    Effect,
    History,
    Mark,
    Paused,
    Record,
    Resumed,
    Started,
    Turn,
    Value,
)
from pointsman_conformance.laws.parts import (
    CLAIMANTS,
    DEFINITE,
    TOLERANCE,
    Claim,
    DeliveredEvent,
    Leg,
    RowVersion,
    Sent,
    WriteKind,
    number,
    possible_actors,
)

__all__ = [
    "CLAIMANTS",
    "DEFINITE",
    "TOLERANCE",
    "Claim",
    "DeliveredEvent",
    "Leg",
    "LookUpResult",
    "Reading",
    "RowVersion",
    "Sent",
    "WriteKind",
    "number",
]  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """A history with its indexes. A place is an index into `history.records`. `laws.reader.read` makes it."""

    lifecycle: Lifecycle
    history: History
    versions: tuple[RowVersion, ...]
    sent: tuple[Sent, ...]
    legs: tuple[Leg, ...]
    deliveries: tuple[DeliveredEvent, ...]
    lost: Mapping[int, int]
    """By a claim's place: the place at which another writer took the row from it, by the fence or the status."""
    closed: Mapping[int, int]
    """By a claim's place: where its copy ended it: by its next claim, recording or move of the row, or a crash."""

    # --- rows ------------------------------------------------------------------

    @cached_property
    def of_row(self) -> Mapping[str, tuple[RowVersion, ...]]:
        """The versions of each row, in order."""
        found: dict[str, list[RowVersion]] = {}
        for version in self.versions:
            found.setdefault(version.row, []).append(version)
        return {row: tuple(versions) for row, versions in found.items()}

    @cached_property
    def at_place(self) -> Mapping[int, RowVersion]:
        """The versions by place."""
        return {version.place: version for version in self.versions}

    @cached_property
    def _places(self) -> Mapping[str, tuple[int, ...]]:
        return {row: tuple(each.place for each in versions) for row, versions in self.of_row.items()}

    def version_at(self, row: str, place: int) -> RowVersion | None:
        """The last version of `row` at or before `place`."""
        index = bisect_right(self._places.get(row, ()), place)
        return self.of_row[row][index - 1] if index else None

    def row_at(self, row: str, place: int) -> Columns | None:
        """The row as it was at `place`."""
        version = self.version_at(row, place)
        return version.write.new if version is not None else None

    def after(self, row: str, place: int) -> tuple[RowVersion, ...]:
        """The versions of `row` after `place`."""
        return self.of_row.get(row, ())[bisect_right(self._places.get(row, ()), place) :]

    def status_name(self, columns: Columns | None) -> str | None:
        """The name of a row's status; None if there is no row, or its status is not declared."""
        status = status_in(self.lifecycle, columns)
        return status.name if status is not None else None

    # --- copies ----------------------------------------------------------------

    @cached_property
    def actor_of(self) -> Mapping[str, str | None]:
        """The actor that each copy was started to play; None for several."""
        started = (self.history.records[place] for place in self.history.places_of(Started))
        return {each.who: each.actor for each in started if isinstance(each, Started)}

    def possible_actors(self, record: Record) -> frozenset[str]:
        """The actors of the spec that may have caused a record of a copy."""
        return possible_actors(self.history, self.actor_of, record)

    def by_claimant(self, version: RowVersion) -> bool:
        """True if only a worker or an admin can have written it, by the actors that its copy plays."""
        actors = self.possible_actors(version.write)
        if version.transitions:
            named = frozenset(name for each in version.transitions for name in each.by)
            actors = actors & named or actors
        elif version.sort in {WriteKind.RECORDING, WriteKind.CLAIM} and not version.write.actor:
            return True
        kinds = {self.lifecycle.actor[name].kind for name in actors if name in self.lifecycle.actor}
        return bool(kinds) and kinds <= CLAIMANTS

    @cached_property
    def acted_under(self) -> dict[int, Claim | None]:
        """What `sight.claim_of` has found so far, by the place of the version: several laws ask about each."""
        return {}

    @cached_property
    def crashes(self) -> Mapping[str, tuple[int, ...]]:
        """The places at which each copy died."""
        return _places_by_copy(self.history, Crashed)

    def crashed(self, who: str, start: int, end: int) -> bool:
        """True if the copy died between two places."""
        places = self.crashes.get(who, ())
        return bisect_right(places, start) < bisect_right(places, end)

    @cached_property
    def pauses(self) -> Mapping[str, tuple[tuple[int, int], ...]]:
        """The spans (from, to) of places in which each copy was stopped; to the end if it never went on."""
        last = len(self.history.records)
        going = _places_by_copy(self.history, Resumed)
        found: dict[str, tuple[tuple[int, int], ...]] = {}
        for who, starts in _places_by_copy(self.history, Paused).items():
            ends = (*going.get(who, ()), last)
            found[who] = tuple((start, ends[min(bisect_right(ends, start), len(ends) - 1)]) for start in starts)
        return found

    def paused(self, who: str, start: int, end: int) -> bool:
        """True if the copy was stopped at some time between two places."""
        return any(begin < end and start < finish for begin, finish in self.pauses.get(who, ()))

    @cached_property
    def turns(self) -> Mapping[str, tuple[int, ...]]:
        """The places at which each copy was given a turn."""
        return _places_by_copy(self.history, Turn)

    @cached_property
    def marks(self) -> Mapping[str, tuple[int, ...]]:
        """The places of the kit's marks, by name."""
        found: dict[str, list[int]] = {}
        for place in self.history.places_of(Mark):
            record = self.history.records[place]
            if isinstance(record, Mark):
                found.setdefault(record.name, []).append(place)
        return {name: tuple(places) for name, places in found.items()}

    @cached_property
    def deliveries_to(self) -> Mapping[tuple[str, str], tuple[DeliveredEvent, ...]]:
        """The events that each copy was handed about each row."""
        found: dict[tuple[str, str], list[DeliveredEvent]] = {}
        for each in self.deliveries:
            found.setdefault((each.record.who, each.record.row), []).append(each)
        return {key: tuple(told) for key, told in found.items()}

    @cached_property
    def _answers(self) -> Mapping[str, tuple[int, ...]]:
        return _places_by_copy(self.history, Answered)

    def in_one_go(self, who: str, start: int, end: int) -> bool:
        """True if no answer, turn or crash of the copy shows that the act it began at `start` was over before `end`."""
        for places in (self.turns.get(who, ()), self._answers.get(who, ())):
            if bisect_right(places, start) < bisect_right(places, end):
                return False
        return not self.crashed(who, start, end)

    def who_is_ours(self, who: str) -> bool:
        """True for a copy of the implementation under test."""
        return who in self.history.subject

    # --- requests --------------------------------------------------------------

    @cached_property
    def effects(self) -> Mapping[str, tuple[tuple[int, Effect], ...]]:
        """The effects at the provider, by receipt, each with its place.

        A call that ends an earlier effect has the receipt of that effect.
        """
        found: dict[str, list[tuple[int, Effect]]] = {}
        for place in self.history.places_of(Effect):
            each = self.history.records[place]
            if isinstance(each, Effect):
                found.setdefault(each.receipt, []).append((place, each))
        return {receipt: tuple(made) for receipt, made in found.items()}

    def is_receipt(self, call: str, row: str, value: Value) -> bool:
        """True if `value` is the receipt of an effect that can belong to this row and this call."""
        found = self.effects.get(text_of(value) or "", ())
        return any(each.call in {call, None} and each.row in {row, None} for _, each in found)

    @cached_property
    def sent_for(self) -> Mapping[tuple[str, str], tuple[Sent, ...]]:
        """The requests of each (row, call), look-ups included, in order."""
        found: dict[tuple[str, str], list[Sent]] = {}
        for each in self.sent:
            if each.row is not None:
                found.setdefault((each.row, each.call.name), []).append(each)
        return {key: tuple(sent) for key, sent in found.items()}

    def in_leg(self, leg: Leg, until: int) -> tuple[Sent, ...]:
        """The requests of a leg that were sent before `until`, look-ups included."""
        return tuple(
            each for each in self.sent_for.get((leg.row, leg.call), ()) if each.leg == leg and each.place < until
        )

    @cached_property
    def _look_ups_of_any_row(self) -> Mapping[str, tuple[Sent, ...]]:
        """Answered look-ups of each call that may be about any row."""
        found: dict[str, list[Sent]] = {}
        for each in self.sent:
            if each.row is None and not each.effect and each.shown is not None:
                found.setdefault(each.call.name, []).append(each)
        return {call: tuple(sent) for call, sent in found.items()}

    def settled(self, row: str, call: str, start: int, end: int) -> bool:
        """True if a look-up that was sent after `start` and answered before `end` may have shown no effect."""
        asked = (*self.sent_for.get((row, call), ()), *self._look_ups_of_any_row.get(call, ()))
        not_found = {LookUpResult.ABSENT, LookUpResult.UNDECIDED}
        return any(
            each.place > start and each.answered is not None and each.answered < end
            and (each.shown in not_found or (each.row is None and each.shown is not None))
            for each in asked
        )  # fmt: skip

    @cached_property
    def _legs(self) -> Mapping[tuple[str, str], tuple[Leg, ...]]:
        found: dict[tuple[str, str], list[Leg]] = {}
        for leg in self.legs:
            found.setdefault((leg.row, leg.call), []).append(leg)
        return {key: tuple(legs) for key, legs in found.items()}

    def leg_at(self, row: str, call: str, place: int) -> Leg | None:
        """The last leg of (row, call) that began before `place`; it may be over by then."""
        legs = self._legs.get((row, call), ())
        index = bisect_right([leg.start for leg in legs], place - 1)
        return legs[index - 1] if index else None

    def is_stale(self, sent: Sent) -> bool:
        """True if its claim was lost to another writer before it was sent. Covered by the premise longest-pause."""
        lost = self.lost.get(sent.claim.place) if sent.claim is not None else None
        return lost is not None and lost < sent.place

    def recording_of(self, sent: Sent) -> RowVersion | None:
        """The write in which the sender recorded the answer: its next write of the row.

        None if it got no answer, wrote nothing, died before, claimed the row again instead, or asked for an effect
        again: then the write records the later answer.
        """
        if sent.answered is None or sent.row is None or (sent.heard is None and sent.shown is None):
            return None
        again = self._asked_again(sent)
        for version in self.after(sent.row, sent.answered):
            if again is not None and again < version.place:
                return None
            if version.who == sent.who and version.sort not in {WriteKind.KEPT, WriteKind.RENEWAL}:
                return version if self._records(sent, version) else None
        return None

    def _asked_again(self, sent: Sent) -> int | None:
        """Where the sender of a request for an effect sends the next one for the row's call; None if it never does."""
        if not sent.effect or sent.row is None:
            return None
        later = (each for each in self.sent_for.get((sent.row, sent.call.name), ()) if each.place > sent.place)
        return next((each.place for each in later if each.who == sent.who and each.effect), None)

    def _records(self, sent: Sent, version: RowVersion) -> bool:
        """True for a write under the claim of the request, by a worker or an admin."""
        if version.sort not in {WriteKind.MOVE, WriteKind.RECORDING, WriteKind.BUMP} or not self.by_claimant(version):
            return False
        if self.has_claims:
            return sent.claim is not None and sent.claim == version.claim
        return not self.claims_nothing or self.in_one_go(sent.who, sent.place, version.place)

    @cached_property
    def has_claims(self) -> bool:
        """True if the implementation claims rows by a write, which the history shows. It does not show a lock."""
        return self._by_bump and any(each.ours and each.takes for each in self.versions)

    @property
    def claims_nothing(self) -> bool:
        """True if the spec has rows claimed by a write, and the implementation claims none in this history."""
        return self._by_bump and not self.has_claims

    @property
    def _by_bump(self) -> bool:
        return self.lifecycle.claims is not None and self.lifecycle.claims.by is spec.ClaimBy.BUMP

    def queue_of(self, sent: Sent) -> Queue | None:
        """The queue that the request is made for: the claim's, else one that holds the row and makes the call."""
        if sent.claim is not None and sent.claim.queue is not None:
            return sent.claim.queue
        version = self.version_at(sent.row, sent.place) if sent.row is not None else None
        queues = self.queues_of(version.after) if version is not None else ()
        return next((queue for queue in queues if queue.call == sent.call.name), None)

    def last_heard(self, version: RowVersion, call: str) -> Sent | None:
        """The last request of the writer, under the claim of its write, whose answer it got and the spec explains.

        In a spec whose claims are no writes: the last such request since its previous write of the row.
        """
        if self.has_claims and version.claim is None:
            return None
        if version.claim is not None:
            start = version.claim.place
        else:
            own = (each.place for each in self.of_row[version.row] if each.who == version.who)
            start = max((place for place in own if place < version.place), default=-1)
        found = None
        for each in self.sent_for.get((version.row, call), ()):
            told = each.heard is not None or each.shown is not None
            mine = each.who == version.who and each.claim == version.claim and start < each.place < version.place
            if mine and told and each.answered is not None and each.answered < version.place:
                found = each
        return found

    # --- the spec --------------------------------------------------------------

    def queues_of(self, status: str | None) -> tuple[Queue, ...]:
        """The queues that hold rows of a status."""
        return queues_in(self.lifecycle, status)

    def denied(self, version: RowVersion) -> tuple[tuple[Transition, str], ...]:
        """The calls that the version's transition `needs` to be not done, each with that transition.

        If several transitions declare the pair, only the calls that all of them need.
        """
        needs = [
            frozenset(call for call, what in each.needs if what is spec.EffectState.NOT_DONE)
            for each in version.transitions
        ]
        agreed = frozenset.intersection(*needs) if needs else frozenset()
        return tuple((version.transitions[0], call) for call in sorted(agreed))


def _places_by_copy(history: History, kind: type[Record]) -> Mapping[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for place in history.places_of(kind):
        found.setdefault(history.records[place].who, []).append(place)
    return {who: tuple(places) for who, places in found.items()}
