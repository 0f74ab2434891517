"""The laws: what is assumed of implementations.

A law's id stands in four places: here, as an assumption of the checker that can
be dropped; in the harm that follows then; in a test of the conformance kit; and
with its wrong implementations, which that test fails. A law is dropped by letting
implementations do, besides what is right, what its wrong implementations do.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Law:
    """One law. `sentence` completes "an implementation …"; `kinds` are the kinds of actors that it binds."""

    id: str
    kinds: tuple[str, ...]
    sentence: str
    wrong: tuple[str, ...]


_ALL = ("worker", "handler", "webhook", "admin")

LAWS: tuple[Law, ...] = (
    Law(
        "guarded-write",
        _ALL,
        "changes status only along a transition of the spec, however late the message",
        ("skips_guard", "late_webhook_reopens"),
    ),
    Law(
        "conditional-write",
        _ALL,
        "compares the status it read, and under a claim also the claim",
        ("writes_blind", "compares_status_only"),
    ),
    Law(
        "claim-is-a-write",
        ("worker", "admin"),
        "takes a row by a conditional write that counts the attempt and sets the lease",
        ("claims_by_reading",),
    ),
    Law(
        "stale-claim-sends-nothing",
        ("worker", "admin"),
        "sends nothing, and gives up nothing, once its claim is too old",
        ("sends_after_a_pause",),
    ),
    Law(
        "stable-key",
        ("worker",),
        "sends one effect under one key until a definite answer or a settled absence",
        ("fresh_key_each_attempt",),
    ),
    Law(
        "key-survives-crash",
        ("worker",),
        "can send the same key after a crash between key and reply",
        ("keeps_key_in_memory",),
    ),
    Law(
        "renew-key-after-refusal",
        ("worker",),
        "uses a new key after refused, refused for now, or a settled absence",
        ("replays_old_refusal",),
    ),
    Law(
        "settle-before-resend",
        ("worker",),
        "asks the provider before sending again past the key's lifetime",
        ("resends_after_key_expired",),
    ),
    Law(
        "settle-before-giving-up",
        ("worker", "admin"),
        "finds out before giving up after an unknown outcome",
        ("gives_up_blind",),
    ),
    Law(
        "unknown-is-not-failure",
        ("worker",),
        "never lets an unknown outcome choose a transition that needs not done",
        ("timeout_means_failed",),
    ),
    Law(
        "already-done-is-done",
        ("worker",),
        'takes "already reversed" as reversed, and finds the receipt',
        ("already_done_means_failed", "done_without_receipt"),
    ),
    Law(
        "not-tried-is-not-an-attempt",
        ("worker",),
        "spends no attempt on 401, 403, 409 or 429, and waits",
        ("rate_limit_means_failed",),
    ),
    Law(
        "record-with-status",
        ("worker", "webhook", "admin"),
        "stores the receipt in the same write as the status",
        ("forgets_the_receipt",),
    ),
    Law("due-only", ("worker",), "leaves rows alone before they are due", ("ignores_due_time",)),
    Law(
        "bounded-attempts",
        ("worker",),
        "counts every attempt and stops at the limit; settling is not an attempt",
        ("never_gives_up", "forgets_to_count"),
    ),
    Law(
        "backoff",
        ("worker",),
        "sets the due time within the spec's bounds, and after an unknown not before the lease ends",
        ("hot_loop",),
    ),
    Law("reset-on-entry", _ALL, "starts a new leg with its own count", ("carries_the_old_count",)),
    Law("duplicate-is-idempotent", ("handler", "webhook"), "treats a repeated event as one", ("applies_twice",)),
    Law(
        "bump-only",
        _ALL,
        "changes no declared column but the bump columns on a same-status write",
        ("bump_rewrites_amount",),
    ),
    Law(
        "unknown-status-untouched",
        _ALL,
        "leaves a row alone whose status it does not know",
        ("coerces_unknown_status",),
    ),
    Law(
        "event-not-lost",
        ("handler",),
        "keeps an event that comes too early until it can apply",
        ("drops_early_refund",),
    ),
    Law("amount-conserved", ("worker",), "never takes back more than was asked", ("reverses_full_after_partial",)),
    Law(
        "progress",
        ("worker",),
        "resolves every due row, oldest first, once the provider is healthy",
        ("forgets_row_after_crash", "starves_old_rows"),
    ),
)
"""Every law, in the order in which reports list them."""

LINEARIZABLE = Law(
    "linearizable",
    ("handler", "webhook"),
    "says that it applied an event, or refused one, only where one order of all changes bears it out",
    ("says_yes_writes_nothing", "refuses_what_applies", "answers_in_haste"),
)
"""Not a law: nothing that the checker assumes. The conformance kit judges it beside the laws, of every row."""

JUDGED: tuple[Law, ...] = (*LAWS, LINEARIZABLE)
"""Everything that the conformance kit judges an implementation by, in the order in which reports list it."""
