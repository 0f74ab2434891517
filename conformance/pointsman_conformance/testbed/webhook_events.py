"""Events that a provider's webhook tells of: what became of an effect, long after the request."""

from __future__ import annotations

from pointsman.spec.lifecycle import ActorKind, Call, Webhook
from pointsman_conformance.core.history import Columns
from pointsman_conformance.core.plan import Happen
from pointsman_conformance.reference.rules import Rules


def webhook_of(rules: Rules, row: Columns, step: Happen) -> tuple[Call, Webhook] | None:
    """The provider's webhook that means the step's event for `row`; None where the event comes from elsewhere."""
    status = rules.status_of(row)
    is_own = rules.kind(step.actor) is ActorKind.WEBHOOK and step.event not in rules.lifecycle.event
    return rules.hook_for(status.name, step.event) if status is not None and is_own else None
