"""key-survives-crash: can send the same key after a crash between key and reply."""

from __future__ import annotations

from pointsman_conformance.laws.elements import of_call
from pointsman_conformance.laws.judgement import Breach, Judged, Met
from pointsman_conformance.laws.keys import resent
from pointsman_conformance.laws.reading import Reading


def judge(reading: Reading) -> Judged:
    """After every copy that had sent a key has died, the next request of the effect has the same key."""
    for each in resent(reading):
        if not each.died or each.free:
            continue
        element, first = of_call(each.sent.call, "key"), each.earlier[-1]
        if each.same:
            yield Met(element)
            continue
        says = (
            f"{first.who} died after it had sent {each.sent.call.name} under the key {first.key!r}, and the next "
            f"request came under {each.sent.key!r}: the key was not to be had from the row"
        )
        crash = next(place for place in reading.crashes[first.who] if place > first.place)
        yield Breach(element, says, (first.place, crash, each.sent.place), each.sent.row)
