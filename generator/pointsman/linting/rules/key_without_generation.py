"""A key cannot be renewed, so a refusal that the provider stores answers every later request."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call, CallResult, Outcome, Queue
from pointsman.spec.meaning import event_after


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for call in lifecycle.calls:
        if call.key is None or (call.key_generation is not None and call.key_generation in call.key.columns):
            continue
        if _is_spent_once(subject, call):
            continue
        if call.key_generation is None:
            said, place = "no column counts its generations", lifecycle.place("calls", call.name, "key", value=True)
        else:
            place = lifecycle.place("calls", call.name, "key_generation", value=True)
            said = f"{call.key_generation}, its generation, is not in it"
        yield RULE.finding(
            place,
            f"the key of {call.name} is {call.key.text!r}, and {said}: a refusal spends it for ever",
            "Name a whole-number column as `key_generation:` and put it into the key.",
            f"call:{call.name}",
        )


def _is_spent_once(subject: LintContext, call: Call) -> bool:
    """True if no request of the row follows a refusal that the provider keeps under the key."""
    queues = [queue for queue in subject.lifecycle.queues if queue.call == call.name]
    spending = {Outcome.REFUSED, Outcome.REFUSED_FOR_NOW}
    kept = dict.fromkeys(CallResult(rule.outcome) for rule in call.outcomes if rule.stored and rule.outcome in spending)
    return bool(queues) and all(_ends(subject, queue, result) for queue in queues for result in kept)


def _ends(subject: LintContext, queue: Queue, result: CallResult) -> bool:
    """True if the result moves a row of the queue to where no way leads back to the queue's call."""
    event = event_after(queue, result)
    made = [name for over in subject.lifecycle.queues if over.call == queue.call for name in over.statuses]
    before = subject.graph.reaching(made)
    moves = [subject.moves_on(status, event) if event is not None else () for status in queue.statuses]
    return all(found and all(move.target not in before for move in found) for found in moves)


RULE = Rule(
    "key-without-generation",
    Severity.ERROR,
    "A key cannot be renewed, so a refusal that the provider stores answers every later request.",
    _check,
)
