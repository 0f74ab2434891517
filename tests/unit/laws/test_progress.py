"""progress, on histories by hand."""

import math

from pointsman_conformance.core.wire import Json
from tests.histories import Tale, broken, judged, kept

LAW = "progress"
WORKER = "reversal_worker"


def resolve(tale: Tale, row: str = "1") -> None:
    tale.claim(row)
    tale.made(tale.send(row), f"trr_{row}", row)
    tale.move("reversed", row, stripe_reversal_id=f"trr_{row}")


def turns(tale: Tale, times: int) -> None:
    for _ in range(times):
        tale.turn(WORKER)
        tale.wait(60)


def test_a_due_row_that_is_resolved_is_right() -> None:
    tale = Tale()
    tale.insert()
    tale.mark("healthy")
    tale.turn(WORKER)
    resolve(tale)
    tale.mark("end")
    assert kept(LAW, tale) == ["reversal"]


def test_a_row_that_is_left_after_a_crash_is_a_breach() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.crash()
    tale.wait(700)
    tale.mark("healthy")
    turns(tale, 5)
    tale.mark("end")
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert breach.says.startswith("the row rests in reversal_pending at the end: it has been due since 600")
    assert breach.row == "1"


def test_a_row_that_waits_for_its_time_is_not_judged() -> None:
    tale = Tale()
    tale.insert(next_retry_at=10_000.0)
    tale.mark("healthy")
    turns(tale, 5)
    tale.mark("end")
    assert judged(LAW, tale) == ([], [])


def test_without_turns_it_could_not_be_taken() -> None:
    tale = Tale()
    tale.insert()
    tale.mark("healthy")
    turns(tale, 1)
    tale.mark("end")
    assert judged(LAW, tale)[1] == []


def test_a_row_of_another_workers_queue_or_of_an_unknown_status_is_not_judged() -> None:
    tale = Tale(roles=("transfer_worker",))
    tale.insert()
    tale.insert("pending", "2")
    tale.put({"status": "in_limbo"}, "2", who="kit")
    tale.insert("completed", "3")
    tale.mark("healthy")
    for _ in range(5):
        tale.turn("transfer_worker")
        tale.wait(60)
    tale.mark("end")
    assert judged(LAW, tale) == ([], [])


def test_a_row_that_its_worker_made_never_due_is_a_breach() -> None:
    tale = Tale()
    tale.insert()
    tale.mark("healthy")
    tale.turn(WORKER)
    tale.claim()
    tale.put({"next_retry_at": None})
    tale.mark("end")
    assert "set to null" in judged(LAW, tale)[1][0].says


def test_a_row_that_its_worker_made_due_at_a_time_that_never_comes_is_a_breach() -> None:
    tale = Tale()
    tale.insert()
    tale.mark("healthy")
    tale.turn(WORKER)
    tale.claim()
    tale.put({"next_retry_at": math.inf})
    tale.mark("end")
    assert "set to a time that never comes" in judged(LAW, tale)[1][0].says


def test_a_row_that_is_claimed_again_and_again_in_vain_is_a_breach() -> None:
    tale = Tale()
    tale.insert(key_first_used_at=0.0)
    tale.mark("healthy")
    for _ in range(20):
        tale.turn(WORKER)
        tale.claim()
        tale.wait(700)
    tale.mark("end")
    assert "claimed 20 times" in judged(LAW, tale)[1][0].says


def claimed_in_vain(*listed: dict[str, Json], accepted: bool = False) -> Tale:
    """Twenty claims, under each of which the provider answers a look-up, or accepts without a receipt."""
    tale = Tale()
    tale.insert(key_first_used_at=0.0)
    tale.mark("healthy")
    for _ in range(20):
        tale.turn(WORKER)
        tale.claim()
        if accepted:
            tale.reply(tale.send(), body={"object": "transfer_reversal"})
        else:
            tale.reply(tale.look_up(), body={"data": list(listed), "has_more": False})
        tale.wait(700)
    tale.mark("end")
    return tale


def test_a_row_whose_effect_is_shown_without_its_receipt_cannot_be_resolved_and_is_not_judged() -> None:
    assert judged(LAW, claimed_in_vain({"metadata": {"row": "1"}}))[1] == []
    assert judged(LAW, claimed_in_vain(accepted=True))[1] == []


def test_a_row_whose_effect_is_shown_with_its_receipt_or_not_at_all_can_be_resolved() -> None:
    assert "claimed 20 times" in judged(LAW, claimed_in_vain({"id": "trr_1", "metadata": {"row": "1"}}))[1][0].says
    assert "claimed 20 times" in judged(LAW, claimed_in_vain())[1][0].says


def arrivals(*, newest_first: bool, rounds: int = 4) -> Tale:
    """One row a turn is taken, and one comes in each."""
    tale = Tale()
    tale.insert()
    tale.mark("healthy")
    waiting = ["1"]
    for number in range(2, rounds + 2):
        tale.wait(60)
        tale.insert(row=str(number))
        waiting.append(str(number))
        tale.turn(WORKER)
        resolve(tale, waiting.pop(-1 if newest_first else 0))
    tale.mark("end")
    return tale


def test_the_oldest_first_is_right_however_many_come() -> None:
    assert kept(LAW, arrivals(newest_first=False)) == ["reversal"] * 4


def test_a_row_that_younger_ones_overtake_turn_after_turn_is_a_breach() -> None:
    tale = arrivals(newest_first=True)
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert breach.row == "1"
    assert breach.element.path == ("queues", "reversal", "order")
    assert "in 4 turns" in breach.says


def test_two_turns_or_one_batch_in_any_order_are_none() -> None:
    assert judged(LAW, arrivals(newest_first=True, rounds=2))[1] == []
    tale = Tale()
    for number in range(1, 7):
        tale.insert(row=str(number))
        tale.wait(60)
    tale.mark("healthy")
    tale.turn(WORKER)
    for number in range(6, 0, -1):
        resolve(tale, str(number))
    tale.mark("end")
    assert judged(LAW, tale)[1] == []


def test_before_the_provider_is_healthy_nothing_is_judged() -> None:
    tale = Tale()
    tale.insert()
    turns(tale, 9)
    tale.mark("end")
    assert judged(LAW, tale) == ([], [])


def test_younger_rows_wait_for_older_ones() -> None:
    tale = Tale()
    for number in range(1, 7):
        tale.insert(row=str(number))
        tale.wait(10)
    tale.mark("healthy")
    for number in range(1, 7):
        tale.turn(WORKER)
        resolve(tale, str(number))
    tale.mark("end")
    assert kept(LAW, tale) == ["reversal"] * 6


def test_a_row_that_is_taken_in_between_is_not_starved() -> None:
    tale = Tale()
    tale.insert()
    tale.mark("healthy")
    for number in range(2, 8):
        tale.wait(700)
        tale.insert(row=str(number))
        tale.turn(WORKER)
        resolve(tale, str(number))
        if number in {3, 5}:
            tale.turn(WORKER)
            tale.claim()
            tale.silence(tale.send())
    tale.wait(700)
    tale.turn(WORKER)
    resolve(tale)
    tale.mark("end")
    assert judged(LAW, tale)[1] == []
