"""news-unanswered: where its finding stands, and what comes near it.

The two specs of its page are tested with those of all pages.
"""

from __future__ import annotations

import pytest

from tests.unit.rules.specs import CALLING, at, changed

CODE = "news-unanswered"
RECORDS = "    records: {receipt: id}\n"
PAID = "paid:    {resting: true, requires: [receipt], means: {pay: done}}"
HELD = "requires: [receipt], means: {pay: done}"
RETURNED = "payout.returned: {event: returned%s}"


def told(hook: str, *edits: tuple[str, str], kind: str = "resting", sources: str = "[pending, paid]") -> str:
    """A spec whose payouts may be held once they are paid; a webhook tells that one was returned."""
    return changed(
        CALLING,
        (
            "paid:    {terminal: true, requires: [receipt], means: {pay: done}}",
            f"{PAID}\n  held:    {{{kind}: true, {HELD}}}\n  back:    {{terminal: true}}",
        ),
        (
            "\nclaims:",
            f"\n  - {{from: {sources}, to: back, event: returned, by: bank}}"
            "\n  - {from: paid, to: held, event: hold_began, by: clerk}"
            + ("" if kind == "terminal" else "\n  - {from: held, to: paid, event: hold_ended, by: clerk}")
            + "\nclaims:",
        ),
        (RECORDS, f"{RECORDS}    webhook: {{{hook}}}\n"),
        *edits,
    )


def test_news_that_no_transition_takes_and_nothing_answers_is_found_at_the_webhook() -> None:
    ((place, message),) = at(told(RETURNED % ""), CODE)
    assert place == "42:15"
    assert message == (
        "in held, where pay is done, payout.returned means returned: no transition takes it from there, and "
        "nothing says what becomes of it"
    )


ANSWERED = ("\nsettle:", "\nevents: {returned: {otherwise: {held: refuse, failed: refuse, back: ignore}}}\nsettle:")


@pytest.mark.parametrize(
    "text",
    [
        told(RETURNED % "", sources="[pending, paid, held]"),
        told(RETURNED % "", ANSWERED),
        told(RETURNED % ", otherwise: {held: hold_ended}"),
        told(RETURNED % "", kind="terminal"),
        told("payout.made: {event: pay_accepted}"),
    ],
    ids=["taken", "answered", "another event there", "rows end there", "says only that it is done"],
)
def test_what_comes_near_it_is_right(text: str) -> None:
    assert at(text, CODE) == []


def test_news_that_has_led_to_the_status_is_no_news_there() -> None:
    text = told("payout.held: {event: hold_began}", ("event: hold_began, by: clerk", "event: hold_began, by: bank"))
    assert at(text, CODE) == []


MOVES = """
  - {from: paid, to: taking, event: asked_back, by: shop}
  - {from: taking, to: taken, event: taken_back, by: [payer, bank]}
claims:"""
CALL = """
  take:
    provider: bank
    request: POST /payouts/{receipt}/take
    repeat: already_done
    webhook: {payout.taken: {event: taken_back%s}}
    outcomes: [{accepted: [{http: 200}]}, {unknown: [unmatched]}]
queues:
  takes: {statuses: [taking], worker: payer, due: due_at, call: take, then: {accepted: taken_back}}"""


def acting(otherwise: str = "") -> str:
    """A spec with a second call, which takes back what the first has paid; a webhook tells that it was taken back."""
    return changed(
        CALLING,
        ("    cents:     {type: bigint}\n", "    cents:     {type: bigint}\n    other:     {type: text}\n"),
        ("paid:    {terminal: true,", "paid:    {resting: true,"),
        ("  failed:  {terminal: true}\n", "  failed:  {terminal: true}\n  taking:  {}\n  taken:   {terminal: true}\n"),
        ("\nclaims:", MOVES),
        ("\nqueues:", CALL % otherwise),
    )


def test_what_others_may_do_to_what_a_call_made_is_asked_about_before_we_do_it() -> None:
    ((_, message),) = at(acting(), CODE)
    assert message.startswith("in paid, where others may do what take does, payout.taken means taken_back: ")
    assert at(acting(", otherwise: {paid: asked_back}"), CODE) == []


def test_a_call_that_names_no_receipt_of_another_is_not_made_by_others() -> None:
    assert at(changed(acting(), ("/payouts/{receipt}/take", "/payouts/{other}/take")), CODE) == []
