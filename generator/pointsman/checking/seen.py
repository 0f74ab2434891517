"""A set of 64-bit words with an index for each: open addressing, many words at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Indexes = NDArray[np.int32]
Mask = NDArray[np.bool_]

_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_LOAD = 0.6
"""The greatest share of the table's places that is taken between calls."""
_FULL = 0.8
"""The greatest share while words are added, when it is not yet known how many of them are new."""
_PIECE = 1 << 16


class Seen:
    """Distinct words in the order in which they were added. At most 2^31 of them; none may be 2^64 - 1.

    Bytes for each word: 8 in the order, and 12 for each of the table's places,
    of which between 30 and 60 percent are taken.
    """

    def __init__(self) -> None:
        self._bits = 8
        self._order: Words = np.empty(0, dtype=np.uint64)
        self._count = 0
        self._make_table()

    def __len__(self) -> int:
        return self._count

    @property
    def order(self) -> Words:
        """All words, in the order in which they were added."""
        return self._order[: self._count]

    @property
    def bytes(self) -> int:
        """The memory of the set in bytes, without room in `order` that was never written to."""
        return self._table.nbytes + self._at.nbytes + self.order.nbytes

    def _make_table(self) -> None:
        """An empty table, and room in the order for all that it may ever hold."""
        size = 1 << self._bits
        order: Words = np.empty(int(_FULL * size), dtype=np.uint64)
        order[: self._count] = self.order
        self._order = order
        self._mask = size - 1
        self._table: Words = np.full(size, _EMPTY, dtype=np.uint64)
        self._at: Indexes = np.zeros(size, dtype=np.int32)

    def _start(self, words: Words) -> NDArray[np.int64]:
        """The place where the search for each word begins. A single multiplication would cluster similar words."""
        mixed = words * _MIX
        mixed ^= mixed >> np.uint64(32)
        mixed *= _MIX
        mixed >>= np.uint64(64 - self._bits)
        return mixed.view(np.int64)

    def add(self, words: Words) -> Words:
        """Add `words`, which may repeat; the new ones, each once, in the order of their first place in `words`."""
        self._make_room(self._count + len(words), _FULL)
        fresh = words.take(self._insert(words))
        self._order[self._count : self._count + len(fresh)] = fresh
        self._count += len(fresh)
        self._make_room(self._count, _LOAD)
        return fresh

    def has(self, words: Words) -> Mask:
        """Whether each word is in the set."""
        return self.find(words) >= 0

    def find(self, words: Words) -> Indexes:
        """The index of each word; -1 where it is not in the set."""
        spots = self._start(words)
        here = self._table.take(spots)
        found: Indexes = np.where(here == words, self._at.take(spots), np.int32(-1))
        left = np.flatnonzero((found < 0) & (here != _EMPTY))
        mine, spots = words.take(left), spots.take(left)
        while len(left):
            spots = (spots + 1) & self._mask
            here = self._table.take(spots)
            same = np.flatnonzero(here == mine)
            found[left.take(same)] = self._at.take(spots.take(same))
            other = np.flatnonzero((here != mine) & (here != _EMPTY))
            left, mine, spots = left.take(other), mine.take(other), spots.take(other)
        return found

    def _insert(self, words: Words) -> NDArray[np.int64]:
        """Put `words` into the table; the positions of those that were not there, first of each, in order."""
        place = self._start(words)
        # Most words are found at their first place; only the others are probed further.
        left = np.flatnonzero(self._table.take(place) != words)
        mine, spots = words.take(left), place.take(left)
        new = np.zeros(len(words), dtype=np.bool_)
        while len(left):
            here = self._table.take(spots)
            empty = np.flatnonzero(here == _EMPTY)
            if len(empty):
                new[self._settle(mine.take(empty), spots.take(empty), left.take(empty))] = True
                here = self._table.take(spots)
            # A word that lost its place to another, or found another there, goes on to the next place.
            lost = np.flatnonzero(here != mine)
            left, mine = left.take(lost), mine.take(lost)
            spots = (spots.take(lost) + 1) & self._mask
            place[left] = spots
        found = np.flatnonzero(new)
        self._at[place.take(found)] = np.arange(self._count, self._count + len(found), dtype=np.int32)
        return found

    def _settle(self, words: Words, spots: NDArray[np.int64], positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Write words into empty places; the positions of those that stay: where several want one place, the first."""
        names = positions.astype(np.int32)
        # All words are written, from the last to the first, so that the first remains.
        self._at[spots[::-1]] = names[::-1]
        first = np.flatnonzero(self._at.take(spots) == names)
        self._table[spots.take(first)] = words.take(first)
        return positions.take(first)

    def _make_room(self, words: int, load: float) -> None:
        """Make room for so many words in all under this load; the table is rebuilt from `order`."""
        if words <= int(load * (1 << self._bits)):
            return
        while words > int(load * (1 << self._bits)):
            self._bits += 1
        del self._table, self._at
        self._make_table()
        known, self._count = self._count, 0
        for start in range(0, known, _PIECE):
            part = self._order[start : min(start + _PIECE, known)]
            self._insert(part)
            self._count += len(part)
