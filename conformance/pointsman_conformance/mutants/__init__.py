"""The wrong implementations: each is the reference implementation with one part replaced, and its law fails it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pointsman_conformance.mutants.already_done_is_done import AlreadyDoneMeansFailed, DoneWithoutReceipt
from pointsman_conformance.mutants.amount_conserved import ReversesFullAfterPartial
from pointsman_conformance.mutants.backoff import HotLoop
from pointsman_conformance.mutants.bounded_attempts import ForgetsToCount, NeverGivesUp
from pointsman_conformance.mutants.bump_only import BumpRewritesAmount
from pointsman_conformance.mutants.claim_is_a_write import ClaimsByReading
from pointsman_conformance.mutants.conditional_write import ComparesStatusOnly, WritesBlind
from pointsman_conformance.mutants.due_only import IgnoresDueTime
from pointsman_conformance.mutants.duplicate_is_idempotent import AppliesTwice
from pointsman_conformance.mutants.event_not_lost import DropsEarlyRefund
from pointsman_conformance.mutants.guarded_write import LateWebhookReopens, SkipsGuard
from pointsman_conformance.mutants.key_survives_crash import KeepsKeyInMemory
from pointsman_conformance.mutants.not_tried_is_not_an_attempt import RateLimitMeansFailed
from pointsman_conformance.mutants.progress import ForgetsRowAfterCrash, StarvesOldRows
from pointsman_conformance.mutants.record_with_status import ForgetsTheReceipt
from pointsman_conformance.mutants.renew_key_after_refusal import ReplaysOldRefusal
from pointsman_conformance.mutants.reset_on_entry import CarriesTheOldCount
from pointsman_conformance.mutants.settle_before_giving_up import GivesUpBlind
from pointsman_conformance.mutants.settle_before_resend import ResendsAfterKeyExpired
from pointsman_conformance.mutants.stable_key import FreshKeyEachAttempt
from pointsman_conformance.mutants.stale_claim_sends_nothing import SendsAfterAPause
from pointsman_conformance.mutants.unknown_is_not_failure import TimeoutMeansFailed
from pointsman_conformance.mutants.unknown_status_untouched import CoercesUnknownStatus
from pointsman_conformance.mutants.wrong import WrongImplementation

__all__ = ["WRONG", "WrongImplementation"]

WRONG: Mapping[str, WrongImplementation] = MappingProxyType(
    {
        each.name: each
        for each in (
            WrongImplementation(
                "skips_guard",
                "guarded-write",
                "writes the status that it is asked for, whatever the row is in",
                SkipsGuard,
            ),
            WrongImplementation(
                "late_webhook_reopens", "guarded-write", "lets a late webhook put a row back", LateWebhookReopens
            ),
            WrongImplementation("writes_blind", "conditional-write", "writes by the key alone", WritesBlind),
            WrongImplementation(
                "compares_status_only", "conditional-write", "compares the status and not the claim", ComparesStatusOnly
            ),
            WrongImplementation(
                "claims_by_reading", "claim-is-a-write", "works on rows that it has only read", ClaimsByReading
            ),
            WrongImplementation(
                "sends_after_a_pause",
                "stale-claim-sends-nothing",
                "sends what it claimed however long ago",
                SendsAfterAPause,
            ),
            WrongImplementation(
                "fresh_key_each_attempt", "stable-key", "sends every attempt under a new key", FreshKeyEachAttempt
            ),
            WrongImplementation(
                "keeps_key_in_memory",
                "key-survives-crash",
                "keeps its keys where a crash forgets them",
                KeepsKeyInMemory,
            ),
            WrongImplementation(
                "replays_old_refusal", "renew-key-after-refusal", "keeps the key that was refused", ReplaysOldRefusal
            ),
            WrongImplementation(
                "resends_after_key_expired",
                "settle-before-resend",
                "sends a key that the provider has forgotten",
                ResendsAfterKeyExpired,
            ),
            WrongImplementation(
                "gives_up_blind", "settle-before-giving-up", "gives up without finding out", GivesUpBlind
            ),
            WrongImplementation(
                "timeout_means_failed", "unknown-is-not-failure", "takes no answer for a refusal", TimeoutMeansFailed
            ),
            WrongImplementation(
                "already_done_means_failed",
                "already-done-is-done",
                'takes "already done" for a refusal',
                AlreadyDoneMeansFailed,
            ),
            WrongImplementation(
                "done_without_receipt",
                "already-done-is-done",
                'takes "already done" for done and stores no receipt',
                DoneWithoutReceipt,
            ),
            WrongImplementation(
                "rate_limit_means_failed",
                "not-tried-is-not-an-attempt",
                "takes a rate limit for a refusal",
                RateLimitMeansFailed,
            ),
            WrongImplementation(
                "forgets_the_receipt", "record-with-status", "stores the status without the receipt", ForgetsTheReceipt
            ),
            WrongImplementation("ignores_due_time", "due-only", "takes rows before they are due", IgnoresDueTime),
            WrongImplementation(
                "never_gives_up", "bounded-attempts", "sends new keys beyond the limit of attempts", NeverGivesUp
            ),
            WrongImplementation(
                "forgets_to_count", "bounded-attempts", "claims without counting the attempt", ForgetsToCount
            ),
            WrongImplementation("hot_loop", "backoff", "tries again at once", HotLoop),
            WrongImplementation(
                "carries_the_old_count", "reset-on-entry", "begins a new leg with the old count", CarriesTheOldCount
            ),
            WrongImplementation(
                "applies_twice", "duplicate-is-idempotent", "applies a repeated event a second time", AppliesTwice
            ),
            WrongImplementation(
                "bump_rewrites_amount", "bump-only", "changes an amount when it notes a time", BumpRewritesAmount
            ),
            WrongImplementation(
                "coerces_unknown_status",
                "unknown-status-untouched",
                "takes an unknown status for the first one",
                CoercesUnknownStatus,
            ),
            WrongImplementation(
                "drops_early_refund", "event-not-lost", "forgets an event that comes too early", DropsEarlyRefund
            ),
            WrongImplementation(
                "reverses_full_after_partial",
                "amount-conserved",
                "takes back the whole where a part was asked for",
                ReversesFullAfterPartial,
            ),
            WrongImplementation(
                "forgets_row_after_crash",
                "progress",
                "hides its rows, so that a crash loses them",
                ForgetsRowAfterCrash,
            ),
            WrongImplementation("starves_old_rows", "progress", "takes the newest rows first", StarvesOldRows),
        )
    }
)
"""Every wrong implementation by its name, in the order of the laws."""
