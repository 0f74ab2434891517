"""webhook-never-told: where its finding stands, and what comes near it.

The two specs of its page are tested with those of all pages.
"""

from __future__ import annotations

import pytest

from tests.unit.rules.specs import CALLING, at, changed

CODE = "webhook-never-told"
NAMED = changed(CALLING, ("by: [payer, clerk, shop], needs", "by: [payer, clerk, shop, bank], needs"))
RECORDS = "    records: {receipt: id}\n"


def hooked(*hooks: str) -> str:
    return changed(NAMED, (RECORDS, f"{RECORDS}    webhook: {{{', '.join(hooks)}}}\n"))


def test_a_webhook_that_no_webhook_of_a_call_tells_of_the_event_is_found() -> None:
    text = hooked("payout.made: {event: pay_accepted}")
    ((place, message),) = at(text, CODE)
    assert place == "20:12"
    assert message == (
        "the webhook bank may take pending to failed by given_up, and no webhook of a call means given_up in pending"
    )


def test_a_webhook_that_means_the_event_tells_of_it_unless_it_means_another_in_this_status() -> None:
    made, failed = "payout.made: {event: pay_accepted}", "payout.failed: {event: given_up%s}"
    assert at(hooked(made, failed % ""), CODE) == []
    assert len(at(hooked(made, failed % ", otherwise: {pending: pay_accepted}"), CODE)) == 1


def test_an_event_that_is_declared_comes_by_itself() -> None:
    text = changed(
        hooked("payout.made: {event: pay_accepted}"),
        ("\nclaims:", "\nevents: {given_up: {otherwise: {paid: ignore, failed: ignore}}}\nclaims:"),
    )
    assert at(text, CODE) == []


@pytest.mark.parametrize("text", [CALLING, NAMED])
def test_a_spec_that_describes_no_webhook_is_left_alone(text: str) -> None:
    assert at(text, CODE) == []
