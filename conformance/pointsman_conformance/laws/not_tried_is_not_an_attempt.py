"""not-tried-is-not-an-attempt: spends no attempt on 401, 403, 409 or 429, and waits."""

from __future__ import annotations

from pointsman.spec.lifecycle import CallResult, NextStep, Outcome, Queue
from pointsman.spec.meaning import step_after
from pointsman_conformance.laws.elements import of_queue
from pointsman_conformance.laws.judgement import Breach, Judgements, Met
from pointsman_conformance.laws.reading import TOLERANCE, Claim, Reading, RowVersion, Sent, WriteKind, number


def judge(reading: Reading) -> Judgements:
    """After an answer that says nothing about the row: it stays, the attempt is given back, and it is not due at once.

    Only where the spec's answer is to wait, which it is unless `then` says otherwise.
    """
    for sent in reading.sent:
        if not sent.ours or not sent.effect or sent.heard is not Outcome.NOT_TRIED:
            continue
        queue, version = reading.queue_of(sent), reading.recording_of(sent)
        if queue is None or version is None or step_after(queue, CallResult.NOT_TRIED) is not NextStep.WAIT:
            continue
        if reading.last_heard(version, sent.call.name) != sent:
            continue
        says = _fault(reading, sent, queue, version)
        if says is None:
            yield Met(of_queue(queue, "then"))
        else:
            yield Breach(of_queue(queue, "then"), says, (sent.place, version.place), version.row)


def _fault(reading: Reading, sent: Sent, queue: Queue, version: RowVersion) -> str | None:
    status = sent.reply.status if sent.reply is not None else None
    if version.sort is WriteKind.MOVE:
        return (
            f"the row went from {version.before} to {version.after} because of a {status}, which says nothing about it"
        )
    return _counted(sent.claim, queue, version, status) or _too_soon(reading, sent, queue, version, status)


def _counted(claim: Claim | None, queue: Queue, version: RowVersion, status: int | None) -> str | None:
    """The count is more than before the claim, or before the record where no claim counts."""
    if queue.attempts is None:
        return None
    column = queue.attempts.column
    before = claim.count_before if claim is not None else number((version.write.old or {}).get(column))
    after = number((version.write.new or {}).get(column))
    if before is None or after is None or after <= before:
        return None
    return f"a {status} was counted as an attempt: {column} was {before:g} and is {after:g}; give it back"


def _too_soon(reading: Reading, sent: Sent, queue: Queue, version: RowVersion, status: int | None) -> str | None:
    if queue.due is None or queue.backoff is None or sent.answered is None:
        return None
    due = number((version.write.new or {}).get(queue.due))
    # From when the answer came: a slow record is no fault.
    heard = reading.history.records[sent.answered].at
    shortest = queue.backoff.first.total_seconds() * (1 - queue.backoff.jitter)
    if due is None or due >= heard + shortest - max(TOLERANCE, shortest / 4):
        return None
    return f"after a {status} the row is due {due - heard:.1f} s after the answer; wait {shortest:.0f} s at least"
