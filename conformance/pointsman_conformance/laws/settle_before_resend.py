"""settle-before-resend: asks the provider before sending again past the key's lifetime."""

from __future__ import annotations

from pointsman_conformance.laws.applies import has_age
from pointsman_conformance.laws.elements import of_call
from pointsman_conformance.laws.judgement import Breach, Judgements, Met
from pointsman_conformance.laws.reading import DEFINITE, Reading, Sent, WriteKind


def judge(reading: Reading) -> Judgements:
    """No request has a key that was first sent longer ago than the provider remembers keys."""
    for requests in reading.sent_for.values():
        if has_age(requests[0].call):
            yield from _of_one_effect(reading, requests)


def _of_one_effect(reading: Reading, requests: tuple[Sent, ...]) -> Judgements:
    begun: dict[tuple[int, str], Sent] = {}
    before: dict[tuple[int, str], Sent] = {}
    last: Sent | None = None
    for sent in requests:
        if sent.leg is None:
            continue
        if sent.effect and sent.key is not None:
            place = (sent.leg.start, sent.key)
            if place not in begun or _begins_anew(reading, begun[place], before[place], sent):
                begun[place] = sent
            before[place] = sent
            if sent.ours and _is_old(begun[place], sent):
                yield _breach(begun[place], sent)
            last = begun[place]
        elif not sent.effect and sent.ours and last is not None and _is_nearly_old(reading, last, sent):
            yield Met(of_call(sent.call, "key_lifetime"))


def _is_old(first: Sent, sent: Sent) -> bool:
    lifetime = sent.call.key_lifetime
    return lifetime is not None and sent.at - first.at > lifetime.total_seconds()


def _is_nearly_old(reading: Reading, first: Sent, sent: Sent) -> bool:
    """True if the key is so old that an honest worker no longer sends it."""
    call, claims = sent.call, reading.lifecycle.claims
    spans = (call.settles_within, claims.longest_pause if claims is not None else None)
    margin = sum(span.total_seconds() for span in spans if span is not None)
    if call.key_lifetime is None or first.leg != sent.leg:
        return False
    return sent.at - first.at > call.key_lifetime.total_seconds() - margin


def _begins_anew(reading: Reading, first: Sent, before: Sent, sent: Sent) -> bool:
    """Since it was last sent, it was asked what became of it, or it was refused; or the row forgot it by the spec."""
    refused = before.heard in DEFINITE and before.answered is not None and before.answered < sent.place
    asked = reading.settled(sent.row or "", sent.call.name, before.place, sent.place)
    return refused or asked or _forgotten(reading, first, sent)


def _forgotten(reading: Reading, first: Sent, sent: Sent) -> bool:
    """A status that the spec enters in between puts in that nothing is outstanding: the row cannot know better."""
    column = sent.call.key_first_used
    for version in reading.after(sent.row or "", first.place):
        if version.place > sent.place:
            return False
        target = reading.lifecycle.status.get(version.after or "")
        if version.sort is WriteKind.MOVE and target is not None and column in dict(target.on_entry):
            return True
    return False


def _breach(first: Sent, sent: Sent) -> Breach:
    lifetime = sent.call.key_lifetime
    hours = lifetime.total_seconds() / 3600 if lifetime is not None else 0.0
    says = (
        f"sent {sent.call.name} under the key {sent.key!r}, first sent {(sent.at - first.at) / 3600:.1f} h before; the "
        f"provider remembers keys for {hours:g} h, so this may be a second effect: look the first one up"
    )
    return Breach(of_call(sent.call, "key_lifetime"), says, (first.place, sent.place), sent.row)
