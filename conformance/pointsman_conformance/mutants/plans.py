"""For each wrong implementation a short plan on the seller transfer: it breaks its law there, the reference none."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pointsman_conformance.core.plan import (
    Advance,
    Create,
    Dashboard,
    DeliverWebhooks,
    Fault,
    FaultKind,
    Happen,
    Plan,
    Point,
    Settle,
    SetUnknownStatus,
    Step,
    Work,
)

_LEASE = 601.0
_DAY = 86_401.0

_SEND = Work("transfer_worker")
_RETRY = Work("retry_worker")
_REVERSE = Work("reversal_worker")


def _at(kind: FaultKind, point: Point = Point.REQUEST_BEFORE, nth: int = 1, *during: Step) -> tuple[Fault, ...]:
    return (Fault(kind, point, nth, during),)


def _sends(kind: FaultKind) -> Work:
    return Work("transfer_worker", faults=_at(kind))


def _reverses(kind: FaultKind) -> Work:
    return Work("reversal_worker", faults=_at(kind))


def _refund(row: str = "1", event: str = "refund_1", amount: int = 1000) -> Happen:
    return Happen(row, "refund_requested", "refund_handler", event, {"amount": amount})


_PAUSED_AT_THE_REPLY = Work(
    "reversal_worker", faults=_at(FaultKind.PAUSE, Point.REQUEST_AFTER, 1, Advance(_LEASE), Work("reversal_worker", 2))
)
"""A worker stands still before it gets the answer; its lease ends, and another copy claims the row."""

_BY_HAND: Plan = (Create("1", "reversal_pending"), Dashboard("1", "create_reversal"), _REVERSE)
"""A person has reversed the transfer at the dashboard before the worker comes."""

PLANS: Mapping[str, Plan] = MappingProxyType(
    {
        "skips_guard": (Create("1", "pending"), _refund()),
        "late_webhook_reopens": (Create("1", "completed"), _refund(), _REVERSE, DeliverWebhooks("1")),
        "writes_blind": (Create("1", "reversal_pending"), _PAUSED_AT_THE_REPLY),
        "compares_status_only": (
            Create("1", "reversal_pending"),
            Work(
                "reversal_worker",
                faults=(
                    Fault(FaultKind.LOST_REPLY),
                    *_at(
                        FaultKind.PAUSE,
                        Point.REQUEST_AFTER,
                        1,
                        Advance(_LEASE),
                        Work("reversal_worker", 2, _at(FaultKind.LOST_REPLY)),
                    ),
                ),
            ),
        ),
        "claims_by_reading": (Create("1", "reversal_pending"), _REVERSE),
        "sends_after_a_pause": (
            Create("1", "reversal_pending"),
            Work("reversal_worker", faults=_at(FaultKind.PAUSE, Point.WRITE_AFTER, 1, Advance(_LEASE))),
        ),
        "fresh_key_each_attempt": (
            Create("1", "reversal_pending"),
            _reverses(FaultKind.LOST_REPLY),
            Advance(_LEASE),
            _REVERSE,
        ),
        "keeps_key_in_memory": (
            Create("1", "reversal_pending"),
            Work("reversal_worker", faults=_at(FaultKind.CRASH, Point.REQUEST_AFTER)),
            Advance(_LEASE),
            _REVERSE,
        ),
        "replays_old_refusal": (Create("1", "pending"), _sends(FaultKind.REFUSED_FOR_NOW), Advance(_LEASE), _SEND),
        "resends_after_key_expired": (
            Create("1", "reversal_pending"),
            _reverses(FaultKind.LOST_REPLY),
            Advance(_DAY),
            _REVERSE,
        ),
        "gives_up_blind": (
            Create("1", "pending"),
            *(step for _ in range(3) for step in (_sends(FaultKind.LOST_REQUEST), Advance(_LEASE))),
            Advance(_DAY),
            _SEND,
        ),
        "timeout_means_failed": (
            Create("1", "pending"),
            _sends(FaultKind.LOST_REPLY),
            Create("2", "pending"),
            _sends(FaultKind.ERROR),
        ),
        "already_done_means_failed": _BY_HAND,
        "done_without_receipt": _BY_HAND,
        "rate_limit_means_failed": (Create("1", "pending"), _sends(FaultKind.THROTTLED)),
        "forgets_the_receipt": (Create("1", "pending"), _SEND),
        "ignores_due_time": (Create("1", "pending"), _sends(FaultKind.THROTTLED), _SEND),
        "never_gives_up": (
            Create("1", "reversal_pending", {"retry_count": 11}),
            *(step for _ in range(2) for step in (_reverses(FaultKind.REFUSED_FOR_NOW), Advance(_DAY))),
            _REVERSE,
        ),
        "forgets_to_count": (Create("1", "pending"), _SEND),
        "hot_loop": (Create("1", "pending"), _sends(FaultKind.LOST_REPLY)),
        "carries_the_old_count": (Create("1", "pending"), _sends(FaultKind.REFUSED)),
        "applies_twice": (Create("1", "completed"), _refund(), Advance(60), _refund()),
        "bump_rewrites_amount": (Create("1", "pending"), _sends(FaultKind.LOST_REPLY)),
        "coerces_unknown_status": (Create("1", "completed"), SetUnknownStatus("1"), _refund()),
        "drops_early_refund": (Create("1", "pending"), _refund()),
        "reverses_full_after_partial": (Create("1", "completed"), _refund(amount=300), _REVERSE),
        "forgets_row_after_crash": (
            Create("1", "reversal_pending"),
            Work("reversal_worker", faults=_at(FaultKind.CRASH, Point.REQUEST_BEFORE)),
            Settle(),
        ),
        "starves_old_rows": (Create("1", "pending"), Advance(60), Settle(rounds=5, arrivals=1)),
    }
)
"""By the wrong implementation's name."""

AS_A_WORKER: Mapping[str, Plan] = MappingProxyType(
    {
        "skips_guard": (Create("1", "reversal_pending"), _reverses(FaultKind.REFUSED)),
        "coerces_unknown_status": (
            Create("1", "reversal_pending"),
            _reverses(FaultKind.REFUSED_FOR_NOW),
            SetUnknownStatus("1"),
            _REVERSE,
        ),
    }
)
"""Plans without events, by name, for workers that play no handler."""


def _gives_up(*faults: Fault) -> Happen:
    return Happen("1", "given_up", "admin", "give_up_1", faults=faults)


_OUTCOME_UNKNOWN: Plan = (
    Create("1", "failed"),
    Work("retry_worker", faults=_at(FaultKind.LOST_REQUEST)),
    Advance(_LEASE),
)
"""A worker's request was lost, and its lease has ended."""

AS_AN_ADMIN: Mapping[str, Plan] = MappingProxyType(
    {
        "writes_blind": (
            *_OUTCOME_UNKNOWN,
            Advance(_DAY),
            _gives_up(*_at(FaultKind.PAUSE, Point.REQUEST_AFTER, 1, Advance(_LEASE), _RETRY, _RETRY)),
        ),
        "compares_status_only": (
            *_OUTCOME_UNKNOWN,
            Advance(_DAY),
            _gives_up(
                *_at(
                    FaultKind.PAUSE,
                    Point.REQUEST_AFTER,
                    1,
                    Advance(_LEASE),
                    Work("retry_worker", faults=_at(FaultKind.LOST_REQUEST)),
                )
            ),
        ),
        "sends_after_a_pause": (
            *_OUTCOME_UNKNOWN,
            _gives_up(*_at(FaultKind.PAUSE, Point.WRITE_AFTER, 1, Advance(_LEASE))),
        ),
        "gives_up_blind": (*_OUTCOME_UNKNOWN, _gives_up()),
    }
)
"""Plans by name for an admin, while the kit plays the workers."""
