"""A state as one machine word: each part of the system numbers its local states, and a state is their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.program import Bytes
from pointsman.checking.seen import Seen, Words
from pointsman.world.system import System, Variable

Numbers = NDArray[np.int64]

_WIDEST = 60
_DIRECT_BITS = 12


_Whole = TypeVar("_Whole", bound=np.integer[Any])


def distinct(words: NDArray[_Whole]) -> NDArray[_Whole]:
    """Each word once, in order. `np.unique` hashes, which takes longer."""
    return once(np.sort(words))


def once(ascending: NDArray[_Whole]) -> NDArray[_Whole]:
    """Each of these sorted words once."""
    first = np.ones(len(ascending), dtype=np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return ascending.compress(first)


class TooWideError(Exception):
    """The states of this world do not fit into a machine word of 64 bits."""


class StatePart:
    """A group of variables whose values together are one local state, numbered in the order of first occurrence."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        self.names = tuple(variable.name for variable in variables)
        self.bits = [max(1, (variable.size - 1).bit_length()) for variable in variables]
        self.sizes = [variable.size for variable in variables]
        self._met = Seen()
        # The numbers by word where that takes little room: most workers have few variables.
        self._direct: Numbers | None = np.full(1 << sum(self.bits), -1) if sum(self.bits) <= _DIRECT_BITS else None
        self._columns = np.zeros((len(self.names), 64), dtype=np.uint8)

    def __len__(self) -> int:
        return len(self._met)

    def packed(self, columns: Mapping[str, Bytes]) -> Words:
        """Local states packed into words of this part, from the values of its variables (one array each)."""
        found = np.zeros(len(columns[self.names[0]]), dtype=np.uint64)
        for name, bits in zip(self.names, self.bits, strict=True):
            found <<= np.uint64(bits)
            found |= columns[name]
        return found

    def number(self, words: Words) -> Numbers:
        """The number of each local state; new local states get new numbers, in the order of their first place."""
        numbers = self.find(words)
        unknown = np.flatnonzero(numbers < 0)
        if len(unknown):
            new = words.take(unknown)
            self.learn(new)
            numbers[unknown] = self.find(new)
        return numbers

    def find(self, words: Words) -> Numbers:
        """The number of each local state; -1 for those that were not met yet."""
        if self._direct is not None:
            return self._direct.take(words.view(np.int64))
        return self._met.find(words).astype(np.int64)

    def learn(self, words: Words) -> None:
        """Number local states that were not met yet."""
        first = len(self)
        new = self._met.add(words)
        self._learn(new)
        if self._direct is not None:
            self._direct[new.view(np.int64)] = np.arange(first, len(self))

    def packed_again(self, numbers: Numbers) -> Words:
        """Local states as words of this part, from their numbers."""
        return self._met.order.take(numbers)

    def rewritten(self, numbers: Numbers, changed: Mapping[str, Bytes]) -> Words:
        """Local states as words of this part, from their numbers, with other values for some variables."""
        found = self.packed_again(numbers)
        shift = sum(self.bits)
        for name, bits in zip(self.names, self.bits, strict=True):
            shift -= bits
            if name in changed:
                found &= ~np.uint64(((1 << bits) - 1) << shift)
                found |= changed[name].astype(np.uint64) << np.uint64(shift)
        return found

    def _learn(self, words: Words) -> None:
        """Store the variables of new local states, which are the last of `words`."""
        first, last = len(self) - len(words), len(self)
        if last > self._columns.shape[1]:
            grown = np.zeros((len(self.names), max(last, 2 * self._columns.shape[1])), dtype=np.uint8)
            grown[:, :first] = self._columns[:, :first]
            self._columns = grown
        rest = words.copy()
        for at in range(len(self.names) - 1, -1, -1):
            self._columns[at, first:last] = rest & np.uint64((1 << self.bits[at]) - 1)
            rest >>= np.uint64(self.bits[at])

    def forget_beyond(self, count: int) -> None:
        """Forget all local states but the first `count`."""
        kept, self._met = self._met.order[:count], Seen()
        self._met.add(kept)
        if self._direct is not None:
            self._direct[self._direct >= count] = -1

    def block(self, numbers: Numbers) -> Bytes:
        """The values of the part's variables in local states given by number: a row for each variable."""
        return self._columns.take(numbers, axis=1)

    def columns(self, numbers: Numbers) -> dict[str, Bytes]:
        """The values of the part's variables in local states given by number."""
        return {name: self._columns[at][numbers] for at, name in enumerate(self.names)}

    def all_columns(self) -> dict[str, Bytes]:
        """The values of the part's variables in every local state met so far."""
        return {name: self._columns[at, : len(self)] for at, name in enumerate(self.names)}


@dataclass(frozen=True, slots=True)
class WordField:
    """Where a part's number stands in a state's word."""

    shift: int
    bits: int

    def read(self, words: Words) -> Numbers:
        """The part's number in each state."""
        return ((words >> np.uint64(self.shift)) & np.uint64((1 << self.bits) - 1)).astype(np.int64)


class Layout:
    """How many bits each part has in a state's word. It is made again, wider, when a part outgrows its place."""

    def __init__(self, parts: Sequence[StatePart], bits: Sequence[int]) -> None:
        if sum(bits) > 63:
            raise TooWideError
        self.fields: list[WordField] = []
        shift = 0
        for width in bits:
            self.fields.append(WordField(shift, width))
            shift += width
        self.parts = tuple(parts)

    def fits(self) -> bool:
        """Whether the bits of each field can hold every number of its part."""
        return all(len(part) <= 1 << field.bits for part, field in zip(self.parts, self.fields, strict=True))

    def wider(self) -> Layout:
        """A layout in which full parts have room for twice their numbers or, if that is too wide, for the present ones.

        Raises:
            TooWideError: there is no room even for the present ones.
        """
        bits = [
            field.bits if len(part) <= 1 << field.bits else (2 * len(part) - 1).bit_length()
            for part, field in zip(self.parts, self.fields, strict=True)
        ]
        if sum(bits) > 63:
            bits = [max(1, (len(part) - 1).bit_length()) for part in self.parts]
        return Layout(self.parts, bits)

    def word(self, numbers: Sequence[Numbers]) -> Words:
        """States as words, from their parts' numbers."""
        found = np.zeros(len(numbers[0]), dtype=np.uint64)
        for field, number in zip(self.fields, numbers, strict=True):
            found |= number.astype(np.uint64) << np.uint64(field.shift)
        return found

    def moved(self, words: Words, new: Layout) -> Words:
        """The same states in another layout."""
        return new.word([field.read(words) for field in self.fields])


def parts_of(system: System) -> tuple[StatePart, ...]:
    """The parts of `system`, in the order of its variables; a part that is too wide for a word is split."""
    groups: dict[str, list[Variable]] = {}
    for variable in system.variables:
        groups.setdefault(variable.part, []).append(variable)
    found: list[StatePart] = []
    for variables in groups.values():
        chunk: list[Variable] = []
        width = 0
        for variable in variables:
            bits = max(1, (variable.size - 1).bit_length())
            if chunk and width + bits > _WIDEST:
                found.append(StatePart(chunk))
                chunk, width = [], 0
            chunk.append(variable)
            width += bits
        found.append(StatePart(chunk))
    return tuple(found)


def first_layout(parts: Sequence[StatePart]) -> Layout:
    """The initial layout, with few bits for each part: layouts grow on demand.

    Raises:
        TooWideError: there are more than 63 parts.
    """
    width = max(1, min(6, 63 // len(parts)))
    return Layout(parts, [width] * len(parts))
