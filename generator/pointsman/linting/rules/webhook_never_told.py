"""A webhook is named for the event of a reply, and no webhook of a call brings that event."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.replies import taken
from pointsman.linting.rules.rule import LintContext, Rule, key, label
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import ActorKind, Lifecycle, Transition
from pointsman.spec.meaning import event_of, is_reported


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    if not any(call.webhooks for call in lifecycle.calls):
        return  # the spec leaves open which webhooks there are
    for transition in dict.fromkeys(one.transition for one in taken(subject)):
        for name in transition.by:
            if lifecycle.actor[name].kind is ActorKind.WEBHOOK and not _is_told(lifecycle, transition):
                yield RULE.finding(
                    subject.source_place(transition),
                    f"the webhook {name} may take {label(transition)}, and no webhook of a call means "
                    f"{transition.event} in {transition.source}",
                    f"Name it under a call's `webhook:`, declare {transition.event} under `events:`, "
                    f"or take {name} out of `by:`.",
                    f"{key(transition)}:{name}",
                )


def _is_told(lifecycle: Lifecycle, transition: Transition) -> bool:
    hooks = [hook for call in lifecycle.calls for hook in call.webhooks]
    hooked = any(event_of(hook, transition.source) == transition.event for hook in hooks)
    return hooked or is_reported(lifecycle, transition.event)


RULE = Rule(
    "webhook-never-told",
    Severity.WARNING,
    "A webhook is named for the event of a reply, and no webhook of a call brings that event.",
    _check,
)
