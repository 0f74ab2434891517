"""A webhook may report something new in some status, and nothing says what becomes of it there."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call, EffectState, Lifecycle, Status, Webhook
from pointsman.spec.meaning import early_statuses, effect_events, event_of, statuses_of_call


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for call in lifecycle.calls:
        others = _acted_on(lifecycle, call) if call.webhooks else frozenset()
        made = statuses_of_call(lifecycle, call.name)
        for status in lifecycle.statuses:
            done = _means_done(status, call)
            if status.terminal or status.name in made or not (done or others & set(status.requires)):
                continue
            for hook in call.webhooks:
                if not _is_answered(subject, call, hook, status):
                    yield _finding(lifecycle, call, hook, status)


def _means_done(status: Status, call: Call) -> bool:
    return dict(status.means).get(call.name) is EffectState.DONE


def _acted_on(lifecycle: Lifecycle, call: Call) -> frozenset[str]:
    """The receipts of other calls in this call's request: it acts on what they made, and so may others than we."""
    received = {column for other in lifecycle.calls if other != call for column, _ in other.records}
    return frozenset(received & set(call.request.columns))


def _is_answered(subject: LintContext, call: Call, hook: Webhook, status: Status) -> bool:
    """True if the webhook moves a row on from this status, is answered there, or says what the status says already."""
    lifecycle, name = subject.lifecycle, event_of(hook, status.name)
    event = lifecycle.event.get(name)
    if subject.moves_on(status.name, name) or (event is not None and status.name in early_statuses(event)):
        return True
    queues = [queue for queue in lifecycle.queues if queue.call == call.name]
    tells_done = any(name in effect_events(queue) for queue in queues)
    leads_there = any(move.target == status.name for move in subject.taking.get(name, ()))
    return leads_there or (tells_done and _means_done(status, call))


def _finding(lifecycle: Lifecycle, call: Call, hook: Webhook, status: Status) -> Finding:
    name = event_of(hook, status.name)
    why = f"where {call.name} is done" if _means_done(status, call) else f"where others may do what {call.name} does"
    return RULE.finding(
        lifecycle.place("calls", call.name, "webhook", hook.type),
        f"in {status.name}, {why}, {hook.type} means {name}: no transition takes it from there, and "
        "nothing says what becomes of it",
        f"Add the transition, give {hook.type} another event there (`otherwise:`), or declare {name} under `events:` "
        f"and answer it in {status.name}.",
        f"call:{call.name}:{hook.type}:{status.name}",
    )


RULE = Rule(
    "news-unanswered",
    Severity.NOTE,
    "A webhook may report something new in some status, and nothing says what becomes of it there.",
    _check,
)
