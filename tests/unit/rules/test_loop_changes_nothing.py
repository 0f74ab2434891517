"""loop-changes-nothing: where its finding stands, and what comes near it.

The two specs of its page are tested with those of all pages.
"""

from __future__ import annotations

import pytest

from tests.unit.rules.specs import CALLING, at, changed

CODE = "loop-changes-nothing"
LOOP = "\n  - {from: [pending, paid], to: paid, event: told, by: %s}\nclaims:"
RECORDS = "    records: {receipt: id}\n"


def looping(*edits: tuple[str, str], by: str = "bank") -> str:
    resting = ("paid:    {terminal: true,", "paid:    {resting: true,")
    return changed(CALLING, resting, ("\nclaims:", LOOP % by), *edits)


def carrying(column: str) -> tuple[str, str]:
    event = f"events: {{told: {{carries: {{{column}: note}}, otherwise: {{failed: ignore}}}}}}"
    return ("\nsettle:", f"\n{event}\nsettle:")


def test_a_loop_that_brings_nothing_is_found_where_its_status_is_named() -> None:
    ((place, message),) = at(looping(), CODE)
    assert place == "21:22"
    assert message == "paid to paid by told leads back to the status that it leaves, and it writes nothing"


def test_a_loop_that_brings_only_a_receipt_that_is_there_is_found() -> None:
    ((_, message),) = at(looping(carrying("receipt")), CODE)
    assert message.endswith("and its row has receipt already")


@pytest.mark.parametrize(
    "edits",
    [
        (carrying("cents"),),
        (carrying("receipt"), ("requires: [receipt], means", "means")),
        (("requires: [receipt], means", "requires: [receipt], on_entry: {tries: 0}, means"),),
    ],
    ids=["brings no receipt", "brings a receipt that may be missing", "written on entry"],
)
def test_a_loop_that_writes_something_is_right(edits: tuple[tuple[str, str], ...]) -> None:
    assert at(looping(*edits), CODE) == []


def test_a_webhook_of_a_call_brings_its_receipt() -> None:
    hook = (RECORDS, f"{RECORDS}    webhook: {{payout.told: {{event: told}}}}\n")
    assert len(at(looping(hook), CODE)) == 1
    assert at(looping(hook, ("requires: [receipt], means", "means")), CODE) == []


@pytest.mark.parametrize("by", ["clerk", "shop", "[bank, shop]"])
def test_people_may_write_what_the_spec_does_not_name(by: str) -> None:
    assert at(looping(by=by), CODE) == []


def test_a_row_that_only_comes_to_be_due_again_has_not_changed() -> None:
    again = ("requires: [receipt], means", "requires: [receipt], on_entry: {due_at: now}, means")
    assert len(at(looping(again), CODE)) == 1
    assert len(at(looping(again, by="[bank, payer]"), CODE)) == 1
