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


class Source(Protocol):
    """Where choices come from: a random source, or Hypothesis."""

    def below(self, n: int) -> int:
        """A whole number from 0 to `n` - 1; 0 is the simplest choice."""
        ...


class Needs:
    """The needs of all cells that somebody has asked for. A cell that is reached often is wanted less."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self._slots: dict[Cell, Slot] = {}
        self._worth: list[int] = []
        self._counts: list[int] = []
        self.table: list[int] = []

    def slot(self, cell: Cell) -> Slot:
        """The place of `cell`, for `table`."""
        if cell not in self._slots:
            self._slots[cell] = len(self.table)
            self._worth.append(_REQUIRED if cell in self._coverage.survey.required else _OTHER)
            self._counts.append(0)
            self.table.append(self._worth[-1])
        return self._slots[cell]

    def begin(self) -> None:
        """A new run: the needs are what the coverage says now."""
        counts = self._coverage.counts
        for cell, slot in self._slots.items():
            self._counts[slot] = counts.get(cell, 0)
            self.table[slot] = self._worth[slot] // (1 + self._counts[slot])

    def reached(self, slots: Iterable[Slot]) -> None:
        """In this run these were reached once more."""
        for slot in slots:
            self._counts[slot] += 1
            self.table[slot] = self._worth[slot] // (1 + self._counts[slot])

    def of(self, slots: Iterable[Slot]) -> int:
        """How much these are wanted together."""
        table, total = self.table, 0
        for slot in slots:
            total += table[slot]
        return total


_T = TypeVar("_T")


def weighted(source: Source, options: Sequence[tuple[int, _T]]) -> _T:
    """One of `options` (one or more), each as likely as its weight (1 or more) says."""
    total = sum(weight for weight, _ in options)
    drawn = source.below(total)
    for weight, option in options:
        drawn -= weight
        if drawn < 0:
            return option
    raise AssertionError("a source gave a number that is too large")
