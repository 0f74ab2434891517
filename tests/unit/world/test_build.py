"""The world of the seller transfer, and of small lifecycles: what is in it, and what is not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from pointsman.loading import language
from pointsman.loading.load import load
from pointsman.spec.errors import UsageError
from pointsman.spec.laws import LAWS
from pointsman.spec.lifecycle import Lifecycle, Status, Transition
from pointsman.spec.premises import PREMISES
from pointsman.world.build import build, expanded
from pointsman.world.ground import Ground
from pointsman.world.scope import DEFAULT, FOREIGN, WORLDS, Scope, World, smallest, world_named, worlds_of
from pointsman.world.system import names_in
from tests.checkout import TOP

SPECS = sorted((TOP / "spec").glob("*.yaml"))
SELLER = load(str(TOP / "spec" / "seller_transfer.yaml"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_world_of_every_spec_is_well_formed(path: object) -> None:
    lifecycle = load(str(path))
    for world in worlds_of(lifecycle):
        system = build(lifecycle, smallest(world))
        names = [variable.name for variable in system.variables]
        assert len(names) == len(set(names))
        assert all(0 <= variable.initial < variable.size <= 256 for variable in system.variables)
        commands = [action.name for action in system.actions]
        assert len(commands) == len(set(commands))
        assert all(re.fullmatch(r"[A-Za-z0-9_]+", name) for name in (*names, *commands))
        for action in system.actions:
            assert action.reads | action.writes <= set(names), action.name
        for invariant in system.invariants:
            assert set(names_in(invariant.bad)) <= set(names)


def test_an_honest_world_has_no_wrong_command() -> None:
    assert all(action.wrong is None for action in build(SELLER, Scope()).actions)


@pytest.mark.parametrize("world", [DEFAULT, FOREIGN], ids=lambda world: world.name)
def test_dropping_a_law_adds_choices_and_removes_none(world: World) -> None:
    honest = {action.name for action in build(SELLER, Scope(world=world)).actions}
    for law in LAWS:
        assert honest <= {action.name for action in build(SELLER, Scope(world=world), [law.id]).actions}, law.id


@pytest.mark.parametrize("wrong", [wrong for law in LAWS for wrong in law.wrong])
def test_each_wrong_implementation_has_commands_in_some_world_of_the_seller_transfer(wrong: str) -> None:
    worlds = [smallest(world) for world in worlds_of(SELLER)]
    assert any(action.wrong == wrong for scope in worlds for action in build(SELLER, scope, [wrong]).actions)


def test_a_law_stands_for_all_of_its_wrong_implementations() -> None:
    assert expanded(["already-done-is-done"]) == {"already_done_means_failed", "done_without_receipt"}


def test_ids_of_laws_wrong_implementations_and_premises_are_all_different() -> None:
    ids = [law.id for law in LAWS] + [wrong for law in LAWS for wrong in law.wrong] + [one.id for one in PREMISES]
    assert len(ids) == len(set(ids))


def test_a_name_that_is_no_law_is_refused_with_what_was_probably_meant() -> None:
    with pytest.raises(UsageError, match="stable-key"):
        build(SELLER, Scope(), ["stable-kye"])


def test_the_worlds_that_a_spec_may_name_are_those_that_every_lifecycle_may_have() -> None:
    assert tuple(world.name for world in WORLDS) == language.WORLDS


def test_a_world_that_the_lifecycle_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(UsageError, match="arrivals"):
        world_named(SELLER, "arival")


@pytest.mark.parametrize("wrong", [(0, 2, 2), (4, 2, 2), (1, 0, 2), (1, 5, 2), (1, 2, 7)])
def test_a_scope_has_bounds(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(UsageError, match="is from 1 to"):
        Scope(*wrong)


# --- what is derived from the spec's numbers -----------------------------------


def ground(lifecycle: Lifecycle, *without: str) -> Ground:
    return Ground(lifecycle, Scope(), frozenset(without))


def test_a_lease_covers_a_request_only_where_it_is_longer_than_pause_and_settling() -> None:
    call = SELLER.call["create_reversal"]
    assert SELLER.claims is not None
    assert ground(SELLER).lease_covers(call)
    short = replace(SELLER, claims=replace(SELLER.claims, lease=timedelta(minutes=3)))
    assert not ground(short).lease_covers(call)
    assert not ground(SELLER, "settles-within").lease_covers(call)


def test_a_key_is_remembered_only_for_as_long_as_its_lifetime() -> None:
    call = SELLER.call["create_reversal"]
    assert ground(SELLER).key_outlives(call)
    assert not ground(SELLER).key_outlives(replace(call, key_lifetime=timedelta(minutes=3)))
    assert not ground(SELLER, "key-lifetime").key_outlives(call)


def test_the_attempts_that_are_explored_are_no_more_than_the_queue_allows() -> None:
    found = Ground(SELLER, Scope(attempts=6), frozenset())
    assert [found.limit(queue) for queue in SELLER.queues] == [3, 6, 6]


def test_a_spec_of_statuses_and_transitions_alone_is_a_world() -> None:
    bare = Lifecycle(
        "order",
        (Status("open", "open", initial=True), Status("paid", "paid", terminal=True)),
        (Transition("open", "paid", "paid"),),
    )
    system = build(bare, Scope())
    assert [action.actor for action in system.actions] == ["application", "any actor"]


def test_workers_of_one_queue_are_twins_and_those_of_two_are_not() -> None:
    system = build(SELLER, Scope(workers=2))
    assert [len(twins.twins) for twins in system.twins] == [2, 2, 2]
    assert build(SELLER, Scope(workers=1)).twins == ()


def test_rows_are_interchangeable_where_there_are_several() -> None:
    assert build(SELLER, Scope()).rows == ()
    assert len(build(SELLER, Scope(rows=2, workers=1, attempts=1)).rows) == 2
