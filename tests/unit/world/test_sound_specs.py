"""Specs that are sound, and that look at first as if they were not: lint is silent, and every property holds."""

from __future__ import annotations

from pointsman.checking.check import check
from pointsman.loading.load import load_text
from pointsman.world.scope import Scope
from tests.unit.rules.specs import CALLING, changed, codes

PAYOUT = changed(
    CALLING,
    ("- {accepted: [{http: 200}]}", "- {accepted: [{http: 200}], stored: true}"),
    ("- {refused: [{http: [400, 402]}]}", "- {refused: [{http: [400, 402]}], stored: true}"),
    ("not_tried: [{http: [409, 429]}]", "not_tried: [{http: [401, 403, 409, 429]}]"),
    ("by: [payer, bank]}", "by: payer}"),
    ("by: [payer, clerk, shop], needs", "by: [payer, clerk], needs"),
    (", bank: webhook, shop: handler}", "}"),
)
HOLD = """
  - {from: pending, to: held, event: hold, by: clerk}
  - {from: held, to: pending, event: release, by: clerk}
claims:"""
HELD = changed(
    PAYOUT,
    (
        "  pending: {initial: true}",
        "  pending: {initial: true, on_entry: {tries: 0, due_at: now}}\n  held: {resting: true}",
    ),
    ("\nclaims:", HOLD),
)
"""An operator holds a row while a request may be out, and releases it: the key goes on."""


def fallen(text: str) -> set[str]:
    found = check(load_text(text, "payout.yaml"), Scope(1, 2, 2)).verdicts
    return {verdict.prop for verdict in found if verdict.standing == "violated"}


def test_a_row_may_be_held_and_released_while_its_key_goes_on() -> None:
    assert codes(HELD) == []
    assert fallen(HELD) == set()


FIXED = changed(
    PAYOUT,
    ("    key_round: {type: integer, default: 0}\n    key_since: {type: timestamptz, nullable: true}\n", ""),
    ("repeat: new_effect", "repeat: already_done"),
    ('    key: "pay-{id}-{key_round}"\n', '    key: "pay-{id}"\n'),
    ("    key_generation: key_round\n    key_first_used: key_since\n    key_lifetime: 24h\n", ""),
    ("    amount: {column: cents}\n", ""),
    ("settle: {first: resend_same_key, otherwise: look_up}", "settle: {first: look_up}"),
    ("      - {refused:", "      - {already_done: [{http: 409, code: exists}]}\n      - {refused:"),
    ("refused: given_up, not_tried", "already_done: look_up, refused: given_up, not_tried"),
)
"""One key for each row, for ever: a provider that makes the effect once, and refusals that end the row."""


def test_one_key_for_each_row_will_do_where_refusals_end_it_and_the_effect_is_made_once() -> None:
    assert codes(FIXED) == []
    assert fallen(FIXED) == set()


def test_a_key_that_a_stored_refusal_has_spent_has_to_be_renewed_where_the_row_goes_on() -> None:
    for step in ("again", "wait", "look_up"):
        text = changed(FIXED, ("refused: given_up, not_tried", f"refused: {step}, not_tried"))
        assert "key-without-generation" in codes(text)
    unstored = changed(
        FIXED,
        ("- {refused: [{http: [400, 402]}], stored: true}", "- {refused: [{http: [400, 402]}]}"),
        ("refused: given_up, not_tried", "refused: again, not_tried"),
    )
    assert "key-without-generation" not in codes(unstored)
    assert fallen(unstored) == set()


def test_a_key_that_the_provider_may_forget_needs_its_lifetime_where_another_send_has_another_effect() -> None:
    text = changed(PAYOUT, ("    key_lifetime: 24h\n", ""))
    assert codes(text) == ["missing-premise"]
    assert codes(changed(FIXED, ("repeat: already_done", "repeat: new_effect"))) == ["missing-premise"]
