"""The ways along which workers move rows, and which moves lead a row on to where it may stay.

Workers' moves are those that come in the end. A handler, a webhook or an admin need never come, so how near a row is
to its end is measured over workers' moves alone. To bring a row back, the move of any actor is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

Pair = tuple[str, str]
"""A status and the one that a move leads to from there."""


@dataclass(frozen=True)
class WorkersWays:
    """The pairs (from, to) of workers' moves and of every actor's, and the statuses where a row is at an end."""

    workers: frozenset[Pair]
    every: frozenset[Pair]
    ends: frozenset[str]

    @cached_property
    def distance(self) -> Mapping[str, int]:
        """By status: the fewest moves of workers to an end; statuses that lead to none are left out."""
        found = dict.fromkeys(self.ends, 0)
        frontier = set(self.ends)
        for far in range(1, len(self.workers) + 1):
            frontier = {source for source, target in self.workers if target in frontier and source not in found}
            found |= dict.fromkeys(frontier, far)
        return found

    @cached_property
    def after(self) -> Mapping[str, frozenset[str]]:
        """By status that some move leaves: the statuses that one move or more, of whatever actors, lead to."""
        step: dict[str, set[str]] = {}
        for source, target in self.every:
            step.setdefault(source, set()).add(target)
        return {name: _reached(step, first) for name, first in step.items()}

    def goes_round(self, source: str, target: str) -> bool:
        """True if some way leads from `target` back to `source`, and `target` is no nearer to an end.

        Such a move may happen again and again.
        """
        back = source == target or source in self.after.get(target, frozenset())
        far = len(self.workers) + 1
        return back and self.distance.get(target, far) >= self.distance.get(source, far)

    def leads_on(self, source: str, target: str) -> bool:
        """True if a move brings a row towards an end and does not go round, or leads from one end to another."""
        onward = target in self.ends or source not in self.ends
        return onward and target in self.distance and not self.goes_round(source, target)


def _reached(step: Mapping[str, set[str]], first: Iterable[str]) -> frozenset[str]:
    found, frontier = set(first), set(first)
    while frontier:
        frontier = {target for name in frontier for target in step.get(name, ())} - found
        found |= frontier
    return frozenset(found)
