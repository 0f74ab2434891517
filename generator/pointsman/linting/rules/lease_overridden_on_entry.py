"""A row comes back to its queue due at once, while a request that only its lease waits for is executing."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.leaving import Leaving
from pointsman.linting.rules.rule import LintContext, Rule, label
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call, CallResult, ClaimBy, Lifecycle, Outcome, Queue, Repeat, SettleBy, Transition
from pointsman.spec.meaning import ReceivedResponse, line_of, results_with


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    claims = lifecycle.claims
    if claims is None or claims.by is not ClaimBy.BUMP or claims.lease is None:
        return
    for queue in lifecycle.queues:
        call = lifecycle.call_of(queue)
        if call is None or queue.due is None or not (harm := _harm(lifecycle, queue, call)):
            continue
        leaving = Leaving(subject, call)
        for status in queue.statuses:
            if dict(lifecycle.status[status].on_entry).get(queue.due) is None:
                continue
            move = next((move for move in subject.entries[status] if _may_be_out(leaving, queue, move)), None)
            if move is not None:
                yield RULE.finding(
                    lifecycle.place("statuses", status, "on_entry", queue.due),
                    f"entering {status} makes the row due at once, and {label(move)} may be taken while a request "
                    f"of {call.name} is executing: another worker claims the row before the lease is over, and {harm}",
                    f"Do not write {queue.due} there, or settle by key first: `settle: {{first: resend_same_key}}`.",
                    f"status:{status}:{queue.due}",
                )


def _harm(lifecycle: Lifecycle, queue: Queue, call: Call) -> str | None:
    """What a worker does wrong that claims the row while a request is executing; None where the key guards the row."""
    if call.key is None and call.repeat is Repeat.NEW_EFFECT:
        return "sends a second request"
    settle = lifecycle.settle
    ways = {settle.first, settle.otherwise} if settle is not None else set()
    at_once = settle is not None and (settle.first is SettleBy.LOOK_UP or call.key is None or _asks_untried(call))
    limited = queue.attempts is not None and queue.attempts.limit is not None
    if call.look_up is not None and SettleBy.LOOK_UP in ways and at_once and limited:
        return "its look-up does not find what comes into effect afterwards"
    return None


def _asks_untried(call: Call) -> bool:
    """True if a request that the provider turns away unread, whatever its key, counts as one of unknown outcome."""
    lines = [line_of(call, ReceivedResponse(status)) for status in (401, 403, 429)]
    return any(line is None or line.outcome is Outcome.UNKNOWN for line in lines)


def _may_be_out(leaving: Leaving, queue: Queue, move: Transition) -> bool:
    """True if a request may be executing when the transition is taken."""
    call = leaving.call.name
    if call in dict(move.needs):
        return False
    if move.source not in leaving.held:
        return move.source in leaving.after_leaving
    if move.event is not None and CallResult.UNKNOWN in results_with(queue, move.event):
        return True
    return leaving.leaves_blindly(move) and (bool(move.by) or not results_with(queue, move.event))


RULE = Rule(
    "lease-overridden-on-entry",
    Severity.ERROR,
    "A row comes back to its queue due at once, while a request that only its lease waits for is executing.",
    _check,
)
