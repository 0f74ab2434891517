"""Successors of many states at once, from small tables.

A command reads and writes a few parts of the system: its footprint. For each
footprint a table holds, for every combination of local states that was met, the
commands that are enabled and what each does to the state's word, as the
difference between the words. The tables fill as combinations are met, by running
the commands' expressions on all that are new at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.parts import Layout, Numbers, StatePart, TooWideError, first_layout, parts_of
from pointsman.checking.program import Bytes, Program
from pointsman.checking.seen import Seen, Words
from pointsman.world.system import System

Actions = NDArray[np.int32]
Shifts = dict[str, tuple[np.uint64, np.uint64]]

_DENSE_BITS = 22


@dataclass(frozen=True)
class Moves:
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
        self._actions = tuple(actions)
        self._program = Program()
        system = space.system
        self._guards = [self._program.truth(system.actions[number].guard) for number in self._actions]
        self._updates = [
            [(name, self._program.add(expr)) for name, expr in system.actions[number].updates]
            for number in self._actions
        ]
        self._sizes = {
            name: system.variable[name].size for number in self._actions for name in system.actions[number].writes
        }
        self._shifts = [_shifts(space.parts[place]) for place in places]
        self._forget()

    def _forget(self) -> None:
        """Empty the table, at the start and when the layout has changed."""
        bits = [self._space.layout.fields[place].bits for place in self._places]
        self._bits = bits
        self._dense: NDArray[np.int32] | None = None
        self._sparse = Seen()
        if sum(bits) <= _DENSE_BITS:
            self._dense = np.full(1 << sum(bits), -1, dtype=np.int32)
        self._starts: Numbers = np.zeros(1, dtype=np.int64)
        self._rows = 0
        self._action: Actions = np.empty(0, dtype=np.int32)
        self._delta: Words = np.empty(0, dtype=np.uint64)
        self.hits: Numbers = np.zeros(0, dtype=np.int64)

    def relaid(self) -> None:
        """Drop the rows after a change of the layout; each is computed again when it is met."""
        counted = self.action_counts()
        self._forget()
        self._carried = counted

    _carried: Numbers | None = None

    def action_counts(self) -> Numbers:
        """How many steps each command has taken, by its number in the system, from the states that were counted."""
        found = np.zeros(len(self._space.system.actions), dtype=np.int64)
        if self._carried is not None:
            found += self._carried
        if self._rows:
            times = np.repeat(self.hits[: self._rows], np.diff(self._starts))
            np.add.at(found, self._action, times)
        return found

    def _keys(self, words: Words) -> Numbers:
        found = np.zeros(len(words), dtype=np.int64)
        for place, bits in zip(self._places, self._bits, strict=True):
            found = (found << bits) | self._space.layout.fields[place].read(words)
        return found

    def rows(self, words: Words) -> Numbers:
        """The table's row for each state; rows that are missing are filled in first.

        Raises:
            RelaidError: a new local state did not fit, and `words` have the former layout.
        """
        keys = self._keys(words)
        rows = self._lookup(keys)
        missing = np.flatnonzero(rows < 0)
        if len(missing):
            self._fill(_distinct(keys[missing]))
            rows = self._lookup(keys)
        return rows

    def _lookup(self, keys: Numbers) -> Numbers:
        if self._dense is not None:
            return self._dense[keys].astype(np.int64)
        return self._sparse.find(keys.astype(np.uint64)).astype(np.int64)

    def _fill(self, keys: Numbers) -> None:
        """Compute rows for new combinations."""
        space = self._space
        numbers = self._split(keys)
        columns: dict[str, NDArray[np.uint8]] = {}
        for place, at_part in zip(self._places, numbers, strict=True):
            columns |= space.parts[place].columns(at_part)
        values = self._program.run(columns, len(keys))
        parts = [space.parts[place] for place in self._places]
        before = [part.packed(columns) for part in parts]
        origins: list[Numbers] = [np.empty(0, dtype=np.int64)]
        after: list[list[Words]] = [[each[:0]] for each in before]
        for number, guard, updates in zip(self._actions, self._guards, self._updates, strict=True):
            enabled = np.flatnonzero(values[guard])
            origins.append(enabled)
            if not len(enabled):
                continue
            changed = {name: values[at][enabled] for name, at in updates}
            self._keep_within(number, changed)
            for words, found, shifts in zip(before, after, self._shifts, strict=True):
                found.append(_written(words[enabled], changed, shifts))
        # One call for all numbers of a part costs hardly more than a call for one number.
        new = [part.number(np.concatenate(found)) for part, found in zip(parts, after, strict=True)]
        space.keep_room()
        action = np.repeat(np.array(self._actions, dtype=np.int32), [len(each) for each in origins[1:]])
        self._append(keys, numbers, np.concatenate(origins), action, new)

    def _keep_within(self, number: int, changed: dict[str, NDArray[np.uint8]]) -> None:
        for name, found in changed.items():
            if len(found) and int(found.max()) >= self._sizes[name]:
                raise ValueError(f"{self._space.system.actions[number].name} puts {int(found.max())} into {name}")

    def _split(self, keys: Numbers) -> list[Numbers]:
        found: list[Numbers] = []
        for bits in reversed(self._bits):
            found.append(keys & ((1 << bits) - 1))
            keys = keys >> bits
        return found[::-1]

    def _append(
        self, keys: Numbers, before: list[Numbers], origin: Numbers, action: Actions, after: list[Numbers]
    ) -> None:
        delta = np.zeros(len(origin), dtype=np.uint64)
        for place, old, new in zip(self._places, before, after, strict=True):
            shift = np.uint64(self._space.layout.fields[place].shift)
            delta ^= (new ^ old[origin]).astype(np.uint64) << shift
        order = np.argsort(origin, kind="stable")
        counts = np.bincount(origin, minlength=len(keys))
        self._action = np.concatenate([self._action, action[order]])
        self._delta = np.concatenate([self._delta, delta[order]])
        self._starts = np.concatenate([self._starts, self._starts[-1] + np.cumsum(counts)])
        rows = np.arange(self._rows, self._rows + len(keys))
        self._rows += len(keys)
        self.hits = np.concatenate([self.hits[: rows[0] if len(rows) else 0], np.zeros(len(keys), dtype=np.int64)])
        if self._dense is not None:
            self._dense[keys] = rows
        else:
            self._sparse.add(keys.astype(np.uint64))

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
        bits = np.zeros(self._rows, dtype=np.uint64)
        owner = np.repeat(np.arange(self._rows), np.diff(self._starts))
        np.bitwise_or.at(bits, owner, group[self._action])
        return bits[rows]


def _shifts(part: StatePart) -> Shifts:
    """For each variable, how far to the left it stands in a part's own words, and a mask of all the rest."""
    found: Shifts = {}
    shift = sum(part.bits)
    for name, bits in zip(part.names, part.bits, strict=True):
        shift -= bits
        found[name] = np.uint64(shift), ~np.uint64(((1 << bits) - 1) << shift)
    return found


def _written(words: Words, changed: Mapping[str, Bytes], shifts: Shifts) -> Words:
    """A part's words with new values for those of its variables that have changed."""
    for name, (shift, mask) in shifts.items():
        if name in changed:
            words = (words & mask) | (changed[name].astype(np.uint64) << shift)
    return words


def _distinct(keys: Numbers) -> Numbers:
    """Each key once, in order. `np.unique` hashes, which takes longer."""
    keys = np.sort(keys)
    first = np.ones(len(keys), dtype=np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    return keys[first]


class Space:
    """The states of a system as machine words, and the steps between them."""

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
        self.tables = [CommandTable(self, places, actions) for places, actions in footprints.items()]

    def start(self) -> Words:
        """The initial state. Raises RelaidError as `words` does."""
        columns = {name: np.array([value], dtype=np.uint8) for name, value in self.system.initial.items()}
        return self.words(columns)

    def words(self, columns: dict[str, NDArray[np.uint8]]) -> Words:
        """States as words, from all their variables.

        Raises:
            RelaidError: a new local state did not fit; with the new layout it does.
        """
        numbers = [part.number(part.packed(columns)) for part in self.parts]
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
            self.layout = self.layout.wider()
        except TooWideError:
            for part, field in zip(self.parts, self.layout.fields, strict=True):
                part.forget_beyond(1 << field.bits)
            raise
        for table in self.tables:
            table.relaid()
        raise RelaidError
