"""Pairs of requests of one leg, for the laws about keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pointsman.spec.meaning import filled
from pointsman_conformance.laws.reading import DEFINITE, Reading, Sent


@dataclass(frozen=True, slots=True)
class Resent:
    """The subject's request for an effect that was asked for before in the same leg.

    `earlier` are the requests of the key that was in use; `same`: that key was sent again. `free`: a definite answer,
    or a look-up that found nothing, allowed another. `died`: every copy that had sent the earlier ones died before it.
    `lost`: the sender could have had that key from the row alone, and it was not there.
    """

    sent: Sent
    earlier: tuple[Sent, ...]
    same: bool
    free: bool
    died: bool
    lost: bool


def resent(reading: Reading) -> Iterator[Resent]:
    """Each of the subject's requests that is not the first of its leg, in order; calls without a key aside."""
    for (row, _), requests in reading.sent_for.items():
        used: dict[int, list[Sent]] = {}
        for sent in requests:
            if not sent.effect or sent.call.key is None or sent.leg is None or sent.key is None:
                continue
            # What a lost claim sent came late: which key was in use then, it could not know.
            if reading.is_stale(sent):
                continue
            before = used.setdefault(sent.leg.start, [])
            found = _resent(reading, row, sent, before)
            if found is not None:
                yield found
            before.append(sent)


def _resent(reading: Reading, row: str, sent: Sent, before: list[Sent]) -> Resent | None:
    if not before or not sent.ours:
        return None
    same = sent.key == before[-1].key
    if not same and any(each.key == sent.key for each in before):
        return None
    earlier = tuple(each for each in before if each.key == before[-1].key)
    definite = any(
        each.heard in DEFINITE and each.answered is not None and each.answered < sent.place for each in earlier
    )
    free = definite or reading.settled(row, sent.call.name, earlier[-1].place, sent.place)
    last = {each.who: each.place for each in earlier}
    died = all(reading.crashed(who, place, sent.place) for who, place in last.items())
    return Resent(sent, earlier, same, free, died, _is_lost(reading, sent, last, earlier[-1]))


def _is_lost(reading: Reading, sent: Sent, last: Mapping[str, int], before: Sent) -> bool:
    """The sender had not sent it in this life; and it was not the row that gave first one key and then another."""
    knew = sent.who in last and not reading.crashed(sent.who, last[sent.who], sent.place)
    return not knew and not (is_the_rows_own(reading, before) and is_the_rows_own(reading, sent))


def is_the_rows_own(reading: Reading, sent: Sent) -> bool:
    """True if the request has the key that the spec makes of the row as it is then."""
    row = reading.row_at(sent.row or "", sent.place)
    return sent.call.key is not None and row is not None and filled(sent.call.key, row) == sent.key
