"""Shared by the modules that build a world: `Making` collects its parts, `take` turns a transition into a write."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pointsman.spec.condition import AnyValue, Condition, columns, evaluate, to_sql
from pointsman.spec.lifecycle import Call, EarlyEvent, EffectState, Event, Transition
from pointsman.spec.meaning import statuses_answering
from pointsman.world.domains import FactGroup
from pointsman.world.ground import PART, WHOLE, Ground, asks_beyond, asks_more_than_null, identifier
from pointsman.world.row import Changes, RowVariables, settings
from pointsman.world.system import (
    TRUE,
    Const,
    Expr,
    GuardedCommand,
    Invariant,
    LeadsTo,
    Tidy,
    Var,
    Witness,
    among,
    both,
    eq,
    no,
    pick,
    some,
)
from pointsman.world.worker import Worker


@dataclass
class Making:
    """The parts of a world that is being built: commands, properties and tidies are appended."""

    ground: Ground
    rows: tuple[RowVariables, ...]
    workers: tuple[Worker, ...]
    actions: list[GuardedCommand] = field(default_factory=list)
    invariants: list[Invariant] = field(default_factory=list)
    responses: list[LeadsTo] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    tidies: list[Tidy] = field(default_factory=list)
    unfollowed: dict[str, str] = field(default_factory=dict)

    def act(  # noqa: PLR0913 - a command has these parts
        self,
        name: str,
        actor: str,
        says: str,
        guard: Expr,
        changes: Mapping[str, Expr],
        *,
        fair: str | None = None,
        fault: str | None = None,
        covers: Iterable[str] = (),
        wrong: str | None = None,
        doubtful: str = "",
    ) -> None:
        """Add a command, unless its guard is constantly false. A doubtful one is in no fair group."""
        if guard == Const(0):
            return
        reached = (*covers, *((f"fault:{fault}",) if fault else ()))
        fair = None if doubtful else fair
        self.actions.append(
            GuardedCommand(
                identifier(name), actor, says, guard, settings(changes), fair, fault, reached, wrong, doubtful
            )
        )


# --- conditions ----------------------------------------------------------------


@dataclass(frozen=True)
class Filling:
    """The values that a write puts into `columns`: for each group of facts, the class that it leads to."""

    codes: Mapping[FactGroup, int] = field(default_factory=dict)
    columns: tuple[str, ...] = ()

    def guard(self, row: RowVariables) -> Expr:
        """1 where the write may lead to these classes: it leaves the other columns of a group as they are."""
        before = [(row.fact(group), group.before(code, self.columns)) for group, code in self.codes.items()]
        classes = [len(group.classes) for group in self.codes]
        return both(*(among(var, codes) for (var, codes), n in zip(before, classes, strict=True) if len(codes) < n))

    def changes(self, row: RowVariables) -> Changes:
        """The classes after the write."""
        return {row.fact(group).name: Const(code) for group, code in self.codes.items()}

    @property
    def words(self) -> tuple[str, ...]:
        """`column value` for each column that conditions read."""
        values = {column: group.classes[code][column] for group, code in self.codes.items() for column in group.columns}
        return tuple(f"{column} {values[column]}" for column in self.columns if column in values)

    @property
    def told(self) -> str:
        """`words` in brackets for the end of a sentence; empty without any."""
        return f" ({', '.join(self.words)})" if self.words else ""


NO_FILLING = Filling()


def fillings(ground: Ground, filled: Iterable[str]) -> Iterator[Filling]:
    """Every way in which a write may fill the columns `filled` with values that are not null.

    None where the table's checks let one of them be nothing but null: the database refuses each such write.
    """
    names = tuple(column for column in dict.fromkeys(filled) if column in ground.facts)
    groups = tuple(dict.fromkeys(ground.facts[name] for name in names))
    for codes in itertools.product(*(_filled(group, names) for group in groups)):
        yield Filling(dict(zip(groups, codes, strict=True)), names)


def _filled(group: FactGroup, names: Iterable[str]) -> list[int]:
    """The classes in whose row none of the columns `names` is null."""
    mine = [name for name in names if name in group.columns]
    return [n for n, row in enumerate(group.classes) if all(row[name] is not None for name in mine)]


def holds(
    making: Making,
    row: RowVariables,
    condition: Condition | None,
    filling: Filling = NO_FILLING,
    filled: Collection[str] = (),
) -> Expr:
    """1 where `condition` is true of `row` once a write has brought `filling`, and put something into `filled`.

    Always 1 where the world cannot follow the condition: the command stays possible, and `in_doubt` says so.
    """
    if condition is None:
        return TRUE
    found = followed(making, row, condition, filling, filled)
    return TRUE if found is None else found


def in_doubt(making: Making, condition: Condition | None) -> str:
    """`condition` in SQL if the world cannot follow it, else empty."""
    if condition is None or _is_modelled(making.ground, condition):
        return ""
    return to_sql(condition, str)


def followed(
    making: Making,
    row: RowVariables,
    condition: Condition,
    filling: Filling = NO_FILLING,
    filled: Collection[str] = (),
) -> Expr | None:
    """`condition` as an expression, or None where it reads values that the world does not model, such as times.

    It is judged once a write has brought `filling`, and put something into the columns `filled`.
    """
    pictures = _pictures(making.ground, row, condition, filling, filled)
    if pictures is None:
        return None
    found: list[Expr] = []
    for chosen in itertools.product(*pictures):
        values = {name: value for _, part in chosen for name, value in part.items()}
        if evaluate(condition, values) is True:
            found.append(both(*(expr for expr, _ in chosen)))
    return some(*found)


Assignment = tuple[Expr, Mapping[str, AnyValue]]
"""An expression, and the values of some columns where it is 1."""


def _pictures(
    ground: Ground, row: RowVariables, condition: Condition, filling: Filling, filled: Collection[str] = ()
) -> list[list[Assignment]] | None:
    """For each part of what `condition` reads, all pictures of it; None where the world does not model a part."""
    if not _is_modelled(ground, condition):
        return None
    names = columns(condition)
    groups = dict.fromkeys(ground.facts[name] for name in names if name in ground.facts)
    others = [_alone(ground, row, name, filled) for name in names if name not in ground.facts]
    return [*(_of_group(row, group, filling) for group in groups), *others]


def _is_modelled(ground: Ground, condition: Condition) -> bool:
    """True if the world models everything that `condition` reads."""
    return all(name in ground.facts or _is_known_alone(ground, condition, name) for name in columns(condition))


def _is_known_alone(ground: Ground, condition: Condition, name: str) -> bool:
    if name in ground.counts:
        return not ground.counts_on(name) or not asks_beyond(condition, name, ground.counts[name])
    return not asks_more_than_null(condition, name) and ground.models(name)


def _of_group(row: RowVariables, group: FactGroup, filling: Filling) -> list[Assignment]:
    if group in filling.codes:
        return [(TRUE, group.classes[filling.codes[group]])]
    return [(eq(row.fact(group), code), values) for code, values in enumerate(group.classes)]


def _alone(ground: Ground, row: RowVariables, name: str, filled: Collection[str]) -> list[Assignment]:
    """The pictures of a column that conditions compare with no fact, and that the world models."""
    if name in ground.counts:
        return [(eq(row.count(name), number), {name: number}) for number in range(ground.counts[name] + 1)]
    if name in filled:
        return [(TRUE, {name: True})]
    null = row.is_null(name)
    return [(null, {name: None}), (no(null), {name: True})]


@dataclass(frozen=True)
class Brought:
    """One delivery of an event: the facts that it carries, its amounts by column, and words for both."""

    filling: Filling
    amounts: Mapping[str, int]
    words: str

    def changes(self, making: Making, row: RowVariables, event: Event) -> Changes:
        """The changes that a write of the delivery's values makes to `row`."""
        ground = making.ground
        found: Changes = self.filling.changes(row)
        for column, _ in event.carries:
            if column in self.amounts:
                found[row.amount(column).name] = Const(self.amounts[column])
            elif column in ground.receipts:
                found[row.receipt(column).name] = Const(1)
        return found


def deliveries(making: Making, event: Event | None) -> Iterator[Brought]:
    """Every delivery of `event`: each combination of amounts and facts that it carries; a bare one for no event."""
    ground = making.ground
    carried = [column for column, _ in event.carries] if event is not None else []
    for amounts in amounts_brought(ground, event):
        for filling in fillings(ground, carried):
            words = [*filling.words, *amounts_told(ground, amounts)]
            yield Brought(filling, amounts, f" ({', '.join(words)})" if words else "")


def amounts_brought(ground: Ground, event: Event | None) -> Iterator[Mapping[str, int]]:
    """What the event may say of each amount that it carries: the whole or, in a world with parts, a part too."""
    columns = [column for column, _ in event.carries if column in ground.amounts] if event is not None else []
    each = (PART, WHOLE) if ground.scope.world.amounts else (WHOLE,)
    for amounts in itertools.product(each, repeat=len(columns)):
        yield dict(zip(columns, amounts, strict=True))


def amounts_told(ground: Ground, amounts: Mapping[str, int]) -> list[str]:
    """The words for the amounts of an event; none where the world has no parts."""
    if not ground.scope.world.amounts:
        return []
    words = {column: "a part" if amount == PART else "the whole" for column, amount in amounts.items()}
    return list(words.values()) if len(words) < 2 else [f"{column} {said}" for column, said in words.items()]


# --- transitions -----------------------------------------------------------------


@dataclass(frozen=True)
class TransitionWrite:
    """A transition as a conditional write: its guard, its changes, and the parts of the spec that it covers.

    `doubtful` is the transition's condition if the world cannot follow it, else empty.
    """

    guard: Expr
    changes: Changes
    covers: tuple[str, ...]
    doubtful: str = ""


def take(  # noqa: PLR0913 - what a conditional write may also do
    making: Making,
    row: RowVariables,
    move: Transition,
    *,
    receipts: Iterable[str] = (),
    told: Filling = NO_FILLING,
    by: Worker | None = None,
    brought: tuple[Event, Brought] | None = None,
    keep_counts: bool = False,
) -> TransitionWrite:
    """The write that takes `move` for `row`: by the worker `by`, or by an actor that compares only the status.

    `receipts` are columns that the same write fills, `told` the values that it puts into columns which conditions
    read. `brought` is an event with the delivery whose values the write stores. `keep_counts` does not reset the
    columns of attempts: a wrong implementation.
    """
    ground = making.ground
    target = ground.lifecycle.status[move.target]
    filling = brought[1].filling if brought is not None and brought[1].filling.codes else told
    filled = {*receipts, *(column for column, _ in (brought[0].carries if brought is not None else ()))}
    changes: Changes = {row.status.name: Const(ground.code[move.target])}
    if brought is not None:
        changes |= brought[1].changes(making, row, brought[0])
    for column in receipts:
        if column in ground.receipts:
            changes[row.receipt(column).name] = Const(1)
    changes |= filling.changes(row)
    changes |= row.on_entry(target, frozenset(ground.counts) if keep_counts else frozenset(), filling.changes(row))
    changes |= {**_ghosts_of(row, move), **heard(row, brought[0] if brought is not None else None)}
    if ground.teams:
        changes[row.holder.name] = Const(0) if by is not None else _left(making, row, move.target)
    guard = both(
        eq(row.status, ground.code[move.source]),
        holds(making, row, move.when, filling, filled),
        filling.guard(row),
        row.may_enter(target, filling.changes(row)),
        unlocked(making, row, by),
    )
    covers = tuple(f"transition:{place}" for place in ground.places[move])
    return TransitionWrite(guard, changes, covers, in_doubt(making, move.when))


def unlocked(making: Making, row: RowVariables, by: Worker | None = None) -> Expr:
    """1 where no worker but `by` holds the row's lock; always, where claims are no locks."""
    if not making.ground.locks or not making.ground.teams:
        return TRUE
    free = eq(row.holder, 0)
    return some(free, eq(row.holder, by.token)) if by is not None else free


def _ghosts_of(row: RowVariables, move: Transition) -> Changes:
    ground = row.ground
    found: Changes = {}
    before, after = ground.lifecycle.queues_of[move.source], ground.lifecycle.queues_of[move.target]
    if ground.counts and after and (not before or before[0] != after[0]):
        found[row.tries.name] = Const(0)
    for name, effect in move.needs:
        call = ground.lifecycle.call[name]
        if effect is EffectState.NOT_DONE and call in ground.calls:
            found[row.denied(call).name] = Const(1)
        found |= row.hears(call)
    for name in dict(ground.lifecycle.status[move.target].means):
        found |= row.hears(ground.lifecycle.call[name])
    found |= _left_open(row, move)
    for column, event in ground.keeps.items():
        if move.event == event.name or is_moot(ground, event, move.target):
            found[row.owed(column).name] = Const(0)
    return found


def _left_open(row: RowVariables, move: Transition) -> Changes:
    found: Changes = {}
    for call in row.ground.calls:
        if call.name in move.leaves_open:
            found[row.left_open(call).name] = Const(1)
        elif call.name in row.ground.left_open and any(
            queue.call == call.name for queue in row.ground.lifecycle.queues_of[move.target]
        ):
            found[row.left_open(call).name] = Const(0)
    return found


def heard(row: RowVariables, event: Event | None) -> Changes:
    """The changes when the row hears of the calls whose receipt `event` brings."""
    found: Changes = {}
    for call in brings_receipt_of(row.ground, event):
        found |= row.hears(call)
    return found


def brings_receipt_of(ground: Ground, event: Event | None) -> tuple[Call, ...]:
    """The calls that `event` is about: it carries a column that they record."""
    carried = {column for column, _ in event.carries} if event is not None else set()
    return tuple(call for call in ground.calls if carried & {column for column, _ in call.records})


def is_moot(ground: Ground, event: Event, status: str) -> bool:
    """True if a kept event has no effect any more: `status` is terminal, or ignores or refuses the event."""
    return ground.lifecycle.status[status].terminal or status in {
        *statuses_answering(event, EarlyEvent.IGNORE),
        *statuses_answering(event, EarlyEvent.REFUSE),
    }


def _left(making: Making, row: RowVariables, target: str) -> Expr:
    """The row's holder after another actor moved it: kept if the row can return to the holder's queue, else 0."""
    ground = making.ground
    coming_back = [
        worker.token
        for worker in making.workers
        if any(name == target or name in ground.reach[target] for name in worker.team.queue.statuses)
    ]
    return pick(among(row.holder, coming_back), row.holder, 0)


def cause(making: Making, row: RowVariables, move: Transition, justified: Expr) -> Changes:
    """Set the ghost `uncaused` where `move` gives the row up and `justified` is 0."""
    if not making.ground.gives_up(move):
        return {}
    return {row.uncaused.name: pick(justified, row.uncaused, 1)}


def is_there(row: RowVariables) -> Expr:
    """1 where the row exists, in a declared status."""
    return some(*(eq(row.status, code) for code in row.ground.code.values()))


def var(name: str) -> Var:
    """The variable with this name."""
    return Var(name)
