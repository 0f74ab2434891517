"""A queue is polled by an actor that is not a worker."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import ActorKind


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for queue in lifecycle.queues:
        kind = lifecycle.actor[queue.worker].kind if queue.worker is not None else ActorKind.WORKER
        if kind is not ActorKind.WORKER:
            yield RULE.finding(
                lifecycle.place("queues", queue.name, "worker", value=True),
                f"{queue.worker} polls the queue {queue.name} and is of the kind {kind}: "
                "nothing makes it come back for a row that waits",
                f"Let a worker poll it, or declare it as one: `{queue.worker}: worker`.",
                f"queue:{queue.name}",
            )


RULE = Rule(
    "queue-polled-by-no-worker", Severity.WARNING, "A queue is polled by an actor that is not a worker.", _check
)
