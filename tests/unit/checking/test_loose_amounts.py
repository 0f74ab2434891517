"""An amount that a call reads and that `same_status` lists: every actor may change it, at any time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.checking.check import check
from pointsman.checking.verdict import Checked, PropertyStanding
from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle
from pointsman.world.build import build
from pointsman.world.scope import Scope, world_named
from pointsman.world.truths import TRUTH
from tests.checkout import TOP

SELLER = load(str(TOP / "spec" / "seller_transfer.yaml"))
LOOSE = replace(SELLER, same_status=(*(SELLER.same_status or ()), "reversal_cents"))
HOLDS, VIOLATED = PropertyStanding.HOLDS, PropertyStanding.VIOLATED


def scope(lifecycle: Lifecycle, world: str) -> Scope:
    return Scope(workers=1, attempts=1, world=world_named(lifecycle, world))


def found(lifecycle: Lifecycle, world: str = "leg:create_reversal:partial") -> Checked:
    return check(lifecycle, scope(lifecycle, world))


def test_an_amount_that_changes_while_a_request_is_out_leaves_a_part_undone() -> None:
    checked = found(LOOSE)
    assert checked.standing(TRUTH.id) is VIOLATED
    (story,) = [verdict.story for verdict in checked.verdicts if verdict.prop == TRUTH.id]
    assert story is not None
    assert any("reversal_cents becomes the whole" in deed.says for deed in story.deeds)


def test_an_amount_that_comes_with_its_event_alone_changes_under_no_request() -> None:
    assert found(SELLER).standing(TRUTH.id) is HOLDS


def test_where_amounts_are_whole_nothing_can_change() -> None:
    names = [action.name for action in build(LOOSE, scope(LOOSE, "default")).actions]
    assert not any("writes_reversal_cents" in name for name in names)


@pytest.mark.parametrize("lifecycle", [SELLER, LOOSE], ids=["shipped", "loose"])
def test_a_request_that_is_still_executing_keeps_the_amount_that_it_was_sent_with(lifecycle: Lifecycle) -> None:
    system = build(lifecycle, scope(lifecycle, "leg:create_reversal:partial"))
    late = next(
        each for each in system.actions if each.name.startswith("late_") and each.name.endswith("reversal_made")
    )
    kept = {name for name in late.reads if "executing_over" in name}
    own = {name for name in late.reads if "reversal_cents" in name}
    assert (bool(kept), bool(own)) == ((True, False) if lifecycle is LOOSE else (False, True))
