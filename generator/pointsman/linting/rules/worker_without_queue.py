"""A worker moves rows on from a status that none of its queues holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pointsman.linting.rules.rule import LintContext, Rule, key, listed
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import ActorKind, Lifecycle, Transition
from pointsman.spec.source import Path


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    if not lifecycle.queues:
        return
    for path, transitions in _entries(lifecycle).items():
        for position, name in enumerate(transitions[0].by):
            if lifecycle.actor[name].kind is not ActorKind.WORKER:
                continue
            sources = [transition.source for transition in transitions]
            # A queue without a worker may belong to this worker; the queue has a finding of its own.
            if not any(
                queue.worker in {name, None} for source in sources for queue in subject.lifecycle.queues_of[source]
            ):
                yield RULE.finding(
                    lifecycle.place(*path, "by", position, value=True),
                    f"the worker {name} moves rows on from {listed(sources)}, which none of its queues holds",
                    f"Put the status into a queue of {name}, or say that another kind of actor takes the transition.",
                    f"{key(transitions[0])}:{name}",
                )


def _entries(lifecycle: Lifecycle) -> Mapping[Path, list[Transition]]:
    """The transitions by the entry of the spec that declares them; one may name several statuses and actors."""
    found: dict[Path, list[Transition]] = {}
    for position, transition in enumerate(lifecycle.transitions):
        found.setdefault(transition.path or (position,), []).append(transition)
    return found


RULE = Rule(
    "worker-without-queue",
    Severity.WARNING,
    "A worker moves rows on from a status that none of its queues holds.",
    _check,
)
