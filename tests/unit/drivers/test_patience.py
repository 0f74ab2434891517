"""When a turn of a process is taken to be over."""

from pointsman_conformance.drivers.copy import Activity
from pointsman_conformance.drivers.patience import Patience

PATIENCE = Patience()
AT = 100.0


def over(activity: Activity, after: float, *, busy: bool = False, due: bool = False) -> bool:
    activity.since = AT
    return PATIENCE.is_over(activity, AT + after, busy=busy, due=due)


def test_who_has_looked_in_vain_and_has_nothing_due_is_soon_done() -> None:
    assert over(Activity(polls=1), PATIENCE.quiet * 2)
    assert not over(Activity(polls=1), PATIENCE.quiet / 2)


def test_who_has_not_looked_yet_is_given_time_to() -> None:
    assert not over(Activity(), PATIENCE.unseen / 2)
    assert over(Activity(), PATIENCE.unseen * 2)


def test_who_has_claimed_a_row_is_about_it() -> None:
    assert not over(Activity(polls=5, claimed={"1": 7}), PATIENCE.claimed / 2)
    assert over(Activity(claimed={"1": 7}), PATIENCE.claimed * 2)


def test_a_claim_whose_connection_is_gone_is_given_up_once_others_were_looked_for() -> None:
    gone = Activity(claimed={"1": 7}, gone={7})
    assert not over(gone, PATIENCE.given_up * 2)
    gone.polls = PATIENCE.looks
    assert over(gone, PATIENCE.given_up * 2)


def test_who_leaves_a_due_row_alone_again_and_again_is_done() -> None:
    assert not over(Activity(polls=1), PATIENCE.seen * 2, due=True)
    assert over(Activity(polls=PATIENCE.looks), PATIENCE.seen * 2, due=True)
    assert over(Activity(), PATIENCE.due * 2, due=True)


def test_who_waits_for_an_answer_is_not_done() -> None:
    assert not over(Activity(polls=9), PATIENCE.claimed * 2, busy=True)
    assert over(Activity(polls=9), PATIENCE.turn * 2, busy=True)
