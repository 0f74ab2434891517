"""One pass over a history: what is open at each moment, and what a record is by that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pointsman.spec.lifecycle import ClaimBy, EarlyEvent, Lifecycle, Queue, Transition
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
from pointsman_conformance.laws.addresses import RequestAddress, address
from pointsman_conformance.laws.parts import (
    TOLERANCE,
    Claim,
    DeliveredEvent,
    Leg,
    RowVersion,
    Sent,
    WriteKind,
    effect_events,
    number,
    possible_actors,
)
from pointsman_conformance.laws.reading import Reading
from pointsman_conformance.laws.replies import LookedUp, is_answer, looked_up, outcome_of

_LETS_GO = frozenset({WriteKind.CLAIM, WriteKind.MOVE, WriteKind.RECORDING, WriteKind.DELETE})
"""The copy's own writes that end its claim: what it does after them is not under it any more."""


def read(lifecycle: Lifecycle, history: History) -> Reading:
    """Read `history` once, in the order of its records."""
    return _Reader(lifecycle, history).read()


class _Reader:
    """What is open at the moment that is read."""

    def __init__(self, lifecycle: Lifecycle, history: History) -> None:
        self._lifecycle = lifecycle
        self._history = history
        self._names = {status.value: status.name for status in lifecycle.statuses}
        self._fitting: dict[tuple[str | None, str | None], tuple[Transition, ...]] = {}
        for transition in lifecycle.transitions:
            self._fitting[transition.pair] = (*self._fitting.get(transition.pair, ()), transition)
        self._calls = {
            status.name: frozenset(q.call for q in lifecycle.queues if q.call and status.name in q.statuses)
            for status in lifecycle.statuses
        }
        self._actor_of: dict[str, str | None] = {}
        self._open: dict[str, dict[str, Claim]] = {}
        self._lost: dict[int, int] = {}
        self._closed: dict[int, int] = {}
        self._versions: list[RowVersion] = []
        self._sent: list[Sent] = []
        self._legs: list[Leg] = []
        self._leg: dict[tuple[str, str], int] = {}
        self._waiting: dict[str, frozenset[str]] = {}
        self._rows: dict[str, Columns] = {}
        self._holders: dict[tuple[str, str], set[str]] = {}
        self._asked: dict[str, int] = {}
        self._askance: set[str] = set()
        self._deliveries: list[DeliveredEvent] = []
        self._unanswered: dict[str, list[int]] = {}

    def read(self) -> Reading:
        for place, record in enumerate(self._history.records):
            self._take(place, record)
        return Reading(
            lifecycle=self._lifecycle,
            history=self._history,
            versions=tuple(self._versions),
            sent=tuple(self._with_legs()),
            legs=tuple(self._legs),
            deliveries=tuple(self._deliveries),
            lost=self._lost,
            closed=self._closed,
        )

    def _with_legs(self) -> Iterator[Sent]:
        """A leg's end is known only now."""
        index = {(leg.row, leg.call, leg.start): leg for leg in self._legs}
        for each in self._sent:
            leg = each.leg
            yield each if leg is None else replace(each, leg=index[leg.row, leg.call, leg.start])

    def _take(self, place: int, record: Record) -> None:
        match record:
            case Write():
                self._write(place, record)
            case Request():
                self._request(place, record)
            case Response():
                self._reply(place, record)
            case Delivered():
                self._delivered(place, record)
            case Answered():
                self._answered(place, record)
            case Crashed():
                self._crashed(place, record.who)
            case Started():
                self._actor_of[record.who] = record.actor
            case Turn():
                # What this actor had not answered before its next turn, it never will.
                waiting = self._unanswered.get(record.who, [])
                waiting[:] = [index for index in waiting if self._deliveries[index].record.to != record.actor]
            case _:
                pass

    # --- writes ----------------------------------------------------------------

    def _name(self, columns: Columns | None) -> str | None:
        if columns is None or self._lifecycle.table is None:
            return None
        stored = columns.get(self._lifecycle.table.status_column)
        return self._names.get(stored) if isinstance(stored, str) else None

    def _write(self, place: int, write: Write) -> None:
        before, after = self._name(write.old), self._name(write.new)
        changed = _changed(write)
        sort = self._sort(write, before, changed)
        own = self._open.get(write.row, {}).get(write.who)
        fitting = self._fitting.get((before, after), ()) if sort is WriteKind.MOVE else ()
        ours = write.who in self._history.subject
        version = RowVersion(place, write, sort, ours, before, after, changed, fitting, own)
        self._versions.append(version)
        self._lose(version)
        self._let_go(version)
        self._remember(write)
        self._go_by_legs(version)

    def _sort(self, write: Write, before: str | None, changed: frozenset[str]) -> WriteKind:
        if write.old is None or write.new is None:
            return WriteKind.INSERT if write.old is None else WriteKind.DELETE
        table = self._lifecycle.table
        if table is not None and table.status_column in changed:
            return WriteKind.MOVE
        if before is not None and self._is_claim(write.old, write, before):
            return WriteKind.CLAIM
        if before is not None and self._is_kept(write.new, before, changed):
            return WriteKind.KEPT
        return WriteKind.RECORDING if changed & self._workers_columns(before) else WriteKind.BUMP

    def _is_claim(self, old: Columns, write: Write, status: str) -> bool:
        """The fence rises; without one, the due time becomes the end of a lease."""
        claims, new = self._lifecycle.claims, write.new or {}
        queues = [queue for queue in self._lifecycle.queues if status in queue.statuses]
        if claims is None or claims.by is not ClaimBy.BUMP or not queues:
            return False
        if claims.fence is not None:
            first, second = number(old.get(claims.fence)), number(new.get(claims.fence))
            return first is not None and second is not None and second > first
        return any(self._leases(old, new, write.at, queue) for queue in queues)

    def _leases(self, old: Columns, new: Columns, at: float, queue: Queue) -> bool:
        """The due time becomes the end of a lease. A record can do that too, but counts nothing and comes before it."""
        claims = self._lifecycle.claims
        if claims is None or claims.lease is None or queue.due is None or new.get(queue.due) == old.get(queue.due):
            return False
        lease, before, after = claims.lease.total_seconds(), number(old.get(queue.due)), number(new.get(queue.due))
        if after is None or not at + lease - max(TOLERANCE, lease / 20) <= after <= at + lease + TOLERANCE:
            return False
        column = queue.attempts.column if queue.attempts is not None else None
        first, second = (number(columns.get(column)) if column is not None else None for columns in (old, new))
        counted = first is not None and second is not None and second > first
        return counted or (before is not None and before <= at)

    def _is_kept(self, new: Columns, status: str, changed: frozenset[str]) -> bool:
        for event in self._lifecycle.events:
            if event.keep_in is None or dict(event.otherwise).get(status) is not EarlyEvent.KEEP:
                continue
            told = {event.keep_in, *(column for column, _ in event.carries)}
            if changed and changed <= told and new.get(event.keep_in) is not None:
                return True
        return False

    def _workers_columns(self, status: str | None) -> frozenset[str]:
        found: set[str | None] = set()
        for queue in self._lifecycle.queues:
            if status not in queue.statuses:
                continue
            found |= {queue.due, queue.attempts.column if queue.attempts is not None else None}
            if queue.call is not None:
                call = self._lifecycle.call[queue.call]
                found |= {call.key_generation, call.key_first_used}
        return frozenset(column for column in found if column is not None)

    def _lose(self, version: RowVersion) -> None:
        """Others' claims of the row that this write takes away."""
        new, fence = version.write.new, self._lifecycle.claims.fence if self._lifecycle.claims is not None else None
        for who, claim in self._open.get(version.row, {}).items():
            if who == version.who or claim.place in self._lost:
                continue
            another = fence is not None and new is not None and number(new.get(fence)) != claim.fence
            if (
                new is None
                or another
                or version.after != claim.status
                or (fence is None and version.sort is WriteKind.CLAIM)
            ):
                self._lost[claim.place] = version.place

    def _let_go(self, version: RowVersion) -> None:
        own = self._open.setdefault(version.row, {})
        held = own.get(version.who)
        if held is not None and version.sort in _LETS_GO:
            self._closed[held.place] = version.place
            del own[version.who]
        if version.sort is WriteKind.CLAIM and version.write.old is not None and version.write.new is not None:
            own[version.who] = self._claim(version, version.write.old, version.write.new)

    def _claim(self, version: RowVersion, old: Columns, new: Columns) -> Claim:
        queue = self._queue(version)
        claims = self._lifecycle.claims
        fence = number(new.get(claims.fence)) if claims is not None and claims.fence is not None else None
        due = number(new.get(queue.due)) if queue is not None and queue.due is not None else None
        return Claim(
            version.place, version.at, version.who, version.row, version.before or "", queue,
            int(fence) if fence is not None else None, due, old, new,
        )  # fmt: skip

    def _queue(self, version: RowVersion) -> Queue | None:
        """The queue that was claimed from: of several, one of the writer's, and rather one with a call."""
        queues = [queue for queue in self._lifecycle.queues if version.before in queue.statuses]
        actors = possible_actors(self._history, self._actor_of, version.write)
        queues.sort(key=lambda queue: (queue.worker not in actors, queue.call is None))
        return queues[0] if queues else None

    def _remember(self, write: Write) -> None:
        if write.new is None:
            self._rows.pop(write.row, None)
            return
        self._rows[write.row] = write.new
        for column, value in write.new.items():
            if isinstance(value, str):
                self._holders.setdefault((column, value), set()).add(write.row)

    def _go_by_legs(self, version: RowVersion) -> None:
        if version.sort not in {WriteKind.INSERT, WriteKind.MOVE, WriteKind.DELETE}:
            return
        calls = self._calls.get(version.after or "", frozenset())
        self._waiting[version.row] = calls
        done = self._is_done(version)
        for call in self._lifecycle.call:
            here = self._leg.get((version.row, call))
            if here is not None and (call not in calls or call in done):
                leg = self._legs[here]
                self._legs[here] = Leg(leg.row, leg.call, leg.start, version.place)
                del self._leg[version.row, call]
                here = None
            if here is None and call in calls:
                self._leg[version.row, call] = len(self._legs)
                self._legs.append(Leg(version.row, call, version.place))

    def _is_done(self, version: RowVersion) -> frozenset[str]:
        """The calls that are over by this move even if the next status makes the same call: its event says so."""
        events = {transition.event for transition in version.transitions}
        queues = (queue for queue in self._lifecycle.queues if version.before in queue.statuses)
        return frozenset(queue.call for queue in queues if queue.call and events & effect_events(queue))

    # --- requests, deliveries, crashes -------------------------------------------

    def _request(self, place: int, request: Request) -> None:
        about = address(self._lifecycle, request, self._rows_with, self._waiting) or self._aside(request)
        if about is None:
            return
        row = about.row if about.row in self._rows or about.row in self._waiting else None
        row = row if row is not None else self._claimed_by(request.who, about.call)
        claim = self._open.get(row, {}).get(request.who) if row is not None else None
        leg = self._last_leg(row, about.call) if row is not None else None
        ours = request.who in self._history.subject
        self._asked[request.id] = len(self._sent)
        self._sent.append(Sent(place, request, self._lifecycle.call[about.call], row, about.effect, ours, claim, leg))

    def _aside(self, request: Request) -> RequestAddress | None:
        """A question that is not the spec's look-up, put under a claim: it may tell as much about the claimed row."""
        if request.method.upper() not in {"GET", "HEAD"}:
            return None
        held = {row: claims[request.who].queue for row, claims in self._open.items() if request.who in claims}
        calls = {row: queue.call for row, queue in held.items() if queue is not None and queue.call is not None}
        words = {*request.path.split("/"), *request.params.values()}
        told = [row for row in calls if len(calls) == 1 or words & {row, *self._texts(row)}]
        if not calls:
            return None
        row = told[0] if len(told) == 1 else None
        call = calls[row] if row is not None else next(iter(calls.values()))
        self._askance.add(request.id)
        return RequestAddress(call, effect=False, row=row)

    def _texts(self, row: str) -> set[str]:
        return {value for value in self._rows.get(row, {}).values() if isinstance(value, str)}

    def _rows_with(self, column: str, value: str) -> set[str]:
        return self._holders.get((column, value), set())

    def _claimed_by(self, who: str, call: str) -> str | None:
        """The one row that the copy has claimed for this call: nothing else tells whose request it is."""
        held = [
            row for row, claims in self._open.items()
            if who in claims and (queue := claims[who].queue) is not None and queue.call == call
        ]  # fmt: skip
        return held[0] if len(held) == 1 else None

    def _last_leg(self, row: str, call: str) -> Leg | None:
        here = self._leg.get((row, call))
        if here is not None:
            return self._legs[here]
        return next((leg for leg in reversed(self._legs) if (leg.row, leg.call) == (row, call)), None)

    def _reply(self, place: int, reply: Response) -> None:
        index = self._asked.get(reply.request)
        if index is None:
            return
        sent = self._sent[index]
        heard = outcome_of(sent.call, reply) if sent.effect and reply.heard else None
        shown = self._shown(sent, reply) if not sent.effect and reply.heard else None
        self._sent[index] = replace(sent, reply=reply, answered=place, heard=heard, shown=shown)

    def _shown(self, sent: Sent, reply: Response) -> LookedUp | None:
        if reply.request in self._askance:
            return LookedUp.UNCLEAR if is_answer(reply) else None
        return looked_up(sent.call, self._rows.get(sent.row) if sent.row is not None else None, reply)

    def _delivered(self, place: int, record: Delivered) -> None:
        status = self._name(self._rows.get(record.row))
        ours = record.who in self._history.subject
        self._unanswered.setdefault(record.who, []).append(len(self._deliveries))
        self._deliveries.append(DeliveredEvent(place, record, ours, status, None, None))

    def _answered(self, place: int, record: Answered) -> None:
        """It answers the copy's last open event for this actor; an answer without a row may be a turn's."""
        waiting = self._unanswered.get(record.who, [])
        for index in reversed(waiting):
            told = self._deliveries[index]
            if told.record.to == record.to and record.row in {None, told.record.row}:
                self._deliveries[index] = replace(told, answered=place, answer=record.answer)
                waiting.remove(index)
                return

    def _crashed(self, place: int, who: str) -> None:
        self._unanswered.pop(who, None)
        for claims in self._open.values():
            claim = claims.pop(who, None)
            if claim is not None:
                self._closed[claim.place] = place


def _changed(write: Write) -> frozenset[str]:
    old, new = write.old or {}, write.new or {}
    return frozenset(column for column in {*old, *new} if old.get(column) != new.get(column))
