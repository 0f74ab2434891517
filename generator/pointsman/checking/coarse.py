"""Which steps can be on a cycle, asked of views of the states: each view tells few of them apart.

A run that comes back comes back in every view. So a step that leads out of a strongly
connected component of what one view shows of the steps is on no cycle of the states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.cycles import components
from pointsman.checking.program import Flags

View = NDArray[np.int32]
"""A small number for each place."""
Ends = tuple[NDArray[np.int32], NDArray[np.int32]]
"""The places that some steps leave, and those that they lead to."""

_MOST = 1 << 13
"""How many numbers a view may have: a table of their pairs is to fit into memory with ease."""
_PIECE = 1 << 20


def may_return(view: View, steps: Callable[[], Iterator[Ends]]) -> Callable[[Ends], Flags]:
    """For steps, whether they stay in a strongly connected component of what the view shows of all `steps`."""
    size = int(view.max()) + 1 if len(view) else 1
    if size > _MOST:
        return lambda ends: np.ones(len(ends[0]), dtype=np.bool_)
    met = np.zeros(size * size, dtype=np.bool_)
    for origin, target in steps():
        met[view.take(origin).astype(np.int64) * size + view.take(target)] = True
    leads: dict[int, list[int]] = {}
    for pair in np.flatnonzero(met).tolist():
        leads.setdefault(pair // size, []).append(pair % size)
    component = np.arange(size, dtype=np.int32)
    for number, members in enumerate(components(leads, lambda node: leads.get(node, []))):
        component[list(members)] = number
    of: View = component.take(view)
    return lambda ends: of.take(ends[0]) == of.take(ends[1])


def pieces(origin: NDArray[np.int32], target: NDArray[np.int32]) -> Iterator[Ends]:
    """The ends of steps, some at a time."""
    for low in range(0, len(origin), _PIECE):
        yield origin[low : low + _PIECE], target[low : low + _PIECE]
