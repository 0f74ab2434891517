"""lease-overridden-on-entry: where its finding stands, and what comes near it.

The two specs of its page are tested with those of all pages. `check` says of each spec here what the rule says of it.
"""

from __future__ import annotations

import pytest

from pointsman.checking.check import check
from pointsman.loading.load import load_text
from pointsman.world.scope import Scope
from tests.unit.rules.specs import at, changed
from tests.unit.world.test_sound_specs import PAYOUT

CODE = "lease-overridden-on-entry"
LOOKING_UP = changed(PAYOUT, ("settle: {first: resend_same_key, otherwise: look_up}", "settle: {first: look_up}"))
HOLD = ("from: pending, to: held, event: hold, by: clerk", "from: held, to: pending, event: release, by: clerk")
PUSH = ("from: pending, to: pending, event: push, by: clerk",)
RETRY = ("from: pending, to: pending, event: retry, by: payer",)


def entering(base: str, entry: str, *moves: str, then: str = "again") -> str:
    added = "".join(f"  - {{{move}}}\n" for move in moves)
    held = "  held: {resting: true}\n" if moves == HOLD else ""
    return changed(
        base, ("  pending: {initial: true}\n", f"  pending: {{initial: true, on_entry: {{{entry}}}}}\n{held}"),
        ("\nclaims:", f"\n{added}claims:"), ("unknown: again", f"unknown: {then}"),
    )  # fmt: skip


def lies(text: str) -> bool:
    """Whether a status may say what is not so: the harm that the rule speaks of."""
    found = check(load_text(text, "payout.yaml"), Scope(1, 2, 2)).verdicts
    return any(verdict.prop == "status-tells-the-truth" and verdict.standing == "violated" for verdict in found)


def test_the_finding_stands_at_the_due_time_and_names_the_way_back() -> None:
    text = entering(LOOKING_UP, "tries: 0, due_at: now", *HOLD)
    ((place, message),) = at(text, CODE)
    assert place == "15:49"
    assert message == (
        "entering pending makes the row due at once, and held to pending by release may be taken while a request of "
        "pay is executing: another worker claims the row before the lease is over, and its look-up does not find what "
        "comes into effect afterwards"
    )
    assert lies(text)


@pytest.mark.parametrize(("moves", "then"), [(PUSH, "again"), (RETRY, "retry")])
def test_a_push_or_a_retry_without_an_answer_is_found_too(moves: tuple[str, ...], then: str) -> None:
    text = entering(LOOKING_UP, "due_at: now", *moves, then=then)
    assert len(at(text, CODE)) == 1
    assert lies(text)


@pytest.mark.parametrize("moves", [HOLD, PUSH])
def test_a_row_that_keeps_its_due_time_keeps_its_lease(moves: tuple[str, ...]) -> None:
    text = entering(LOOKING_UP, "tries: 0", *moves)
    assert at(text, CODE) == []
    assert not lies(text)


def test_where_the_same_key_is_sent_again_first_the_provider_guards_the_row() -> None:
    text = entering(PAYOUT, "tries: 0, due_at: now", *HOLD)
    assert at(text, CODE) == []
    assert not lies(text)


def test_a_request_that_is_turned_away_and_looked_up_finds_out_too_early() -> None:
    text = changed(entering(PAYOUT, "tries: 0, due_at: now", *HOLD), ("[401, 403, 409, 429]", "[409, 429]"))
    assert len(at(text, CODE)) == 1
    assert lies(text)


def test_a_row_that_is_due_at_once_after_a_refusal_has_no_request_out() -> None:
    text = entering(LOOKING_UP, "due_at: now", "from: pending, to: pending, event: retry, by: payer")
    text = changed(text, ("refused: given_up, not_tried", "refused: retry, not_tried"))
    assert at(text, CODE) == []


def test_a_transition_that_needs_the_call_not_to_be_done_waits_for_the_request() -> None:
    text = entering(LOOKING_UP, "due_at: now", PUSH[0] + ", needs: {pay: not_done}")
    assert at(text, CODE) == []
