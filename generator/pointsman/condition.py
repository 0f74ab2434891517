"""Conditions over a row's columns: a small tree of our own, read from SQL.

`parse` is the only place that knows sqlglot, and it is imported only there: a
spec without conditions does not pay for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Operator(StrEnum):
    """How two operands compare, spelled as in SQL."""

    EQ = "="
    NE = "<>"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


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


def parse(text: str) -> Condition:
    """Read a condition from SQL.

    The grammar: ``and``, ``or``, ``not``, parentheses; ``= <> < <= > >=``,
    ``is [not] null``, ``[not] in (...)``, ``between``, over columns, whole
    numbers, texts, ``true`` and ``false``.

    Raises:
        ConditionError: for everything else.
    """
    raise ConditionError("conditions cannot be read yet")
