"""The laws' tests: one pure function per law over a lifecycle and a history: `TESTS`, `judge`, `not_applicable`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from pointsman.spec.laws import LAWS
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.history import History
from pointsman_conformance.core.once import once_for_each_lifecycle
from pointsman_conformance.laws import (
    already_done_is_done,
    amount_conserved,
    backoff,
    bounded_attempts,
    bump_only,
    claim_is_a_write,
    conditional_write,
    due_only,
    duplicate_is_idempotent,
    event_not_lost,
    guarded_write,
    key_survives_crash,
    not_tried_is_not_an_attempt,
    progress,
    record_with_status,
    renew_key_after_refusal,
    reset_on_entry,
    settle_before_giving_up,
    settle_before_resend,
    stable_key,
    stale_claim_sends_nothing,
    unknown_is_not_failure,
    unknown_status_untouched,
)
from pointsman_conformance.laws.applies import not_applicable
from pointsman_conformance.laws.judgement import Breach, Judgements, LawVerdict, Met, requirement
from pointsman_conformance.laws.reader import read
from pointsman_conformance.laws.reading import Reading

__all__ = ["TESTS", "judge", "not_applicable"]

TESTS: Mapping[str, Callable[[Reading], Judgements]] = MappingProxyType(
    {
        "guarded-write": guarded_write.judge,
        "conditional-write": conditional_write.judge,
        "claim-is-a-write": claim_is_a_write.judge,
        "stale-claim-sends-nothing": stale_claim_sends_nothing.judge,
        "stable-key": stable_key.judge,
        "key-survives-crash": key_survives_crash.judge,
        "renew-key-after-refusal": renew_key_after_refusal.judge,
        "settle-before-resend": settle_before_resend.judge,
        "settle-before-giving-up": settle_before_giving_up.judge,
        "unknown-is-not-failure": unknown_is_not_failure.judge,
        "already-done-is-done": already_done_is_done.judge,
        "not-tried-is-not-an-attempt": not_tried_is_not_an_attempt.judge,
        "record-with-status": record_with_status.judge,
        "due-only": due_only.judge,
        "bounded-attempts": bounded_attempts.judge,
        "backoff": backoff.judge,
        "reset-on-entry": reset_on_entry.judge,
        "duplicate-is-idempotent": duplicate_is_idempotent.judge,
        "bump-only": bump_only.judge,
        "unknown-status-untouched": unknown_status_untouched.judge,
        "event-not-lost": event_not_lost.judge,
        "amount-conserved": amount_conserved.judge,
        "progress": progress.judge,
    }
)
"""Every law's test by the law's id, in the order of `pointsman.spec.laws.LAWS`."""


def judge(lifecycle: Lifecycle, history: History, only: Collection[str] | None = None) -> tuple[LawVerdict, ...]:
    """Each law's verdict on `history`, in the order of `LAWS`; of `only` these laws, if given.

    A law that does not apply to the spec and the roles has nothing met and no breach.
    """
    reading = read(lifecycle, history)
    idle = _idle(lifecycle, history.roles)
    wanted = [law.id for law in LAWS if law.id in TESTS and (only is None or law.id in only)]
    return tuple(LawVerdict(law, (), ()) if law in idle else _verdict(law, reading) for law in wanted)


@once_for_each_lifecycle
def _idle(lifecycle: Lifecycle, roles: frozenset[str]) -> frozenset[str]:
    """The ids of the laws that do not apply."""
    return frozenset(not_applicable(lifecycle, roles))


def _verdict(law: str, reading: Reading) -> LawVerdict:
    breaches: list[Breach] = []
    met: dict[str, int] = {}
    for judged in TESTS[law](reading):
        if isinstance(judged, Met):
            name = requirement(law, judged.element)
            met[name] = met.get(name, 0) + 1
        else:
            breaches.append(judged)
    return LawVerdict(law, tuple(breaches), tuple(met.items()))
