"""Can two conditions be true of the same row? With the row that shows it.

The grammar of conditions has no arithmetic, so only finitely many values of a
column can matter: its constants, their neighbours, and null. How many
neighbours depends on how many columns are compared with each other: n columns
need at most n distinct values between two constants. The search tries those
values, column by column, and drops a branch as soon as no way of filling in the
rest can make every condition true.

What SQL leaves to a type that is not modelled here (the order of texts, which
is the collation's; times; JSON) may come out either way; an answer that hangs
on it is *undecided*, and so is one that would take too long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from pointsman.spec.condition import (
    WHOLE_NUMBERS,
    And,
    Atom,
    ColumnRef,
    Compare,
    Condition,
    Constant,
    IsNull,
    IsTrue,
    Not,
    OneOf,
    Operand,
    Operator,
    Or,
    SqlValue,
    atoms,
    columns,
    operands,
)
from pointsman.spec.lifecycle import Column

MOST_TESTS = 200_000
"""Comparisons that are evaluated before the search gives up; some tenths of a second."""

ConditionRow = Mapping[str, SqlValue]


class Undecided(Enum):
    """No answer: it hangs on something that is not modelled, or the search was cut short."""

    UNDECIDED = "undecided"


UNDECIDED = Undecided.UNDECIDED


def overlap(
    first: Condition | None, second: Condition | None, declared: Iterable[Column] = ()
) -> ConditionRow | Undecided | None:
    """A row for which both conditions are true; None where there is none.

    No condition is one that is always true. `declared` says what is known of
    the columns: their types, whether they may be null, and their own checks,
    which no row breaks. A column that is not declared may be null and has the
    type of the constants it is compared with, else whole numbers.
    """
    return _solve([(condition, _TRUE) for condition in (first, second) if condition is not None], declared)


def gap(conditions: Iterable[Condition], declared: Iterable[Column] = ()) -> ConditionRow | Undecided | None:
    """A row for which none of the conditions is true; None where some condition is true of every row.

    `declared` is as for `overlap`.
    """
    return _solve([(condition, _FALSE | _NULL) for condition in conditions], declared)


_TRUE, _FALSE, _NULL = 1, 2, 4
_ANY = _TRUE | _FALSE | _NULL
"""The truth values that a condition may still have, as a set of bits."""

Goal = tuple[Condition, int]
"""A condition, and what it may come to (bits)."""


def _solve(goals: Sequence[Goal], declared: Iterable[Column]) -> ConditionRow | Undecided | None:
    known = {column.name: column for column in declared}
    names, checks = _closure([condition for condition, _ in goals], known)
    # A CHECK passes on null.
    whole = [*goals, *((check, _TRUE | _NULL) for check in checks)]
    domains = _Domains([condition for condition, _ in whole], known)
    return _Search(whole, [(name, domains.values(name)) for name in names], domains).answer()


def _closure(wanted: Sequence[Condition], known: Mapping[str, Column]) -> tuple[list[str], list[Condition]]:
    """The columns that matter: those read, and those that their checks read, and so on."""
    names = list(dict.fromkeys(name for condition in wanted for name in columns(condition)))
    checks: list[Condition] = []
    for name in names:  # grows while it is walked
        check = known[name].check if name in known else None
        # A check belongs to the row, not to the column that it is written at; only those that touch are needed.
        for one in [check] if check is not None else []:
            checks.append(one)
            names.extend(other for other in columns(one) if other not in names)
    for other in known.values():
        if other.check is not None and other.check not in checks and set(columns(other.check)) <= set(names):
            checks.append(other.check)
    return names, checks


# --- what a column may hold ------------------------------------------------


class _Kind(Enum):
    WHOLE = "whole numbers"
    DENSE = "numbers"
    TRUTH = "truth values"
    TEXT = "texts"
    OPAQUE = "values of a type that is not modelled"


_Known = int | str | bool | Fraction

_RANGES: Mapping[str, range] = {
    "smallint": range(-(2**15), 2**15),
    "integer": range(-(2**31), 2**31),
    "bigint": WHOLE_NUMBERS,
}


@dataclass(frozen=True, slots=True)
class _Type:
    kind: _Kind
    holds: range = WHOLE_NUMBERS
    length: int | None = None

    @staticmethod
    def of(declared: str) -> _Type:
        """The kind of values of PostgreSQL's type `declared`."""
        found = re.fullmatch(r"([a-z]+)(?:\((\d+)(?:,\s*(\d+))?\))?", declared)
        name, first, second = found.groups() if found else ("", None, None)
        if name in _RANGES:
            return _Type(_Kind.WHOLE, _RANGES[name])
        if name == "numeric":
            whole_digits = int(first) - int(second or 0) if first else None
            limit = 10**whole_digits if whole_digits is not None and whole_digits < 19 else None
            return _Type(_Kind.DENSE, range(1 - limit, limit) if limit else WHOLE_NUMBERS)
        if name in {"text", "varchar", "char"}:
            return _Type(_Kind.TEXT, length=int(first) if first else 1 if name == "char" else None)
        return _Type(_Kind.TRUTH if name == "boolean" else _Kind.OPAQUE)


class _Domains:
    """Which values of each column can make a difference to some conditions."""

    def __init__(self, conditions: Sequence[Condition], known: Mapping[str, Column]) -> None:
        self._known = known
        self._atoms = [atom for condition in conditions for atom in atoms(condition)]
        self._class = _classes(self._atoms)
        self._constants = self._collect()
        self._types = {name: self._type(name) for name in self._class}

    def _collect(self) -> dict[str, list[int | str | bool]]:
        """The constants that each class of columns is compared with."""
        found: dict[str, list[int | str | bool]] = {name: [] for name in self._class.values()}
        for atom in self._atoms:
            column = next((o.name for o in operands(atom) if isinstance(o, ColumnRef)), None)
            if column is not None:
                found[self._class[column]].extend(_constants(atom))
        return found

    def _type(self, name: str) -> _Type:
        if name in self._known:
            return _Type(_Kind.OPAQUE) if self._is_padded(name) else _Type.of(self._known[name].type)
        held = {type(value) for value in self._constants[self._class[name]]}
        alone = any(isinstance(atom, IsTrue) and atom.column.name == name for atom in self._atoms)
        kinds = {bool: _Kind.TRUTH, str: _Kind.TEXT, int: _Kind.WHOLE}
        if alone or len(held) > 1:
            return _Type(_Kind.TRUTH if held <= {bool} else _Kind.OPAQUE)
        return _Type(kinds[held.pop()] if held else _Kind.WHOLE)

    def _is_padded(self, name: str) -> bool:
        """Whether trailing blanks are compared with a char column, to which they mean nothing."""
        together = [other for other in self._class if self._class[other] == self._class[name]]
        texts = (constant for constant in self._constants[self._class[name]] if isinstance(constant, str))
        has_char = any(other in self._known and self._known[other].type.startswith("char") for other in together)
        return has_char and any(text.endswith(" ") for text in texts)

    def type(self, name: str) -> _Type:
        """The kind of values that the column holds."""
        return self._types[name]

    def values(self, name: str) -> list[_Known | None]:
        """The values to try, ordinary ones first."""
        found = list(self._present(name))
        nullable = name not in self._known or self._known[name].nullable
        return [*found, None] if nullable else [*found]

    def _present(self, name: str) -> Iterator[_Known]:
        own, kind = self._types[name], self._types[name].kind
        together = [other for other in self._class if self._class[other] == self._class[name]]
        constants = list(dict.fromkeys(self._constants[self._class[name]]))
        if kind is _Kind.TRUTH:
            yield from (True, False)
        elif kind is _Kind.TEXT:
            texts = [text for text in constants if isinstance(text, str)]
            yield from (t for t in _texts(texts, len(together)) if own.length is None or len(t) <= own.length)
        elif kind is _Kind.OPAQUE:
            yield "?"
        else:
            ends = [end for other in together for end in _ends(self._types[other])]
            numbers = [int(n) for n in constants if type(n) is int] + ends
            yield from self._numbers(numbers, len(together), own)

    def _numbers(self, marks: list[int], many: int, own: _Type) -> Iterator[_Known]:
        near = {0, *range(1, many + 1)}
        for mark in marks:
            near |= {mark + step for step in range(-many, many + 1)}
        yield from sorted((n for n in near if n in own.holds), key=lambda n: (abs(n), n < 0))
        if own.kind is _Kind.DENSE:
            steps = [Fraction(step, many + 1) for step in range(1, many + 1)]
            between = {n + step for n in near for step in steps}
            yield from sorted(n for n in between if own.holds.start - 1 < n < own.holds.stop)


def _classes(all_atoms: Iterable[Atom]) -> dict[str, str]:
    """Each column's class: the first of the columns that it is compared with, directly or over others."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for atom in all_atoms:
        names = [operand.name for operand in operands(atom) if isinstance(operand, ColumnRef)]
        for name in names:
            parent.setdefault(name, name)
        for name in names[1:]:
            parent[root(name)] = root(names[0])
    return {name: root(name) for name in parent}


def _constants(atom: Atom) -> list[int | str | bool]:
    if isinstance(atom, OneOf):
        return [choice.value for choice in atom.choices]
    return [operand.value for operand in operands(atom) if isinstance(operand, Constant)]


def _texts(constants: list[str], many: int) -> Iterator[str]:
    yield from constants
    letters = (chr(ord("a") + n % 26) * (n // 26 + 1) for n in range(many + len(constants)))
    yield from [text for text in letters if text not in constants][:many]


def _ends(of: _Type) -> list[int]:
    """Where a narrow type ends, which is a mark like any constant; the ends of bigint are everybody's."""
    return [] if of.holds == WHOLE_NUMBERS else [of.holds.start, of.holds.stop - 1]


# --- the search ------------------------------------------------------------


class _TooLongError(Exception):
    """The search has done what it may."""


class _Search:
    """Fills in one column after another, and takes back what cannot lead anywhere."""

    def __init__(
        self,
        goals: Sequence[Goal],
        domains: Sequence[tuple[str, list[_Known | None]]],
        types: _Domains,
    ) -> None:
        self._goals = goals
        self._columns = domains
        self._types = types
        self._row: dict[str, _Known | None] = {}
        self._left = MOST_TESTS
        self._open = False

    def answer(self) -> ConditionRow | Undecided | None:
        try:
            found = self._fill(0)
        except _TooLongError:
            return UNDECIDED
        return found if found is not None or not self._open else UNDECIDED

    def _fill(self, depth: int) -> ConditionRow | None:
        if not all(self._outcomes(condition) & wanted for condition, wanted in self._goals):
            return None
        if depth == len(self._columns):
            return self._witness()
        name, values = self._columns[depth]
        for value in values:
            self._row[name] = value
            found = self._fill(depth + 1)
            if found is not None:
                return found
        self._row.pop(name, None)
        return None

    def _witness(self) -> ConditionRow | None:
        sure = not any(self._outcomes(condition) & ~wanted for condition, wanted in self._goals)
        shown = {name: _plain(value) for name, value in self._row.items()}
        if sure and not any(isinstance(value, Fraction) for value in shown.values()):
            return {name: value for name, value in shown.items() if not isinstance(value, Fraction)}
        self._open = True
        return None

    # --- what a condition may come to

    def _outcomes(self, condition: Condition) -> int:
        match condition:
            case And(parts):
                return _together([self._outcomes(part) for part in parts], _FALSE, _TRUE)
            case Or(parts):
                return _together([self._outcomes(part) for part in parts], _TRUE, _FALSE)
            case Not(part):
                bits = self._outcomes(part)
                return (bits & _NULL) | (_FALSE if bits & _TRUE else 0) | (_TRUE if bits & _FALSE else 0)
            case _:
                self._left -= 1
                if self._left < 0:
                    raise _TooLongError
                return self._outcome(condition)

    def _outcome(self, atom: Atom) -> int:
        if any(isinstance(operand, ColumnRef) and operand.name not in self._row for operand in operands(atom)):
            return _ANY
        match atom:
            case IsNull(column):
                return _TRUE if self._row[column.name] is None else _FALSE
            case IsTrue(column):
                return self._compared(column, Operator.EQ, Constant(value=True))
            case OneOf(operand, choices):
                return _together([self._compared(operand, Operator.EQ, choice) for choice in choices], _TRUE, _FALSE)
            case Compare(left, operator, right):
                return self._compared(left, operator, right)

    def _compared(self, left: Operand, operator: Operator, right: Operand) -> int:
        first, second = self._value(left), self._value(right)
        if first is None or second is None:
            return _NULL
        kinds = {self._kind(left), self._kind(right)}
        if kinds == {_Kind.WHOLE, _Kind.DENSE}:
            kinds = {_Kind.DENSE}
        if len(kinds) > 1 or _Kind.OPAQUE in kinds or (operator.orders and _Kind.TEXT in kinds):
            return _TRUE | _FALSE
        return _TRUE if _HOLDS[operator](_order(first, second)) else _FALSE

    def _value(self, operand: Operand) -> _Known | None:
        return operand.value if isinstance(operand, Constant) else self._row[operand.name]

    def _kind(self, operand: Operand) -> _Kind:
        if isinstance(operand, ColumnRef):
            return self._types.type(operand.name).kind
        if isinstance(operand.value, bool):
            return _Kind.TRUTH
        return _Kind.WHOLE if isinstance(operand.value, int) else _Kind.TEXT


def _together(parts: list[int], deciding: int, otherwise: int) -> int:
    """The truth values of an `and` (false decides) or an `or` (true decides), from those of its parts."""
    bits = 0
    if any(part & deciding for part in parts):
        bits |= deciding
    undecided = all(part & (otherwise | _NULL) for part in parts)
    if undecided and any(part & _NULL for part in parts):
        bits |= _NULL
    if all(part & otherwise for part in parts):
        bits |= otherwise
    return bits


def _order(first: _Known, second: _Known) -> int:
    """-1, 0 or 1, of two values of one kind."""
    if isinstance(first, str) or isinstance(second, str):
        return 0 if first == second else 1
    return (first > second) - (first < second)


_HOLDS: Mapping[Operator, Callable[[int], bool]] = {
    Operator.EQ: lambda order: order == 0,
    Operator.NE: lambda order: order != 0,
    Operator.LT: lambda order: order < 0,
    Operator.LE: lambda order: order <= 0,
    Operator.GT: lambda order: order > 0,
    Operator.GE: lambda order: order >= 0,
}


def _plain(value: _Known | None) -> SqlValue | Fraction:
    """A whole fraction as the number it is."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    return value
