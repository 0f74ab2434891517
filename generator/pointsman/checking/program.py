"""Expressions over many states at once: each becomes a row of a program that runs on arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from pointsman.world.system import All, Choose, Const, Equal, Expr, IsZero, Less, Plus, Some, Var

Bytes = NDArray[np.uint8]
_Row = Callable[[Sequence[Bytes]], Bytes]
"""Computes the values of a row of the program from the values of the rows before it."""


class Program:
    """Expressions that are computed together; a common subexpression is computed once.

    `add` gives the number by which `run` returns an expression's values, and
    `truth` the number for whether they are not 0.
    """

    def __init__(self) -> None:
        self._rows: list[_Row | str | int] = []
        self._known: dict[tuple[object, ...], int] = {}

    def add(self, expr: Expr) -> int:  # noqa: PLR0911 - a case for each kind of expression
        """Make `expr` part of the program."""
        match expr:
            case Const(value):
                return self._row((Const, value), value)
            case Var(name):
                return self._row((Var, name), name)
            case Equal(left, right):
                return self._pair(Equal, self.add(left), self.add(right))
            case Less(left, right):
                return self._pair(Less, self.add(left), self.add(right))
            case IsZero(of):
                at = self.truth(of)
                return self._row((IsZero, at), lambda rows: rows[at] ^ np.uint8(1))
            case Plus(of, amount):
                at = self.add(of)
                return self._row((Plus, at, amount), lambda rows: rows[at] + np.uint8(amount & 0xFF))
            case All(parts) | Some(parts):
                return self._join(type(expr), tuple(self.truth(part) for part in parts))
            case Choose(condition, then, otherwise):
                return self._choose(self.truth(condition), self.add(then), self.add(otherwise))

    def truth(self, expr: Expr) -> int:
        """Make `expr` part of the program as a truth: 1 where it is not 0, the same as in `value_of`."""
        match expr:
            case Equal() | Less() | IsZero() | All() | Some():
                return self.add(expr)
            case Const(value):
                return self.add(Const(int(value != 0)))
            case Choose(condition, then, otherwise):
                return self._choose(self.truth(condition), self.truth(then), self.truth(otherwise))
            case Var() | Plus():
                at = self.add(expr)
                return self._row(("truth", at), lambda rows: (rows[at] != 0).view(np.uint8))

    def _choose(self, which: int, yes: int, no: int) -> int:
        return self._row((Choose, which, yes, no), lambda rows: np.where(_flags(rows[which]), rows[yes], rows[no]))

    def _pair(self, kind: type[Equal | Less], left: int, right: int) -> int:
        if kind is Equal:
            return self._row((kind, left, right), lambda rows: (rows[left] == rows[right]).view(np.uint8))
        return self._row((kind, left, right), lambda rows: (rows[left] < rows[right]).view(np.uint8))

    def _join(self, kind: type[All | Some], parts: tuple[int, ...]) -> int:
        join: Callable[[Bytes, Bytes], Bytes] = np.bitwise_and if kind is All else np.bitwise_or
        if not parts:
            return self.add(Const(int(kind is All)))
        return self._row((kind, *parts), lambda rows: reduce(join, (rows[part] for part in parts)))

    def _row(self, key: tuple[object, ...], row: _Row | str | int) -> int:
        if key not in self._known:
            self._known[key] = len(self._rows)
            self._rows.append(row)
        return self._known[key]

    def run(self, columns: Mapping[str, Bytes], length: int) -> Sequence[Bytes]:
        """The values of every expression; truths are 0 and 1. `columns` are of that `length`."""
        found: list[Bytes] = []
        for row in self._rows:
            if isinstance(row, str):
                found.append(columns[row])
            elif isinstance(row, int):
                found.append(np.full(length, row, dtype=np.uint8))
            else:
                found.append(row(found))
        return found


def _flags(values: Bytes) -> NDArray[np.bool_]:
    return values.view(np.bool_)
