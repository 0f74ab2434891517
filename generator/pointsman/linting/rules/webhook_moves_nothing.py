"""A webhook means an event that no transition takes where it comes, or that no webhook may take."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, listed
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import ActorKind, Call, Webhook
from pointsman.spec.meaning import event_of


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    kinds = {actor.name: actor.kind for actor in lifecycle.actors}
    for call in lifecycle.calls:
        for hook in call.webhooks:
            taking = subject.taking.get(hook.event, ())
            may = any(not t.by or any(kinds[name] is ActorKind.WEBHOOK for name in t.by) for t in taking)
            if taking and not may:
                yield RULE.finding(
                    lifecycle.place("calls", call.name, "webhook", hook.type, "event", value=True),
                    f"{hook.type} means {hook.event}, and no actor of kind webhook may take it",
                    "Add the webhook's actor to the `by:` of a transition, or remove the webhook.",
                    f"call:{call.name}:{hook.type}",
                )
            elif may and (unheard := _where_it_comes(subject, call, hook)):
                yield RULE.finding(
                    lifecycle.place("calls", call.name, "webhook", hook.type, "event", value=True),
                    f"{hook.type} means {hook.event} and comes while {call.name} is made, and no transition takes it "
                    f"in {listed(unheard)}",
                    f"Let it mean the event that says that {call.name} is done, or add the transition.",
                    f"call:{call.name}:{hook.type}:made",
                )
            for status, event in hook.otherwise:
                if not subject.moves_on(status, event):
                    yield RULE.finding(
                        lifecycle.place("calls", call.name, "webhook", hook.type, "otherwise", status, value=True),
                        f"in {status} {hook.type} means {event}, and no transition takes it from there",
                        "Add the transition, or remove the line: a webhook that means nothing is ignored.",
                        f"call:{call.name}:{hook.type}:{status}",
                    )


def _where_it_comes(subject: LintContext, call: Call, hook: Webhook) -> tuple[str, ...]:
    """The statuses in which the call is made, if the webhook moves a row in none of them; else none."""
    queues = [queue for queue in subject.lifecycle.queues if queue.call == call.name]
    made = tuple(dict.fromkeys(name for queue in queues for name in queue.statuses))
    moves = any(subject.moves_on(name, event_of(hook, name)) for name in made)
    return () if moves else made


RULE = Rule(
    "webhook-moves-nothing",
    Severity.WARNING,
    "A webhook means an event that no transition takes where it comes, or that no webhook may take.",
    _check,
)
