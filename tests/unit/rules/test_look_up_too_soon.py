"""look-up-too-soon: where its finding stands, what comes near it, and that `check` agrees."""

from __future__ import annotations

import pytest

from pointsman.checking.check import check
from pointsman.checking.verdict import PropertyStanding
from pointsman.loading.load import load_text
from pointsman.world.scope import Scope
from tests.unit.rules.specs import CALLING, at, changed, codes

PAYOUT = changed(
    CALLING,
    ("by: [payer, bank]}", "by: payer}"),
    ("by: [payer, clerk, shop], needs", "by: [payer, clerk], needs"),
    (", bank: webhook, shop: handler}", "}"),
    ("- {accepted: [{http: 200}]}", "- {accepted: [{http: 200}], stored: true}"),
    ("- {refused: [{http: [400, 402]}]}", "- {refused: [{http: [400, 402]}], stored: true}"),
    ("not_tried: [{http: [409, 429]}]", "not_tried: [{http: [401, 403, 409, 429]}]"),
)
ONCE = changed(
    PAYOUT,
    ("repeat: new_effect", "repeat: already_done"),
    ("    amount: {column: cents}\n", ""),
    ("      - {refused:", "      - {already_done: [{http: 409, code: exists}]}\n      - {refused:"),
    ("refused: given_up, not_tried", "already_done: look_up, refused: given_up, not_tried"),
)
"""The provider makes the effect once, and answers a second request with that."""
HELD = changed(
    ONCE,
    ("  failed:  {terminal: true}", "  held:    {resting: true}"),
    ("{from: pending, to: failed, event: given_up,     by: [payer, clerk], needs: {pay: not_done}}",
     "{from: pending, to: held, event: not_there, by: payer}"),
    ("\nclaims:", "\n  - {from: held, to: pending, event: let_go, by: clerk}\nclaims:"),
    ("refused: given_up", "refused: not_there"),
    ("settled_absent: given_up", "settled_absent: not_there"),
)  # fmt: skip
"""What is refused or not found is held, until a person lets it be tried again: no transition takes it for not done."""


def soon(text: str, step: str) -> str:
    return changed(text, ("unknown: again", f"unknown: {step}"))


def fallen(text: str) -> set[str]:
    verdicts = check(load_text(text), Scope(1, 1, 2)).verdicts
    return {verdict.prop for verdict in verdicts if verdict.standing is PropertyStanding.VIOLATED}


@pytest.mark.parametrize(("step", "words"), [("look_up", "look up"), ("settle", "settle")])
def test_a_look_up_at_once_lets_the_next_attempt_make_a_second_effect(step: str, words: str) -> None:
    text = soon(PAYOUT, step)
    ((place, message),) = at(text, "look-up-too-soon")
    assert place == "52:81"
    assert message == (
        f"after unknown the queue payouts is to {words} at once; pay may still be executing, and what does not "
        "show yet is taken for not done: the next attempt makes a second effect"
    )
    assert "each-effect-at-most-once" in fallen(text)


def test_where_a_second_send_makes_nothing_the_row_is_given_up_too_soon() -> None:
    ((_, message),) = at(soon(ONCE, "look_up"), "look-up-too-soon")
    assert message.endswith("taken for not done: pending to failed by given_up may be taken before the effect comes")
    assert "status-tells-the-truth" in fallen(soon(ONCE, "look_up"))


def test_where_an_absence_gives_nothing_up_it_may_be_looked_up_at_once() -> None:
    assert "look-up-too-soon" not in codes(soon(HELD, "look_up"))
    assert fallen(soon(HELD, "look_up")) == fallen(HELD)


@pytest.mark.parametrize("step", ["again", "wait"])
def test_an_unknown_outcome_that_comes_again_later_is_left_alone(step: str) -> None:
    assert "look-up-too-soon" not in codes(soon(PAYOUT, step))


def test_a_reply_has_ended_the_request_and_may_be_looked_up_at_once() -> None:
    text = changed(PAYOUT, ("not_tried: wait", "not_tried: look_up"))
    assert "look-up-too-soon" not in codes(text)
    assert not {"each-effect-at-most-once", "status-tells-the-truth"} & fallen(text)
