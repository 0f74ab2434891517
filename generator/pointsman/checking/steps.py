"""Successors of many states at once, from small tables.

A command reads and writes a few parts of the system: its footprint. For each
footprint a table holds, for every combination of local states that was met, the
commands that are enabled and what each does to the state's word, as the
difference between the words. The tables fill as combinations are met, by running
the commands' expressions on all that are new at once. While a world is small,
one table has all commands and a row for each state: that takes fewer calls of
numpy, each of which costs as much as some hundred states do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.commands import Commands, PartChange, Steps
from pointsman.checking.keys import KeyRows, joined, split
from pointsman.checking.parts import Layout, Numbers, StatePart, TooWideError, distinct, first_layout, parts_of
from pointsman.checking.seen import Words
from pointsman.world.system import System

Actions = NDArray[np.int32]

_DENSE_BITS = 22


class Moves(NamedTuple):
    """Steps out of some states: for each, the state's position, the command's number, and the next state's word."""

    origin: Numbers
    action: Actions
    target: Words


class RelaidError(Exception):
    """The layout of words has changed: the caller has to move the words that it keeps, and repeat the present step."""


class CommandTable:
    """The effects of the commands of one footprint, for each combination of local states that was met."""

    def __init__(self, space: Space, places: tuple[int, ...], actions: Sequence[int]) -> None:
        self._space = space
        self._places = places
        self._actions = np.array(actions, dtype=np.int32)
        self._commands: Commands | None = None
        self._carried: Numbers | None = None
        self._rows = 0
        self._starts: Numbers = np.zeros(1, dtype=np.int64)
        self._action: Actions = np.empty(0, dtype=np.int32)
        self._delta: Words = np.empty(0, dtype=np.uint64)
        self.hits: Numbers = np.zeros(0, dtype=np.int64)
        self._enabled_groups: Words | None = None
        self._bits = self._widths()
        self._index(np.empty(0, dtype=np.int64))

    def carry(self, counts: Numbers) -> None:
        """Count these steps of each command too: other tables took them."""
        self._carried = counts

    def action_counts(self) -> Numbers:
        """How many steps each command has taken, by its number in the system, from the states that were counted."""
        found = np.zeros(len(self._space.system.actions), dtype=np.int64)
        if self._carried is not None:
            found += self._carried
        if self._rows:
            times = np.repeat(self.hits[: self._rows], np.diff(self._starts))
            np.add.at(found, self._action, times)
        return found

    # --- which row is whose ---------------------------------------------------------------

    def _index(self, keys: Numbers) -> None:
        """Index the table by the keys of its rows, in their order: flat where that takes little room."""
        bits = sum(self._bits)
        self._row_of = KeyRows(keys, bits if bits <= _DENSE_BITS else None)

    def _make_room(self) -> None:
        """Make keys wider where a part has outgrown its place in them."""
        parts = [self._space.parts[place] for place in self._places]
        if all(len(part) <= 1 << bits for part, bits in zip(parts, self._bits, strict=True)):
            return
        numbers = self._split(self._row_of.keys())
        self._bits = self._widths()
        self._index(joined(numbers, self._bits))

    def _widths(self) -> list[int]:
        """The bits of each part in a key: room for twice its numbers or, where that is too wide, as in words."""
        bits = [_room(self._space.parts[place]) for place in self._places]
        return bits if sum(bits) <= 63 else [self._space.layout.fields[place].bits for place in self._places]

    def _keys(self, words: Words) -> Numbers:
        return joined([self._space.layout.fields[place].read(words) for place in self._places], self._bits)

    def _split(self, keys: Numbers) -> list[Numbers]:
        return split(keys, self._bits)

    def rows(self, words: Words) -> Numbers:
        """The table's row for each state; rows that are missing are filled in first.

        Raises:
            RelaidError: a new local state did not fit, and `words` have the former layout.
        """
        self._make_room()
        keys = self._keys(words)
        rows = self._row_of.find(keys)
        missing = np.flatnonzero(rows < 0)
        if len(missing):
            self._fill(distinct(keys[missing]))
            rows = self._row_of.find(keys)
        return rows

    def relaid(self, old: Layout, new: Layout) -> None:
        """Move the rows to another layout of words."""
        self._delta = old.moved(self._delta, new)

    # --- filling --------------------------------------------------------------------------

    def _fill(self, keys: Numbers) -> None:
        """Compute rows for new combinations."""
        if self._commands is None:
            self._commands = Commands(self._space, self._places, self._actions.tolist())
        numbers = self._split(keys)
        steps = self._commands.steps(numbers)
        new = [
            self._number(place, change, steps, numbers)
            for place, change in zip(self._places, steps.changes, strict=True)
        ]
        self._space.keep_room()
        delta = np.zeros(len(steps.origin), dtype=np.uint64)
        for place, change, after, before in zip(self._places, steps.changes, new, numbers, strict=True):
            shift = np.uint64(self._space.layout.fields[place].shift)
            delta[change.at] ^= (after ^ before.take(steps.origin.take(change.at))).view(np.uint64) << shift
        order = np.argsort(steps.origin, kind="stable")
        origin = steps.origin.take(order)
        delta = self._represented(keys, origin, delta.take(order))
        self._append(keys, origin, self._actions.take(steps.command.take(order)), delta)

    def _number(self, place: int, change: PartChange, steps: Steps, numbers: Sequence[Numbers]) -> Numbers:
        """The numbers of a part's new local states."""
        del steps, numbers
        return self._space.parts[place].number(change.words)

    def _represented(self, keys: Numbers, origin: Numbers, delta: Words) -> Words:
        """The differences from words to those of their steps' targets."""
        del keys, origin
        return delta

    def _append(self, keys: Numbers, origin: Numbers, action: Actions, delta: Words) -> None:
        counts = np.bincount(origin, minlength=len(keys))
        first, rows = self._rows, self._rows + len(keys)
        actions = np.concatenate([self._action, action])
        deltas = np.concatenate([self._delta, delta])
        starts = np.concatenate([self._starts, self._starts[-1] + np.cumsum(counts)])
        hits = np.concatenate([self.hits, np.zeros(len(keys), dtype=np.int64)])
        # Without a call between them, no Ctrl-C comes between these: what was counted is told after one.
        self._action, self._delta, self._starts, self.hits, self._rows = actions, deltas, starts, hits, rows
        self._enabled_groups = None
        self._row_of.enter(keys, first)

    # --- steps ----------------------------------------------------------------------------

    def moves(self, words: Words, rows: Numbers) -> Moves:
        """The steps of this table's commands out of `words`."""
        counts, entries = self._entries(rows)
        origin = np.repeat(np.arange(len(words)), counts)
        return Moves(origin, self._action.take(entries), words.take(origin) ^ self._delta.take(entries))

    def targets(self, words: Words, rows: Numbers) -> tuple[Numbers, Words]:
        """The number of steps out of each of `words`, and the targets of `moves`: exploring needs no more."""
        counts, entries = self._entries(rows)
        found = np.repeat(words, counts)
        found ^= self._delta.take(entries)
        return counts, found

    def _entries(self, rows: Numbers) -> tuple[Numbers, Numbers]:
        """The number of steps of each of `rows`, and the indexes of these steps, one row after another."""
        starts = self._starts.take(rows)
        counts = self._starts.take(rows + 1) - starts
        ends = np.cumsum(counts)
        entries = np.repeat(starts - ends + counts, counts)
        entries += np.arange(len(entries))
        return counts, entries

    def groups_enabled(self, rows: Numbers, group: NDArray[np.uint64]) -> Words:
        """For each of `rows`, the groups (as bits) that have an enabled command; `group` has each command's groups."""
        if self._enabled_groups is None:
            bits = np.zeros(self._rows, dtype=np.uint64)
            some = np.flatnonzero(np.diff(self._starts))
            if len(some):
                bits[some] = np.bitwise_or.reduceat(group[self._action], self._starts[some])
            self._enabled_groups = bits
        return self._enabled_groups[rows]


class WholeTable(CommandTable):
    """One table of all commands, for a world that is still small: each row is a state, with its steps.

    The steps of a state stand in the order of the footprints' tables, and lead to representatives.
    """

    canonical: Callable[[Words], Words] | None = None
    """Maps words to those of their representatives; None: each state represents itself."""

    def __init__(self, space: Space, footprints: Mapping[tuple[int, ...], Sequence[int]]) -> None:
        self._footprints = list(footprints)
        self._table = np.zeros(len(space.system.actions), dtype=np.uint8 if len(footprints) < 256 else np.int64)
        for number, actions in enumerate(footprints.values()):
            self._table[list(actions)] = number
        every = [action for actions in footprints.values() for action in actions]
        super().__init__(space, tuple(range(len(space.parts))), every)

    def _index(self, keys: Numbers) -> None:
        self._row_of = KeyRows(keys, None)

    def _make_room(self) -> None:
        """Keys are words: they are as wide as the layout."""

    def _keys(self, words: Words) -> Numbers:
        return words.view(np.int64)

    def _split(self, keys: Numbers) -> list[Numbers]:
        words = keys.view(np.uint64)
        return [field.read(words) for field in self._space.layout.fields]

    def relaid(self, old: Layout, new: Layout) -> None:
        super().relaid(old, new)
        self._index(old.moved(self._row_of.keys().view(np.uint64), new).view(np.int64))

    def _represented(self, keys: Numbers, origin: Numbers, delta: Words) -> Words:
        if self.canonical is None:
            return delta
        words = keys.view(np.uint64).take(origin)
        return words ^ self.canonical(words ^ delta)

    def _number(self, place: int, change: PartChange, steps: Steps, numbers: Sequence[Numbers]) -> Numbers:
        """As the footprints' tables number: where rows are swapped, numbers decide which state represents others."""
        part = self._space.parts[place]
        if self._space.system.rows:
            unknown = np.flatnonzero(part.find(change.words) < 0)
            if len(unknown):
                at = change.at.take(unknown)
                command, origin = steps.command.take(at), steps.origin.take(at)
                order = np.lexsort((self._combinations(command, origin, numbers), command))
                part.learn(change.words.take(unknown).take(order))
        return part.number(change.words)

    def _combinations(self, command: Numbers, origin: Numbers, numbers: Sequence[Numbers]) -> Numbers:
        """For each step, the combination of local states in its command's footprint as a number."""
        table = self._table.take(self._actions.take(command))
        found = np.zeros(len(command), dtype=np.int64)
        for number in np.unique(table).tolist():
            mine = np.flatnonzero(table == number)
            key = np.zeros(len(mine), dtype=np.int64)
            for place in self._footprints[number]:
                key = (key << self._space.layout.fields[place].bits) | numbers[place].take(origin.take(mine))
            found[mine] = key
        return found

    def targets(self, words: Words, rows: Numbers) -> tuple[Numbers, Words]:
        """As the footprints' tables give them, one after another: so the same states are met in the same order."""
        counts, entries = self._entries(rows)
        found = np.repeat(words, counts)
        found ^= self._delta.take(entries)
        table = self._table.take(self._action.take(entries))
        return counts, found.take(np.argsort(table, kind="stable"))


def _room(part: StatePart) -> int:
    """The bits of a key that have room for twice the numbers of a part."""
    return max(4, (2 * len(part) - 1).bit_length())


class Space:
    """The states of a system as machine words, and the steps between them: by one table first, then by footprints."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.parts: tuple[StatePart, ...] = parts_of(system)
        self.layout: Layout = first_layout(self.parts)
        place = {name: at for at, part in enumerate(self.parts) for name in part.names}
        self.place = place
        footprints: dict[tuple[int, ...], list[int]] = {}
        for number, action in enumerate(system.actions):
            places = tuple(sorted({place[name] for name in action.reads | action.writes}))
            footprints.setdefault(places, []).append(number)
        self._footprints = footprints
        self.whole: WholeTable | None = WholeTable(self, footprints)
        self.tables: list[CommandTable] = [self.whole]

    def split(self) -> None:
        """From now on, use a table for each footprint: a world of many states has far fewer local states."""
        if self.whole is None or not self._footprints:
            return
        counted = self.whole.action_counts()
        self.whole = None
        self.tables = [CommandTable(self, places or (0,), actions) for places, actions in self._footprints.items()]
        self.tables[0].carry(counted)

    def start(self) -> Words:
        """The initial state. Raises RelaidError as `words` does."""
        columns = {name: np.array([value], dtype=np.uint8) for name, value in self.system.initial.items()}
        return self.words(columns)

    def words(self, columns: dict[str, NDArray[np.uint8]]) -> Words:
        """States as words, from all their variables.

        Raises:
            RelaidError: a new local state did not fit; with the new layout it does.
        """
        return self.word_of([part.number(part.packed(columns)) for part in self.parts])

    def word_of(self, numbers: Sequence[Numbers]) -> Words:
        """States as words, from the numbers of their parts. Raises RelaidError as `words` does."""
        self.keep_room()
        return self.layout.word(numbers)

    def columns(self, words: Words) -> dict[str, NDArray[np.uint8]]:
        """All variables of states."""
        found: dict[str, NDArray[np.uint8]] = {}
        for part, field in zip(self.parts, self.layout.fields, strict=True):
            found |= part.columns(field.read(words))
        return found

    def keep_room(self) -> None:
        """Change to a wider layout if a part has outgrown its place.

        Raises:
            RelaidError: words of the former layout have to be moved to the present one.
            TooWideError: no layout has room; the local states that did not fit are forgotten.
        """
        if self.layout.fits():
            return
        try:
            old, self.layout = self.layout, self.layout.wider()
        except TooWideError:
            for part, field in zip(self.parts, self.layout.fields, strict=True):
                part.forget_beyond(1 << field.bits)
            raise
        for table in self.tables:
            table.relaid(old, self.layout)
        raise RelaidError
