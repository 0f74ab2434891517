"""A transition leads to the status that it leaves, and nothing of the row may change by it."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, key, label, listed
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import ActorKind, Lifecycle, Transition
from pointsman.spec.meaning import event_of


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for transition in lifecycle.transitions:
        if transition.source != transition.target or not _only_news(lifecycle, transition):
            continue
        required = lifecycle.status[transition.source].requires
        receipts = {column for call in lifecycle.calls for column, _ in call.records}
        brought = _brought(lifecycle, transition)
        if any(column not in receipts or column not in required for column in brought):
            continue
        why = f"its row has {listed(brought)} already" if brought else "it writes nothing"
        yield RULE.finding(
            subject.source_place(transition),
            f"{label(transition)} leads back to the status that it leaves, and {why}",
            "Name the status that it leads to, let it bring something new, or answer "
            f"`{transition.source}: ignore` under `events:`.",
            key(transition),
        )


def _only_news(lifecycle: Lifecycle, transition: Transition) -> bool:
    """True if a webhook takes it, no person does, and entering its status writes no more than when the row is due."""
    kinds = {lifecycle.actor[name].kind for name in transition.by}
    due = {queue.due for queue in lifecycle.queues}
    written = {column for column, _ in lifecycle.status[transition.target].on_entry}
    return ActorKind.WEBHOOK in kinds <= {ActorKind.WEBHOOK, ActorKind.WORKER} and written <= due


def _brought(lifecycle: Lifecycle, transition: Transition) -> tuple[str, ...]:
    """The columns that the news may fill: of the event, and the receipts of a call whose webhook brings it."""
    event = lifecycle.event.get(transition.event or "")
    carried = tuple(column for column, _ in event.carries) if event is not None else ()
    telling = [
        call
        for call in lifecycle.calls
        if any(event_of(hook, transition.source) == transition.event for hook in call.webhooks)
    ]
    return (*carried, *(column for call in telling for column, _ in call.records))


RULE = Rule(
    "loop-changes-nothing",
    Severity.NOTE,
    "A transition leads to the status that it leaves, and nothing of the row may change by it.",
    _check,
)
