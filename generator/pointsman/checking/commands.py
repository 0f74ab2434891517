"""The commands of a footprint, run on many states at once by a number of numpy calls that hardly depends on theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pointsman.checking.parts import Numbers, StatePart
from pointsman.checking.program import Program, ProgramValues
from pointsman.checking.seen import Words
from pointsman.world.system import Const, Expr

if TYPE_CHECKING:
    from pointsman.checking.steps import Space

_NONE = -1


class PartChange(NamedTuple):
    """The new local states of one part: the positions of the steps that write the part, and the words there."""

    at: Numbers
    words: Words


class Steps(NamedTuple):
    """Steps by command, then by state: the command's position, the state's position, and the change of each part."""

    command: Numbers
    origin: Numbers
    changes: list[PartChange]


class Commands:
    """Commands of a system, compiled; `places` are the parts that they read and write."""

    def __init__(self, space: Space, places: Sequence[int], actions: Sequence[int]) -> None:
        self._parts = [space.parts[place] for place in places]
        self._actions = [space.system.actions[number] for number in actions]
        names = [name for part in self._parts for name in part.names]
        sizes = [size for part in self._parts for size in part.sizes]
        self._size = dict(zip(names, sizes, strict=True))
        program = self._program = Program(names, sizes)
        self._guards = [program.truth(action.guard) for action in self._actions]
        self._checked: list[tuple[int, str, int]] = []
        updates = [
            {name: self._compiled(at, name, expr) for name, expr in action.updates}
            for at, action in enumerate(self._actions)
        ]
        self._effects = [_Effect(part, updates) for part in self._parts]
        self._row = np.array([row for _, _, row in self._checked], dtype=np.int64)
        self._top = np.array([self._size[name] - 1 for _, name, _ in self._checked], dtype=np.int64)[:, None]

    def _compiled(self, at: int, name: str, expr: Expr) -> Const | int:
        """A constant, or the row of the program with the value; values that might leave the domain are remembered."""
        if isinstance(expr, Const) and 0 <= expr.value < self._size[name]:
            return expr
        row = self._program.add(expr)
        if self._program.tops[row] >= self._size[name]:
            self._checked.append((at, name, row))
        return row

    def steps(self, numbers: Sequence[Numbers]) -> Steps:
        """The steps out of states that are given by the numbers of their parts.

        Raises:
            ValueError: a value leaves its domain: the code that built the system has a defect.
        """
        states = len(numbers[0])
        values = self._program.run(
            np.concatenate([part.block(number) for part, number in zip(self._parts, numbers, strict=True)])
        )
        self._keep_within(values)
        live = [at for at, guard in enumerate(self._guards) if values.truths[guard]]
        enabled = np.flatnonzero(values.flags([self._guards[at] for at in live]))
        which = enabled // states
        origin = enabled - which * states
        command = np.array(live, dtype=np.int64).take(which)
        changes = [
            effect.change(part.packed_again(number), values, command, origin)
            for effect, part, number in zip(self._effects, self._parts, numbers, strict=True)
        ]
        return Steps(command, origin, changes)

    def _keep_within(self, values: ProgramValues) -> None:
        if not len(self._row) or not (values.rows.take(self._row, axis=0) > self._top).any():
            return
        for at, name, row in self._checked:
            written = values.rows[row][values.flags([self._guards[at]])[0]]
            if len(written) and int(written.max()) >= self._size[name]:
                raise ValueError(f"{self._actions[at].name} puts {int(written.max())} into {name}")


class _Effect:
    """How each command changes one part: the bits that it keeps, those that it sets, and values of the program.

    The values are in layers, so that each command has one value in each at most: its row and its place in the word.
    """

    def __init__(self, part: StatePart, updates: Sequence[dict[str, Const | int]]) -> None:
        shifts = _shifts(part)
        written = [{name: value for name, value in each.items() if name in shifts} for each in updates]
        keep = [~sum(mask << shift for shift, mask in (shifts[name] for name in each)) for each in written]
        fixed = [
            sum(v.value << shifts[name][0] for name, v in each.items() if isinstance(v, Const)) for each in written
        ]
        self._touches = np.array([bool(each) for each in written], dtype=np.bool_)
        self._keep: Words = np.array([bits & (1 << 64) - 1 for bits in keep], dtype=np.uint64)
        self._fixed: Words = np.array(fixed, dtype=np.uint64)
        rows = [[(v, shifts[name][0]) for name, v in each.items() if not isinstance(v, Const)] for each in written]
        deepest = max(map(len, rows), default=0)
        self._layers = [_layer(rows, number) for number in range(deepest)]

    def change(self, words: Words, values: ProgramValues, command: Numbers, origin: Numbers) -> PartChange:
        at = np.flatnonzero(self._touches.take(command))
        command, origin = command.take(at), origin.take(at)
        found = words.take(origin)
        found &= self._keep.take(command)
        found |= self._fixed.take(command)
        states = values.rows.shape[1]
        flat = values.rows.ravel()
        for rows, shifts in self._layers:
            row = rows.take(command)
            here = np.flatnonzero(row != _NONE)
            if not len(here):
                continue
            value = flat.take(row.take(here) * states + origin.take(here)).astype(np.uint64)
            found[here] |= value << shifts.take(command.take(here))
        return PartChange(at, found)


def _layer(rows: Sequence[Sequence[tuple[int, int]]], number: int) -> tuple[Numbers, Words]:
    """For each command, the row and the shift of the value of that number; `_NONE` where the command has fewer."""
    found = [each[number] if number < len(each) else (_NONE, 0) for each in rows]
    return np.array([row for row, _ in found], dtype=np.int64), np.array([at for _, at in found], dtype=np.uint64)


def _shifts(part: StatePart) -> dict[str, tuple[int, int]]:
    """For each variable, how far to the left it stands in a part's own words, and a mask of its bits."""
    found: dict[str, tuple[int, int]] = {}
    shift = sum(part.bits)
    for name, bits in zip(part.names, part.bits, strict=True):
        shift -= bits
        found[name] = shift, (1 << bits) - 1
    return found
