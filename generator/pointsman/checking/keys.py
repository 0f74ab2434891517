"""Combinations of small numbers as keys, and the row of each key."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.parts import Numbers
from pointsman.checking.seen import Seen


def joined(columns: Sequence[Numbers], bits: Sequence[int]) -> Numbers:
    """The keys of the combinations in `columns`, each of which takes so many `bits`."""
    found = columns[0]
    for column, width in zip(columns[1:], bits[1:], strict=True):
        found = (found << width) | column
    return found


def split(keys: Numbers, bits: Sequence[int]) -> list[Numbers]:
    """The columns of the combinations that `joined` made the keys of."""
    found: list[Numbers] = []
    for width in reversed(bits):
        found.append(keys & ((1 << width) - 1))
        keys = keys >> width
    return found[::-1]


class KeyRows:
    """The row of each key, from 0: in an array of `flat` bits where so many are enough for every key, else hashed."""

    def __init__(self, keys: Numbers, flat: int | None) -> None:
        """`keys` have the first rows, in their order."""
        self._hashed = Seen()
        self._flat: NDArray[np.int32] | None = None
        if flat is not None:
            self._flat = np.full(1 << flat, -1, dtype=np.int32)
        self.enter(keys, 0)

    def enter(self, keys: Numbers, first: int) -> None:
        """Give new `keys` the rows from `first` on."""
        if self._flat is not None:
            self._flat[keys] = np.arange(first, first + len(keys))
        elif len(keys):
            self._hashed.add(keys.view(np.uint64))

    def find(self, keys: Numbers) -> Numbers:
        """The row of each key; -1 where it has none."""
        found = self._hashed.find(keys.view(np.uint64)) if self._flat is None else self._flat.take(keys)
        return found.astype(np.int64)

    def keys(self) -> Numbers:
        """All keys, in the order of their rows."""
        if self._flat is None:
            return self._hashed.order.view(np.int64)
        keys = np.flatnonzero(self._flat >= 0)
        return keys[np.argsort(self._flat[keys])]
