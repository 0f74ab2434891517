"""start-without-call: where its finding stands, and what comes near it.

The two specs of its page are tested with those of all pages.
"""

from __future__ import annotations

import pytest

from tests.unit.rules.specs import CALLING, at, changed, codes

CODE = "start-without-call"


def starting(status: str, *moves: str) -> str:
    return changed(
        CALLING,
        ("  failed:  {terminal: true}\n", f"  failed:  {{terminal: true}}\n  drafted: {status}\n"),
        ("\nclaims:", "".join(f"\n  - {{{move}, by: clerk}}" for move in moves) + "\nclaims:"),
    )


DROPPED = "from: drafted, to: failed, event: dropped"
APPROVED = "from: drafted, to: pending, event: approved"
STARTS = "{initial: true, resting: true}"


def test_a_status_whose_rows_come_to_no_call_is_found_where_it_is_initial() -> None:
    ((place, message),) = at(starting(STARTS, DROPPED), CODE)
    assert place == "18:13"
    assert message == "rows may start in drafted, and no way leads from there to pay"


@pytest.mark.parametrize(
    "text",
    [
        starting(STARTS, DROPPED, APPROVED),
        starting("{initial: true, terminal: true}"),
        changed(starting(STARTS, DROPPED), ("    call: pay\n", "")),
    ],
    ids=["a way leads there", "rows that have ended elsewhere", "no queue makes a call"],
)
def test_what_comes_near_it_is_right(text: str) -> None:
    assert at(text, CODE) == []


def test_a_status_that_no_row_starts_in_may_lie_behind_the_call() -> None:
    behind = starting("{resting: true}", "from: pending, to: drafted, event: held", DROPPED)
    assert CODE not in codes(behind)
