"""Runs that the checker shows, held against the system itself: every step can happen, and leads where it is said to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pointsman.checking.cycles import Lasso
from pointsman.checking.explore import Exploration, Explorer
from pointsman.world.system import GuardedCommand, LeadsTo, System, value_of

State = dict[str, int]
Step = tuple[int, int]


@dataclass(frozen=True)
class Played:
    """A run: the state that it ends in, and each of its steps with the state before it."""

    end: State
    steps: tuple[tuple[State, GuardedCommand], ...]


def state_of(explorer: Explorer, index: int) -> State:
    """A state that was explored, by its index, in the order of the system's variables."""
    columns = explorer.space.columns(explorer.seen.order[index : index + 1])
    return {name: int(columns[name][0]) for name in explorer.space.system.variable}


def play(explorer: Explorer, start: State, way: Sequence[Step]) -> Played:
    """Take the steps of `way`, of an exploration without reduction.

    Raises:
        AssertionError: a step cannot happen, or leads somewhere else.
    """
    system, state = explorer.space.system, start
    steps: list[tuple[State, GuardedCommand]] = []
    for number, index in way:
        action = system.actions[number]
        assert action in system.enabled(state), f"{action.name} cannot happen in {state}"
        steps.append((state, action))
        state = system.after(action, state)
        assert state == state_of(explorer, index), f"{action.name} leads to {state}"
    return Played(state, tuple(steps))


def way_to(explorer: Explorer, found: Exploration, index: int) -> Played:
    """The way to a state, from the initial one."""
    played = play(explorer, dict(explorer.space.system.initial), explorer.path(found, index))
    assert played.end == state_of(explorer, index)
    return played


def is_broken_by(explorer: Explorer, found: Exploration, response: LeadsTo, lasso: Lasso) -> None:
    """That a lasso is a run of the system, and breaks `response`.

    Raises:
        AssertionError: it is not, or does not.
    """
    system = explorer.space.system
    entry = way_to(explorer, found, lasso.entry).end
    loop = play(explorer, entry, lasso.loop)
    assert loop.end == entry, "the loop does not close"
    around = [state for state, _ in loop.steps] or [entry]
    assert all(value_of(response.pending, state) for state in around), "the loop leaves what is pending"
    assert not [action.name for _, action in loop.steps if action.fault], "faults have ended"
    left_out = set(_groups(system)) - {action.fair for _, action in loop.steps}
    driven = [group for group in left_out if all(_can_serve(system, state, group) for state in around)]
    assert not driven, f"the loop is unfair to {driven}"


def _groups(system: System) -> Iterator[str]:
    return (action.fair for action in system.actions if action.fair is not None)


def _can_serve(system: System, state: State, group: str | None) -> bool:
    """Whether some command of the group can happen, once faults have ended."""
    return any(action.fair == group and action.fault is None for action in system.enabled(state))
