"""bounded-attempts, on histories by hand."""

from tests.histories import BROKEN, NO_BALANCE, Tale, broken, judged, kept

LAW = "bounded-attempts"
USED_UP = 12


def test_a_claim_that_counts_the_attempt_is_right() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.send()
    assert kept(LAW, tale) == ["reversal"]


def test_a_request_under_a_claim_that_counted_nothing_is_a_breach() -> None:
    tale = Tale()
    tale.insert(retry_count=4)
    tale.claim(retry_count=4)
    tale.send()
    (breach,) = judged(LAW, tale)[1]
    assert "under a claim that made retry_count 4: it was 4" in breach.says
    assert breach.element.path == ("queues", "reversal", "attempts")
    assert broken(tale) == {LAW}


def test_an_attempt_counts_once_however_often_it_is_sent() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.silence(tale.send())
    tale.send()
    assert judged(LAW, tale)[1] == []
    tale = Tale()
    tale.insert()
    tale.claim(retry_count=2)
    tale.send()
    assert judged(LAW, tale)[1]


def test_a_claim_that_sends_nothing_need_not_count() -> None:
    tale = Tale()
    tale.insert(key_first_used_at=0.0)
    tale.claim(retry_count=0)
    tale.look_up()
    assert judged(LAW, tale) == ([], [])


def test_at_the_limit_the_key_that_was_sent_may_be_sent_again_and_is_not_counted() -> None:
    tale = Tale()
    tale.insert(retry_count=USED_UP - 1)
    tale.claim()
    tale.silence(tale.send())
    tale.wait(700)
    tale.claim()
    tale.send()
    assert tale.rows["1"]["retry_count"] == USED_UP
    assert kept(LAW, tale) == ["reversal", "reversal"]


def test_at_the_limit_a_key_that_may_have_been_sent_before_a_crash_may_be_sent() -> None:
    tale = Tale()
    tale.insert(retry_count=USED_UP - 1)
    tale.claim()
    tale.crash()
    tale.wait(700)
    tale.claim(who="w2")
    tale.send(who="w2")
    assert kept(LAW, tale) == ["reversal"]


def test_at_the_limit_a_new_key_is_a_breach() -> None:
    tale = Tale()
    tale.insert(retry_count=USED_UP)
    tale.claim(retry_count=USED_UP, key_first_used_at=0.0)
    tale.send()
    (breach,) = judged(LAW, tale)[1]
    assert "new key 'reversal-1-0'" in breach.says
    assert broken(tale) == {LAW}


def test_a_count_beyond_the_limit_is_a_breach() -> None:
    tale = Tale()
    tale.insert(retry_count=USED_UP)
    tale.claim(retry_count=USED_UP + 1, key_first_used_at=0.0)
    tale.send()
    assert "went to 13, and the limit is 12" in judged(LAW, tale)[1][0].says


def test_an_admins_claim_is_to_settle_and_counts_nothing() -> None:
    tale = Tale(roles=("admin",), subject=("a1",))
    tale.insert(key_first_used_at=0.0)
    tale.claim(who="a1", actor="admin", retry_count=0)
    tale.send(who="a1")
    assert judged(LAW, tale)[1] == []


def test_an_attempt_is_not_given_back_after_an_answer_that_counts() -> None:
    def recorded(count: int) -> Tale:
        tale = Tale()
        tale.insert(retry_count=3)
        tale.claim()
        tale.reply(tale.send(), 400, NO_BALANCE)
        tale.record(after=480.0, renew=True, retry_count=count)
        return tale

    assert kept(LAW, recorded(4)) == ["reversal"]
    assert broken(recorded(3)) == {LAW}
    assert "recorded an attempt of create_reversal with retry_count at 3" in judged(LAW, recorded(3))[1][0].says


def test_what_a_look_up_settled_may_be_counted_as_one_likes() -> None:
    tale = Tale()
    tale.insert(retry_count=3)
    tale.claim()
    tale.reply(tale.send(), 500, BROKEN)
    tale.listed(tale.look_up())
    tale.record(after=0.0, renew=True, retry_count=3)
    assert judged(LAW, tale)[1] == []
