"""repetition-refused: where its finding stands, and what comes near it.

The two specs of its page are tested with those of all pages.
"""

from __future__ import annotations

import pytest

from tests.unit.rules.specs import PLAIN, at, changed

CODE = "repetition-refused"


def answering(*answers: str, delivery: str = "delivery: at_least_once, ") -> str:
    otherwise = ", ".join(answers)
    return PLAIN + f"events:\n  arrived: {{{delivery}otherwise: {{{otherwise}}}}}\n"


def test_an_event_that_is_refused_where_it_leads_is_found_at_its_answer() -> None:
    ((place, message),) = at(answering("pending: refuse", "paid: refuse"), CODE)
    assert place == "11:73"
    assert message == (
        "arrived may come more than once, and is refused in paid, where sent to paid by arrived has led: "
        "the second time its sender is told that it failed"
    )


@pytest.mark.parametrize("answers", [("pending: refuse", "paid: ignore"), ("pending: ignore", "paid: ignore")])
def test_an_event_may_be_refused_where_it_does_not_lead(answers: tuple[str, ...]) -> None:
    assert at(answering(*answers), CODE) == []


@pytest.mark.parametrize("delivery", ["delivery: at_most_once, ", "delivery: exactly_once, "])
def test_an_event_that_is_not_sent_again_may_be_refused_anywhere(delivery: str) -> None:
    assert at(answering("pending: refuse", "paid: refuse", delivery=delivery), CODE) == []


def test_a_transition_that_leads_to_another_status_than_the_answers_expect_is_found() -> None:
    astray = changed(
        answering("pending: refuse", "paid: ignore"), ("to: paid, event: arrived", "to: pending, event: arrived")
    )
    assert [place for place, _ in at(astray, CODE)] == ["11:59"]
