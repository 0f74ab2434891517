"""What swaps of interchangeable rows and workers make of rows and of fair groups.

A swap is an order of the rows and, for each team, one of its workers. The world after
it is the same world with other names, and so is every run: a fair group goes over
into the group of the row or worker that takes the place of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import factorial, prod

from pointsman.world.system import System, Twins

TwinOrder = tuple[int, ...]
"""For each place in a team, the position of the worker that comes there."""


MOST = 1 << 12
"""How many swaps a system may have for liveness to tell them apart: each takes a table."""


@dataclass(frozen=True)
class Swap:
    """One swap: the place that each row takes, and the fair group that each group becomes, if it changes."""

    rows: tuple[int, ...]
    groups: Mapping[str, str]


def row_orders(system: System) -> Iterator[tuple[int, ...]]:
    """The orders of the rows: for each place, the row that comes there. The first one is as they are."""
    return itertools.permutations(range(len(system.rows)))


def orders_of(twins: Twins) -> Iterator[TwinOrder]:
    """The orders of a team. The first one is as they are."""
    return itertools.permutations(range(len(twins.twins)))


def count_of(system: System) -> int:
    """How many swaps of rows and workers a system has, the one that leaves all as it is among them."""
    return factorial(len(system.rows)) * prod(factorial(len(twins.twins)) for twins in system.twins)


def every_swap(system: System | None) -> tuple[Swap, ...]:
    """Every swap of a system's rows and workers; without a system, the one that leaves all as it is.

    The last team's orders change quickest.

    Raises:
        ValueError: rows, or workers of a team, that are interchangeable differ in the number of their fair groups; or
            there are more than `MOST`.
    """
    if system is None:
        return (Swap((), {}),)
    if count_of(system) > MOST:
        raise ValueError(f"more than {MOST} swaps")
    found = []
    for rows, *teams in itertools.product(row_orders(system), *(orders_of(twins) for twins in system.twins)):
        groups = _renamed(system.row_groups, rows)
        for twins, order in zip(system.twins, teams, strict=True):
            groups |= _renamed([twin.groups for twin in twins.twins], order)
        found.append(Swap(tuple(rows.index(row) for row in range(len(rows))), groups))
    return tuple(found)


def _renamed(groups: Sequence[Sequence[str]], order: Sequence[int]) -> dict[str, str]:
    """The group that each group becomes where the owner at each place is the one that `order` says."""
    if not groups:
        return {}
    return {
        old: new
        for place, owner in enumerate(order)
        for old, new in zip(groups[owner], groups[place], strict=True)
        if old != new
    }
