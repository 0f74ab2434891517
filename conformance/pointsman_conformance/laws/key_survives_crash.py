"""key-survives-crash: can send the same key after a crash between key and reply."""

from __future__ import annotations

from pointsman_conformance.laws.elements import of_call
from pointsman_conformance.laws.judgement import Breach, Element, Judgements, Met
from pointsman_conformance.laws.keys import Resent, resent
from pointsman_conformance.laws.reading import Reading


def judge(reading: Reading) -> Judgements:
    """After every copy that had sent a key has died, the next request of the effect has the same key.

    So it has where another copy goes on: a key that only the first one knows would be lost with it.
    """
    for each in resent(reading):
        if each.free:
            continue
        element = of_call(each.sent.call, "key")
        if each.same and each.died:
            yield Met(element)
        elif not each.same and each.lost:
            yield _breach(reading, each, element)


def _breach(reading: Reading, each: Resent, element: Element) -> Breach:
    first, sent = each.earlier[-1], each.sent
    crash = next((place for place in reading.crashes.get(first.who, ()) if first.place < place < sent.place), None)
    has = "died after it had" if crash is not None else "had"
    by = "" if crash is not None else f" by {sent.who}"
    says = (
        f"{first.who} {has} sent {sent.call.name} under the key {first.key!r}, and the next request came{by} under "
        f"{sent.key!r}: the key was not to be had from the row"
    )
    places = (first.place, sent.place) if crash is None else (first.place, crash, sent.place)
    return Breach(element, says, places, sent.row)
