"""Computes the possible values of an expression from sets of values of its variables, without exploring states.

The result may hold values that never occur, because the parts of an expression
are treated as independent. It holds every value that does occur.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

from pointsman.world.system import All, Choose, Const, Equal, Expr, IsZero, Less, Plus, Some, Var

PossibleValues = frozenset[int]

_NO, _YES, _MAYBE = frozenset({0}), frozenset({1}), frozenset({0, 1})


def possible(  # noqa: C901, PLR0911 - a case for each kind of expression
    expr: Expr, domains: Mapping[str, PossibleValues]
) -> PossibleValues:
    """The values that `expr` can have where each variable has one of its values in `domains`."""
    match expr:
        case Const(value):
            return frozenset({value})
        case Var(name):
            return domains[name]
        case Equal(left, right):
            return _related(int.__eq__, possible(left, domains), possible(right, domains))
        case Less(left, right):
            return _related(int.__lt__, possible(left, domains), possible(right, domains))
        case IsZero(of):
            return frozenset(int(not value) for value in possible(of, domains))
        case Plus(of, amount):
            return frozenset(value + amount for value in possible(of, domains))
        case All(parts):
            return _all([possible(part, domains) for part in parts])
        case Some(parts):
            return frozenset(1 - value for value in _all([_negated(possible(part, domains)) for part in parts]))
        case Choose(condition, then, otherwise):
            found: PossibleValues = frozenset()
            conditions = possible(condition, domains)
            if conditions != _NO:
                found |= possible(then, domains)
            return found | possible(otherwise, domains) if 0 in conditions else found


def _related(holds: Callable[[int, int], bool], left: PossibleValues, right: PossibleValues) -> PossibleValues:
    return frozenset(int(holds(one, other)) for one, other in itertools.product(left, right))


def _negated(values: PossibleValues) -> PossibleValues:
    return frozenset(int(not value) for value in values)


def _all(parts: list[PossibleValues]) -> PossibleValues:
    if any(part == _NO for part in parts):
        return _NO
    return _MAYBE if any(0 in part for part in parts) else _YES
