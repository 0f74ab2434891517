"""A worker that is killed, or loses its database, in the middle of a round."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pointsman_conformance.core.plan import Point
from pointsman_conformance.provider.provider import Ticket
from tests.acceptance.reference.shop import Shop


@pytest.mark.parametrize("where", [Point.REQUEST_BEFORE, Point.REQUEST_AFTER])
def test_a_worker_killed_around_its_request_is_followed_by_one_that_reverses_nothing_twice(
    empty_shop: Shop, command: Sequence[str], where: Point
) -> None:
    shop = empty_shop
    row = shop.refunded(reversal_cents=400)
    worker = shop.start(command)

    def kill(ticket: Ticket, point: Point) -> None:
        if point is where and worker.poll() is None:
            worker.kill()
            worker.wait()

    shop.meeting = kill
    worker.wait(20)
    assert shop.row(row)["status"] == "reversal_pending"
    shop.advance(minutes=11)
    shop.start(command)
    after = shop.until(row, "reversed")
    assert [effect.receipt for effect in shop.effects(row)] == [after["stripe_reversal_id"]]
    assert set(shop.keys(row)) == {f"reversal-{row}-0"}
    assert after["retry_count"] == 2


def test_a_worker_whose_database_is_lost_during_the_call_goes_on_from_the_row(
    empty_shop: Shop, command: Sequence[str]
) -> None:
    shop = empty_shop
    row = shop.refunded(reversal_cents=400)
    ended = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "

    def cut(ticket: Ticket, point: Point) -> None:
        if point is Point.REQUEST_AFTER and not shop.skipped:
            shop.table.execute((ended + "and pid <> pg_backend_pid()").encode())

    shop.meeting = cut
    worker = shop.start(command)
    shop.recorded(row)
    shop.advance(minutes=11)
    shop.until(row, "reversed")
    assert worker.poll() is None
    assert len(shop.effects(row)) == 1


def test_a_worker_ends_cleanly_when_it_is_told_to(empty_shop: Shop, command: Sequence[str]) -> None:
    shop = empty_shop
    worker = shop.start(command)
    shop.until(shop.refunded(), "reversed")
    worker.terminate()
    assert worker.wait(10) == 0
