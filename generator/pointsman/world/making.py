"""Shared by the modules that build a world: `Making` collects its parts, `take` turns a transition into a write."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pointsman.spec.condition import Condition, SqlValue, columns, evaluate
from pointsman.spec.lifecycle import EarlyEvent, Event, Transition
from pointsman.spec.meaning import statuses_answering
from pointsman.world.ground import PART, WHOLE, Ground, asks_more_than_null, identifier
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
    ) -> None:
        """Add a command, unless its guard is constantly false."""
        if guard == Const(0):
            return
        reached = (*covers, *((f"fault:{fault}",) if fault else ()))
        self.actions.append(
            GuardedCommand(identifier(name), actor, says, guard, settings(changes), fair, fault, reached, wrong)
        )


# --- conditions ----------------------------------------------------------------


NO_FACTS: Mapping[str, int] = {}


def holds(making: Making, row: RowVariables, condition: Condition | None, given: Mapping[str, int] = NO_FACTS) -> Expr:
    """1 where `condition` is true of `row`. `given` are the codes, by column, of the facts that an event brings.

    Always 1 where the condition reads values that the world does not model: the command stays possible.
    """
    if condition is None:
        return TRUE
    found = followed(making, row, condition, given)
    return TRUE if found is None else found


def followed(
    making: Making, row: RowVariables, condition: Condition, given: Mapping[str, int] = NO_FACTS
) -> Expr | None:
    """`condition` as an expression, or None where it reads values that the world does not model, such as times."""
    names = columns(condition)
    choices = [_choices(making.ground, row, condition, name, given) for name in names]
    found: list[Expr] = []
    for chosen in itertools.product(*(choice or [] for choice in choices)):
        values = {name: value for name, (_, value) in zip(names, chosen, strict=True)}
        if evaluate(condition, values) is True:
            found.append(both(*(expr for expr, _ in chosen)))
    return None if None in choices else some(*found)


def _choices(
    ground: Ground, row: RowVariables, condition: Condition, name: str, given: Mapping[str, int]
) -> list[tuple[Expr, SqlValue]] | None:
    """Each value of a column with the expression for holding it; None where the world does not model the value."""
    if name in given:
        return [(TRUE, ground.facts[name][given[name]])]
    if name in ground.facts:
        return [(eq(row.fact(name), code), value) for code, value in enumerate(ground.facts[name])]
    if name in ground.counts:
        return [(eq(row.count(name), number), number) for number in range(ground.counts[name] + 1)]
    if asks_more_than_null(condition, name):
        return None
    null = row.is_null(name)
    return [(null, None), (no(null), True)]


@dataclass(frozen=True)
class Brought:
    """One delivery of an event: the codes of the facts that it carries, its amount, and words for both."""

    facts: Mapping[str, int]
    amount: int
    words: str

    def changes(self, making: Making, row: RowVariables, event: Event) -> Changes:
        """The changes that a write of the delivery's values makes to `row`."""
        ground = making.ground
        found: Changes = {}
        for column, _ in event.carries:
            if column in ground.amounts:
                found[row.amount(column).name] = Const(self.amount)
            elif column in self.facts:
                found[row.fact(column).name] = Const(self.facts[column])
            elif column in ground.receipts:
                found[row.receipt(column).name] = Const(1)
        return found


def deliveries(making: Making, event: Event | None) -> Iterator[Brought]:
    """Every delivery of `event`: each combination of amounts and facts that it carries; a bare one for no event."""
    ground = making.ground
    carried = [column for column, _ in event.carries] if event is not None else []
    facts = [column for column in carried if column in ground.facts]
    parts = ground.scope.world.amounts and any(column in ground.amounts for column in carried)
    for amount in (PART, WHOLE) if parts else (WHOLE,):
        for codes in itertools.product(*(_present(ground, column) for column in facts)):
            words = [f"{column} {ground.facts[column][code]}" for column, code in zip(facts, codes, strict=True)]
            words += [("a part" if amount == PART else "the whole")] if parts else []
            yield Brought(dict(zip(facts, codes, strict=True)), amount, f" ({', '.join(words)})" if words else "")


def _present(ground: Ground, column: str) -> list[int]:
    codes = [code for code, value in enumerate(ground.facts[column]) if value is not None]
    return codes or [0]


# --- transitions -----------------------------------------------------------------


@dataclass(frozen=True)
class TransitionWrite:
    """A transition as a conditional write: its guard, its changes, and the parts of the spec that it covers."""

    guard: Expr
    changes: Changes
    covers: tuple[str, ...]


def take(  # noqa: PLR0913 - what a conditional write may also do
    making: Making,
    row: RowVariables,
    move: Transition,
    *,
    receipts: Iterable[str] = (),
    by: Worker | None = None,
    brought: tuple[Event, Brought] | None = None,
    keep_counts: bool = False,
) -> TransitionWrite:
    """The write that takes `move` for `row`: by the worker `by`, or by an actor that compares only the status.

    `receipts` are columns that the same write fills. `brought` is an event with
    the delivery whose values the write stores. `keep_counts` does not reset the
    columns of attempts: a wrong implementation.
    """
    ground = making.ground
    target = ground.lifecycle.status[move.target]
    given = brought[1].facts if brought is not None else {}
    changes: Changes = {row.status.name: Const(ground.code[move.target])}
    if brought is not None:
        changes |= brought[1].changes(making, row, brought[0])
    for column in receipts:
        if column in ground.receipts:
            changes[row.receipt(column).name] = Const(1)
    changes |= row.on_entry(target, frozenset(ground.counts) if keep_counts else frozenset())
    changes |= _ghosts_of(row, move)
    if ground.teams:
        changes[row.holder.name] = Const(0) if by is not None else _left(making, row, move.target)
    guard = both(
        eq(row.status, ground.code[move.source]), holds(making, row, move.when, given), unlocked(making, row, by)
    )
    number = ground.lifecycle.transitions.index(move)
    return TransitionWrite(guard, changes, (f"transition:{number}",))


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
    for call, effect in move.needs:
        if effect == "not_done" and ground.lifecycle.call[call] in ground.calls:
            found[row.denied(ground.lifecycle.call[call]).name] = Const(1)
    for column, event in ground.keeps.items():
        if move.event == event.name or is_moot(ground, event, move.target):
            found[row.owed(column).name] = Const(0)
    return found


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
