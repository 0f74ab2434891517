"""Expressions over many states at once: truths as bits of whole numbers, other values as rows of a matrix.

A guard is a formula over comparisons of a variable with a number. All
comparisons are made by a few calls of numpy, and each then is one whole number
of Python with a bit for each state: to join two of these costs far less than a
call of numpy does, and exploring joins hundreds of them for each few states.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pointsman.world.system import All, Choose, Const, Equal, Expr, IsZero, Less, Plus, Some, Var

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
_AND, _OR, _NOT, _CHOOSE, _CONST = range(5)
_WRAPPED = 255
"""The greatest value that a sum may have: sums are of bytes."""


class Program:
    """Expressions that are computed together; a common subexpression is computed once.

    `names` are the variables in the order of the rows that `run` is given, `sizes` the numbers of their values. `add`
    gives the number by which `run` returns an expression's values, and `truth` the number for whether they are not 0.
    All of them are added before the program first runs.
    """

    def __init__(self, names: Sequence[str], sizes: Sequence[int]) -> None:
        self._bound = {name: at for at, name in enumerate(names)}
        self._known: dict[tuple[int, ...], int] = {}
        self._known_truths: dict[tuple[int, ...], int] = {}
        self.tops = [size - 1 for size in sizes]
        """The greatest value that each row can have."""
        self._tier = [0] * len(names)
        self._truth_tier: list[int] = []
        self._constants: dict[int, int] = {}
        self._tiers: list[_Tier] = [_Tier()]

    def assign(self, name: str, row: int) -> None:
        """Let `name` stand for the values of `row` in the expressions that are added from now on."""
        self._bound[name] = row

    def row(self, name: str) -> int:
        """The row that `name` stands for now."""
        return self._bound[name]

    def add(self, expr: Expr) -> int:
        """Make `expr` part of the program."""
        match expr:
            case Var(name):
                return self._bound[name]
            case Const(value):
                return self._constant(value)
            case Plus(of, amount):
                return self._plus(self.add(of), amount)
            case Choose(condition, then, otherwise):
                return self.choose(self.truth(condition), self.add(then), self.add(otherwise))
            case _:
                return self._as_value(self.truth(expr))

    def truth(self, expr: Expr) -> int:  # noqa: PLR0911 - a case for each kind of expression
        """Make `expr` part of the program as a truth: 1 where it is not 0, the same as in `value_of`."""
        match expr:
            case Equal(left, right):
                return self._compare("equal", left, right)
            case All(parts):
                return self._join(_AND, tuple(self.truth(part) for part in parts))
            case Some(parts):
                return self._join(_OR, tuple(self.truth(part) for part in parts))
            case IsZero(of):
                return self._join(_NOT, (self.truth(of),))
            case Less(left, right):
                return self._compare("less", left, right)
            case Const(value):
                return self._join(_CONST, (int(value != 0),))
            case Choose(condition, then, otherwise):
                return self._join(_CHOOSE, (self.truth(condition), self.truth(then), self.truth(otherwise)))
            case Var() | Plus():
                return self._join(_NOT, (self._compare("equal", expr, Const(0)),))

    # --- rows of values ----------------------------------------------------------------

    def _row(self, top: int, tier: int) -> int:
        self.tops.append(top)
        self._tier.append(tier)
        while len(self._tiers) <= tier:
            self._tiers.append(_Tier())
        return len(self.tops) - 1

    def _constant(self, value: int) -> int:
        key = (0, value)
        if key not in self._known:
            at = self._known[key] = self._row(value, 0)
            self._constants[at] = value
        return self._known[key]

    def _plus(self, of: int, amount: int) -> int:
        key = (1, of, amount)
        if key not in self._known:
            tier = self._tier[of] + 1
            at = self._known[key] = self._row(_WRAPPED, tier)
            self._tiers[tier].plus.append((at, of, amount & 0xFF))
        return self._known[key]

    def choose(self, which: int, then: int, otherwise: int) -> int:
        """The row with the values of row `then` where truth `which` holds, and those of row `otherwise` elsewhere."""
        key = (2, which, then, otherwise)
        if key not in self._known:
            tier = 1 + max(self._truth_tier[which], self._tier[then], self._tier[otherwise])
            at = self._known[key] = self._row(max(self.tops[then], self.tops[otherwise]), tier)
            self._tiers[tier].choose.append((at, which, then, otherwise))
        return self._known[key]

    def _as_value(self, truth: int) -> int:
        key = (3, truth)
        if key not in self._known:
            tier = 1 + self._truth_tier[truth]
            at = self._known[key] = self._row(1, tier)
            self._tiers[tier].values.append((at, truth))
        return self._known[key]

    # --- truths -------------------------------------------------------------------------

    def _compare(self, kind: str, left: Expr, right: Expr) -> int:
        """A comparison; one with a constant on its right needs no row for the constant."""
        kind = f"{kind} constant" if isinstance(right, Const) else kind
        first = self.add(left)
        second = right.value if isinstance(right, Const) else self.add(right)
        tier = self._tier[first] if isinstance(right, Const) else max(self._tier[first], self._tier[second])
        key = (_COMPARISONS.index(kind) + 10, first, second)
        if key not in self._known_truths:
            at = self._known_truths[key] = self._new_truth(tier)
            self._tiers[tier].comparisons[kind].append((at, first, second))
        return self._known_truths[key]

    def _join(self, kind: int, parts: tuple[int, ...]) -> int:
        key = (kind, *parts)
        if key not in self._known_truths:
            tier = 0 if kind == _CONST else max((self._truth_tier[part] for part in parts), default=0)
            at = self._known_truths[key] = self._new_truth(tier)
            self._tiers[tier].joins.append((at, kind, parts))
        return self._known_truths[key]

    def _new_truth(self, tier: int) -> int:
        self._truth_tier.append(tier)
        return len(self._truth_tier) - 1

    # --- running ------------------------------------------------------------------------

    def run(self, inputs: Bytes) -> ProgramValues:
        """The values of every expression in as many states as `inputs` has columns."""
        found = ProgramValues(np.empty((len(self.tops), inputs.shape[1]), dtype=np.uint8), [0] * len(self._truth_tier))
        found.rows[: len(inputs)] = inputs
        if self._constants:
            numbers = np.fromiter(self._constants.values(), dtype=np.int64).astype(np.uint8)
            found.rows[list(self._constants)] = numbers[:, None]
        for tier in self._tiers:
            tier.run(found)
        return found


_COMPARISONS = ("equal", "equal constant", "less", "less constant")
_Triple = tuple[int, int, int]
_Numbers = NDArray[np.int64]


@dataclass
class ProgramValues:
    """The values of a program's expressions: `rows` by expression and state; for a truth, a bit for each state."""

    rows: Bytes
    truths: list[int]

    def flags(self, truths: Sequence[int]) -> Flags:
        """These truths, as a matrix by truth and state."""
        states = self.rows.shape[1]
        if not states or not truths:
            return np.zeros((len(truths), states), dtype=np.bool_)
        length = (states + 7) // 8
        packed = b"".join([self.truths[at].to_bytes(length, "little") for at in truths])
        bits = np.frombuffer(packed, dtype=np.uint8).reshape(len(truths), length)
        return np.unpackbits(bits, axis=1, count=states, bitorder="little").view(np.bool_)

    def set(self, numbers: list[int], flags: Flags) -> None:
        """Store a matrix by truth and state as the truths of these numbers."""
        packed = np.packbits(flags, axis=1, bitorder="little")
        length, whole = packed.shape[1], packed.tobytes()
        for at, number in enumerate(numbers):
            self.truths[number] = int.from_bytes(whole[at * length : (at + 1) * length], "little")


@dataclass
class _Tier:
    """What can be computed at once, since it needs the results of earlier tiers only: values, then truths."""

    plus: list[_Triple] = field(default_factory=list)
    choose: list[tuple[int, int, int, int]] = field(default_factory=list)
    values: list[tuple[int, int]] = field(default_factory=list)
    comparisons: dict[str, list[_Triple]] = field(default_factory=lambda: {kind: [] for kind in _COMPARISONS})
    joins: list[tuple[int, int, tuple[int, ...]]] = field(default_factory=list)

    def run(self, found: ProgramValues) -> None:
        rows = found.rows
        if self.plus:
            to, of, amount = self._plus
            rows[to] = rows.take(of, axis=0) + amount.astype(np.uint8)[:, None]
        if self.values:
            to, truths = self._values
            rows[to] = found.flags(truths.tolist()).view(np.uint8)
        if self.choose:
            to, which, then, otherwise = self._choose
            rows[to] = np.where(found.flags(which.tolist()), rows.take(then, axis=0), rows.take(otherwise, axis=0))
        for kind, (to, left, right) in self._comparisons.items():
            found.set(to.tolist(), _compared(kind, rows, left, right))
        _join(self.joins, found.truths, (1 << rows.shape[1]) - 1)

    # The numbers as arrays, made when the program first runs.

    @cached_property
    def _plus(self) -> _Numbers:
        return np.array(self.plus).T

    @cached_property
    def _values(self) -> _Numbers:
        return np.array(self.values).T

    @cached_property
    def _choose(self) -> _Numbers:
        return np.array(self.choose).T

    @cached_property
    def _comparisons(self) -> dict[str, _Numbers]:
        return {kind: np.array(members).T for kind, members in self.comparisons.items() if members}


def _compared(kind: str, rows: Bytes, left: _Numbers, right: _Numbers) -> Flags:
    first = rows.take(left, axis=0)
    second: Bytes | _Numbers = rows.take(right, axis=0) if kind in {"equal", "less"} else _column(right)
    flags: Flags = first == second if kind.startswith("equal") else first < second
    return flags


def _column(constants: _Numbers) -> Bytes | _Numbers:
    """Constants as a column: as bytes, which are compared more quickly, unless one is no byte."""
    bytes_ = constants.min() >= 0 and constants.max() <= _WRAPPED
    return (constants.astype(np.uint8) if bytes_ else constants)[:, None]


def _join(joins: Sequence[tuple[int, int, tuple[int, ...]]], truths: list[int], every: int) -> None:
    """Compute each of `joins` from the truths before it; `every` has the bits of all states."""
    for at, kind, parts in joins:
        if kind == _AND:
            bits = every
            for part in parts:
                bits &= truths[part]
                if not bits:
                    break
            truths[at] = bits
        elif kind == _OR:
            bits = 0
            for part in parts:
                bits |= truths[part]
            truths[at] = bits
        elif kind == _NOT:
            truths[at] = truths[parts[0]] ^ every
        elif kind == _CHOOSE:
            which, then, otherwise = parts
            truths[at] = (truths[which] & truths[then]) | ((truths[which] ^ every) & truths[otherwise])
        else:
            truths[at] = every if parts[0] else 0
