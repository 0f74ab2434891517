"""Breadth-first exploration: every state that can be reached, by level, and the first that breaks each property."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.canon import Canon
from pointsman.checking.forecast import Forecast, forecast
from pointsman.checking.interrupts import interrupts_held_back
from pointsman.checking.parts import Numbers, TooWideError
from pointsman.checking.program import Program
from pointsman.checking.seen import Words
from pointsman.checking.states import PACE, Pace, States
from pointsman.checking.steps import Moves, RelaidError, Space
from pointsman.checking.swaps import Swap, every_swap
from pointsman.world.system import Expr, System, names_in

_Found = TypeVar("_Found")

CHUNK = 1 << 15
"""How many states are expanded at once: enough to keep arrays long, few enough to stay in cache."""

TOO_WIDE = "the states of this world do not fit a machine word"
"""Why a world with too many distinct parts is cut."""

SMALL = 10_000
"""How many states a world may have while one table has all its commands. The same states are met either way."""


class Reduction(StrEnum):
    """Which states count as one state."""

    NONE = "none"
    TIDY = "tidy"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits at which exploring stops: a number of states, a depth, seconds, bytes. None: no limit."""

    states: int | None = None
    depth: int | None = None
    seconds: float | None = None
    bytes: int | None = None


UNLIMITED = Limits()


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """The first state that was found to satisfy some expression: its index and its depth."""

    index: int
    depth: int


@dataclass
class Exploration:
    """The result of exploring.

    `levels` are the indexes at which each depth begins. `cut` is the reason why
    exploring stopped early, or empty. `stuck` is the index of a state without a
    step out of it in which a row waits; `ends` counts such states in which none waits.
    `closed` counts the states of the levels that are known to their end.
    """

    space: Space
    reduction: Reduction
    levels: list[int] = field(default_factory=list)
    transitions: int = 0
    cut: str = ""
    broken: dict[int, FirstSeen] = field(default_factory=dict)
    seen_wanted: dict[int, FirstSeen] = field(default_factory=dict)
    stuck: FirstSeen | None = None
    ends: int = 0
    closed: int = 0
    seconds: float = 0.0
    peak: int = 0
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        """Whether every state that can be reached was met."""
        return not self.cut

    @property
    def forecast(self) -> Forecast | None:
        """An estimate of the whole world; None where all of it was met, or too little to say.

        Also None where no time would help, as the world's states do not fit.
        """
        if self.complete or self.cut == TOO_WIDE:
            return None
        sizes = [after - before for before, after in itertools.pairwise([*self.levels, self.closed])]
        return forecast(sizes, self.seconds, self.peak)

    @property
    def depth(self) -> int:
        """The depth of the deepest state."""
        return max(0, len(self.levels) - 1)


class Explorer:
    """Explores one system under one reduction. Its words move when the space lays them out anew."""

    def __init__(self, system: System, reduction: Reduction, pace: Pace = PACE) -> None:
        self.space = Space(system)
        self.reduction = reduction
        self.layout = self.space.layout
        self.seen = States(pace)
        swaps = reduction is Reduction.FULL
        helps = bool(system.tidies or (swaps and (system.twins or system.rows)))
        self._canon = Canon(self.space, swaps=swaps) if reduction is not Reduction.NONE and helps else None
        if self._canon is not None and self.space.whole is not None:
            self.space.whole.canonical = self.canonical
        self._bad = _Group(self.space, [invariant.bad for invariant in system.invariants])
        self._waiting = [_Watched(self.space, [one.pending]) for one in system.responses if one.trigger is None]
        self._look_for_interrupt: Callable[[], None] = lambda: None
        self._wanted = _Group(self.space, [witness.wanted for witness in system.witnesses])

    # --- words ------------------------------------------------------------------

    def settled(self, act: Callable[[], _Found]) -> _Found:
        """The result of `act`, repeated after every RelaidError until the layout stays as it is."""
        while True:
            try:
                return act()
            except RelaidError:
                self.follow()

    def follow(self) -> None:
        """Move all words to the space's present layout."""
        old, new = self.layout, self.space.layout
        if old is new:
            return
        self.seen, self.layout = self.seen.moved(lambda words: old.moved(words, new)), new

    def canonical(self, words: Words) -> Words:
        """The representatives of these states."""
        return words if self._canon is None else self._canon.of(words, self.seen)

    def labelled(self, words: Words) -> tuple[Words, Numbers]:
        """The representatives of these states, and the number in `swaps` of a swap that leads to each."""
        return (words, np.zeros(len(words), dtype=np.int64)) if self._canon is None else self._canon.labelled(words)

    @property
    def swaps(self) -> tuple[Swap, ...]:
        """Every swap under which states count as one; the first one leaves all as it is."""
        return every_swap(None) if self._canon is None else self._canon.swaps

    def steps(self, start: int, stop: int) -> Moves:
        """The steps out of the states with these indexes; targets are canonical. Raises RelaidError."""
        words = self.seen.between(start, stop)
        rows = [table.rows(words) for table in self.space.tables]
        each = [table.moves(words, row) for table, row in zip(self.space.tables, rows, strict=True)]
        if self.space.whole is not None:
            return each[0]
        return Moves(
            np.concatenate([moves.origin for moves in each]),
            np.concatenate([moves.action for moves in each]),
            self.canonical(np.concatenate([moves.target for moves in each])),
        )

    def steps_settled(self, start: int, stop: int) -> Moves:
        """The result of `steps`, repeated until the layout stays as it is."""
        return self.settled(partial(self.steps, start, stop))

    def _targets(self, start: int, stop: int) -> tuple[Words, Numbers]:
        """Targets of `steps`, with all that are new, and the number of steps of each state. Raises RelaidError."""
        words = self.seen.between(start, stop)
        rows = [table.rows(words) for table in self.space.tables]
        each = [table.targets(words, row) for table, row in zip(self.space.tables, rows, strict=True)]
        targets = np.concatenate([found for _, found in each])
        if self.space.whole is None and self._canon is not None:
            targets = self._canon.strange(targets, self.seen)
        for table, row in zip(self.space.tables, rows, strict=True):
            table.hits += np.bincount(row, minlength=len(table.hits))
        counts: Numbers = np.sum([count for count, _ in each], axis=0)
        return targets, counts

    # --- exploring -----------------------------------------------------------------

    def explore(
        self,
        limits: Limits = UNLIMITED,
        progress: Callable[[int, int, int], None] | None = None,
        enough: Callable[[Exploration], bool] | None = None,
    ) -> Exploration:
        """Explore breadth-first every state that can be reached, within `limits`.

        `progress` is told depth, states and transitions after each level.
        `enough` is asked after each level whether to stop early; that makes the
        exploration incomplete unless there was no more to find.
        """
        began = time.monotonic()
        found = Exploration(self.space, self.reduction)
        try:
            with interrupts_held_back() as self._look_for_interrupt:
                self._run(found, limits, progress, enough, began)
                self._finish()
        except KeyboardInterrupt:
            found.cut, found.interrupted = "interrupted", True
            self._finish()
        except TooWideError:
            found.cut = TOO_WIDE
            self._finish()
        except MemoryError:
            found.cut = "out of memory"
            self.seen.drop()
        finally:
            self.seen.rest()
        found.seconds = time.monotonic() - began
        return found

    def _run(
        self,
        found: Exploration,
        limits: Limits,
        progress: Callable[[int, int, int], None] | None,
        enough: Callable[[Exploration], bool] | None,
        began: float,
    ) -> None:
        first = self.settled(lambda: self.canonical(self.space.start()))
        self.seen.add(first)
        found.levels.append(0)
        found.closed = 1
        self._judge(found, 0, 1)
        start, stop = 0, 1
        while start < stop:
            if stop > SMALL:
                self.space.split()
            found.cut = self._limit(found, limits, began)
            if found.cut:
                return
            if not self._level(found, start, stop, limits, began):
                return
            self.seen.close()
            start, stop = stop, len(self.seen)
            if start < stop:
                found.levels.append(start)
                found.closed = stop
                self._judge(found, start, stop)
            if progress is not None:
                progress(found.depth, stop, found.transitions)
            if enough is not None and start < stop and enough(found):
                found.cut = "stopped early"
                return

    def _finish(self) -> None:
        """Count the states of a level that was not explored to its end."""
        self.follow()
        self.seen.close()

    def _limit(self, found: Exploration, limits: Limits, began: float) -> str:
        self._look_for_interrupt()
        if limits.states is not None and len(self.seen) > limits.states:
            return f"the limit of {limits.states:,} states"
        if limits.depth is not None and found.depth >= limits.depth:
            return f"the limit of {limits.depth:,} steps"
        if limits.seconds is not None and time.monotonic() - began > limits.seconds:
            return f"the limit of {limits.seconds:g} seconds"
        if limits.bytes is not None and self.bytes > limits.bytes:
            return f"the limit of {limits.bytes:,} bytes"
        return ""

    @property
    def bytes(self) -> int:
        """The memory that the states take, in bytes."""
        return self.seen.bytes

    def _level(self, found: Exploration, start: int, stop: int, limits: Limits, began: float) -> bool:
        """Take every step out of one level. False if a limit stopped it."""
        for low in range(start, stop, CHUNK):
            high = min(low + CHUNK, stop)
            targets, counts = self.settled(partial(self._targets, low, high))
            found.transitions += int(counts.sum())
            self.seen.add(targets)
            if not counts.all():
                self._ends(found, low, high, np.flatnonzero(counts == 0))
            found.peak = max(found.peak, self.bytes)
            if low + CHUNK < stop:
                found.cut = self._limit(found, Limits(limits.states, None, limits.seconds, limits.bytes), began)
                if found.cut:
                    return False
        return True

    def _ends(self, found: Exploration, low: int, high: int, places: Numbers) -> None:
        """Note states without steps out of them, at `places` after `low`: legal ends, unless a row is waiting there."""
        words = self.seen.between(low, high).take(places)
        waiting = np.zeros(len(words), dtype=np.bool_)
        for one in self._waiting:
            waiting |= one.values(words)
        found.ends += int((~waiting).sum())
        if found.stuck is None and waiting.any():
            found.stuck = FirstSeen(low + int(places[np.argmax(waiting)]), found.depth)

    def _judge(self, found: Exploration, start: int, stop: int) -> None:
        words = self.seen.between(start, stop)
        for group, met in ((self._bad, found.broken), (self._wanted, found.seen_wanted)):
            for number, at in list(group.first(words, met)):
                met[number] = FirstSeen(start + at, found.depth)

    # --- looking back ------------------------------------------------------------------

    def path(self, found: Exploration, index: int) -> list[tuple[int, int]]:
        """The shortest way to a state: pairs of a command's number and the index of the state that it leads to."""
        way: list[tuple[int, int]] = []
        depth = int(np.searchsorted(np.array(found.levels), index, side="right")) - 1
        while depth > 0:
            low, high = found.levels[depth - 1], found.levels[depth]
            before, action = self._into(low, high, index)
            way.append((action, index))
            index, depth = before, depth - 1
        return way[::-1]

    def _into(self, low: int, high: int, index: int) -> tuple[int, int]:
        """The first step into state `index` from the states `low` to `high`: the state it leaves, and its command."""
        for start in range(low, high, CHUNK):
            stop = min(start + CHUNK, high)
            moves = self.steps_settled(start, stop)
            hits = np.flatnonzero(moves.target == self.seen.between(index, index + 1))
            if len(hits):
                return min((start + int(moves.origin[hit]), int(moves.action[hit])) for hit in hits)
        raise AssertionError("a state was met that nothing leads to")


class _Watched:
    """Expressions over the same parts; if that is one part, they are evaluated once for each local state."""

    def __init__(self, space: Space, exprs: Sequence[Expr]) -> None:
        self._space = space
        names = {name for expr in exprs for name in names_in(expr)}
        self.places = sorted({space.place[name] for name in names}) or [0]
        parts = [space.parts[place] for place in self.places]
        self._program = Program(
            [name for part in parts for name in part.names], [size for part in parts for size in part.sizes]
        )
        self._at = [self._program.truth(expr) for expr in exprs]
        self._known: NDArray[np.bool_] = np.zeros((len(exprs), 0), dtype=np.bool_)

    def values(self, words: Words, number: int = 0) -> NDArray[np.bool_]:
        """True for each state in which the expression of that number holds."""
        layout = self._space.layout
        if len(self.places) == 1:
            found: NDArray[np.bool_] = self._local()[number].take(layout.fields[self.places[0]].read(words))
            return found
        pieces = [words[low : low + CHUNK] for low in range(0, max(1, len(words)), CHUNK)]
        return np.concatenate([self._computed(piece)[number] for piece in pieces])

    def first(self, words: Words, met: Container[int]) -> Iterator[tuple[int, int]]:
        """For each expression that is not among those `met` and holds somewhere: its number and the first position."""
        open_ = [number for number in range(len(self._at)) if number not in met]
        if not open_:
            return
        if len(self.places) == 1:
            local = self._local()
            open_ = [number for number in open_ if local[number].any()]
            numbers = self._space.layout.fields[self.places[0]].read(words) if open_ else np.empty(0, dtype=np.int64)
            found = {number: self._known[number].take(numbers) for number in open_}
        else:
            pieces = [words[low : low + CHUNK] for low in range(0, max(1, len(words)), CHUNK)]
            whole = np.concatenate([self._computed(piece) for piece in pieces], axis=1)
            found = {number: whole[number] for number in open_}
        for number, where in found.items():
            if where.any():
                yield number, int(np.argmax(where))

    def _local(self) -> NDArray[np.bool_]:
        """The truths of all expressions in the local states of the one part."""
        part, before = self._space.parts[self.places[0]], self._known.shape[1]
        if before > len(part):  # some were forgotten
            self._known = self._known[:, : len(part)]
        elif before < len(part):
            new = self._program.run(part.block(np.arange(before, len(part)))).flags(self._at)
            self._known = np.concatenate([self._known, new], axis=1)
        return self._known

    def _computed(self, words: Words) -> NDArray[np.bool_]:
        parts, fields = self._space.parts, self._space.layout.fields
        inputs = np.concatenate([parts[place].block(fields[place].read(words)) for place in self.places])
        return self._program.run(inputs).flags(self._at)


class _Group:
    """Expressions that are evaluated together, level by level, each until it holds somewhere."""

    def __init__(self, space: Space, exprs: Sequence[Expr]) -> None:
        footprints: dict[int, list[int]] = {}
        for number, expr in enumerate(exprs):
            places = {space.place[name] for name in names_in(expr)} or {0}
            footprints.setdefault(next(iter(places)) if len(places) == 1 else -1, []).append(number)
        self._members = [
            (numbers, _Watched(space, [exprs[number] for number in numbers])) for numbers in footprints.values()
        ]

    def first(self, words: Words, met: Container[int]) -> Iterator[tuple[int, int]]:
        """For each expression that is not among those `met` and holds somewhere: its number and the first position."""
        for numbers, watched_ in self._members:
            known = {at for at, number in enumerate(numbers) if number in met}
            for at, position in list(watched_.first(words, known)):
                yield numbers[at], position


def watched(space: Space, expr: Expr) -> _Watched:
    """`expr`, compiled to be evaluated in many states."""
    return _Watched(space, [expr])
