"""renew-key-after-refusal: uses a new key after refused, refused for now, or a settled absence."""

from __future__ import annotations

from pointsman.spec.lifecycle import CallResult, Outcome
from pointsman.spec.meaning import finds_out_after
from pointsman_conformance.laws.applies import renews
from pointsman_conformance.laws.elements import of_call
from pointsman_conformance.laws.judgement import Breach, Judgements, Met
from pointsman_conformance.laws.reading import DEFINITE, LookUpResult, Reading, Sent


def judge(reading: Reading) -> Judgements:
    """Once it is recorded that a key is spent, no request has that key any more.

    A copy that heard so and could not record it left no trace: the next copy may send the key again.
    """
    for requests in reading.sent_for.values():
        if renews(requests[0].call):
            yield from _of_one_effect(reading, requests)


def _of_one_effect(reading: Reading, requests: tuple[Sent, ...]) -> Judgements:
    spent: dict[str, tuple[Sent, int]] = {}
    fresh: str | None = None
    for place, sent in _in_order(reading, requests):
        if place != sent.place:
            key = _spent(requests, sent)
            if key is not None:
                fresh = key
            if key is not None and not _is_looked_up_first(reading, sent):
                spent.setdefault(key, (sent, place))
        elif sent.effect and sent.ours and sent.key is not None:
            if sent.key in spent and _knew(sent, spent[sent.key][1]):
                yield _breach(sent, *spent[sent.key])
            elif fresh not in {None, sent.key}:
                yield Met(of_call(sent.call, "key_generation"))
                fresh = None


def _in_order(reading: Reading, requests: tuple[Sent, ...]) -> list[tuple[int, Sent]]:
    """Each request at its place, and again where its sender recorded that it says a key is spent."""
    found = [(sent.place, sent) for sent in requests]
    for sent in requests:
        if sent.unreadable:  # it may have been taken for an unknown outcome, under which the key stays
            continue
        if sent.ours and (sent.heard in DEFINITE or sent.shown is LookUpResult.ABSENT):
            recording = reading.recording_of(sent)
            if recording is None:
                continue
            if _is_looked_up_first(reading, sent) or reading.last_heard(recording, sent.call.name) == sent:
                found.append((recording.place, sent))
    return sorted(found, key=lambda each: each[0])


def _is_looked_up_first(reading: Reading, sent: Sent) -> bool:
    """A refusal that the spec does not believe before it was looked up: the key is spent only by what that shows."""
    queue = reading.queue_of(sent)
    if sent.heard not in DEFINITE or queue is None:
        return False
    word = CallResult.REFUSED if sent.heard is Outcome.REFUSED else CallResult.REFUSED_FOR_NOW
    return finds_out_after(queue, word)


def _spent(requests: tuple[Sent, ...], sent: Sent) -> str | None:
    """The key that is spent by what was heard: its own, or for a look-up the one that was sent last."""
    if sent.effect:
        return sent.key
    before = [each for each in requests if each.effect and each.place < sent.place and each.leg == sent.leg]
    under = [each for each in before if each.claim == sent.claim]
    # What the provider calls done may not be shown; then its absence may not be concluded.
    if not before or any(each.heard is Outcome.ALREADY_DONE for each in under):
        return None
    return before[-1].key


def _knew(sent: Sent, recorded: int) -> bool:
    return sent.claim is None or sent.claim.place > recorded


def _breach(sent: Sent, heard: Sent, recorded: int) -> Breach:
    what = "the provider had refused it" if heard.effect else "a look-up had found nothing under it"
    says = (
        f"sent {sent.call.name} under the key {sent.key!r} again although {what}, and that was recorded: "
        f"the provider replays its answer; raise {sent.call.key_generation}"
    )
    return Breach(of_call(sent.call, "key_generation"), says, (heard.place, recorded, sent.place), sent.row)
