"""Answers that say that nothing was tried: which there are, and what giving an attempt back after one is worth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.checking.check import check
from pointsman.checking.verdict import PropertyStanding
from pointsman.loading.load import load
from pointsman.spec.lifecycle import CallResult, Lifecycle, NextStep, Outcome
from pointsman.world.replies import Nature, heard
from pointsman.world.scope import Scope, world_named
from tests.checkout import TOP

PAYOUT = load(TOP / "spec" / "payout.yaml")
SMALL = Scope(1, 1, 2, world_named(PAYOUT, "leg:create_payout"))


def answered(reply: CallResult, step: NextStep) -> Lifecycle:
    """The payout, whose queue takes this step after the reply."""
    queues = tuple(
        replace(queue, then=(*((r, a) for r, a in queue.then if r is not reply), (reply, step)))
        if queue.call
        else queue
        for queue in PAYOUT.queues
    )
    return replace(PAYOUT, queues=queues)


def taken_for(outcome: Outcome, http: int) -> Lifecycle:
    """The payout, whose outcome takes this answer too, before every other line."""
    (call,) = PAYOUT.calls
    line = next(line for line in call.outcomes if line.outcome is outcome)
    first = replace(line, matches=tuple(replace(match, http=((http, http),)) for match in line.matches))
    return replace(PAYOUT, calls=(replace(call, outcomes=(first, *call.outcomes)),))


def fallen(lifecycle: Lifecycle, *without: str) -> set[str]:
    found = check(lifecycle, SMALL, without).verdicts
    return {verdict.prop for verdict in found if verdict.standing is PropertyStanding.VIOLATED}


def test_an_attempt_that_is_given_back_because_nothing_was_tried_is_none() -> None:
    assert fallen(answered(CallResult.NOT_TRIED, NextStep.WAIT)) == set()


@pytest.mark.parametrize("reply", [CallResult.UNKNOWN, CallResult.REFUSED_FOR_NOW])
def test_an_attempt_that_was_sent_and_is_always_given_back_has_no_bound(reply: CallResult) -> None:
    assert fallen(answered(reply, NextStep.WAIT)) == {"attempts-are-bounded"}


def test_that_nothing_is_tried_comes_to_an_end_is_a_premise_on_which_attempts_and_ends_rest() -> None:
    assert fallen(PAYOUT, "not-tried-ends") == {"attempts-are-bounded", "every-row-is-resolved"}


@pytest.mark.parametrize("http", [401, 403, 429])
def test_being_shut_out_or_slowed_down_is_no_cause_to_give_up(http: int) -> None:
    assert fallen(taken_for(Outcome.REFUSED, http)) == {"given-up-with-cause", "status-tells-the-truth"}
    (call,) = taken_for(Outcome.REFUSED, http).calls
    assert {one.outcome for one in heard(call, Nature.THROTTLED)} == {Outcome.REFUSED, Outcome.NOT_TRIED}
