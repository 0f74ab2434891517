"""settle-before-giving-up: finds out before giving up after an unknown outcome."""

from __future__ import annotations

from pointsman_conformance.laws.elements import of_transition
from pointsman_conformance.laws.giving_up import denials
from pointsman_conformance.laws.judgement import Breach, Judgements, Met
from pointsman_conformance.laws.reading import Reading


def judge(reading: Reading) -> Judgements:
    """With the attempts used up, or by an admin: a transition that needs a call not done is taken only knowing so.

    A worker that had asked, and took no answer for one, is unknown-is-not-failure's.
    """
    for each in denials(reading):
        if not each.finally_:
            continue
        if not each.blind:
            yield Met(of_transition(each.transition))
            continue
        says = (
            f"gave up ({each.transition.source} to {each.transition.target}) although the outcome of "
            f"{each.call.name} was not known: send the same key once more, or look it up"
        )
        yield Breach(of_transition(each.transition), says, (each.last.place, each.version.place), each.version.row)
