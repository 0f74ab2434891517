"""Options of the provider: where facts about the real one are second-hand, or a test needs another behaviour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProviderOptions:
    """Switches of the provider. Each is a behaviour of Stripe's that we know from others than Stripe.

    `replay_header`: a replayed answer carries ``Idempotent-Replayed: true`` (copied by many third parties, not found in
    Stripe's own pages).
    `original_request`: a replayed answer names the first request in ``Original-Request`` (the same).
    `in_use_type`: the `type` of a 409 for a key in use. Third parties' fakes disagree (``idempotency_error``,
    ``api_error``, ``invalid_request_error``); only the code ``idempotency_key_in_use`` is sure.
    `throttle_code`: the `code` of a 429; ``lock_timeout`` is the other one, which stripe-go sends again by itself.
    `throttle_type`: the `type` of a 429; only the codes are sure.
    `should_retry`: statuses whose answers carry ``Stripe-Should-Retry``, and what it says. stripe-python and
    stripe-node obey it. A comment in stripe-go expects ``false`` "in most cases when a 500 is returned" and ``true``
    for a lock; nothing says always, so nothing is said unless asked for.
    `already_reversed_code`: the `code` of "is already fully reversed". None today (stripe-ruby issue 1058 asks
    for one).
    `missing_is_stored`: a 404 for an object in the path counts as a result of execution and is stored under the key.
    `complete_transfers`: a transfer without a currency or a destination is refused, as Stripe does. Off, because a
    spec names the amount and the marks of a request and nothing else.
    `platform_balance`: what the platform has at first, in the smallest unit; a transfer that it cannot pay is
    refused with ``balance_insufficient``. None: enough for everything.
    `payment_amount`: how much each payment is that can be refunded. None: enough for everything.
    `refund_status`: the status of a new refund. Only a refund that still waits can be canceled.
    `api_version`: what webhooks say they were rendered in; stripe-go refuses those of another release train.
    `slow_answer`: seconds of real time that a slow answer takes, if its fault names none.
    `key_lifetime`: seconds that a key is kept where the spec does not say; Stripe promises at least a day.
    """

    replay_header: bool = True
    original_request: bool = True
    in_use_type: str = "invalid_request_error"
    throttle_code: str = "rate_limit"
    throttle_type: str = "invalid_request_error"
    should_retry: tuple[tuple[int, bool], ...] = ()
    already_reversed_code: str | None = None
    missing_is_stored: bool = True
    complete_transfers: bool = False
    platform_balance: int | None = None
    payment_amount: int | None = None
    refund_status: str = "requires_action"
    api_version: str = "2026-10-28.endive"
    slow_answer: float = 0.0
    key_lifetime: float = 86_400.0
