"""already-done-is-done: takes "already reversed" as reversed, and finds the receipt."""

from __future__ import annotations

from pointsman.spec.lifecycle import Call, Outcome, Queue
from pointsman.spec.meaning import effect_events
from pointsman_conformance.laws.elements import of_queue
from pointsman_conformance.laws.judgement import Breach, Judgements, Met
from pointsman_conformance.laws.reading import Reading, RowVersion, Sent, WriteKind


def judge(reading: Reading) -> Judgements:
    """After "already done" the effect is neither denied, nor recorded as done without its receipt.

    A later answer under the same claim, such as a look-up's, counts instead.
    """
    for sent in reading.sent:
        if not sent.ours or not sent.effect or sent.heard is not Outcome.ALREADY_DONE:
            continue
        version = reading.recording_of(sent)
        queue = reading.queue_of(sent)
        if version is None or queue is None:
            continue
        last = reading.last_heard(version, sent.call.name)
        says = _fault(reading, sent, version, queue) if last == sent else None
        if says is None:
            yield Met(of_queue(queue, "then"))
        else:
            yield Breach(of_queue(queue, "then"), says, (sent.place, version.place), version.row)


def _fault(reading: Reading, sent: Sent, version: RowVersion, queue: Queue) -> str | None:
    if version.sort is not WriteKind.MOVE:
        return None
    if any(call == sent.call.name for _, call in reading.denied(version)):
        return (
            f"the provider said that {sent.call.name} is done already, and the row went from {version.before} to "
            f"{version.after}, which needs it not done"
        )
    done = {each.event for each in version.transitions} & effect_events(queue)
    return _without_receipt(reading, sent.call, version) if done and sent.call.look_up is not None else None


def _without_receipt(reading: Reading, call: Call, version: RowVersion) -> str | None:
    new = version.write.new or {}
    for column, _ in call.records:
        value = new.get(column)
        if value is None:
            return f"the row became {version.after} with no {column}: the answer has none, so look the effect up"
        if not reading.is_receipt(call.name, version.row, value):
            return f"the row became {version.after} with {column} {value!r}, which is no effect of {call.name} for it"
    return None
