"""record-with-status: stores the receipt in the same write as the status."""

from __future__ import annotations

from pointsman.spec.lifecycle import Call, Outcome
from pointsman.spec.meaning import effect_events, is_own_event
from pointsman_conformance.laws.elements import of_move
from pointsman_conformance.laws.judgement import Breach, Judgements, Met
from pointsman_conformance.laws.parts import RowVersion, WriteKind
from pointsman_conformance.laws.reading import Reading


def judge(reading: Reading) -> Judgements:
    """A move of the subject by an event that says that a call is done has the receipts that the call records.

    They are the provider's. What follows an "already done" is already-done-is-done's.
    """
    for version in reading.versions:
        if not version.ours or version.sort is not WriteKind.MOVE:
            continue
        call = _done_by(reading, version)
        if call is not None and call.records and not _already_done(reading, version, call):
            yield _judge(reading, version, call)


def _judge(reading: Reading, version: RowVersion, call: Call) -> Met | Breach:
    says = _fault(reading, version, call)
    element = of_move(version)
    return Met(element) if says is None else Breach(element, says, (version.place,), version.row)


def _fault(reading: Reading, version: RowVersion, call: Call) -> str | None:
    new = version.write.new or {}
    moved = f"the row went from {version.before} to {version.after}"
    for column, field in call.records:
        value = new.get(column)
        if value is None:
            return f"{moved} with {column} null; the spec has {call.name} record it, in the same write as the status"
        if _is_receipt(call, field) and not reading.is_receipt(call.name, version.row, value):
            return f"{moved} with {column} {value!r}, which the provider gave out for no {call.name} of this row"
    return None


def _is_receipt(call: Call, field: str) -> bool:
    """True if the field names the effect; the values of other recorded fields are not known here."""
    return field == (call.look_up.receipt if call.look_up is not None else "id")


def _done_by(reading: Reading, version: RowVersion) -> Call | None:
    """The call that the move says is done: every transition of the pair must be by an event that says so."""
    found = {_call_of(reading, version, transition.event) for transition in version.transitions}
    name = found.pop() if len(found) == 1 else None
    return reading.lifecycle.call[name] if name is not None else None


def _call_of(reading: Reading, version: RowVersion, event: str | None) -> str | None:
    for queue in reading.queues_of(version.before):
        if queue.call is not None and event in effect_events(queue):
            return queue.call
    for call in reading.lifecycle.calls:
        for hook in call.webhooks:
            if is_own_event(hook, version.before, event):
                return call.name
    return None


def _already_done(reading: Reading, version: RowVersion, call: Call) -> bool:
    """True if the provider said "already done" under the claim of the move."""
    if version.claim is None:
        return False
    return any(
        sent.heard is Outcome.ALREADY_DONE
        and sent.place < version.place
        and sent.claim is not None
        and sent.claim.place == version.claim.place
        for sent in reading.sent_for.get((version.row, call.name), ())
    )
