"""A counterexample or a witness as data: what happened, who did it, and what the world was after each step.

Checking makes stories and replays them; reporting draws them; the conformance
kit plays them to real workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pointsman.world.system import Side


@dataclass(frozen=True, slots=True)
class Shown:
    """One variable, for people: what it is called, where it lives, the words for its values."""

    name: str
    label: str
    part: str
    side: Side
    values: tuple[str, ...]


@dataclass(frozen=True)
class TraceStep:
    """One step. `state` is the whole state after it, by variable; `changed` are the variables that differ."""

    action: str
    actor: str
    says: str
    state: Mapping[str, int]
    changed: tuple[str, ...]
    fault: str | None = None
    wrong: str | None = None


@dataclass(frozen=True)
class Story:
    """A run of the world from its initial state.

    `prop` is the property that it breaks (or, for a witness, shows) and `says`
    how. Where `loop` is given, the run goes on for ever: after the last step it
    is back in the state after step number `loop` (0: the initial state), and a
    run that stays where it is has a loop of no steps. `scope` holds what the
    world was made from: rows, workers, attempts, world.
    """

    lifecycle: str
    digest: str
    prop: str
    says: str
    scope: Mapping[str, str]
    without: tuple[str, ...]
    variables: tuple[Shown, ...]
    start: Mapping[str, int]
    deeds: tuple[TraceStep, ...]
    loop: int | None = None

    @property
    def length(self) -> int:
        """How many steps it has."""
        return len(self.deeds)
