"""Every spec of this repository, in every world: what is proven of it, and what falls when a law is dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pointsman.checking.check import check
from pointsman.checking.laws import Dropped, judge_laws
from pointsman.checking.verdict import Checked, PropertyStanding
from pointsman.loading.load import load
from pointsman.spec.laws import LAWS
from pointsman.spec.lifecycle import EffectState, Lifecycle, Picture, Property, PropertyKind, SettleBy, Settlement
from pointsman.spec.premises import DROPPABLE
from pointsman.world.scope import Scope, smallest, world_named, worlds_of
from pointsman.world.truths import BUILT_IN
from tests.checkout import TOP

SPECS = sorted((TOP / "spec").glob("*.yaml"))
SELLER = load(str(TOP / "spec" / "seller_transfer.yaml"))
REVERSAL = Scope(workers=1, attempts=1, world=world_named(SELLER, "leg:create_reversal"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_property_of_every_spec_holds_in_every_world(path: Path) -> None:
    lifecycle = load(str(path))
    for world in worlds_of(lifecycle):
        checked = check(lifecycle, smallest(world))
        wrong = [(v.prop, v.standing, v.says) for v in checked.verdicts if v.standing is not PropertyStanding.HOLDS]
        assert (world.name, checked.cut, wrong) == (world.name, "", [])


def test_the_same_states_are_found_with_three_workers_as_with_two() -> None:
    """Two workers are a cut-off: what a third does, one of the two could have done."""
    worlds = [world_named(SELLER, name) for name in ("leg:create_transfer", "leg:create_reversal")]
    for world in worlds:
        two, three = (check(SELLER, Scope(workers=count, world=world)) for count in (2, 3))
        assert [v.standing for v in two.verdicts] == [v.standing for v in three.verdicts]


def test_two_rows_with_their_workers_hold_as_one_does() -> None:
    scope = Scope(rows=2, workers=1, attempts=1, world=world_named(SELLER, "leg:create_reversal"))
    checked = check(SELLER, scope)
    assert not checked.cut
    assert {v.standing for v in checked.verdicts} == {PropertyStanding.HOLDS}


# --- laws and premises ----------------------------------------------------------


@pytest.fixture(scope="module")
def dropped() -> tuple[Dropped, ...]:
    return judge_laws(SELLER, pairs=False)


def test_every_law_that_is_dropped_does_harm_to_the_seller_transfer(dropped: tuple[Dropped, ...]) -> None:
    """Per wrong implementation: a property falls, and not because the law is said again in other words."""
    found = {one.wrong: one for one in dropped}
    fallen = {name: one.verdict.prop if one.verdict else None for name, one in found.items()}
    assert {name: prop for name, prop in fallen.items() if prop is None} == {
        # Of a lifecycle whose webhooks and queues all belong to calls, no other actor reports anything.
        "reports-are-true": None,
        "reports-come-to-an-end": None,
    }
    ranks = {prop.id: prop.harm for prop in BUILT_IN}
    only_declared = {name for name, prop in fallen.items() if prop == "only-declared-transitions"}
    assert only_declared == {"coerces_unknown_status"}  # an unknown status means nothing about the ledger
    assert ranks[fallen["fresh_key_each_attempt"] or ""] == 1
    assert set(fallen) == {wrong for law in LAWS for wrong in law.wrong} | {premise.id for premise in DROPPABLE}


def test_every_counterexample_has_a_step_of_its_wrong_implementation(dropped: tuple[Dropped, ...]) -> None:
    for one in dropped:
        if one.verdict is None or one.verdict.story is None or one.law == one.wrong:
            continue
        wrongs = {deed.wrong for deed in one.verdict.story.deeds} - {None}
        assert wrongs <= {one.wrong}
        assert wrongs or one.verdict.kind == "liveness", one.wrong


def test_on_a_whole_reversal_a_fresh_key_alone_does_no_harm_and_on_a_part_it_does() -> None:
    whole = check(SELLER, replace(REVERSAL, attempts=2), ["fresh_key_each_attempt"])
    assert whole.standing("each-effect-at-most-once") is PropertyStanding.HOLDS
    world = world_named(SELLER, "leg:create_reversal:partial")
    parts = check(SELLER, Scope(workers=1, attempts=2, world=world), ["fresh_key_each_attempt"])
    assert parts.standing("each-effect-at-most-once") is PropertyStanding.VIOLATED


def test_an_effect_is_not_done_because_nothing_was_asked_for() -> None:
    """Completed and reversed at the provider can only be the dashboard's work: no refund was asked for."""
    picture = Picture(statuses=("completed",), effects=(("create_reversal", EffectState.DONE),))
    seen = Property("reversed_by_hand", PropertyKind.REACHABLE, picture)
    checked = check(replace(SELLER, properties=(seen,)), REVERSAL)
    story = next(v.story for v in checked.verdicts if v.prop == "reversed_by_hand")
    assert story is not None
    assert [deed.fault for deed in story.deeds] == [None, "dashboard"]


# --- what the spec says decides ----------------------------------------------------


def fallen(checked: Checked) -> set[str]:
    return {v.prop for v in checked.verdicts if v.standing is PropertyStanding.VIOLATED}


def changed_claims(**changes: object) -> Lifecycle:
    assert SELLER.claims is not None
    return replace(SELLER, claims=replace(SELLER.claims, **changes))  # type: ignore[arg-type]  # fields of claims


def test_settling_by_look_up_needs_a_lease_that_covers_the_request_and_by_the_same_key_does_not() -> None:
    """While a key lives, the provider itself says what became of the first request; a look-up may come too early."""
    scope = Scope(workers=1, attempts=2, world=world_named(SELLER, "leg:create_transfer"))
    short = changed_claims(lease=timedelta(minutes=3))
    by_look_up = Settlement(SettleBy.LOOK_UP)
    assert fallen(check(short, scope)) == set()
    assert fallen(check(replace(SELLER, settle=by_look_up), scope)) == set()
    assert "status-tells-the-truth" in fallen(check(replace(short, settle=by_look_up), scope))


def test_without_a_fence_a_late_record_is_taken_for_the_present_one() -> None:
    checked = check(changed_claims(fence=None), replace(REVERSAL, attempts=2))
    assert fallen(checked)


def test_without_a_way_to_settle_a_row_is_stuck() -> None:
    checked = check(replace(SELLER, settle=None), REVERSAL)
    assert "every-row-is-resolved" in fallen(checked)


def test_without_a_queue_on_pending_a_row_is_stuck_from_its_start() -> None:
    no_queue = replace(SELLER, queues=tuple(queue for queue in SELLER.queues if queue.name != "transfer"))
    checked = check(no_queue, smallest(worlds_of(SELLER)[0]))
    stuck = next(v for v in checked.verdicts if v.prop == "every-row-is-resolved")
    assert (stuck.standing, stuck.steps) == (PropertyStanding.VIOLATED, 1)


def test_without_an_order_an_old_row_may_starve() -> None:
    queues = tuple(replace(queue, order=()) for queue in SELLER.queues)
    scope = smallest(world_named(SELLER, "arrivals"))
    assert fallen(check(replace(SELLER, queues=queues), scope)) >= {"every-row-is-resolved"}


def test_a_status_that_does_not_reset_its_count_gives_up_early() -> None:
    statuses = tuple(
        replace(s, on_entry=tuple((c, v) for c, v in s.on_entry if c != "retry_count")) for s in SELLER.statuses
    )
    scope = Scope(workers=1, attempts=2, world=world_named(SELLER, "leg:create_transfer"))
    assert "given-up-with-cause" in fallen(check(replace(SELLER, statuses=statuses), scope))
