"""Turns paths of indexes into stories; every counterexample is played through the system before it is shown."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from pointsman.checking.cycles import Lasso
from pointsman.checking.explore import Exploration, Explorer
from pointsman.checking.seen import Words
from pointsman.world.story import Shown, Story, TraceStep
from pointsman.world.system import GuardedCommand, System, value_of

_MOST_ROUNDS = 64
State = dict[str, int]
TraceEdge = tuple[int, int]


class CounterexampleError(Exception):
    """A counterexample cannot be played through the system: a defect of the checker, never of a spec."""


class Teller:
    """Tells stories of one exploration."""

    def __init__(self, explorer: Explorer, found: Exploration, *, digest: str, scope: Mapping[str, str]) -> None:
        self._explorer = explorer
        self._found = found
        self._system: System = explorer.space.system
        self._digest = digest
        self._scope = scope

    def to(self, index: int, prop: str, says: str) -> Story:
        """The shortest way to a state."""
        state = dict(self._system.initial)
        deeds = self._play(state, self._explorer.path(self._found, index))
        return self._story(prop, says, deeds, None)

    def around(self, lasso: Lasso, prop: str, says: str) -> Story:
        """The shortest way to a cycle, and once around it; or to a state that is never left."""
        state = dict(self._system.initial)
        way = self._explorer.path(self._found, lasso.entry)
        deeds = self._play(state, way)
        if not lasso.loop:
            return self._story(prop, says, deeds, len(deeds))
        marks = {self._frozen(deeds[-1].state if deeds else state): len(deeds)}
        for _ in range(_MOST_ROUNDS):
            deeds += self._play(dict(deeds[-1].state if deeds else state), lasso.loop)
            mark = self._frozen(deeds[-1].state)
            if mark in marks:
                return self._story(prop, says, deeds, marks[mark])
            marks[mark] = len(deeds)
        raise CounterexampleError("a cycle does not close")

    def _story(self, prop: str, says: str, deeds: Sequence[TraceStep], loop: int | None) -> Story:
        system = self._system
        shown = tuple(Shown(v.name, v.label, v.part, v.side, v.values) for v in system.variables)
        return Story(
            system.lifecycle, self._digest, prop, says, self._scope, system.without, shown, dict(system.initial),
            tuple(deeds), loop,
        )  # fmt: skip

    # --- playing -----------------------------------------------------------------

    def _play(self, state: State, way: Sequence[TraceEdge]) -> list[TraceStep]:
        """Play the steps of `way` from `state`: each by its own command, or by one that is the same under symmetry."""
        deeds: list[TraceStep] = []
        for number, index in way:
            action, after = self._step(state, number, index)
            changed = tuple(name for name in after if after[name] != state[name])
            deeds.append(TraceStep(action.name, action.actor, action.says, after, changed, action.fault, action.wrong))
            state = after
        return deeds

    def _step(self, state: State, number: int, index: int) -> tuple[GuardedCommand, State]:
        preferred = self._system.actions[number]
        others = (action for action in self._system.actions if action is not preferred)
        for action in itertools.chain([preferred], others):
            if not value_of(action.guard, state):
                continue
            after = self._system.after(action, state)
            # The word is looked up last, since computing the word of `after` may change the layout of all words.
            if self._word(after) == self._explorer.seen.between(index, index + 1)[0]:
                return action, after
        raise CounterexampleError(f"nothing leads on as {preferred.name} did")

    def _word(self, state: State) -> np.uint64:
        columns = {name: np.array([value], dtype=np.uint8) for name, value in state.items()}

        def words() -> Words:
            return self._explorer.canonical(self._explorer.space.words(columns))

        found: np.uint64 = self._explorer.settled(words)[0]
        return found

    def _frozen(self, state: Mapping[str, int]) -> tuple[int, ...]:
        return tuple(state[variable.name] for variable in self._system.variables)
