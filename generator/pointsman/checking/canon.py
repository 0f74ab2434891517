"""Replaces each state by one representative: dead variables cleared, interchangeable workers and rows sorted.

Sound for safety. Liveness looks at cycles, and two states that differ by a swap are no
cycle: it asks for the swap that leads from each state to its representative, too.
States stay numbers of local states throughout: see `rewriting`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.parts import Numbers, distinct
from pointsman.checking.program import Bytes, Flags, Program
from pointsman.checking.rewriting import ByNumber, ByteColumns, Renumbered, Rewriting
from pointsman.checking.seen import Words
from pointsman.checking.states import States
from pointsman.checking.steps import Space
from pointsman.checking.swaps import Swap, TwinOrder, every_swap, orders_of, row_orders
from pointsman.world.system import System, Tidy, Twins, names_in

_PIECE = 1 << 14
"""How many states are looked at together: enough to keep arrays long, few enough to stay in cache."""


class Canon:
    """Maps states to their representatives."""

    def __init__(self, space: Space, *, swaps: bool) -> None:
        self._space = space
        self._swaps = swaps and bool(space.system.twins or space.system.rows)
        self._start()

    def _start(self) -> None:
        self._lengths = [len(part) for part in self._space.parts]
        self._tidying = list(_tidying(self._space))
        self._sorting = [_SortedTwins(self._space, twins) for twins in self._space.system.twins]
        self._orders = _RowOrders(self._space)

    def of(self, words: Words, known: States) -> Words:
        """The representative of each word, in the same order; raises RelaidError as a space's `words` does.

        `known` holds words that represent themselves, which are returned unchanged.
        """
        strange = np.flatnonzero(~known.has(words))
        if not len(strange):
            return words
        distinct, back = np.unique(words[strange], return_inverse=True)
        found = words.copy()
        found[strange] = self._computed(distinct)[back.reshape(-1)]
        return found

    def strange(self, words: Words, known: States) -> Words:
        """The representatives of those of `words` that are not in `known`, each once, in order. Raises as `of` does."""
        words = distinct(words)
        words = words[~known.has(words)]
        return distinct(self._computed(words)) if len(words) else words

    def _computed(self, words: Words) -> Words:
        self._follow_parts()
        every = [self._represented(words[low : low + _PIECE]) for low in range(0, len(words), _PIECE)]
        return np.concatenate(every)

    def labelled(self, words: Words) -> tuple[Words, Numbers]:
        """The representative of each word, and the number in `swaps` of a swap to it. Raises as `of` does."""
        self._follow_parts()
        labels: Numbers = np.zeros(len(words), dtype=np.int64)
        found = words.copy()
        for low in range(0, len(words), _PIECE):
            piece = slice(low, low + _PIECE)
            found[piece] = self._represented(words[piece], labels[piece])
        return found, labels

    @cached_property
    def swaps(self) -> tuple[Swap, ...]:
        """Every swap by its number: what it makes of rows and workers. The first one leaves all as it is."""
        return every_swap(self._space.system) if self._swaps else every_swap(None)

    def _follow_parts(self) -> None:
        """Forget all tables if local states were forgotten."""
        lengths = [len(part) for part in self._space.parts]
        if any(new < old for new, old in zip(lengths, self._lengths, strict=True)):
            self._start()
        self._lengths = lengths

    def _represented(self, words: Words, labels: Numbers | None = None) -> Words:
        """The representatives. With `labels`, the number of each one's swap is written there."""
        numbers = [field.read(words) for field in self._space.layout.fields]
        for each in self._tidying:
            each.apply(numbers)
        return self._least(numbers, labels) if self._swaps else self._space.word_of(numbers)

    def _least(self, numbers: list[Numbers], labels: Numbers | None) -> Words:
        """The least word among the orders in which the rows are sorted, with the workers of each team in order."""
        every = list(self._orders.of(numbers))
        swaps = [self._teams_sorted(ordered, order, labels is not None) for order, _, ordered in every]
        self._space.keep_room()
        if len(every) == 1 and labels is None:
            return self._space.layout.word(every[0][2])
        least: Words = np.full(len(numbers[0]), -1, dtype=np.int64).view(np.uint64)
        for (_, at, ordered), swap in zip(every, swaps, strict=True):
            word = self._space.layout.word(ordered)
            if labels is not None:
                labels[at] = np.where(word < least[at], swap, labels[at])
            least[at] = np.minimum(least[at], word)
        return least

    def _teams_sorted(self, ordered: list[Numbers], order: int, labelled: bool) -> Numbers | int:
        """Sort the workers of each team in `ordered`. Where swaps are wanted: the number of each state's swap."""
        swap: Numbers | int = order
        for each in self._sorting:
            if labelled:
                swap = swap * each.count + each.apply_told(ordered)
            else:
                each.apply(ordered)
        return swap


# --- dead variables -------------------------------------------------------------------


class _OwnPart:
    """A rewriting of one part by its own variables."""

    def __init__(self, space: Space, place: int, run: _Tidied) -> None:
        part = space.parts[place]
        self._place = place
        self._table = Renumbered(part, part, lambda columns: {**columns, **run(columns)})

    def apply(self, numbers: list[Numbers]) -> None:
        """Replace the numbers of the part."""
        numbers[self._place] = self._table.of(numbers[self._place])


class _Tidied:
    """Rules that clear dead variables, one after another, compiled to one program."""

    def __init__(self, space: Space, tidies: Sequence[Tidy]) -> None:
        read = {name for tidy in tidies for name in _names(tidy)}
        self.names = [name for part in space.parts for name in part.names if name in read]
        self.writes = list(dict.fromkeys(name for tidy in tidies for name, _ in tidy.updates))
        self._program = Program(self.names, [space.system.variable[name].size for name in self.names])
        for tidy in tidies:
            guard = self._program.truth(tidy.guard)
            new = [(name, self._program.add(expr)) for name, expr in tidy.updates]
            for name, row in new:
                self._program.assign(name, self._program.choose(guard, row, self._program.row(name)))

    def __call__(self, columns: Mapping[str, Bytes]) -> ByteColumns:
        """The new values of the variables that the rules write."""
        rows = self._program.run(np.stack([columns[name] for name in self.names])).rows
        return {name: rows[self._program.row(name)] for name in self.writes}


def _names(tidy: Tidy) -> Iterator[str]:
    yield from names_in(tidy.guard)
    for name, expr in tidy.updates:
        yield name
        yield from names_in(expr)


def _tidying(space: Space) -> Iterator[_OwnPart | Rewriting]:
    for places, tidies in _together(space):
        run = _Tidied(space, tidies)
        if len(places) == 1:
            yield _OwnPart(space, places[0], run)
        else:
            yield Rewriting(space.parts, run.names, run.writes, run)


def _together(space: Space) -> list[tuple[tuple[int, ...], list[Tidy]]]:
    """The rules by the parts that they read and write: those of the same parts together, if none comes between."""
    found: list[tuple[tuple[int, ...], list[Tidy]]] = []
    for tidy in space.system.tidies:
        places = tuple(sorted({space.place[name] for name in _names(tidy)}))
        for other, members in reversed(found):
            if other == places:
                members.append(tidy)
                break
            if set(other) & set(places):
                found.append((places, [tidy]))
                break
        else:
            found.append((places, [tidy]))
    return found


# --- the order of the rows ----------------------------------------------------------------


class _RowOrders:
    """The orders in which rows are sorted by their values, greatest first, whichever worker of a team has claimed them.

    No swap of workers changes how rows compare, and a swap of rows swaps how they compare.
    Rows that are equal are in order both ways.
    """

    def __init__(self, space: Space) -> None:
        system = space.system
        if len({tuple(_shape(space, row)) for row in system.rows}) > 1:
            raise ValueError("rows that may be swapped have like variables in like parts")
        self._places = [sorted({space.place[name] for name in row}) for row in system.rows]
        self._keys = [
            [ByNumber(space.parts[place], _RowKey(space, place, row)) for place in places]
            for row, places in zip(system.rows, self._places, strict=True)
        ]
        self._ways = {order: _RowOrder(space, order) for order in row_orders(system)}

    def of(self, numbers: list[Numbers]) -> Iterator[tuple[int, Numbers, list[Numbers]]]:
        """For each order: its number, the positions of the states whose rows it sorts, and their numbers after it."""
        every: Numbers = np.arange(len(numbers[0]))
        if not self._keys:
            yield 0, every, numbers
            return
        keys = [
            [key.values().take(numbers[place]) for place, key in zip(places, keys, strict=True)]
            for places, keys in zip(self._places, self._keys, strict=True)
        ]
        for place, (order, way) in enumerate(self._ways.items()):
            in_order = np.ones(len(every), dtype=np.bool_)
            for first, second in itertools.pairwise(order):
                in_order &= _at_most(keys[second], keys[first])
            at = np.flatnonzero(in_order)
            if len(at):
                yield place, at, way.of([number.take(at) for number in numbers])


def _shape(space: Space, row: Sequence[str]) -> Iterator[tuple[int, ...]]:
    """The sizes of a row's variables, by part."""
    for place in sorted({space.place[name] for name in row}):
        yield tuple(space.system.variable[name].size for name in space.parts[place].names if name in row)


def _at_most(first: Sequence[Numbers], second: Sequence[Numbers]) -> Flags:
    """Where the first sequence is not after the second."""
    found: Flags = first[-1] <= second[-1]
    for one, other in zip(reversed(first[:-1]), reversed(second[:-1]), strict=True):
        found = (one < other) | ((one == other) & found)
    return found


class _RowKey:
    """The variables of a row in one part as a number, with the first worker of a team in place of each of them."""

    def __init__(self, space: Space, place: int, row: Sequence[str]) -> None:
        part = space.parts[place]
        self._bits = [(name, bits) for name, bits in zip(part.names, part.bits, strict=True) if name in row]
        self._teams = {
            holder: _team_by_token(space.system, space.system.variable[holder].size)
            for holder in {holder for twins in space.system.twins for holder in twins.holders}
        }

    def __call__(self, columns: ByteColumns) -> Numbers:
        found: Numbers = np.zeros(len(next(iter(columns.values()))), dtype=np.int64)
        for name, bits in self._bits:
            values = self._teams[name][columns[name]] if name in self._teams else columns[name]
            found = (found << bits) | values
        return found


def _team_by_token(system: System, size: int) -> Bytes:
    found = np.arange(size, dtype=np.uint8)
    for twins in system.twins:
        tokens = [twin.token for twin in twins.twins]
        found[tokens] = min(tokens)
    return found


class _RowOrder:
    """One order of the rows: what each part's local states become."""

    def __init__(self, space: Space, order: Sequence[int]) -> None:
        system = space.system
        self._source = {
            to: source
            for new, old in enumerate(order)
            for to, source in zip(system.rows[new], system.rows[old], strict=True)
        }
        self._becomes = np.array([order.index(old) for old in range(len(order))], dtype=np.uint8)
        self._pointers = set(system.row_pointers)
        identity = list(order) == sorted(order)
        self._ways = [] if identity else [self._way(space, place) for place in range(len(space.parts))]

    def of(self, numbers: list[Numbers]) -> list[Numbers]:
        """The numbers of the parts in this order."""
        if not self._ways:
            return numbers
        return [numbers[place] if way is None else way.of(numbers[place]) for place, way in self._ways]

    def _way(self, space: Space, place: int) -> tuple[int, Renumbered | None]:
        """The part whose local states a part takes over, and how; without a way, as they are."""
        part = space.parts[place]
        sources = {name: self._source.get(name, name) for name in part.names}
        pointers = [name for name in part.names if name in self._pointers]
        if not pointers and all(name == source for name, source in sources.items()):
            return place, None
        needed = {*sources.values(), *(_phase(pointer) for pointer in pointers)}
        (origin,) = {space.place[name] for name in needed}  # the rows of a world are parts of like variables

        def moved(columns: Mapping[str, Bytes]) -> ByteColumns:
            found = {name: columns[source] for name, source in sources.items()}
            for pointer in pointers:
                # An idle worker points at row 0 in every order.
                found[pointer] = np.where(columns[_phase(pointer)] == 0, 0, self._becomes[columns[pointer]])
            return found

        return origin, Renumbered(space.parts[origin], part, moved)


def _phase(pointer: str) -> str:
    return pointer.rsplit("_", 1)[0] + "_phase"


# --- the order of the workers -------------------------------------------------------------


class _SortedTwins:
    """Sorts the interchangeable workers of each state by their variables and by the rows that they hold."""

    def __init__(self, space: Space, twins: Twins) -> None:
        names = [name for twin in twins.twins for name in twin.names] + list(twins.holders)
        self._sorted = Rewriting(space.parts, names, names, lambda columns: _in_order(twins, columns))
        self._orders = [_Reordered(space, twins, order) for order in orders_of(twins)]
        self.count = len(self._orders)

    def apply(self, numbers: list[Numbers]) -> None:
        """Replace the numbers of the parts."""
        self._sorted.apply(numbers)

    def apply_told(self, numbers: list[Numbers]) -> Numbers:
        """Replace the numbers of the parts: the number of the order that does the same to each state."""
        before = list(numbers)
        self._sorted.apply(numbers)
        told: Numbers = np.zeros(len(before[0]), dtype=np.int64)
        left = np.flatnonzero(_differ(before, numbers))
        for number, order in enumerate(self._orders[1:], 1):
            trial = [column.take(left) for column in before]
            order.apply(trial)
            differ = _differ(trial, [column.take(left) for column in numbers])
            told[left[~differ]] = number
            left = left[differ]
        if len(left):
            raise AssertionError("sorting workers did what no order of them does")
        return told


def _differ(first: Sequence[Numbers], second: Sequence[Numbers]) -> Flags:
    found = np.zeros(len(first[0]), dtype=np.bool_)
    for one, other in zip(first, second, strict=True):
        if one is not other:
            found |= one != other
    return found


class _Reordered:
    """The workers of a team in one fixed order."""

    def __init__(self, space: Space, twins: Twins, order: TwinOrder) -> None:
        names = [name for twin in twins.twins for name in twin.names] + list(twins.holders)
        self._rewriting = Rewriting(
            space.parts, names, names, lambda columns: _ordered(twins, columns, np.array(order, dtype=np.intp)[:, None])
        )

    def apply(self, numbers: list[Numbers]) -> None:
        """Replace the numbers of the parts."""
        self._rewriting.apply(numbers)


def _in_order(twins: Twins, columns: Mapping[str, Bytes]) -> ByteColumns:
    keys = np.stack([_key(twins, at, columns) for at in range(len(twins.twins))])
    order: NDArray[np.intp] = np.argsort(keys, axis=0, kind="stable")
    return _ordered(twins, columns, order)


def _ordered(twins: Twins, columns: Mapping[str, Bytes], order: NDArray[np.intp]) -> ByteColumns:
    """The variables with the workers in `order`: for each place, the twin that comes there, by state or for all."""
    length = len(columns[twins.twins[0].names[0]])
    order = np.broadcast_to(order, (len(twins.twins), length))
    found: ByteColumns = {}
    for names in zip(*(twin.names for twin in twins.twins), strict=True):
        sorted_values = np.take_along_axis(np.stack([columns[name] for name in names]), order, axis=0)
        found |= dict(zip(names, sorted_values, strict=True))
    place = np.argsort(order, axis=0)
    tokens = np.array([twin.token for twin in twins.twins], dtype=np.uint8)
    for holder in twins.holders:
        renamed = columns[holder].copy()
        for at, twin in enumerate(twins.twins):
            renamed = np.where(columns[holder] == twin.token, tokens[place[at]], renamed)
        found[holder] = renamed
    return found


def _key(twins: Twins, at: int, columns: Mapping[str, Bytes]) -> Words:
    twin = twins.twins[at]
    key = np.zeros(len(columns[twin.names[0]]), dtype=np.uint64)
    for name in twin.names:
        key = (key << np.uint64(5)) | columns[name].astype(np.uint64)
    for holder in twins.holders:
        key = (key << np.uint64(1)) | (columns[holder] == twin.token).astype(np.uint64)
    return key
