"""Events that come as a webhook of the provider."""

from __future__ import annotations

from pointsman.spec.lifecycle import ActorKind, Call, Webhook
from pointsman_conformance.core.history import Columns
from pointsman_conformance.core.plan import Happen
from pointsman_conformance.reference.rules import Rules


def webhook_of(rules: Rules, row: Columns, step: Happen) -> tuple[Call, Webhook] | None:
    """The call and the webhook that mean the step's event for `row`; None where it does not come as a webhook."""
    status = rules.status_of(row)
    is_own = rules.kind(step.actor) is ActorKind.WEBHOOK and step.event not in rules.lifecycle.event
    return rules.hook_for(status.name, step.event) if status is not None and is_own else None
