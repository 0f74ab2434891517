"""event-not-lost, on histories by hand."""

from tests.histories import Tale, broken, judged, kept

LAW = "event-not-lost"
TO = "refund_handler"


def early(*, keeps: bool = True, answer: str = "applied") -> Tale:
    """A refund that comes while the transfer is not made yet."""
    tale = Tale(roles=(TO,), subject=("h1",))
    tale.insert("pending")
    tale.deliver("refund_requested", TO, who="h1")
    if keeps:
        tale.write(who="h1", refund_requested_at=0.0, reversal_cents=400)
    tale.answer(answer, TO, who="h1")
    return tale


def test_an_event_that_is_kept_is_right_whatever_is_answered() -> None:
    assert kept(LAW, early()) == ["refund_requested.pending"]
    assert kept(LAW, early(answer="ignored")) == ["refund_requested.pending"]


def test_an_event_that_is_dropped_is_a_breach() -> None:
    for answer in ("applied", "ignored", "refused"):
        tale = early(keeps=False, answer=answer)
        assert broken(tale) == {LAW}
        (breach,) = judged(LAW, tale)[1]
        assert breach.element.path == ("events", "refund_requested", "otherwise", "pending")
        assert "refund_requested_at is null" in breach.says


def test_one_that_was_not_dealt_with_is_not_lost() -> None:
    """The sender sends it again."""
    for answer in ("unknown", "errored", "skipped"):
        assert judged(LAW, early(keeps=False, answer=answer)) == ([], [])
    tale = Tale(roles=(TO,), subject=("h1",))
    tale.insert("pending")
    tale.deliver("refund_requested", TO, who="h1")
    tale.crash("h1")
    assert judged(LAW, tale) == ([], [])


def test_in_a_status_that_ignores_it_nothing_is_kept() -> None:
    tale = Tale(roles=(TO,), subject=("h1",))
    tale.insert("reversed")
    tale.deliver("refund_requested", TO, who="h1")
    tale.answer("ignored", TO, who="h1")
    assert judged(LAW, tale) == ([], [])


def test_a_row_that_moved_on_while_the_event_was_handled_is_not_judged() -> None:
    tale = Tale(roles=(TO,), subject=("h1",))
    tale.insert("pending")
    tale.deliver("refund_requested", TO, who="h1")
    tale.move("completed", who="kit", stripe_transfer_id="tr_1")
    tale.move("reversal_pending", who="h1", reversal_cents=400)
    tale.answer("applied", TO, who="h1")
    assert judged(LAW, tale) == ([], [])


def test_a_second_event_finds_one_that_is_kept() -> None:
    tale = early()
    tale.deliver("refund_requested", TO, who="h1", event_id="e2")
    tale.answer("ignored", TO, who="h1")
    assert kept(LAW, tale) == ["refund_requested.pending", "refund_requested.pending"]


def test_what_was_kept_and_is_cleared_again_is_lost() -> None:
    tale = early()
    tale.write(who="h1", refund_requested_at=None)
    assert broken(tale) == {LAW}


def test_it_may_be_cleared_where_it_can_never_apply() -> None:
    tale = early()
    tale.move("failed", who="kit")
    tale.move("permanently_failed", who="kit")
    tale.write(who="h1", refund_requested_at=None)
    assert judged(LAW, tale)[1] == []


def settled(*, sweeps: bool, turns: int = 3, who: str = "h1") -> Tale:
    tale = early()
    tale.move("completed", who="kit", stripe_transfer_id="tr_1")
    tale.mark("healthy")
    for _ in range(turns):
        tale.turn(TO, who=who)
        tale.wait(60)
    if sweeps:
        tale.move("reversal_pending", who="h1")
    tale.mark("end")
    return tale


def test_a_kept_event_is_applied_once_it_can_be() -> None:
    tale = settled(sweeps=True)
    assert kept(LAW, tale) == ["refund_requested.pending", "refund_requested.kept"]


def test_a_kept_event_that_is_never_applied_is_a_breach() -> None:
    tale = settled(sweeps=False)
    assert broken(tale) == {LAW}
    assert "the row has been completed since" in judged(LAW, tale)[1][0].says


def test_without_turns_it_could_not_be_applied() -> None:
    assert judged(LAW, settled(sweeps=False, turns=0))[1] == []
    assert judged(LAW, settled(sweeps=False, who="kit"))[1] == []


def test_one_that_lost_its_connection_meanwhile_may_have_answered_about_another_try() -> None:
    tale = Tale(roles=(TO,), subject=("h1",))
    tale.insert("pending")
    tale.deliver("refund_requested", TO, who="h1")
    tale.cut("h1")
    tale.answer("refused", TO, who="h1")
    assert judged(LAW, tale) == ([], [])
