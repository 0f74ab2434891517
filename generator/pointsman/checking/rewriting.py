"""Functions of states as small tables over the numbers of local states, filled as combinations are met.

A function that reads and writes a few variables is run once for each combination of
their values. A state then costs a few look-ups in tables that stay in cache, and
none of its variables is unpacked.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from math import prod

import numpy as np

from pointsman.checking.keys import KeyRows, joined, split
from pointsman.checking.parts import Numbers, StatePart, TooWideError, distinct
from pointsman.checking.program import Bytes, Flags
from pointsman.checking.seen import Seen, Words

ByteColumns = dict[str, Bytes]
Rewritten = Callable[[Mapping[str, Bytes]], Mapping[str, Bytes]]
"""From the values of variables, one array each, to the new values of those that may change."""

_DENSE_BITS = 20
_WIDEST = 63
_MOST = 1 << 16
"""How many combinations a function may have, to be computed for all of them before they are met."""


class ByNumber:
    """A number for each local state of a part, computed from its variables when the local state is first met."""

    def __init__(self, part: StatePart, compute: Callable[[ByteColumns], Numbers]) -> None:
        self._part = part
        self._compute = compute
        self._values: Numbers = np.empty(0, dtype=np.int64)

    def values(self) -> Numbers:
        """The values of all local states met so far."""
        known = len(self._values)
        if known < len(self._part):
            new = self._compute(self._part.columns(np.arange(known, len(self._part))))
            self._values = np.concatenate([self._values, new])
        return self._values


class Renumbered:
    """The number of a local state after its variables were rewritten, maybe to one of another part of like variables.

    `compute` is from the variables of `source` to all of `target`.
    """

    def __init__(self, source: StatePart, target: StatePart, compute: Rewritten) -> None:
        self._source = source
        self._target = target
        self._compute = compute
        self._table: Numbers = np.full(64, -1, dtype=np.int64)

    def of(self, numbers: Numbers) -> Numbers:
        """The numbers in `target`, of local states of `source`."""
        if len(self._table) < len(self._source):
            grown: Numbers = np.full(2 * len(self._source), -1, dtype=np.int64)
            grown[: len(self._table)] = self._table
            self._table = grown
        found: Numbers = self._table.take(numbers)
        missing = np.flatnonzero(found < 0)
        if len(missing):
            new = distinct(numbers.take(missing))
            self._table[new] = self._target.number(self._target.packed(self._compute(self._source.columns(new))))
            found = self._table.take(numbers)
        return found


class _Classes:
    """The local states of a part, numbered by the values of some of the part's variables."""

    def __init__(self, part: StatePart, names: Container[str]) -> None:
        self.names = tuple(name for name in part.names if name in names)
        self._bits = {name: bits for name, bits in zip(part.names, part.bits, strict=True) if name in names}
        self._met = Seen()
        self._by_number = ByNumber(part, self._numbered)

    def __len__(self) -> int:
        return len(self._met)

    def table(self) -> Numbers:
        """The class of each local state."""
        return self._by_number.values()

    def columns(self, classes: Numbers) -> ByteColumns:
        """The values of the variables in these classes."""
        words = self._met.order.take(classes)
        found: ByteColumns = {}
        for name in reversed(self.names):
            found[name] = (words & np.uint64((1 << self._bits[name]) - 1)).astype(np.uint8)
            words = words >> np.uint64(self._bits[name])
        return found

    def _numbered(self, columns: ByteColumns) -> Numbers:
        return self.number(self.packed(columns))

    def number(self, words: Words) -> Numbers:
        """The class of each word of values; new ones get the next numbers."""
        self._met.add(words)
        return self._met.find(words).astype(np.int64)

    def packed(self, columns: Mapping[str, Bytes]) -> Words:
        """The values of the variables as words."""
        words = np.zeros(len(columns[self.names[0]]), dtype=np.uint64)
        for name in self.names:
            words = (words << np.uint64(self._bits[name])) | columns[name]
        return words


class _Index:
    """A row for each combination of numbers that was met, in the order of being met."""

    def __init__(self, columns: int) -> None:
        self._bits = [min(4, _WIDEST // columns)] * columns
        self._keys: Numbers = np.empty(0, dtype=np.int64)
        self._make()

    def __len__(self) -> int:
        return len(self._keys)

    def _make(self) -> None:
        bits = sum(self._bits)
        self._rows = KeyRows(self._keys, bits if bits <= _DENSE_BITS else None)

    def room(self, sizes: Iterable[int]) -> None:
        """Let each column have room for numbers below its size.

        Raises:
            TooWideError: the numbers do not fit into a machine word together.
        """
        needed = [(size - 1).bit_length() for size in sizes]
        if all(new <= old for old, new in zip(self._bits, needed, strict=True)):
            return
        bits = [old if new <= old else new + 1 for old, new in zip(self._bits, needed, strict=True)]
        if sum(bits) > _WIDEST:
            bits = [max(1, new) for new in needed]
        if sum(bits) > _WIDEST:
            raise TooWideError
        columns = self.columns()
        self._bits = bits
        self._keys = joined(columns, bits)
        self._make()

    def columns(self) -> list[Numbers]:
        """The combinations that were met: an array for each column."""
        return split(self._keys, self._bits)

    def rows(self, columns: Sequence[Numbers], fill: Callable[[list[Numbers]], None]) -> Numbers:
        """The row of each combination; `fill` is called with the new ones first, each once and in order."""
        keys = joined(columns, self._bits)
        found = self._rows.find(keys)
        missing = np.flatnonzero(found < 0)
        if not len(missing):
            return found
        new = distinct(keys.take(missing))
        fill(split(new, self._bits))
        self._rows.enter(new, len(self._keys))
        self._keys = np.concatenate([self._keys, new])
        return self._rows.find(keys)


class Rewriting:
    """A function of some variables that rewrites some of them, over the parts that have these variables."""

    def __init__(self, parts: Sequence[StatePart], names: Iterable[str], writes: Iterable[str], run: Rewritten) -> None:
        """`names` are the variables that are read or written, `writes` those of them that are written."""
        names, written = set(names), set(writes)
        self._run = run
        self._read = [
            (_Classes(part, names & set(part.names)), at) for at, part in enumerate(parts) if names & set(part.names)
        ]
        self._written = [
            (at, _Outcomes(part, written & set(part.names)))
            for at, part in enumerate(parts)
            if written & set(part.names)
        ]
        self._index = _Index(len(self._read))
        self._lengths: list[int] = []
        self._sizes: list[int] = []
        self._is_complete = False
        self._by_class: list[Flags] = []
        self._changing: list[Flags] = []
        self._changes: Flags = np.empty(0, dtype=np.bool_)

    def apply(self, numbers: list[Numbers]) -> None:
        """Replace the numbers of the parts that the function writes; `numbers` has one array for each part."""
        at = self._touched(numbers)
        if not len(at):
            return
        classes = [one.table().take(numbers[place].take(at)) for one, place in self._read]
        rows = self._index.rows(classes, self._fill)
        some = np.flatnonzero(self._changes.take(rows))
        if not len(some):
            return
        at, rows = at.take(some), rows.take(some)
        for place, outcomes in self._written:
            numbers[place] = outcomes.applied(numbers[place], at, rows)

    def _touched(self, numbers: list[Numbers]) -> Numbers:
        """The positions of the states whose local states may each be changed."""
        lengths = [len(one.table()) for one, _ in self._read]
        if lengths != self._lengths:
            self._lengths = lengths
            self._learn()
        found: Flags = np.ones(1, dtype=np.bool_)
        for (_, place), changing in zip(self._read, self._changing, strict=True):
            found = found & changing.take(numbers[place])
        return np.flatnonzero(found)

    def _learn(self) -> None:
        """Take in local states that were met since."""
        sizes = [len(one) for one, _ in self._read]
        if sizes != self._sizes:
            self._sizes = sizes
            self._index.room(sizes)
            self._complete()
        self._changing = [
            changing.take(one.table()) for (one, _), changing in zip(self._read, self._by_class, strict=True)
        ]

    def _complete(self) -> None:
        """Compute all combinations of classes, unless they are too many; note the classes that some of them changes."""
        self._is_complete = prod(self._sizes) <= _MOST
        self._by_class = [np.full(size, not self._is_complete) for size in self._sizes]
        if self._is_complete:
            every = np.indices(self._sizes).reshape(len(self._sizes), -1)
            self._index.rows(list(every), self._fill)
            for changing, column in zip(self._by_class, self._index.columns(), strict=True):
                changing[column[self._changes]] = True

    def _fill(self, classes: list[Numbers]) -> None:
        before: ByteColumns = {}
        for (one, _), numbers in zip(self._read, classes, strict=True):
            before |= one.columns(numbers)
        after = self._run(before)
        changes = np.zeros(len(classes[0]), dtype=np.bool_)
        for _, outcomes in self._written:
            changes |= outcomes.learn(before, after) != 0
        self._changes = np.concatenate([self._changes, changes])


class _Outcomes:
    """What a function writes into one part, numbered: 0 where it writes what is there already."""

    def __init__(self, part: StatePart, names: Container[str]) -> None:
        self._part = part
        self._classes = _Classes(part, names)
        self._by_row: Numbers = np.empty(0, dtype=np.int64)
        self._index = _Index(2)
        self._after: Numbers = np.empty(0, dtype=np.int64)

    def learn(self, before: Mapping[str, Bytes], after: Mapping[str, Bytes]) -> Numbers:
        """The outcomes of new rows."""
        new = {name: after.get(name, before[name]) for name in self._classes.names}
        words = self._classes.packed(new)
        numbers = 1 + self._classes.number(words)
        numbers[words == self._classes.packed(before)] = 0
        self._by_row = np.concatenate([self._by_row, numbers])
        return numbers

    def applied(self, numbers: Numbers, some: Numbers, rows: Numbers) -> Numbers:
        """The part's numbers, where those at `some` have the outcomes of `rows`."""
        outcomes = self._by_row.take(rows)
        changed = np.flatnonzero(outcomes)
        some = some.take(changed)
        self._index.room((len(self._part), len(self._classes) + 1))
        rows = self._index.rows([numbers.take(some), outcomes.take(changed)], self._fill)
        found = numbers.copy()
        found[some] = self._after.take(rows)
        return found

    def _fill(self, columns: list[Numbers]) -> None:
        numbers, outcomes = columns
        words = self._part.rewritten(numbers, self._classes.columns(outcomes - 1))
        self._after = np.concatenate([self._after, self._part.number(words)])
