"""A set of machine words with an index for each: open addressing, many words at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Indexes = NDArray[np.int32]
Mask = NDArray[np.bool_]

_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_LOAD = 0.6


class Seen:
    """The words that were met, in order, each once. At the most 2^31 of them; none may be 2^64 - 1.

    Bytes for each word: 8 in the order, and 12 for each of the table's places,
    of which between 30 and 60 percent are taken.
    """

    def __init__(self) -> None:
        self._bits = 8
        self._order: Words = np.empty(128, dtype=np.uint64)
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
        """How much memory the set takes."""
        return self._table.nbytes + self._at.nbytes + self._order.nbytes

    def _make_table(self) -> None:
        size = 1 << self._bits
        self._table: Words = np.full(size, _EMPTY, dtype=np.uint64)
        self._at: Indexes = np.zeros(size, dtype=np.int32)

    def _start(self, words: Words) -> NDArray[np.int64]:
        return ((words * _MIX) >> np.uint64(64 - self._bits)).astype(np.int64)

    def add(self, words: Words) -> Words:
        """Add `words`, which may repeat; the new ones, each once, in the order of their first place in `words`."""
        self._make_room(len(words))
        new = self._insert(words)
        fresh = words[new]
        self._append(fresh)
        return fresh

    def find(self, words: Words) -> Indexes:
        """The index of each word; -1 where it is not in the set."""
        found = np.full(len(words), -1, dtype=np.int32)
        place = self._start(words)
        left = np.arange(len(words))
        mask = (1 << self._bits) - 1
        while len(left):
            here = self._table[place[left]]
            same = here == words[left]
            found[left[same]] = self._at[place[left[same]]]
            left = left[~same & (here != _EMPTY)]
            place[left] = (place[left] + 1) & mask
        return found

    def _insert(self, words: Words) -> NDArray[np.int64]:
        """Put `words` into the table; the positions of those that were not there, first of each, in order."""
        place = self._start(words)
        left = np.arange(len(words), dtype=np.int64)
        won: list[NDArray[np.int64]] = []
        mask = (1 << self._bits) - 1
        while len(left):
            at, mine = place[left], words[left]
            here = self._table[at]
            empty = here == _EMPTY
            done = here == mine
            if empty.any():
                # Several may want one empty place: all write, from the last to the first, so that the first one stays.
                wanting, spots = left[empty][::-1], at[empty][::-1]
                self._table[spots] = words[wanting]
                self._at[spots] = wanting.astype(np.int32)
                stayed = self._at[spots] == wanting
                won.append(wanting[stayed])
                done[empty] = self._table[at[empty]] == mine[empty]
            left = left[~done]
            # Whoever lost a place to another word looks at it again and passes on.
            place[left] = (place[left] + 1) & mask
        found = np.sort(np.concatenate(won)) if won else np.empty(0, dtype=np.int64)
        spots = self._spots(words[found])
        self._at[spots] = self._count + np.arange(len(found), dtype=np.int32)
        return found

    def _spots(self, words: Words) -> NDArray[np.int64]:
        """Where words that are in the table stand."""
        place = self._start(words)
        mask = (1 << self._bits) - 1
        left = np.arange(len(words))
        while len(left):
            left = left[self._table[place[left]] != words[left]]
            place[left] = (place[left] + 1) & mask
        return place

    def _append(self, fresh: Words) -> None:
        needed = self._count + len(fresh)
        if needed > len(self._order):
            grown: Words = np.empty(max(needed, len(self._order) * 3 // 2), dtype=np.uint64)
            grown[: self._count] = self._order[: self._count]
            self._order = grown
        self._order[self._count : needed] = fresh
        self._count = needed

    def _make_room(self, more: int) -> None:
        """Room for `more` words, should all of them be new; the table is made again from the order."""
        if self._count + more <= _LOAD * (1 << self._bits):
            return
        while self._count + more > _LOAD * (1 << self._bits):
            self._bits += 1
        del self._table, self._at
        self._make_table()
        known, self._count = self._count, 0
        for start in range(0, known, 1 << 18):
            part = self._order[start : min(start + (1 << 18), known)]
            self._insert(part)
            self._count += len(part)
