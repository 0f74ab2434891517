"""meaning-gap: where its finding stands, and what comes near it.

The two specs of its page are tested with those of all pages.
"""

from __future__ import annotations

import pytest

from tests.unit.rules.specs import CALLING, at, changed

CODE = "meaning-gap"
THERE = "from: paid, to: held, event: hold_began"
BACK = "from: held, to: paid, event: hold_ended"


def held(means: str, *moves: str, paid: str = "means: {pay: done}") -> str:
    return changed(
        CALLING,
        (
            "paid:    {terminal: true, requires: [receipt], means: {pay: done}}",
            f"paid:    {{resting: true, requires: [receipt], {paid}}}\n  held:    {{resting: true{means}}}",
        ),
        ("\nclaims:", "".join(f"\n  - {{{move}, by: clerk}}" for move in moves) + "\nclaims:"),
    )


def test_a_silent_status_between_two_that_mean_the_call_done_is_found() -> None:
    ((place, message),) = at(held("", THERE, BACK), CODE)
    assert place == "17:3"
    assert message == ("rows go from paid through held to paid: both mean that pay is done, and held does not say so")


def test_a_status_between_that_means_the_call_not_done_is_found() -> None:
    ((_, message),) = at(held(", means: {pay: not_done}", THERE, BACK), CODE)
    assert message.endswith("and held means that it is not")


@pytest.mark.parametrize(
    "text",
    [
        held(", means: {pay: done}", THERE, BACK),
        held("", THERE, "from: held, to: failed, event: hold_ended"),
        held("", "from: failed, to: held, event: hold_began", BACK),
        held("", THERE, BACK, paid="summary: Sent."),
    ],
    ids=["said there too", "not meant after it", "not meant before it", "meant nowhere"],
)
def test_what_comes_near_it_is_right(text: str) -> None:
    assert at(text, CODE) == []


def test_the_status_in_which_the_call_is_made_is_no_gap() -> None:
    again = held(", means: {pay: done}", THERE, BACK, "from: paid, to: pending, event: tried_again")
    assert at(again, CODE) == []
