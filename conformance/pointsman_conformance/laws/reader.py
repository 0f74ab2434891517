"""Reads a history once, in the order of its records, into a `Reading`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pointsman.spec.lifecycle import Call, Lifecycle, Outcome, Transition
from pointsman.spec.meaning import LookUpResult, is_answer, looked_up, outcome_of, status_in
from pointsman_conformance.core.history import (
    Answered,
    Columns,
    Crashed,
    Delivered,
    History,
    Record,
    Request,
    Response,
    Started,
    Turn,
    Write,
)
from pointsman_conformance.core.once import once_for_each_lifecycle
from pointsman_conformance.laws.addresses import RequestAddress, address
from pointsman_conformance.laws.current_rows import CurrentRows
from pointsman_conformance.laws.open_claims import OpenClaims
from pointsman_conformance.laws.open_deliveries import OpenDeliveries
from pointsman_conformance.laws.open_legs import OpenLegs
from pointsman_conformance.laws.parts import Claim, Leg, RowVersion, Sent, WriteKind, possible_actors
from pointsman_conformance.laws.reading import Reading
from pointsman_conformance.laws.write_kinds import (
    changed_columns,
    claims_by_move,
    holder_writes,
    renews,
    write_kind,
)


def read(lifecycle: Lifecycle, history: History) -> Reading:
    """Read `history` once, in the order of its records."""
    return _Reader(lifecycle, history).read()


@once_for_each_lifecycle
def _declared(lifecycle: Lifecycle) -> Mapping[tuple[str | None, str | None], tuple[Transition, ...]]:
    """The transitions that declare each pair of statuses."""
    return {
        pair: tuple(lifecycle.transitions[number] for number in numbers) for pair, numbers in lifecycle.between.items()
    }


@dataclass(slots=True)
class _Asked:
    """A request whose answer, and the end of whose leg, may come later in the history: what `Sent` is made from."""

    place: int
    request: Request
    call: Call
    row: str | None
    effect: bool
    claim: Claim | None
    leg: Leg | None
    reply: Response | None = None
    answered: int | None = None
    heard: Outcome | None = None
    shown: LookUpResult | None = None


class _Reader:
    """The state at the record that is read: the rows, the open claims and legs, the requests and the deliveries."""

    def __init__(self, lifecycle: Lifecycle, history: History) -> None:
        self._lifecycle = lifecycle
        self._history = history
        self._declared = _declared(lifecycle)
        self._rows = CurrentRows()
        self._claims = OpenClaims(lifecycle)
        self._legs = OpenLegs(lifecycle)
        self._deliveries = OpenDeliveries()
        self._actor_of: dict[str, str | None] = {}
        self._versions: list[RowVersion] = []
        self._sent: list[_Asked] = []
        self._asked: dict[str, int] = {}
        self._other_questions: set[str] = set()

    def read(self) -> Reading:
        for place, record in enumerate(self._history.records):
            self._take(place, record)
        return Reading(
            lifecycle=self._lifecycle,
            history=self._history,
            versions=tuple(self._versions),
            sent=self._sent_with_answers(),
            legs=self._legs.legs,
            deliveries=self._deliveries.deliveries,
            lost=self._claims.lost,
            closed=self._claims.closed,
        )

    def _take(self, place: int, record: Record) -> None:
        match record:
            case Write():
                self._write(place, record)
            case Request():
                self._request(place, record)
            case Response():
                self._response(place, record)
            case Delivered():
                status, ours = self._name(self._rows.get(record.row)), self._is_ours(record.who)
                self._deliveries.delivered(place, record, ours=ours, status=status)
            case Answered():
                self._deliveries.answered(place, record)
            case Crashed():
                self._deliveries.crash(record.who)
                self._claims.crash(place, record.who)
            case Started():
                self._actor_of[record.who] = record.actor
            case Turn():
                self._deliveries.turn(record.who, record.actor)
            case _:
                pass

    def _is_ours(self, who: str) -> bool:
        """True for a copy of the implementation under test."""
        return who in self._history.subject

    # --- writes ----------------------------------------------------------------

    def _name(self, columns: Columns | None) -> str | None:
        status = status_in(self._lifecycle, columns)
        return status.name if status is not None else None

    def _write(self, place: int, write: Write) -> None:
        before, after, changed = self._name(write.old), self._name(write.new), changed_columns(write)
        sort, claim = write_kind(self._lifecycle, write, before, changed), self._claims.of(write.row, write.who)
        held = claim if claim is not None and claim.place not in self._claims.lost else None
        if held is not None and sort is WriteKind.CLAIM and holder_writes(held, write):
            sort = WriteKind.RECORDING
        if held is not None and sort is WriteKind.RECORDING and self._renews(held, write, changed):
            sort = WriteKind.RENEWAL
        version = RowVersion(
            place=place,
            write=write,
            sort=sort,
            ours=self._is_ours(write.who),
            before=before,
            after=after,
            changed=changed,
            transitions=self._declared.get((before, after), ()) if sort is WriteKind.MOVE else (),
            claim=claim,
            takes=sort is WriteKind.CLAIM
            or (held is None and sort is WriteKind.MOVE and claims_by_move(self._lifecycle, write, before, after)),
        )
        self._versions.append(version)
        self._claims.write(version, possible_actors(self._history, self._actor_of, write))
        self._rows.write(write)
        self._legs.write(version)

    def _renews(self, claim: Claim, write: Write, changed: frozenset[str]) -> bool:
        """True if the write renews the lease of a claim under which no answer came that it may record."""
        return renews(self._lifecycle, claim, write, changed) and not any(
            asked.effect and asked.reply is not None and asked.claim == claim for asked in reversed(self._sent)
        )

    # --- requests --------------------------------------------------------------

    def _request(self, place: int, request: Request) -> None:
        waiting = self._legs.waiting
        about = address(self._lifecycle, request, self._rows.with_value, waiting) or self._other_question(request)
        if about is None:
            return
        row = about.row if about.row in self._rows or about.row in waiting else None
        row = row if row is not None else self._claimed_by(request.who, about.call)
        self._asked[request.id] = len(self._sent)
        self._sent.append(
            _Asked(
                place,
                request,
                self._lifecycle.call[about.call],
                row,
                about.effect,
                self._claims.of(row, request.who),
                self._legs.last(row, about.call) if row is not None else None,
            )
        )

    def _sent_with_answers(self) -> tuple[Sent, ...]:
        ended = self._legs.ended()
        return tuple(
            Sent(
                place=asked.place,
                request=asked.request,
                call=asked.call,
                row=asked.row,
                effect=asked.effect,
                ours=self._is_ours(asked.request.who),
                claim=asked.claim,
                leg=None if asked.leg is None else ended(asked.leg),
                reply=asked.reply,
                answered=asked.answered,
                heard=asked.heard,
                shown=asked.shown,
            )
            for asked in self._sent
        )

    def _other_question(self, request: Request) -> RequestAddress | None:
        """A question under a claim, not the spec's look-up: its answer may tell as much about the claimed row."""
        if request.method.upper() not in {"GET", "HEAD"}:
            return None
        queues = {row: claim.queue for row, claim in self._claims.held_by(request.who).items()}
        calls = {row: queue.call for row, queue in queues.items() if queue is not None and queue.call is not None}
        words = {*request.path.split("/"), *request.params.values()}
        told = [row for row in calls if len(calls) == 1 or words & {row, *self._rows.texts(row)}]
        if not calls:
            return None
        row = told[0] if len(told) == 1 else None
        call = calls[row] if row is not None else next(iter(calls.values()))
        self._other_questions.add(request.id)
        return RequestAddress(call, effect=False, row=row)

    def _claimed_by(self, who: str, call: str) -> str | None:
        """The row of a request that names none: the one row that its sender has claimed for this call, else None."""
        claims = self._claims.held_by(who).items()
        held = [row for row, claim in claims if claim.queue is not None and claim.queue.call == call]
        return held[0] if len(held) == 1 else None

    def _response(self, place: int, response: Response) -> None:
        index = self._asked.get(response.request)
        if index is None:
            return
        sent = self._sent[index]
        sent.reply, sent.answered = response, place
        sent.heard = outcome_of(sent.call, response.received()) if sent.effect and response.heard else None
        sent.shown = self._shown(sent, response) if not sent.effect and response.heard else None

    def _shown(self, sent: _Asked, response: Response) -> LookUpResult | None:
        """The result of a look-up or of another question.

        An answer that rests on objects without a mark of ours decides nothing here: the sender may read it either way.
        """
        if response.request in self._other_questions:
            return LookUpResult.UNDECIDED if is_answer(response.received()) else None
        answer = looked_up(sent.call, self._rows.get(sent.row), response.received())
        if answer is None:
            return None
        return answer.result if answer.certain else LookUpResult.UNDECIDED
