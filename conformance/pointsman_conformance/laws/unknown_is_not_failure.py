"""unknown-is-not-failure: never lets an unknown outcome choose a transition that needs *not done*."""

from __future__ import annotations

from pointsman.spec.lifecycle import EffectState, Outcome
from pointsman_conformance.laws.elements import of_transition
from pointsman_conformance.laws.giving_up import denials
from pointsman_conformance.laws.judgement import Breach, Judgements, Met
from pointsman_conformance.laws.reading import Reading, WriteKind


def judge(reading: Reading) -> Judgements:
    """Silence, or an error of the provider, leaves the row where it is.

    Giving up without having asked is settle-before-giving-up's, once the attempts are used up.
    """
    for each in denials(reading):
        if each.blind and not each.finally_:
            says = (
                f"moved the row from {each.transition.source} to {each.transition.target}, which needs "
                f"{each.call.name} not done, although it was not known whether it was"
            )
            places = (each.last.place, each.version.place)
            yield Breach(of_transition(each.transition), says, places, each.version.row)
    yield from _stayed(reading)


def _stayed(reading: Reading) -> Judgements:
    """After an unknown outcome the row stayed, where a transition away was there to be taken."""
    for sent in reading.sent:
        if not sent.ours or not sent.effect or sent.heard is not Outcome.UNKNOWN:
            continue
        version = reading.recording_of(sent)
        if version is None or version.sort is WriteKind.MOVE or version.before is None:
            continue
        for transition in reading.lifecycle.moves[version.before]:
            if (sent.call.name, EffectState.NOT_DONE) in transition.needs:
                yield Met(of_transition(transition))
