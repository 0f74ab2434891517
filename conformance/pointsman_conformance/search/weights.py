"""How much each cell is still wanted, as whole numbers that a choice can be weighted by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from pointsman_conformance.search.cells import Cell
from pointsman_conformance.search.coverage import Coverage

_REQUIRED = 64
_OTHER = 8

Slot = int
"""The place of a cell's need."""

NOTHING: Slot = 0
"""The slot of what nobody needs."""


class ChoiceSource(Protocol):
    """Where choices come from: a random source, or Hypothesis."""

    def below(self, n: int) -> int:
        """A whole number from 0 to `n` - 1; 0 is the simplest choice."""
        ...


class Digits:
    """One large number of a source, taken apart: to draw a number from Hypothesis takes longer than to choose a step.

    When it is used up, the source is asked again.
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
"""So many times more than is asked for there must be left, or some numbers would be much likelier than others."""


class CellWeights:
    """The needs of all cells that somebody has asked for. A cell that is reached often is wanted less."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self._slots: dict[Cell, Slot] = {}
        self._worth: list[int] = [0]
        self._counts: list[int] = [0]
        self._base: tuple[list[int], list[int]] = ([], [])
        self._seen = -1
        self.table: list[int] = [0]

    def slot(self, cell: Cell) -> Slot:
        """The place of `cell`, for `table`."""
        if cell not in self._slots:
            self._slots[cell] = len(self.table)
            self._worth.append(_REQUIRED if cell in self._coverage.survey.required else _OTHER)
            self._counts.append(0)
            self.table.append(self._worth[-1])
        return self._slots[cell]

    def begin(self) -> bool:
        """A new run: the needs are what the coverage says now. Whether they differ from those of the run before."""
        changed = self._seen != self._coverage.changes or len(self._base[0]) != len(self.table)
        if changed:
            counts = [0, *(self._coverage.counts.get(cell, 0) for cell in self._slots)]
            self._base = counts, [worth // (1 + count) for worth, count in zip(self._worth, counts, strict=True)]
            self._seen = self._coverage.changes
        self._counts[:], self.table[:] = self._base
        return changed

    def reached(self, slot: Slot) -> None:
        """In this run it was reached once more."""
        self._counts[slot] += 1
        self.table[slot] = self._worth[slot] // (1 + self._counts[slot])

    def of(self, slots: Iterable[Slot]) -> int:
        """How much these are wanted together."""
        table, total = self.table, 0
        for slot in slots:
            total += table[slot]
        return total


_T = TypeVar("_T")


def weighted(source: ChoiceSource, options: Sequence[tuple[int, _T]]) -> _T:
    """One of `options` (one or more), each as likely as its weight (1 or more) says."""
    return at(options, source.below(GRAIN)) if len(options) > 1 else options[0][1]


GRAIN = 1 << 9
"""Into so many parts the line of options is divided."""


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
