"""The random lifecycles that other tests stand on keep the loader's promises."""

from hypothesis import given, settings

from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.names import camel, folded, lower_snake, upper_snake
from tests.lifecycles import HOSTILE_VALUES, NAMES, UNPRINTABLE_VALUES, ladder, lifecycles


@settings(deadline=None)
@given(lifecycles())
def test_everything_that_a_random_lifecycle_refers_to_exists(lifecycle: Lifecycle) -> None:
    names = set(lifecycle.status)
    assert all(set(t.pair) <= names for t in lifecycle.transitions)
    assert all(set(q.statuses) <= names for q in lifecycle.queues)
    assert all(set(t.by) <= set(lifecycle.actor) for t in lifecycle.transitions)
    assert all(q.worker is None or q.worker in lifecycle.actor for q in lifecycle.queues)
    assert all(status in names for event in lifecycle.events for status, _ in event.otherwise)
    assert any(status.initial for status in lifecycle.statuses)


@settings(deadline=None)
@given(lifecycles())
def test_names_and_stored_values_of_a_random_lifecycle_are_distinct(lifecycle: Lifecycle) -> None:
    assert len({folded(s.name) for s in lifecycle.statuses}) == len(lifecycle.statuses)
    assert len({s.value for s in lifecycle.statuses}) == len(lifecycle.statuses)
    for spelling in (camel, lower_snake, upper_snake):
        assert len({spelling(s.name) for s in lifecycle.statuses}) == len(lifecycle.statuses)


@settings(deadline=None)
@given(lifecycles())
def test_a_terminal_status_of_a_random_lifecycle_has_no_way_out(lifecycle: Lifecycle) -> None:
    assert not any(lifecycle.moves[s.name] for s in lifecycle.statuses if s.terminal)


@settings(deadline=None)
@given(lifecycles(printable=True))
def test_printable_lifecycles_store_only_what_a_spec_may_say(lifecycle: Lifecycle) -> None:
    assert all(s.value.isprintable() for s in lifecycle.statuses)


def test_the_lists_of_hostile_values_are_what_they_say() -> None:
    assert all(value.isprintable() for value in HOSTILE_VALUES)
    assert not any(value.isprintable() for value in UNPRINTABLE_VALUES)
    assert len({folded(name) for name in NAMES}) == len(NAMES)


def test_a_ladder_has_two_moves_out_of_each_status_but_the_last() -> None:
    lifecycle = ladder(40)
    assert len(lifecycle.statuses) == 40
    assert len(lifecycle.transitions) == 78
