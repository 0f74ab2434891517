"""What a spec makes of each kind of reply: the provider knows what it did, the caller only what it hears."""

from __future__ import annotations

import pytest

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Call, Outcome
from pointsman.world.replies import Nature, heard
from tests.checkout import TOP

SPEC = load(str(TOP / "spec" / "seller_transfer.yaml"))
CALL = SPEC.call["create_reversal"]


def with_outcomes(*names: str) -> Call:
    """The call with only these of its outcome lines, in this order."""
    from dataclasses import replace

    lines = [rule for name in names for rule in CALL.outcomes if rule.outcome == name]
    return replace(CALL, outcomes=tuple(lines))


def outcomes(call: Call, nature: Nature) -> set[Outcome]:
    return {one.outcome for one in heard(call, nature)}


@pytest.mark.parametrize(
    ("nature", "outcome"),
    [
        (Nature.MADE, Outcome.ACCEPTED),
        (Nature.ALREADY, Outcome.ALREADY_DONE),
        (Nature.REFUSED, Outcome.REFUSED),
        (Nature.REFUSED_FOR_NOW, Outcome.REFUSED_FOR_NOW),
        (Nature.THROTTLED, Outcome.NOT_TRIED),
        (Nature.BUSY, Outcome.NOT_TRIED),
        (Nature.ERROR, Outcome.UNKNOWN),
        (Nature.SILENT, Outcome.UNKNOWN),
    ],
)
def test_the_seller_transfer_hears_each_reply_for_what_it_is(nature: Nature, outcome: Outcome) -> None:
    assert outcomes(CALL, nature) == {outcome}


def test_silence_and_an_error_are_both_unknown_but_only_one_of_them_is_a_reply() -> None:
    assert [one.answered for one in heard(CALL, Nature.SILENT)] == [False]
    assert [one.answered for one in heard(CALL, Nature.ERROR)] == [True]


def test_a_line_that_comes_first_takes_the_replies_of_a_narrower_one() -> None:
    wide_first = with_outcomes("refused", "refused_for_now", "already_done", "accepted", "unknown")
    assert outcomes(wide_first, Nature.REFUSED_FOR_NOW) == {Outcome.REFUSED}
    assert outcomes(wide_first, Nature.ALREADY) == {Outcome.REFUSED}


def test_a_reply_that_nothing_describes_is_unknown() -> None:
    assert outcomes(with_outcomes("accepted"), Nature.THROTTLED) == {Outcome.UNKNOWN}
    assert outcomes(with_outcomes("accepted"), Nature.SILENT) == {Outcome.UNKNOWN}


def test_a_refusal_that_the_spec_does_not_know_is_not_made_up() -> None:
    assert heard(with_outcomes("accepted", "unknown"), Nature.REFUSED) == ()


def test_what_is_already_done_is_a_400_where_no_line_speaks_of_it() -> None:
    assert outcomes(with_outcomes("accepted", "refused", "unknown"), Nature.ALREADY) == {Outcome.REFUSED}
