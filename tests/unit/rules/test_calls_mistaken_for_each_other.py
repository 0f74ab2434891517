"""calls-mistaken-for-each-other: where its finding stands, and what comes near it; `check` says the same.

The two specs of its page are tested with those of all pages.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.checking.check import check
from pointsman.loading.load import load_text
from pointsman.world.scope import Scope
from tests.unit.rules.specs import at, changed

CODE = "calls-mistaken-for-each-other"
PAGE = (Path(__file__).parents[3] / "docs" / "rules" / f"{CODE}.md").read_text(encoding="utf-8")
ALIKE, APART = (part.partition("```")[0] for part in PAGE.split("```yaml\n")[1:])
REQUIRES = "  deposited: {requires: [deposit_ref, due_at]"


def lies(text: str) -> bool:
    """Whether a row may be paid whose rest was never taken."""
    found = check(load_text(text, "order.yaml"), Scope(1, 1, 1)).verdicts
    return any(verdict.prop == "status-tells-the-truth" and verdict.standing == "violated" for verdict in found)


def test_a_look_up_that_finds_the_other_calls_effect_is_found() -> None:
    assert at(ALIKE, CODE) == [
        ("57:24", "the look-up of take_rest finds what take_deposit made too, and no mark tells the two apart")
    ]
    assert lies(ALIKE)
    assert not lies(APART)


def test_a_look_up_by_the_key_finds_its_own_call_alone() -> None:
    text = ALIKE.replace(
        '    look_up: {request: "GET /payments?reference={id}"', '    look_up: {request: "GET /payments?key=%s"'
    )
    text = text % ("deposit-{id}-{key_round}", "rest-{id}-{key_round}")
    assert at(text, CODE) == []
    assert not lies(text)


@pytest.mark.parametrize("receipt", ["", "deposit_ref, "])
def test_news_of_the_other_call_is_known_by_its_receipt_alone(receipt: str) -> None:
    text = ALIKE.replace(
        '    look_up: {request: "GET /payments?reference={id}"', '    look_up: {request: "GET /payments?key=%s"'
    )
    text = text % ("deposit-{id}-{key_round}", "rest-{id}-{key_round}")
    text = changed(text, (REQUIRES, f"  deposited: {{requires: [{receipt}due_at]"))
    mistaken = (
        "payment.made tells of take_deposit as well as of take_rest, and in deposited nothing tells the two "
        "apart: news of take_deposit is taken for rest_taken"
    )
    assert [message for _, message in at(text, CODE)] == ([] if receipt else [mistaken])
    assert lies(text) is not bool(receipt)


def test_calls_of_two_providers_are_not_mistaken_for_each_other() -> None:
    first, _, second = ALIKE.partition("  take_rest:\n")
    assert at(f"{first}  take_rest:\n{second.replace('provider: bank', 'provider: clearing', 1)}", CODE) == []
