"""Replaces each state by one representative: dead variables cleared, interchangeable workers and rows sorted.

Sound for safety. Liveness looks at cycles, and two states that differ by a swap
are no cycle: for liveness only the clearing is used, which keeps every run as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.parts import Numbers, StatePart
from pointsman.checking.program import Bytes, Program
from pointsman.checking.seen import Seen, Words
from pointsman.checking.steps import Space
from pointsman.world.system import System, Twins

ByteColumns = dict[str, Bytes]


class Canon:
    """Maps states to their representatives."""

    def __init__(self, space: Space, *, swaps: bool) -> None:
        self._space = space
        self._swaps = swaps and bool(space.system.twins or space.system.rows)
        self._tidying = _Tidying(space)

    def of(self, words: Words, known: Seen) -> Words:
        """The representative of each word, in the same order; raises RelaidError as a space's `words` does.

        `known` holds words that represent themselves, which are returned unchanged.
        """
        strange = np.flatnonzero(known.find(words) < 0)
        if not len(strange):
            return words
        distinct, back = np.unique(words[strange], return_inverse=True)
        found = words.copy()
        found[strange] = self._computed(distinct)[back.reshape(-1)]
        return found

    def _computed(self, words: Words) -> Words:
        if self._swaps:
            return self._least(self._tidying.columns(words))
        return self._space.word_of([part.number(found) for part, found in self._tidying.local(words)])

    def _least(self, columns: ByteColumns) -> Words:
        """The least word among the orders of the rows, with the workers of each team in order."""
        system = self._space.system
        every = [self._space.words(_with_twins_in_order(system, each)) for each in _row_orders(system, columns)]
        least: Words = np.minimum.reduce(every)
        return least


class _Tidying:
    """All rules that clear dead variables, one after another, compiled to one program."""

    def __init__(self, space: Space) -> None:
        self._space = space
        names = [name for part in space.parts for name in part.names]
        self._program = Program(names, [size for part in space.parts for size in part.sizes])
        for tidy in space.system.tidies:
            guard = self._program.truth(tidy.guard)
            new = [(name, self._program.add(expr)) for name, expr in tidy.updates]
            for name, row in new:
                self._program.assign(name, self._program.choose(guard, row, self._program.row(name)))
        self._names = names
        self._rows = [self._program.row(name) for name in names]
        self._tidied = {name for at, (name, row) in enumerate(zip(names, self._rows, strict=True)) if row != at}

    def _run(self, numbers: Sequence[Numbers]) -> Bytes:
        blocks = [part.block(number) for part, number in zip(self._space.parts, numbers, strict=True)]
        return self._program.run(np.concatenate(blocks)).rows

    def _numbers(self, words: Words) -> list[Numbers]:
        return [field.read(words) for field in self._space.layout.fields]

    def columns(self, words: Words) -> ByteColumns:
        """The variables of the tidied states."""
        rows = self._run(self._numbers(words))
        return {name: rows[row] for name, row in zip(self._names, self._rows, strict=True)}

    def local(self, words: Words) -> list[tuple[StatePart, Words]]:
        """Each part with its words in the tidied states."""
        numbers = self._numbers(words)
        rows = self._run(numbers)
        found: list[tuple[StatePart, Words]] = []
        for part, number in zip(self._space.parts, numbers, strict=True):
            changed = {name: rows[self._program.row(name)] for name in part.names if name in self._tidied}
            found.append((part, part.rewritten(number, changed)))
        return found


def _row_orders(system: System, columns: ByteColumns) -> list[ByteColumns]:
    """The same states with the rows in every order."""
    if not system.rows:
        return [columns]
    found: list[ByteColumns] = []
    for order in itertools.permutations(range(len(system.rows))):
        each = dict(columns)
        for new, old in enumerate(order):
            for to, source in zip(system.rows[new], system.rows[old], strict=True):
                each[to] = columns[source]
        becomes = np.array([order.index(old) for old in range(len(order))], dtype=np.uint8)
        for pointer in system.row_pointers:
            # An idle worker points at row 0 in every order, so its pointer is cleared again.
            each[pointer] = becomes[columns[pointer]]
        found.append(_idle_put_back(system, columns, each))
    return found


def _idle_put_back(system: System, before: ByteColumns, after: ByteColumns) -> ByteColumns:
    for pointer in system.row_pointers:
        phase = pointer.rsplit("_", 1)[0] + "_phase"
        after[pointer] = np.where(before[phase] == 0, np.uint8(0), after[pointer])
    return after


def _with_twins_in_order(system: System, columns: ByteColumns) -> ByteColumns:
    found = dict(columns)
    for twins in system.twins:
        _put_in_order(twins, found)
    return found


def _put_in_order(twins: Twins, columns: ByteColumns) -> None:
    """Sort the interchangeable workers of each state by their variables and by the rows that they hold."""
    keys = np.stack([_key(twins, at, columns) for at in range(len(twins.twins))])
    order: NDArray[np.intp] = np.argsort(keys, axis=0, kind="stable")
    if (order == np.arange(len(twins.twins))[:, None]).all():
        return
    for names in zip(*(twin.names for twin in twins.twins), strict=True):
        sorted_values = np.take_along_axis(np.stack([columns[name] for name in names]), order, axis=0)
        for at, name in enumerate(names):
            columns[name] = sorted_values[at]
    place = np.argsort(order, axis=0)
    for holder in twins.holders:
        held = columns[holder]
        renamed = held.copy()
        for at, twin in enumerate(twins.twins):
            tokens = np.array([other.token for other in twins.twins], dtype=np.uint8)
            renamed = np.where(held == twin.token, tokens[place[at]], renamed)
        columns[holder] = renamed


def _key(twins: Twins, at: int, columns: Mapping[str, Bytes]) -> Words:
    twin = twins.twins[at]
    key = np.zeros(len(columns[twin.names[0]]), dtype=np.uint64)
    for name in twin.names:
        key = (key << np.uint64(5)) | columns[name].astype(np.uint64)
    for holder in twins.holders:
        key = (key << np.uint64(1)) | (columns[holder] == twin.token).astype(np.uint64)
    return key
