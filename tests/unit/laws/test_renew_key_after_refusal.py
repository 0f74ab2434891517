"""renew-key-after-refusal: a key that is known to be spent is not sent again."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pointsman_conformance.core.wire import Json
from tests.histories import BAD, BROKEN, LEASE, NO_BALANCE, Tale, broken, judged, kept

LAW = "renew-key-after-refusal"


def refused(status: str = "reversal_pending", body: Mapping[str, Json] = NO_BALANCE) -> Tale:
    tale = Tale()
    tale.insert(status)
    tale.claim()
    tale.reply(tale.send(), 400, body)
    return tale


def again(tale: Tale) -> Tale:
    tale.wait(LEASE + 1)
    tale.claim()
    tale.send()
    return tale


@pytest.mark.parametrize(
    ("status", "body"), [("reversal_pending", NO_BALANCE), ("failed", BAD), ("failed", NO_BALANCE)]
)
def test_the_old_key_after_a_recorded_refusal_is_a_breach_by_this_law_alone(
    status: str, body: Mapping[str, Json]
) -> None:
    tale = refused(status, body)
    tale.record()
    again(tale)
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert "raise key_generation" in breach.says
    assert len(breach.records) == 3


@pytest.mark.parametrize(("status", "body"), [("reversal_pending", NO_BALANCE), ("failed", BAD)])
def test_a_new_key_after_a_refusal_is_right(status: str, body: Mapping[str, Json]) -> None:
    tale = refused(status, body)
    tale.record(renew=True)
    again(tale)
    assert len(kept(LAW, tale)) == 1


def test_a_refusal_that_moves_the_row_on_spends_the_key_too() -> None:
    tale = refused("pending", BAD)
    tale.move("failed")
    again(tale)
    assert broken(tale) == {LAW}


def test_a_copy_that_died_before_it_could_record_left_no_trace() -> None:
    tale = refused()
    tale.crash()
    again(tale)
    assert broken(tale) == set()


def test_a_copy_that_lost_its_connection_left_no_trace_either() -> None:
    tale = refused()
    tale.cut()
    again(tale)
    assert broken(tale) == set()


def test_a_refusal_that_was_not_heard_spends_nothing() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 400, NO_BALANCE, heard=False)
    tale.record(after=LEASE)
    again(tale)
    assert broken(tale) == set()


def test_the_old_key_after_a_settled_absence_is_a_breach() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 500, BROKEN)
    tale.listed(tale.look_up())
    tale.record(after=LEASE)
    again(tale)
    assert broken(tale) == {LAW}


def test_silence_spends_no_key() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.silence(tale.send())
    tale.record(after=LEASE)
    again(tale)
    assert broken(tale) == set()
