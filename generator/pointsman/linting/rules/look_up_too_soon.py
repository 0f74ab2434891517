"""An unknown outcome is looked up at once, while the request may still be executing."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.leaving import Leaving
from pointsman.linting.rules.replies import claimed
from pointsman.linting.rules.rule import LintContext, Rule, label
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call, CallResult, EffectState, Queue, Repeat
from pointsman.spec.meaning import event_after, finds_out_after, stated


def _check(subject: LintContext) -> Iterator[Finding]:
    for queue in subject.lifecycle.queues:
        call = subject.lifecycle.call_of(queue)
        if call is None or call.look_up is None or not finds_out_after(queue, CallResult.UNKNOWN):
            continue
        harm = _harm(subject, queue, call)
        if harm is not None:
            step = stated(queue)[CallResult.UNKNOWN].replace("_", " ")
            yield RULE.finding(
                subject.lifecycle.place("queues", queue.name, "then", CallResult.UNKNOWN, value=True),
                f"after unknown the queue {queue.name} is to {step} at once; {call.name} may still be executing, "
                f"and what does not show yet is taken for not done: {harm}",
                "Answer `unknown: again`: the row comes again when the lease is over and the request has ended.",
                f"queue:{queue.name}:{CallResult.UNKNOWN}",
            )


def _harm(subject: LintContext, queue: Queue, call: Call) -> str | None:
    """What follows where an effect comes after the look-up that did not find it; None where that does no harm."""
    if call.repeat is Repeat.NEW_EFFECT and _sends_anew(call):
        return "the next attempt makes a second effect"
    leaving, absent = Leaving(subject, call), event_after(queue, CallResult.SETTLED_ABSENT)
    for move in (move for status in queue.statuses for move in subject.lifecycle.moves[status]):
        lost = move.event == absent and move.target not in leaving.held and leaving.is_lost(move.target)
        if claimed(subject, move, call) is EffectState.NOT_DONE or (absent is not None and lost):
            return f"{label(move)} may be taken before the effect comes"
    return None


def _sends_anew(call: Call) -> bool:
    """True if the attempt after a settled absence has another key, or none."""
    return call.key is None or call.key_generation in call.key.columns


RULE = Rule(
    "look-up-too-soon",
    Severity.ERROR,
    "An unknown outcome is looked up at once, while the request may still be executing.",
    _check,
)
