"""A counterexample or a witness as data: its steps, each with its actor and the state after it.

Checking makes stories and replays them; reporting draws them; the conformance
kit plays them to real workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pointsman.world.system import Side


@dataclass(frozen=True, slots=True)
class Shown:
    """One variable for readers: its name and label, the component and side it belongs to, a word for each value."""

    name: str
    label: str
    part: str
    side: Side
    values: tuple[str, ...]


@dataclass(frozen=True)
class TraceStep:
    """One step of a run.

    Attributes:
        action: the name of the command.
        actor: the actor that runs the command.
        says: the step in words.
        state: the whole state after it, by variable.
        changed: the variables that differ from the state before.
        fault: the name of the fault in this step, None for none.
        wrong: the wrong implementation that takes this step, None where a right one may take it too.
    """

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

    Attributes:
        lifecycle: the name of the lifecycle.
        digest: the SHA-256 of its spec, in hexadecimal.
        prop: the property that the run breaks or, for a witness, shows.
        says: the breach of the property in words.
        scope: the size of the world by word: rows, workers, attempts, world.
        without: the laws, wrong implementations and premises that were not assumed.
        variables: the variables of the world, with words for their values.
        start: the state before the first step, by variable.
        deeds: the steps.
        loop: where the run goes on for ever: after the last step it is back in the state after step number `loop` (0:
            the initial state). A run that stays where it is has a loop of no steps. None for a run that ends.
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
        """The number of steps."""
        return len(self.deeds)
