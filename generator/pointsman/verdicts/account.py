"""The account of one spec: the outcome of every world, and what follows over all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pointsman.checking.running import PropertyOutcome, Unfinished
from pointsman.checking.verdict import Checked, PropertyStanding, Verdict
from pointsman.spec.lifecycle import Lifecycle, StatusKind
from pointsman.world.scope import Scope
from pointsman.world.truths import BUILT_IN

if TYPE_CHECKING:
    from pointsman.checking.judging import LawJudgement


@dataclass(frozen=True, slots=True)
class Fall:
    """A property that is violated in at least one world.

    Attributes:
        verdict: the verdict with the shortest run.
        world: the name of the world of that verdict.
        places: every world in which the property is violated, with the steps of its run; None where it has no run.
    """

    verdict: Verdict
    world: str
    places: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class SpecAccount:
    """The account of one spec.

    Attributes:
        spec: the path of the spec, as it was given.
        lifecycle: the loaded spec.
        without: the laws, wrong implementations and premises that were not assumed.
        worlds: each world with its outcome, in the order in which the worlds were explored.
        laws: what follows when each law is dropped by itself; None where that was not asked for.
    """

    spec: str
    lifecycle: Lifecycle
    without: tuple[str, ...]
    worlds: tuple[tuple[Scope, PropertyOutcome], ...]
    laws: LawJudgement | None = None

    @cached_property
    def checked(self) -> tuple[Checked, ...]:
        """The outcomes of the worlds that were explored, to the end or not."""
        return tuple(outcome for _, outcome in self.worlds if isinstance(outcome, Checked))

    @cached_property
    def unfinished(self) -> tuple[tuple[Scope, Unfinished], ...]:
        """The worlds that were not explored at all, each with the reason."""
        return tuple((scope, outcome) for scope, outcome in self.worlds if isinstance(outcome, Unfinished))

    @cached_property
    def states(self) -> int:
        """The number of states that were explored in all worlds together."""
        return sum(checked.states for checked in self.checked)

    @cached_property
    def judged(self) -> Mapping[str, Mapping[str, Verdict]]:
        """For each property, the verdict of each world that judges it; the built-in properties come first."""
        names = (*(prop.id for prop in BUILT_IN), *(prop.name for prop in self.lifecycle.properties))
        found: dict[str, dict[str, Verdict]] = {name: {} for name in names}
        for checked in self.checked:
            for verdict in checked.verdicts:
                found.setdefault(verdict.prop, {})[checked.scope.world.name] = verdict
        return {name: verdicts for name, verdicts in found.items() if verdicts}

    @cached_property
    def falls(self) -> tuple[Fall, ...]:
        """The violated properties, one for each property and part of the spec; the greatest harm first."""
        return tuple(fall for verdicts in self.judged.values() for fall in _falls(verdicts))

    @cached_property
    def holding(self) -> tuple[str, ...]:
        """The properties that hold in at least one world, and in every other world hold or are vacuous."""
        return tuple(
            prop
            for prop, verdicts in self.judged.items()
            if all(
                verdict.standing in {PropertyStanding.HOLDS, PropertyStanding.VACUOUS} for verdict in verdicts.values()
            )
            and any(verdict.standing is PropertyStanding.HOLDS for verdict in verdicts.values())
        )

    @cached_property
    def vacuous(self) -> tuple[str, ...]:
        """The properties that had nothing to hold for in any world, though the spec could give them something.

        Where no status is transient, nothing waits: that is no gap in what was looked at.
        """
        waits = any(status.kind is StatusKind.TRANSIENT for status in self.lifecycle.statuses)
        own = {prop.name for prop in self.lifecycle.properties}
        return tuple(
            prop
            for prop, verdicts in self.judged.items()
            if all(verdict.standing is PropertyStanding.VACUOUS for verdict in verdicts.values())
            and (waits or prop in own)
        )

    @cached_property
    def never_reached(self) -> tuple[str, ...]:
        """The names of what no world reaches, transitions aside; empty where a world was not explored to its end."""
        if not self._explored:
            return ()
        counts: dict[str, int] = {}
        for checked in self.checked:
            for name, count in checked.reached.items():
                counts[name] = counts.get(name, 0) + count
        return tuple(sorted(n for n, count in counts.items() if not count and not n.startswith("transition:")))

    @cached_property
    def never_fires(self) -> Mapping[int, str]:
        """The numbers of the transitions that fire in no world, each with what blocks it in the first world."""
        if not self._explored:
            return {}
        first, *others = (checked.blocked for checked in self.checked)
        return {number: why for number, why in first.items() if all(number in other for other in others)}

    @property
    def _explored(self) -> bool:
        return bool(self.checked) and not self.unfinished and not any(checked.cut for checked in self.checked)


def _falls(verdicts: Mapping[str, Verdict]) -> Iterator[Fall]:
    fallen = [(world, verdict) for world, verdict in verdicts.items() if verdict.standing is PropertyStanding.VIOLATED]
    for subject in dict.fromkeys(verdict.subject for _, verdict in fallen):
        same = [(world, verdict) for world, verdict in fallen if verdict.subject == subject]
        world, shortest = min(same, key=lambda pair: pair[1].steps or 0)
        yield Fall(shortest, world, tuple((where, verdict.steps) for where, verdict in same))
