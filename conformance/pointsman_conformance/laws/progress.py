"""progress: resolves every due row, oldest first, once the provider is healthy."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.spec.lifecycle import ClaimBy, Queue, StatusKind
from pointsman.spec.meaning import LookUpResult, lacks_receipts
from pointsman_conformance.core.clock import NEVER
from pointsman_conformance.core.history import Turn
from pointsman_conformance.laws.elements import of_queue
from pointsman_conformance.laws.judgement import Breach, Judgements, Met
from pointsman_conformance.laws.parts import RowVersion, WriteKind, number
from pointsman_conformance.laws.reading import Reading

IDLE = 3
"""Turns in which a due row is left alone, and nothing else of its queue taken, before it counts as forgotten."""

OVERTAKEN = 3
"""Turns in which younger rows are taken and an older one is not, before it counts as starved."""

IN_VAIN = 5
"""Claims beyond the limit of attempts, with nothing that comes of them, before a row counts as not resolved."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """A turn of a copy: from its record to the copy's next one, with what it wrote to rows of one queue."""

    place: int
    at: float
    end: int
    written: tuple[RowVersion, ...]

    def taken(self, reading: Reading) -> tuple[RowVersion, ...]:
        """The writes that took a row: claims, or every write where rows are locked."""
        claims = reading.lifecycle.claims
        if claims is None or claims.by is not ClaimBy.BUMP:
            return self.written
        return tuple(version for version in self.written if version.takes)


def judge(reading: Reading) -> Judgements:
    """Between the marks *healthy* and *end* each due row of the subject's queues is taken, in order, and resolved.

    Of queues that make no call it is not known what there is to report: their rows have to be taken, no more.
    """
    span = _span(reading)
    if span is None:
        return
    start, end = span
    for queue in reading.lifecycle.queues:
        if queue.worker in reading.history.roles and queue.due is not None:
            turns = tuple(_turns(reading, queue, start, end))
            for row in reading.of_row:
                yield from _row(reading, queue, row, turns, start, end)
            yield from _order(reading, queue, queue.due, turns)


def _span(reading: Reading) -> tuple[int, int] | None:
    """The last *healthy* that an *end* comes after, and that end."""
    ends = reading.marks.get("end", ())
    starts = [place for place in reading.marks.get("healthy", ()) if ends and place < ends[-1]]
    return (starts[-1], ends[-1]) if starts else None


def _turns(reading: Reading, queue: Queue, start: int, end: int) -> Iterator[_Turn]:
    """The turns that the queue's worker was given, in order, with what each copy took in them."""
    written: dict[str, list[RowVersion]] = {}
    for version in reading.versions:
        if version.ours and version.before in queue.statuses and version.sort is not WriteKind.KEPT:
            written.setdefault(version.who, []).append(version)
    found: list[_Turn] = []
    for who, places in reading.turns.items():
        if reading.who_is_ours(who):
            for place in places:
                turn = reading.history.records[place]
                if isinstance(turn, Turn) and turn.actor == queue.worker and start < place < end:
                    after = bisect_right(places, place)
                    until = places[after] if after < len(places) else end
                    mine = tuple(version for version in written.get(who, ()) if place < version.place < until)
                    found.append(_Turn(place, turn.at, until, mine))
    yield from sorted(found, key=lambda turn: turn.place)


# --- one row ---------------------------------------------------------------------


def _row(
    reading: Reading, queue: Queue, row: str, turns: tuple[_Turn, ...], start: int, end: int
) -> Iterator[Met | Breach]:
    last = reading.version_at(row, end)
    if last is None:
        return
    after = [version for version in reading.after(row, start) if version.place < end]
    for version in after:
        left = version.sort is WriteKind.MOVE and version.before in queue.statuses
        if version.ours and left and version.after not in queue.statuses:
            yield Met(of_queue(queue))
    waits = last.after in queue.statuses and _is_transient(reading, last.after)
    if not waits or last.write.new is None:
        return
    says = _fault(queue, last, after, turns, nothing_to_record=_nothing_to_record(reading, queue, row, end))
    if says is not None:
        yield Breach(of_queue(queue), f"the row rests in {last.after} at the end: {says}", (last.place, end), row)


def _is_transient(reading: Reading, status: str | None) -> bool:
    return status is not None and reading.lifecycle.status[status].kind is StatusKind.TRANSIENT


def _nothing_to_record(reading: Reading, queue: Queue, row: str, end: int) -> bool:
    """Whether the provider says by its last answer about the row that the effect is there, without what is recorded.

    No worker can resolve such a row: there is nothing to store with the status, and nothing may be sent again.
    """
    requests = reading.sent_for.get((row, queue.call), ()) if queue.call is not None else ()
    answered = [sent for sent in requests if sent.reply is not None and sent.place < end]
    if not answered:
        return False
    last = answered[-1]
    accepted = last.effect and last.reply is not None and lacks_receipts(last.call, last.reply.received())
    return accepted or last.shown is LookUpResult.UNREADABLE


def _fault(
    queue: Queue, last: RowVersion, after: list[RowVersion], turns: tuple[_Turn, ...], *, nothing_to_record: bool
) -> str | None:
    due = number((last.write.new or {}).get(queue.due or ""))
    if due is None or due > last.at + NEVER:
        told = "null" if due is None else "a time that never comes"
        return f"its {queue.due} was set to {told}, so that no claim finds it" if _set(queue, last) else None
    idle = [turn for turn in turns if turn.place > last.place and turn.at > due and not turn.written]
    if len(idle) >= IDLE:
        return f"it has been due since {due:.0f}, its worker was given {len(idle)} turns since then and took no row"
    claims = _in_vain(after)
    limit = queue.attempts.limit if queue.attempts is not None else None
    if queue.call is not None and limit is not None and claims > limit + IN_VAIN and not nothing_to_record:
        return f"it was claimed {claims} times with the provider healthy, and nothing came of it"
    return None


def _set(queue: Queue, last: RowVersion) -> bool:
    """True if the implementation itself set the due time."""
    return last.ours and queue.due in last.changed


def _in_vain(after: list[RowVersion]) -> int:
    """The subject's claims of the row since it last changed its status."""
    moves = [version.place for version in after if version.sort is WriteKind.MOVE]
    since = moves[-1] if moves else -1
    return sum(version.ours and version.sort is WriteKind.CLAIM and version.place > since for version in after)


# --- their order -----------------------------------------------------------------


def _order(reading: Reading, queue: Queue, due: str, turns: tuple[_Turn, ...]) -> Iterator[Breach]:
    """Rows that were due earlier than those that were taken, turn after turn."""
    if not queue.order or queue.order[0] != due:
        return
    for row, passed in _passed_over(reading, queue, due, turns).items():
        places = _in_a_row(reading, row, passed)
        if len(places) >= OVERTAKEN:
            says = (
                f"rows that were due later were claimed in {len(places)} turns while this one was due and was left "
                f"alone; the spec has the order {', '.join(queue.order)}"
            )
            yield Breach(of_queue(queue, "order"), says, tuple(places), row)


def _passed_over(
    reading: Reading, queue: Queue, due: str, turns: tuple[_Turn, ...]
) -> dict[str, list[tuple[_Turn, int]]]:
    """For each row the turns in which one was taken that was due later, with the first place of such a claim."""
    found: dict[str, list[tuple[_Turn, int]]] = {}
    waiting: dict[str, float] = {}
    versions = iter(reading.versions)
    following = next(versions, None)
    claims = [(turn, claim) for turn in turns for claim in turn.taken(reading)]
    for turn, claim in sorted(claims, key=_by_claim):
        while following is not None and following.place < claim.place:
            _note(waiting, queue, due, following)
            following = next(versions, None)
        its = number((claim.write.old or {}).get(due))
        for row, mine in waiting.items() if its is not None else ():
            older = row != claim.row and mine <= claim.at and its is not None and mine < its - 0.001
            if older and not (row in found and found[row][-1][0] is turn):
                found.setdefault(row, []).append((turn, claim.place))
    return found


def _by_claim(taken: tuple[_Turn, RowVersion]) -> int:
    return taken[1].place


def _note(waiting: dict[str, float], queue: Queue, due: str, version: RowVersion) -> None:
    """Which rows of the queue there are, and since when they are due."""
    when = number((version.write.new or {}).get(due))
    if version.after in queue.statuses and when is not None:
        waiting[version.row] = when
    else:
        waiting.pop(version.row, None)


def _in_a_row(reading: Reading, row: str, passed: list[tuple[_Turn, int]]) -> list[int]:
    """The most claims, one a turn, that passed the row over while no write changed it."""
    most: list[int] = []
    found: list[int] = []
    since = 0
    for turn, place in passed:
        written = [version.place for version in reading.after(row, since) if version.place < turn.end]
        if written:
            found, since = [], written[-1]
        if not written or written[-1] < turn.place:
            found.append(place)
        most = max(most, found, key=len)
    return list(most)
