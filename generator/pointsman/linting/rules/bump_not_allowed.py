"""A worker or a handler has to change a column while the status stays, and `same_status` does not allow it."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import ClaimBy, EarlyEvent, Lifecycle, Queue
from pointsman.spec.meaning import statuses_answering


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    if lifecycle.same_status is None:
        return
    for column, why in dict(_needed(lifecycle)).items():
        if column not in lifecycle.same_status:
            yield RULE.finding(
                lifecycle.place("same_status", "allow"),
                f"{column} is not among the columns that may change while the status stays, but {why}",
                f"Add {column} to `same_status: allow:`.",
                f"same_status:{column}",
            )


def _needed(lifecycle: Lifecycle) -> Iterator[tuple[str, str]]:
    """Each column that a same-status write changes, and the reason; a column's last reason is the one to show."""
    for event in reversed(lifecycle.events):
        # What the event carries is written with it, and at no other time, so that the list need not have it.
        if statuses_answering(event, EarlyEvent.KEEP) and event.keep_in is not None:
            yield event.keep_in, f"a kept {event.name} is written there"
    for queue in reversed(lifecycle.queues):
        yield from _by_worker(lifecycle, queue)


def _by_worker(lifecycle: Lifecycle, queue: Queue) -> Iterator[tuple[str, str]]:
    claims = lifecycle.claims
    if claims is not None and claims.by is ClaimBy.BUMP:
        if queue.due is not None:
            yield queue.due, f"a claim of the queue {queue.name} writes its lease there"
        if claims.fence is not None:
            yield claims.fence, f"a claim of the queue {queue.name} raises it"
    if queue.due is not None and queue.backoff is not None:
        yield queue.due, f"the queue {queue.name} puts rows off there"
    call = lifecycle.call_of(queue)
    if call is None:
        return
    if queue.attempts is not None:
        yield queue.attempts.column, f"the queue {queue.name} counts its attempts there"
    if call.key_generation is not None:
        yield call.key_generation, f"the queue {queue.name} raises it when a key of {call.name} is spent"
    if call.key_first_used is not None:
        yield call.key_first_used, f"the queue {queue.name} writes there when a key of {call.name} is first used"


RULE = Rule(
    "bump-not-allowed",
    Severity.ERROR,
    "A worker or a handler has to change a column while the status stays, and `same_status` does not allow it.",
    _check,
)
