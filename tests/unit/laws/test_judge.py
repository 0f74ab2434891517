"""All laws together: their list, their order, which of them do not apply, and where they point."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.loading.load import load
from pointsman.spec.laws import LAWS
from pointsman_conformance.core.history import History
from pointsman_conformance.laws import TESTS, judge, not_applicable
from tests.checkout import TOP
from tests.histories import Tale, seller_transfer

SPECS = sorted((TOP / "spec").glob("*.yaml"))


def test_every_law_has_its_test_in_the_order_of_the_registry() -> None:
    assert list(TESTS) == [law.id for law in LAWS]


def test_each_module_is_named_after_its_law() -> None:
    for law, test in TESTS.items():
        assert test.__module__ == f"pointsman_conformance.laws.{law.replace('-', '_')}"
        assert (test.__globals__["__doc__"] or "").startswith(f"{law}: ")


def test_verdicts_come_in_that_order_and_may_be_picked() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.made(tale.send())
    tale.move("reversed", stripe_reversal_id="trr_1")
    verdicts = judge(tale.lifecycle, tale.history())
    assert [verdict.law for verdict in verdicts] == list(TESTS)
    assert ("guarded-write/reversal_pending->reversed", 1) in verdicts[0].met
    assert verdicts[0].kept
    (picked,) = judge(tale.lifecycle, tale.history(), only={"guarded-write"})
    assert picked == verdicts[0]


def test_nothing_met_is_not_kept() -> None:
    assert not any(verdict.kept for verdict in judge(seller_transfer(), History(())))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_an_empty_history_of_every_spec_is_judged(path: Path) -> None:
    lifecycle = load(path)
    for role in (None, *lifecycle.actor):
        roles = frozenset({role}) if role is not None else frozenset()
        assert not any(verdict.breaches for verdict in judge(lifecycle, History((), roles)))


def test_a_law_that_binds_no_played_role_does_not_apply_and_is_not_judged() -> None:
    tale = Tale(roles=("webhook",), subject=("w1",))
    tale.insert("reversal_pending")
    tale.send()
    assert "none of these is played" in not_applicable(tale.lifecycle, {"webhook"})["claim-is-a-write"]
    (verdict,) = judge(tale.lifecycle, tale.history(), only={"claim-is-a-write"})
    assert verdict.breaches == ()


@pytest.mark.parametrize(
    ("spec", "role", "law", "reason"),
    [
        ("export_file", "uploader", "claim-is-a-write", "rows are claimed by a lock, not by a write"),
        ("export_file", "uploader", "stable-key", "no call that is made here has a key"),
        ("job_run", "starter", "amount-conserved", "no call that is made here has an amount"),
        ("job_run", "operator", "stale-claim-sends-nothing", "only an admin is played, who looks up and sends nothing"),
        ("payout", "payout_worker", "already-done-is-done", "no answer to a call that is made here means already done"),
        ("seller_transfer", "reversal_worker", "reset-on-entry", "no status that is entered by what is played sets"),
    ],
)
def test_what_a_role_can_never_show_does_not_apply_with_a_reason(spec: str, role: str, law: str, reason: str) -> None:
    assert not_applicable(load(TOP / "spec" / f"{spec}.yaml"), {role})[law].startswith(reason)


def test_all_roles_of_the_seller_transfer_together_are_bound_by_every_law() -> None:
    assert not_applicable(seller_transfer(), ()) == {}
