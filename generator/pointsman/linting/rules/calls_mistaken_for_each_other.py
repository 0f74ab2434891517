"""A look-up or a webhook takes the effect of one call for that of another."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import ActorKind, Call, Transition, Webhook
from pointsman.spec.meaning import event_of, found_by_look_up, statuses_of_call, told_by_webhook


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for call in lifecycle.calls:
        held = statuses_of_call(lifecycle, call.name)
        for other in found_by_look_up(lifecycle, call):
            if not held.isdisjoint(subject.graph.reached_from(statuses_of_call(lifecycle, other.name))):
                yield RULE.finding(
                    lifecycle.place("calls", call.name, "look_up", "request", value=True),
                    f"the look-up of {call.name} finds what {other.name} made too, and no mark tells the two apart",
                    f"Send a mark with each that names the call (`metadata.call: {call.name}`), or ask by the key.",
                    f"call:{call.name}:{other.name}",
                )
        for hook in call.webhooks:
            yield from _told(subject, call, hook)


def _told(subject: LintContext, call: Call, hook: Webhook) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for other in told_by_webhook(lifecycle, call, hook):
        done = subject.graph.reached_from(statuses_of_call(lifecycle, other.name))
        receipts = {column for column, _ in other.records}
        open_to = [
            move
            for move in _moves(subject, hook)
            if move.source in done and receipts.isdisjoint(lifecycle.status[move.source].requires)
        ]
        if not open_to:
            continue
        move = open_to[0]
        yield RULE.finding(
            lifecycle.place("calls", call.name, "webhook", hook.type),
            f"{hook.type} tells of {other.name} as well as of {call.name}, and in {move.source} nothing tells the two "
            f"apart: news of {other.name} is taken for {move.event}",
            f"Send a mark with each that names the call, or let {move.source} require the receipt of {other.name}.",
            f"call:{call.name}:{hook.type}:{other.name}",
        )


def _moves(subject: LintContext, hook: Webhook) -> Iterator[Transition]:
    """The transitions that a webhook takes on this news."""
    actor = subject.lifecycle.actor
    for status in subject.lifecycle.statuses:
        for move in subject.moves_on(status.name, event_of(hook, status.name)):
            if not move.by or any(actor[name].kind is ActorKind.WEBHOOK for name in move.by):
                yield move


RULE = Rule(
    "calls-mistaken-for-each-other",
    Severity.ERROR,
    "A look-up or a webhook takes the effect of one call for that of another.",
    _check,
)
