"""Weights of cells, as whole numbers: the less often a cell was reached, the heavier the options that reach it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from pointsman_conformance.search.cells import Cell
from pointsman_conformance.search.coverage import Coverage

_REQUIRED = 64
_OTHER = 8

Slot = int
"""The index of a cell in `CellWeights.table`."""

NOTHING: Slot = 0
"""The slot of options that reach no cell; its weight is 0."""


class ChoiceSource(Protocol):
    """A source of choices: a random source, or Hypothesis."""

    def below(self, n: int) -> int:
        """A whole number from 0 to `n` - 1; 0 is the simplest choice."""
        ...


class Digits:
    """Small numbers taken from one large number of a source: drawing from Hypothesis takes longer than choosing a step.

    When the large number is used up, the source is asked for each small one.
    """

    def __init__(self, source: ChoiceSource) -> None:
        self._source, self._left, self._span = source, source.below(_SPAN), _SPAN

    def below(self, n: int) -> int:
        """A whole number from 0 to `n` - 1."""
        if self._span < _EVEN * n:
            return self._source.below(n)
        self._span //= n
        digit = min(self._left // self._span, n - 1)
        self._left -= digit * self._span
        return digit


_SPAN = 1 << 32
_EVEN = 64
"""The factor by which `rest` must exceed `n`. With a smaller factor, the last number would be much likelier."""


class CellWeights:
    """The weights of all cells that have a slot. Each time that a cell is reached, its weight falls."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self._slots: dict[Cell, Slot] = {}
        self._worth: list[int] = [0]
        self._counts: list[int] = [0]
        self._base: tuple[list[int], list[int]] = ([], [])
        self._seen = -1
        self.table: list[int] = [0]

    def slot(self, cell: Cell) -> Slot:
        """The index of `cell` in `table`; a new one at the first call."""
        if cell not in self._slots:
            self._slots[cell] = len(self.table)
            self._worth.append(_REQUIRED if cell in self._coverage.survey.required else _OTHER)
            self._counts.append(0)
            self.table.append(self._worth[-1])
        return self._slots[cell]

    def begin(self) -> bool:
        """Begin a run with weights from the coverage. True if they differ from those that the run before began with."""
        changed = self._seen != self._coverage.changes or len(self._base[0]) != len(self.table)
        if changed:
            counts = [0, *(self._coverage.counts.get(cell, 0) for cell in self._slots)]
            self._base = counts, [worth // (1 + count) for worth, count in zip(self._worth, counts, strict=True)]
            self._seen = self._coverage.changes
        self._counts[:], self.table[:] = self._base
        return changed

    def reached(self, slot: Slot) -> None:
        """Count that this run has reached the cell of `slot`."""
        self._counts[slot] += 1
        self.table[slot] = self._worth[slot] // (1 + self._counts[slot])

    def of(self, slots: Iterable[Slot]) -> int:
        """The sum of the weights of `slots`."""
        table, total = self.table, 0
        for slot in slots:
            total += table[slot]
        return total


_T = TypeVar("_T")


def weighted(source: ChoiceSource, options: Sequence[tuple[int, _T]]) -> _T:
    """One of `options` (one or more), chosen with a probability proportional to its weight (1 or more)."""
    return at(options, source.below(GRAIN)) if len(options) > 1 else options[0][1]


GRAIN = 1 << 9
"""The number of equal parts into which the sum of the weights is divided for a choice."""


def at(options: Sequence[tuple[int, _T]], share: int) -> _T:
    """The option that stands at `share` (0 to `GRAIN` - 1) of the way along all of them."""
    total = 0
    for weight, _ in options:
        total += weight
    left = share * total // GRAIN
    for weight, option in options:
        left -= weight
        if left < 0:
            return option
    raise AssertionError("a source gave a number that is too large")
