"""The kit finds wrong implementations, needs every law, and blames no honest implementation: a short measurement.

`bench/power.py` measures the same at length; docs/power.md has what came of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import power
from pointsman.loading.load import load
from pointsman.spec.laws import JUDGED
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.mutants import WRONG
from pointsman_conformance.mutants.linearizable import NOT_LINEARIZABLE
from pointsman_conformance.search.campaign import Budget, run
from tests.acceptance.kit.boxes import SPECS

SEEDS = (1, 2, 3)

ALONE = {
    "guarded-write": ("late_webhook_reopens", "webhook"),
    "conditional-write": ("compares_status_only", "reversal_worker"),
    "claim-is-a-write": ("claim_without_lease:transfer", "reversal_worker"),
    "stale-claim-sends-nothing": ("sends_after_a_pause", "reversal_worker"),
    "stable-key": ("key_without_row:create_transfer", "retry_worker"),
    "key-survives-crash": ("keeps_key_in_memory", "reversal_worker"),
    "renew-key-after-refusal": ("key_without_generation:create_transfer", "transfer_worker"),
    "settle-before-resend": ("resends_after_key_expired", "reversal_worker"),
    "settle-before-giving-up": ("gives_up_blind", "reversal_worker"),
    "unknown-is-not-failure": ("timeout_means_failed", "reversal_worker"),
    "already-done-is-done": ("already_done_means_failed", "reversal_worker"),
    "not-tried-is-not-an-attempt": ("misread:create_reversal:not_tried", "reversal_worker"),
    "record-with-status": ("forgets_the_receipt", "reversal_worker"),
    "due-only": ("ignores_due_time", "reversal_worker"),
    "bounded-attempts": ("forgets_to_count", "reversal_worker"),
    "backoff": ("hasty_after_unknown:transfer", "reversal_worker"),
    "reset-on-entry": ("carries_the_old_count", "refund_handler"),
    "duplicate-is-idempotent": ("repeated_in_silence:refund_requested", "refund_handler"),
    "bump-only": ("bump_rewrites_amount", "reversal_worker"),
    "unknown-status-untouched": ("coerces_unknown_status", "refund_handler"),
    "event-not-lost": ("drops_early_refund", "refund_handler"),
    "amount-conserved": ("reverses_full_after_partial", "reversal_worker"),
    "progress": ("starves_old_rows", "reversal_worker"),
    "linearizable": ("says_yes_writes_nothing", "refund_handler"),
}
"""For each law a wrong implementation and a role in which it breaks that law alone."""


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_implementation_is_found_by_a_breach_of_its_law_whatever_the_seed(name: str) -> None:
    for seed in SEEDS:
        found = power.InMemory(seed, name, budget=power.until_found(name)).play()
        assert WRONG[name].law in found.broken
        assert found.mishaps == ()


@pytest.mark.parametrize("name", [*WRONG, *NOT_LINEARIZABLE])
def test_random_runs_find_it_too_without_the_tours(name: str) -> None:
    """Tours are made for what we know to go wrong; others go wrong in other ways."""
    found = power.InMemory(1, name, budget=power.until_found(name, tours=False)).play()
    assert power.wrongs()[name].law in found.broken


@pytest.mark.parametrize("name", [name for name in power.wrongs() if name not in WRONG])
def test_a_mutant_or_a_liar_is_found_by_a_breach_of_its_law(name: str) -> None:
    found = power.InMemory(1, name, budget=power.until_found(name)).play()
    assert power.wrongs()[name].law in found.broken
    assert found.mishaps == ()


def test_for_every_law_a_wrong_implementation_breaks_it_alone() -> None:
    assert list(ALONE) == [law.id for law in JUDGED]
    assert [name for law, (name, _) in ALONE.items() if power.wrongs()[name].law != law] == []


@pytest.mark.parametrize("law", ALONE)
def test_with_a_law_switched_off_a_wrong_implementation_would_pass(law: str) -> None:
    name, role = ALONE[law]
    assert power.InMemory(1, name, role).play().broken == (law,)


@pytest.mark.parametrize("name", ["keeps_key_in_memory", "forgets_the_receipt"])
def test_a_wrong_process_is_found_by_a_breach_of_its_law(name: str) -> None:
    found = power.as_process(name, 1).play()
    assert WRONG[name].law in found.broken
    assert found.mishaps == ()


@pytest.mark.parametrize("spec", SPECS, ids=[path.stem for path in SPECS])
@pytest.mark.parametrize("seed", SEEDS)
def test_no_honest_implementation_is_blamed(spec: Path, seed: int) -> None:
    lifecycle = load(spec)
    budget = Budget(steps=600, tours=seed == 1 and lifecycle.name == "seller_transfer")
    campaign = run(lifecycle, lambda: InProcess(lifecycle, seed=seed), seed=seed, budget=budget)
    assert (dict(campaign.breaches), campaign.trouble) == ({}, ())


def test_the_page_keeps_what_stands_around_the_tables() -> None:
    page = f"before\n{power.BEGIN}\nold\n{power.END}\nafter\n"
    once = power.written(page, ["new"])
    assert once == f"before\n{power.BEGIN}\n\nnew\n\n{power.END}\nafter\n"
    assert power.written(once, ["new"]) == once
