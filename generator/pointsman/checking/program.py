"""Expressions over many states at once: each becomes a row of a program that runs on arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pointsman.world.system import All, Choose, Const, Equal, Expr, Less, Not, Plus, Some, Var

Bytes = NDArray[np.uint8]

_CONST, _VAR, _EQUAL, _LESS, _NOT, _ALL, _SOME, _CHOOSE, _PLUS = range(9)


class Program:
    """Expressions that are computed together; what they share is computed once.

    `add` gives the number by which `run` returns an expression's values.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[int, tuple[int, ...], int, str]] = []
        self._known: dict[tuple[int, tuple[int, ...], int, str], int] = {}

    def add(self, expr: Expr) -> int:
        """Make `expr` part of the program."""
        match expr:
            case Const(value):
                return self._row(_CONST, (), value)
            case Var(name):
                return self._row(_VAR, (), 0, name)
            case Equal(left, right):
                return self._row(_EQUAL, (self.add(left), self.add(right)))
            case Less(left, right):
                return self._row(_LESS, (self.add(left), self.add(right)))
            case Not(of):
                return self._row(_NOT, (self.add(of),))
            case Plus(of, amount):
                return self._row(_PLUS, (self.add(of),), amount)
            case All(parts):
                return self._row(_ALL, tuple(self.add(part) for part in parts))
            case Some(parts):
                return self._row(_SOME, tuple(self.add(part) for part in parts))
            case Choose(condition, then, otherwise):
                return self._row(_CHOOSE, (self.add(condition), self.add(then), self.add(otherwise)))

    def _row(self, kind: int, of: tuple[int, ...], value: int = 0, name: str = "") -> int:
        key = (kind, of, value, name)
        if key not in self._known:
            self._known[key] = len(self._rows)
            self._rows.append(key)
        return self._known[key]

    def run(self, columns: Mapping[str, Bytes], length: int) -> Sequence[Bytes]:
        """The values of every expression; truth values are 0 and 1. `columns` are of that `length`."""
        found: list[Bytes] = []
        for kind, of, value, name in self._rows:
            found.append(_run(kind, of, value, name, found, columns, length))
        return found


def _run(
    kind: int, of: tuple[int, ...], value: int, name: str, found: list[Bytes], columns: Mapping[str, Bytes], length: int
) -> Bytes:  # fmt: skip
    if kind == _VAR:
        return columns[name]
    if kind == _EQUAL:
        return (found[of[0]] == found[of[1]]).view(np.uint8)
    if kind == _ALL or kind == _SOME:
        join = np.bitwise_and if kind == _ALL else np.bitwise_or
        result = found[of[0]]
        for part in of[1:]:
            result = join(result, found[part])
        return result
    if kind == _NOT:
        return found[of[0]] ^ np.uint8(1)
    if kind == _CHOOSE:
        return np.where(found[of[0]].view(np.bool_), found[of[1]], found[of[2]])
    if kind == _LESS:
        return (found[of[0]] < found[of[1]]).view(np.uint8)
    if kind == _PLUS:
        return found[of[0]] + np.uint8(value & 0xFF)
    return np.full(length, value, dtype=np.uint8)
