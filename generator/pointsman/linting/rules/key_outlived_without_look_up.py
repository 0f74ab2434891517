"""Retries go on after the provider has forgotten the key, and no look-up finds out whether the call was done."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.linting.rules.spans import span
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Backoff, Call, Lifecycle, Queue, SettleBy
from pointsman.spec.meaning import lease_of, longest_pause_of, seconds


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for queue in lifecycle.queues:
        call = lifecycle.call_of(queue)
        if call is None or call.key is None or call.key_lifetime is None or _looks_up(lifecycle, call):
            continue
        last = _last_use(lifecycle, queue, call)
        if last < seconds(call.key_lifetime):
            continue
        after = "without end" if last == math.inf else f"up to {span(_timedelta(last))} after its first use"
        yield RULE.finding(
            lifecycle.place("queues", queue.name, "backoff"),
            f"the queue {queue.name} sends a key of {call.name} {after}, and the provider remembers it for "
            f"{span(call.key_lifetime)}; no look-up finds out whether the call was done",
            "Give the call a `look_up:` and settle by it (`otherwise: look_up`), or try for less long.",
            f"queue:{queue.name}",
        )


def _looks_up(lifecycle: Lifecycle, call: Call) -> bool:
    settle = lifecycle.settle
    return call.look_up is not None and settle is not None and SettleBy.LOOK_UP in {settle.first, settle.otherwise}


def _last_use(lifecycle: Lifecycle, queue: Queue, call: Call) -> float:
    """Seconds from a key's first use to the latest that a request with it may take effect.

    After an unknown outcome the row is due again at the later of the lease's end
    and the backoff, jitter at its largest. The resend that settles comes after
    the last pause.
    """
    if queue.attempts is None or queue.attempts.limit is None:
        return math.inf
    slowest = longest_pause_of(lifecycle) + seconds(call.settles_within)
    lease = lease_of(lifecycle) or 0.0
    return _pauses(queue.backoff or Backoff(timedelta(0)), queue.attempts.limit, lease) + slowest


def _pauses(backoff: Backoff, attempts: int, lease: float) -> float:
    total = 0.0
    for attempt in range(1, attempts + 1):
        pause = backoff.pause(attempt).total_seconds()
        longest = max(lease, pause * (1 + backoff.jitter))
        total += longest
        if backoff.pause(attempt + 1).total_seconds() == pause:
            # The ceiling, or a factor of one: every pause from here on is the same.
            return total + (attempts - attempt) * longest
    return total


def _timedelta(seconds: float) -> timedelta:
    """`seconds` as a timedelta; the largest timedelta for anything longer."""
    return timedelta(seconds=min(seconds, timedelta.max.total_seconds() / 2))


RULE = Rule(
    "key-outlived-without-look-up",
    Severity.ERROR,
    "Retries go on after the provider has forgotten the key, and no look-up finds out whether the call was done.",
    _check,
)
