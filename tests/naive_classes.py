"""The classes of rows that a spec's conditions tell apart, by trying values: "Conditions" of `docs/world.md`.

No order is reasoned about. A group's columns are given every combination of a
handful of real values, and rows that look the same are one class.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise, product
from typing import Any

from pointsman.spec.condition import Atom, Compare, Condition, IsNull, IsTrue, atoms, columns, constants, evaluate
from pointsman.spec.lifecycle import Column, Lifecycle, Now

Value = Any  # a number, a text, a truth value or None: whatever a column holds
Class = Hashable
WHOLE = ("smallint", "integer", "bigint")
MOST_CLASSES, MOST_TOGETHER = 256, 512


@dataclass(frozen=True)
class Group:
    """Columns that are compared with one another, the tests over them, and the constants that they are beside."""

    columns: tuple[Column, ...]
    tests: tuple[Atom, ...]
    checks: tuple[Condition, ...]
    beside: tuple[Value, ...]
    merges: bool

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def samples(self) -> Mapping[Class, Mapping[str, Value]]:
        """By class, a row of it."""
        found: dict[Class, Mapping[str, Value]] = {}
        for values in product(*map(self._values, self.columns)):
            row = dict(zip(self.names, values, strict=True))
            if all(evaluate(check, row) is not False for check in self.checks):
                found.setdefault(self.class_of(row), row)
        return found

    def class_of(self, row: Mapping[str, Value]) -> Class:
        """The class of the row."""
        if self.merges:
            return tuple(evaluate(test, row) for test in self.tests), tuple(row[name] is None for name in self.names)
        return self.pattern(row, self.names)

    def pattern(self, row: Mapping[str, Value], names: Iterable[str]) -> Class:
        """What these columns are, among themselves and beside the constants."""
        values = [row[name] for name in names]
        others = [*values, *self.beside]
        return tuple(self._beside(value, other) for value in values for other in others)

    @cached_property
    def orders(self) -> bool:
        """True if a test asks for an order."""
        return any(isinstance(test, Compare) and test.operator.orders for test in self.tests)

    def _beside(self, value: Value, other: Value) -> str:
        if value is None:
            return "null"
        if other is None:
            return "beside null"
        if value == other:
            return "="
        return ("<" if value < other else ">") if self.orders else "<>"

    def _values(self, column: Column) -> Sequence[Value]:
        """Enough values of a column for every class."""
        many = len(self.columns)
        null = [None] if column.nullable else []
        if column.type == "boolean":
            return [*null, False, True]
        if column.type in WHOLE or column.type == "numeric":
            whole = list(_whole_numbers(sorted(set(self.beside)), many))
            return [*null, *(whole if column.type in WHOLE else _fractions(whole, many))]
        fresh = [f"~ text {number}" for number in range(many)]
        return [*null, *dict.fromkeys([*self.beside, *fresh])]

    # --- births and writes -------------------------------------------------------

    def starts(self, fixed: Mapping[str, Value], filled: Iterable[str]) -> list[Class]:
        """The classes of a row with these values in some columns, and no null in others."""
        like = self._like(fixed)
        return [found for found in like if all(self.samples[found][name] is not None for name in filled)]

    def _like(self, fixed: Mapping[str, Value]) -> list[Class]:
        if not fixed:
            return list(self.samples)
        if self.merges:
            mine = self.class_of(fixed)
            return [mine] if mine in self.samples else []
        wanted = self.pattern(fixed, fixed)
        return [found for found, row in self.samples.items() if self.pattern(row, fixed) == wanted]

    def written(self, old: Class, values: Mapping[str, Value]) -> list[Class]:
        """The classes that differ from one in these columns alone, which have the values; ANY is every one but null."""
        row = self.samples[old]
        others = [name for name in self.names if name not in values]
        filled = [name for name, value in values.items() if value is ANY]
        put_in = {name: value for name, value in values.items() if value is not ANY}
        fitting = self.starts(put_in, filled)
        if self.merges:
            return fitting
        before = self.pattern(row, others)
        return [found for found in fitting if self.pattern(self.samples[found], others) == before]


class _Any:
    """The mark for a value that is not known, and not null."""


ANY = _Any()


def _whole_numbers(beside: Sequence[int], many: int) -> Iterator[int]:
    """The constants, and up to so many whole numbers between two of them, before the first and after the last."""
    ends = [*beside] or [0]
    yield from range(ends[0] - many, ends[0])
    for low, high in pairwise(ends):
        yield from range(low, min(low + many + 1, high))
    yield from range(ends[-1], ends[-1] + many + 1)


def _fractions(whole: Sequence[int], many: int) -> Iterator[Decimal]:
    """The whole numbers, and so many numbers after each of them, below the next; and as many before the first."""
    for number in [whole[0] - 1, *whole]:
        yield from (Decimal(number) + Decimal(part) / (many + 1) for part in range(many + 1))


@dataclass(frozen=True)
class Conditions:
    """The conditions of a lifecycle, and the groups that they make. `known`: the world has the column besides."""

    lifecycle: Lifecycle
    known: Callable[[str], bool]
    follows: Callable[[Condition], bool]

    @cached_property
    def read(self) -> list[Condition]:
        """What `when`, properties and checks say, as far as it is followed."""
        pictures = [p for prop in self.lifecycle.properties for p in (prop.picture, prop.then) if p is not None]
        said = [move.when for move in self.lifecycle.transitions] + [picture.where for picture in pictures]
        return [condition for condition in said if condition is not None and self.follows(condition)]

    @cached_property
    def checks(self) -> list[Condition]:
        """The checks of which conditions read all columns."""
        names = {name for condition in self.read for name in columns(condition)}
        table = self.lifecycle.table
        checks = [column.check for column in table.columns if column.check is not None] if table else []
        return [check for check in checks if names.issuperset(columns(check))]

    @cached_property
    def written(self) -> set[str]:
        """The columns that are written after the insert."""
        entries = {name for status in self.lifecycle.statuses for name, _ in status.on_entry}
        return self.filled | entries | set(self.lifecycle.same_status or ())

    @cached_property
    def filled(self) -> set[str]:
        """The columns that an event or a reply fills."""
        found = {name for event in self.lifecycle.events for name, _ in event.carries}
        return found | {name for call in self.lifecycle.calls for name, _ in call.records}

    @cached_property
    def groups(self) -> list[Group]:
        """The groups, in the order of the table."""
        table = self.lifecycle.table
        if table is None:
            return []
        tests = list(dict.fromkeys(a for c in (*self.read, *self.checks) for a in atoms(c)))
        mine = [c for c in table.columns if any(c.name in columns(test) for test in tests) and not self.known(c.name)]
        linked = [{column.name} for column in mine]
        for test in tests:
            together = [names for names in linked if names & set(columns(test))]
            linked = [names for names in linked if names not in together]
            linked += [set().union(*together)] if together else []
        return [self._group([c for c in mine if c.name in names], tests) for names in linked]

    def _group(self, members: Sequence[Column], tests: Iterable[Atom]) -> Group:
        names = {column.name for column in members}
        own = tuple(test for test in tests if names & set(columns(test)))
        beside: list[Value] = [
            value for test in own for value in (*constants(test), *([True] if isinstance(test, IsTrue) else []))
        ]
        beside += [column.default for column in members]
        beside += [value for status in self.lifecycle.statuses for name, value in status.on_entry if name in names]
        values = tuple(dict.fromkeys(v for v in beside if v is not None and not isinstance(v, Now)))
        checks = tuple(check for check in self.checks if names & set(columns(check)))
        merges = len(members) == 1 or not names & self.written
        return Group(tuple(members), own, checks, values, merges)


def asks_for_null_alone(name: str, said: Iterable[Condition]) -> bool:
    """True if no condition asks more of the column than whether it is null."""
    return all(isinstance(test, IsNull) for condition in said for test in atoms(condition) if name in columns(test))
