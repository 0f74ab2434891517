"""The values of columns that conditions can tell apart: conditions have no arithmetic.

Columns that a condition compares with one another are one group, and a group has a few classes of rows. Each class
stands for every row with one order, or one pattern of equal values, of the group's columns among themselves and beside
the constants that any of them is compared with.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from pointsman.spec.condition import AnyValue, Atom, Compare, Condition, IsTrue, atoms, columns, constants, evaluate
from pointsman.spec.lifecycle import Column

MOST_STARTS = 512
"""The most classes with which a row may begin, over all groups."""
MOST_TRIED = 20_000
"""The most combinations of values of one group that are looked at."""
MOST_CLASSES = 256
"""The most classes of one group: a variable of a world is a byte."""

_WHOLE_NUMBERS = ("bigint", "integer", "smallint")
_NUMBERS = (*_WHOLE_NUMBERS, "numeric")
_MANY = "too many combinations of values would have to be told apart"
_NONE = "no row satisfies the table's checks"

ColumnValues = Mapping[str, AnyValue]
Signature = tuple[object, ...]
"""The answers to all that can be asked of a row."""


@dataclass(frozen=True)
class Usage:
    """How a lifecycle uses the table's columns.

    `modelled` are the columns of which the world has values of its own. `written` has, by column, the constants that
    are written into it. `changing` are the columns whose values change after the insert.
    """

    modelled: Collection[str] = frozenset()
    written: Mapping[str, Collection[AnyValue]] = field(default_factory=dict)
    changing: Collection[str] = frozenset()


@dataclass(frozen=True, eq=False)
class FactGroup:
    """Columns that conditions compare with one another, or one column that they compare with none.

    `classes` has a row for each class: a value for each of the columns. `tests` are the atoms that read them, `known`
    the constants beside which they lie, and `orders` says whether any test asks for an order.
    """

    columns: tuple[str, ...]
    classes: tuple[ColumnValues, ...]
    tests: tuple[Atom, ...]
    known: tuple[AnyValue, ...]
    orders: bool

    def before(self, code: int, written: Collection[str]) -> Sequence[int]:
        """The classes from which a write of the columns `written` may lead to class `code`."""
        return self._alike_in(tuple(name for name in self.columns if name not in written))[code]

    def after(self, code: int, written: ColumnValues) -> int | None:
        """The class to which one write of the values `written`, each of those `known`, leads from class `code`.

        None where a check of the table refuses the row.
        """
        fitting = self._alike_in(tuple(name for name in self.columns if name not in written))[code]
        exact = (n for n in fitting if all(_same(self.classes[n][name], value) for name, value in written.items()))
        found = next(exact, None)
        return self._of_same_answers(written) if found is None and self.columns == (*written,) else found

    def _of_same_answers(self, row: ColumnValues) -> int | None:
        """The class whose row comes to the same as `row`, which has all columns, in every test; None without one."""
        wanted = _answers(row, self.tests)
        return next((n for n, each in enumerate(self.classes) if _answers(each, self.tests) == wanted), None)

    @cached_property
    def unnamed(self) -> str:
        """A value that no condition names, of a column that has texts or times."""
        return _others([value for value in self.known if isinstance(value, str)], 1)[0]

    def _alike_in(self, kept: tuple[str, ...]) -> Sequence[Sequence[int]]:
        """For each class the classes in which the columns `kept` lie as they do there, in order; computed once."""
        if kept not in self._found:
            orders = [_order(row, kept, self.known, orders=self.orders) for row in self.classes]
            alike: dict[Signature, list[int]] = {}
            for number, order in enumerate(orders):
                alike.setdefault(order, []).append(number)
            self._found[kept] = [alike[order] for order in orders]
        return self._found[kept]

    @cached_property
    def _found(self) -> dict[tuple[str, ...], Sequence[Sequence[int]]]:
        """The answers of `_alike_in` so far."""
        return {}


@dataclass(frozen=True)
class Domains:
    """The groups of the columns that conditions read. `beyond` has, by column, why no classes stand for its rows."""

    groups: tuple[FactGroup, ...]
    beyond: Mapping[str, str]


def domains(conditions: Iterable[Condition], declared: Mapping[str, Column], usage: Usage | None = None) -> Domains:
    """The classes of rows that `conditions` tell apart, over the columns that they read.

    A check of the table that reads only such columns bounds the rows, and what it reads is one group.
    """
    usage = usage or Usage()
    every = _distinct(atom for condition in conditions for atom in atoms(condition))
    read = {name for atom in every for name in columns(atom)}
    checks = [c.check for c in declared.values() if c.check is not None and set(columns(c.check)) <= read]
    every = _distinct([*every, *(atom for check in checks for atom in atoms(check))])
    beyond: dict[str, str] = {}
    groups: list[FactGroup] = []
    for names in _linked([*map(columns, every), *map(columns, checks)], usage.modelled):
        mine = [atom for atom in every if set(columns(atom)) & set(names)]
        found = _group(names, mine, [c for c in checks if set(columns(c)) & set(names)], declared, usage)
        if isinstance(found, FactGroup):
            groups.append(found)
        else:
            beyond |= dict.fromkeys(names, found)
    for group in _too_many(groups):
        groups.remove(group)
        beyond |= dict.fromkeys(group.columns, _MANY)
    return Domains(tuple(groups), beyond)


def _distinct(every: Iterable[Atom]) -> list[Atom]:
    return list(dict.fromkeys(every))


def _linked(together: Iterable[Sequence[str]], modelled: Collection[str]) -> list[tuple[str, ...]]:
    """All names, in groups of those that are `together` somewhere, without the `modelled` ones."""
    group: dict[str, list[str]] = {}
    for names in together:
        own = [name for name in names if name not in modelled]
        joined = list(dict.fromkeys(name for one in own for name in group.get(one, [one])))
        group |= dict.fromkeys(joined, joined)
    return list(dict.fromkeys(tuple(names) for names in group.values()))


def _too_many(groups: Iterable[FactGroup]) -> Iterator[FactGroup]:
    """The groups to do without, those with the most classes, so that the others have few enough together."""
    left = sorted(groups, key=lambda group: len(group.classes))
    while math.prod(len(group.classes) for group in left) > MOST_STARTS:
        yield left.pop()


def _group(
    names: tuple[str, ...],
    mine: Sequence[Atom],
    checks: Sequence[Condition],
    declared: Mapping[str, Column],
    usage: Usage,
) -> FactGroup | str:
    """The group of the columns `names`, or the reason why there is none."""
    known: list[AnyValue] = [value for atom in mine for value in constants(atom)]
    known += [True for atom in mine if isinstance(atom, IsTrue)]
    known += [value for name in names for value in usage.written.get(name, ())]
    known = list(dict.fromkeys(known))
    orders = any(isinstance(atom, Compare) and atom.operator.orders for atom in mine)
    strange = [name for atom in mine for name in columns(atom) if name in usage.modelled]
    if strange:
        return f"it is compared with {strange[0]}, of which the world has other values"
    if any(map(_orders_columns, mine)) and any(isinstance(value, str) for value in known):
        return "the order of texts depends on the database"
    choices = [_values(len(names), known, declared.get(name)) for name in names]
    if math.prod(map(len, choices)) > MOST_TRIED:
        return _MANY
    rows = (dict(zip(names, values, strict=True)) for values in itertools.product(*choices))
    possible = [row for row in rows if all(evaluate(check, row) is not False for check in checks)]
    coarse = len(names) == 1 or not set(names) & set(usage.changing)
    told_apart: dict[Signature, ColumnValues] = {}
    for row in possible:
        # Where only whole classes are ever written, no more is told apart than the tests do.
        told_apart.setdefault(_answers(row, mine) if coarse else _order(row, names, known, orders=orders), row)
    if not told_apart:
        return _NONE
    if len(told_apart) > MOST_CLASSES:
        return _MANY
    return FactGroup(names, tuple(told_apart.values()), tuple(mine), tuple(known), orders)


def _orders_columns(atom: Atom) -> bool:
    return isinstance(atom, Compare) and atom.operator.orders and len(columns(atom)) > 1


def _answers(row: ColumnValues, tests: Iterable[Atom]) -> Signature:
    return (*(value is None for value in row.values()), *(evaluate(atom, row) for atom in tests))


def _order(row: ColumnValues, names: Sequence[str], known: Iterable[AnyValue], *, orders: bool) -> Signature:
    """How the values of `names` lie to each other and to those `known`: in order if `orders`, else whether equal."""
    values = [row[name] for name in names]
    beside = [*itertools.combinations(values, 2), *itertools.product(values, known)]
    return (*(value is None for value in values), *(_lies(*pair, orders=orders) for pair in beside))


def _lies(one: AnyValue, other: AnyValue, *, orders: bool) -> int | None:
    if one is None or other is None:
        return None
    if isinstance(one, str) is not isinstance(other, str) or isinstance(one, bool) is not isinstance(other, bool):
        return None  # a constant of another column's kind, with which this one is not compared
    if one == other:
        return 0
    return (-1 if one < other else 1) if orders else 1  # type: ignore[operator]  # of one kind, see above


def _same(one: AnyValue, other: AnyValue) -> bool:
    return one == other and isinstance(one, bool) is isinstance(other, bool)


# --- values ----------------------------------------------------------------------


def _values(count: int, known: Iterable[AnyValue], column: Column | None) -> list[AnyValue]:
    """The values of a column in a group of `count`: null, those `known`, `count` others wherever tests may tell."""
    base = column.type.split("(")[0] if column is not None else "integer"
    found: list[AnyValue]
    if base == "boolean":
        found = [False, True]
    elif base in _NUMBERS:
        numbers = sorted({value for value in known if isinstance(value, int) and not isinstance(value, bool)})
        found = list(_numbers(numbers, count, whole=base in _WHOLE_NUMBERS))
    else:
        texts = [value for value in known if isinstance(value, str)]
        found = [*texts, *_others(texts, count)]
    return [None, *found] if column is None or column.nullable else found


def _numbers(known: Sequence[int], count: int, *, whole: bool) -> Iterator[int | Decimal]:
    """In order: the numbers `known`, and `count` numbers below, between and above them, as far as there are so many."""
    if not known:
        yield from range(count)
        return
    yield from range(known[0] - count, known[0])
    for low, high in itertools.pairwise(known):
        yield low
        yield from _between(low, high, count, whole=whole)
    yield from range(known[-1], known[-1] + count + 1)


def _between(low: int, high: int, count: int, *, whole: bool) -> Iterator[int | Decimal]:
    inner = list(range(low + 1, min(high, low + 1 + count)))
    if whole or len(inner) >= count:
        yield from inner
        return
    for below in (low, *inner):
        if below != low:
            yield below
        yield from (below + Decimal(number) / (1 << count.bit_length()) for number in range(1, count + 1))


def _others(known: Sequence[str], count: int) -> list[str]:
    """So many texts that are not in `known`, in the order of their code points."""
    words = itertools.chain(("other",), (f"other {number}" for number in itertools.count(2)))
    return sorted(itertools.islice((word for word in words if word not in known), count))
