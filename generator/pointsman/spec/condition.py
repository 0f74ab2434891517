"""Conditions over a row's columns: a small tree of our own, read from SQL and written as SQL.

A tree is what guards, CHECK constraints and the model are made from, so it
holds nothing whose meaning depends on a database's settings: no functions, no
casts, no order of texts (that depends on the collation), no clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, StrEnum

WHOLE_NUMBERS = range(-(2**63), 2**63)
"""The numbers that a bigint holds."""

COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")

SqlValue = int | str | bool | None
"""A value in a column that a condition reads. None is SQL's null."""

AnyValue = SqlValue | Decimal
"""The same, with the values of columns that hold fractions."""


class Operator(StrEnum):
    """How two operands compare, spelled as in SQL."""

    EQ = "="
    NE = "<>"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="

    @property
    def orders(self) -> bool:
        """Whether it asks which operand comes first."""
        return self not in {Operator.EQ, Operator.NE}


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """The value of a declared column."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal number, text or truth value."""

    value: int | str | bool


Operand = ColumnRef | Constant


@dataclass(frozen=True, slots=True)
class Compare:
    """``left operator right``."""

    left: Operand
    operator: Operator
    right: Operand


@dataclass(frozen=True, slots=True)
class IsNull:
    """``column is null``."""

    column: ColumnRef


@dataclass(frozen=True, slots=True)
class OneOf:
    """``operand in (constants)``."""

    operand: Operand
    choices: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class IsTrue:
    """A boolean column that stands alone."""

    column: ColumnRef


@dataclass(frozen=True, slots=True)
class Not:
    """``not condition``."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class And:
    """Every one of the conditions; two or more."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the conditions; two or more."""

    conditions: tuple[Condition, ...]


Condition = Compare | IsNull | OneOf | IsTrue | Not | And | Or


class ConditionError(ValueError):
    """The text is not a condition that Pointsman reads. The message says why and what to write."""


# --- building and walking --------------------------------------------------


def conjunction(parts: tuple[Condition, ...]) -> Condition:
    """All of `parts` (one or more) as one condition; an And among them is flattened."""
    flat = tuple(leaf for part in parts for leaf in (part.conditions if isinstance(part, And) else (part,)))
    return flat[0] if len(flat) == 1 else And(flat)


def disjunction(parts: tuple[Condition, ...]) -> Condition:
    """Any of `parts` (one or more) as one condition; an Or among them is flattened."""
    flat = tuple(leaf for part in parts for leaf in (part.conditions if isinstance(part, Or) else (part,)))
    return flat[0] if len(flat) == 1 else Or(flat)


Atom = Compare | IsNull | OneOf | IsTrue


def atoms(condition: Condition) -> Iterator[Atom]:
    """The comparisons and tests that `condition` is built from, left to right."""
    if isinstance(condition, Not):
        yield from atoms(condition.condition)
    elif isinstance(condition, (And, Or)):
        for part in condition.conditions:
            yield from atoms(part)
    else:
        yield condition


def operands(atom: Atom) -> tuple[Operand, ...]:
    """The column and the constant of `atom`, without the choices of a list."""
    if isinstance(atom, Compare):
        return atom.left, atom.right
    return (atom.operand,) if isinstance(atom, OneOf) else (atom.column,)


def constants(atom: Atom) -> tuple[int | str | bool, ...]:
    """The values that `atom` compares a column with."""
    if isinstance(atom, OneOf):
        return tuple(choice.value for choice in atom.choices)
    return tuple(operand.value for operand in operands(atom) if isinstance(operand, Constant))


def columns(condition: Condition) -> tuple[str, ...]:
    """The names of the columns that `condition` reads, each once, left to right."""
    met = (operand for atom in atoms(condition) for operand in operands(atom))
    return tuple(dict.fromkeys(operand.name for operand in met if isinstance(operand, ColumnRef)))


# --- writing SQL -----------------------------------------------------------


def quoted(name: str) -> str:
    """`name` as a PostgreSQL identifier that keeps its spelling."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: int | str | bool) -> str:
    """A constant in PostgreSQL's spelling (``standard_conforming_strings`` on, the default since 9.1).

    Raises:
        ConditionError: for a text with a zero byte, which PostgreSQL cannot hold.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if "\0" in value:
        raise ConditionError("PostgreSQL cannot hold a text with a zero byte; take it out")
    return "'" + value.replace("'", "''") + "'"


class _Binding(IntEnum):
    """How tightly a piece of SQL holds together."""

    OR = 0
    AND = 1
    NOT = 2
    ATOM = 3


def to_sql(condition: Condition, quote: Callable[[str], str] = quoted) -> str:
    """`condition` in PostgreSQL's SQL, with the parentheses it needs and no others.

    `quote` spells a column's name. `parse` reads the text back to an equal tree.
    """
    return _spell(condition, quote)[0]


def _spell(condition: Condition, quote: Callable[[str], str]) -> tuple[str, _Binding]:
    match condition:
        case And(parts):
            return " and ".join(_enclosed(part, quote, _Binding.AND) for part in parts), _Binding.AND
        case Or(parts):
            return " or ".join(_enclosed(part, quote, _Binding.OR) for part in parts), _Binding.OR
        case Not(IsNull() | OneOf() as atom):
            return _spell_atom(atom, quote, "not "), _Binding.ATOM
        case Not(part):
            return f"not {_enclosed(part, quote, _Binding.AND)}", _Binding.NOT
        case _:
            return _spell_atom(condition, quote, ""), _Binding.ATOM


def _enclosed(part: Condition, quote: Callable[[str], str], looser: _Binding) -> str:
    """`part`, in parentheses where it binds no tighter than `looser`."""
    text, binding = _spell(part, quote)
    return text if binding > looser else f"({text})"


def _spell_atom(atom: Atom, quote: Callable[[str], str], negation: str) -> str:
    def operand(of: Operand) -> str:
        return quote(of.name) if isinstance(of, ColumnRef) else literal(of.value)

    match atom:
        case IsNull(column):
            return f"{quote(column.name)} is {negation}null"
        case OneOf(of, choices):
            return f"{operand(of)} {negation}in ({', '.join(literal(choice.value) for choice in choices)})"
        case IsTrue(column):
            return quote(column.name)
        case Compare(left, operator, right):
            return f"{operand(left)} {operator} {operand(right)}"


# --- evaluating ------------------------------------------------------------


def evaluate(condition: Condition, row: Mapping[str, AnyValue]) -> bool | None:
    """The value of `condition` on `row` in SQL: true, false, or None for null.

    Texts of two columns are ordered by code point, which is PostgreSQL's order
    under the collation ``C``.

    Raises:
        KeyError: `row` lacks a column that the condition reads.
        TypeError: the values do not compare in SQL, as a number with a text does not.
    """
    match condition:
        case And(parts):
            return _every(evaluate(part, row) for part in parts)
        case Or(parts):
            return _negated(_every(_negated(evaluate(part, row)) for part in parts))
        case Not(part):
            return _negated(evaluate(part, row))
        case _:
            return _test(condition, row)


def _test(atom: Atom, row: Mapping[str, AnyValue]) -> bool | None:
    match atom:
        case IsNull(column):
            return row[column.name] is None
        case IsTrue(column):
            return _truth(row[column.name])
        case OneOf(operand, choices):
            each = (compare(_value(operand, row), Operator.EQ, choice.value) for choice in choices)
            return _negated(_every(_negated(equal) for equal in each))
        case Compare(left, operator, right):
            return compare(_value(left, row), operator, _value(right, row))


def compare(left: AnyValue, operator: Operator, right: AnyValue) -> bool | None:
    """``left operator right`` as SQL would have it; None where either is null.

    Raises:
        TypeError: a number, a text and a truth value do not compare with each other.
    """
    if left is None or right is None:
        return None
    if _kind(left) is not _kind(right):
        raise TypeError(f"{left!r} and {right!r} do not compare in SQL")
    first = left < right  # type: ignore[operator]  # of one kind, said above
    return _MEANING[operator](first, left == right)


def _kind(value: AnyValue) -> type:
    """The type of `value`; one for all numbers."""
    return int if isinstance(value, Decimal) else type(value)


_MEANING: Mapping[Operator, Callable[[bool, bool], bool]] = {
    Operator.EQ: lambda _, equal: equal,
    Operator.NE: lambda _, equal: not equal,
    Operator.LT: lambda less, _: less,
    Operator.LE: lambda less, equal: less or equal,
    Operator.GT: lambda less, equal: not less and not equal,
    Operator.GE: lambda less, _: not less,
}


def _value(operand: Operand, row: Mapping[str, AnyValue]) -> AnyValue:
    return operand.value if isinstance(operand, Constant) else row[operand.name]


def _truth(value: AnyValue) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise TypeError(f"{value!r} is not a truth value")
    return value


def _negated(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _every(truths: Iterator[bool | None]) -> bool | None:
    met = set(truths)
    if False in met:
        return False
    return None if None in met else True


# --- reading SQL -----------------------------------------------------------


def parse(text: str) -> Condition:
    """Read a condition from SQL.

    The grammar: ``and``, ``or``, ``not``, parentheses; ``= <> < <= > >=``,
    ``is [not] null``, ``[not] in (...)``, ``between``, over columns, whole
    numbers, texts, ``true`` and ``false``. A comparison names at least one
    column; texts compare with ``=``, ``<>`` and ``in`` only. A column is taken
    as it is spelled, in double quotes or without: nothing is folded to lower
    case. Chains of one connective come back flat, and ``between`` as two
    comparisons.

    Raises:
        ConditionError: for everything else.
    """
    from pointsman.spec import plain_condition  # noqa: PLC0415 - it builds the conditions of this module

    plain = plain_condition.read(text)
    if plain is not None:
        return plain
    # This reader needs sqlglot, which costs more than all the rest: a spec of plain conditions does not pay for it.
    from pointsman.spec.condition_reader import read  # noqa: PLC0415 - see above

    return read(text)
