"""The few values of each column that conditions can tell apart: conditions have no arithmetic."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from pointsman.spec.condition import (
    Atom,
    ColumnRef,
    Compare,
    Condition,
    Constant,
    OneOf,
    SqlValue,
    atoms,
    columns,
    evaluate,
    operands,
)
from pointsman.spec.lifecycle import Column

_NUMBERS = ("bigint", "integer", "smallint", "numeric")
_TEXTS = ("text", "varchar", "char", "uuid")


def domains(conditions: Iterable[Condition], declared: Mapping[str, Column]) -> dict[str, tuple[SqlValue, ...]]:
    """By column that a condition reads: one value for each way in which the tests can come out; null first, if allowed.

    Two values for which every test comes out the same count as one. A column that is
    compared with another column keeps all candidates of both.
    """
    every = list(dict.fromkeys(atom for condition in conditions for atom in atoms(condition)))
    names = list(dict.fromkeys(name for atom in every for name in columns(atom)))
    candidates = {name: _candidates(name, every, declared.get(name)) for name in names}
    for atom in every:
        related = [operand.name for operand in operands(atom) if isinstance(operand, ColumnRef)]
        if len(related) > 1:
            shared = tuple(dict.fromkeys(itertools.chain(*(candidates[name] for name in related))))
            for name in related:
                candidates[name] = _nulls_first(shared, declared.get(name))
    return {name: _merged(name, candidates[name], every) for name in names}


def _candidates(name: str, every: Sequence[Atom], column: Column | None) -> tuple[SqlValue, ...]:
    base = column.type.split("(")[0] if column is not None else "integer"
    constants = list(dict.fromkeys(_constants(name, every)))
    found: list[SqlValue]
    if base == "boolean":
        found = [False, True]
    elif base in _NUMBERS:
        numbers = sorted(
            {near for value in constants if isinstance(value, int) for near in (value - 1, value, value + 1)}
        )
        found = list(numbers) or [0]
    elif base in _TEXTS:
        found = [*constants, _other([value for value in constants if isinstance(value, str)])]
    else:
        found = [*constants] or ["set"]
    return _nulls_first(tuple(found), column)


def _nulls_first(values: tuple[SqlValue, ...], column: Column | None) -> tuple[SqlValue, ...]:
    present = tuple(value for value in values if value is not None)
    return (None, *present) if column is None or column.nullable else present


def _constants(name: str, every: Sequence[Atom]) -> Iterable[int | str | bool]:
    for atom in every:
        if name not in columns(atom):
            continue
        if isinstance(atom, OneOf):
            yield from (choice.value for choice in atom.choices)
        elif isinstance(atom, Compare):
            yield from (side.value for side in (atom.left, atom.right) if isinstance(side, Constant))


def _other(known: Sequence[str]) -> str:
    """A text that is not in `known`."""
    words = itertools.chain(("other",), (f"other {number}" for number in itertools.count(2)))
    return next(word for word in words if word not in known)


def _merged(name: str, candidates: tuple[SqlValue, ...], every: Sequence[Atom]) -> tuple[SqlValue, ...]:
    """One of `candidates` for each way in which the column's tests come out; all, if a test compares two columns."""
    mine = [atom for atom in every if name in columns(atom)]
    if any(len(columns(atom)) > 1 for atom in mine):
        return candidates
    found: dict[tuple[bool, tuple[bool | None, ...]], SqlValue] = {}
    for value in candidates:
        found.setdefault((value is None, tuple(evaluate(atom, {name: value}) for atom in mine)), value)
    return tuple(found.values())
