"""Differences between states that no command and no property reads. Each has a proof in a sentence; tests compare."""

from __future__ import annotations

from pointsman.spec.condition import columns
from pointsman.spec.meaning import statuses_of_call
from pointsman.world.ground import LATER, NOTHING
from pointsman.world.making import Making
from pointsman.world.row import RowVariables
from pointsman.world.system import Const, Tidy, Var, among, both, eq, ne, no
from pointsman.world.worker import Phase, Worker


def tidies(making: Making) -> None:
    """Add every rewriting of states that is sound in this world."""
    for row in making.rows:
        _lost_claims(making, row)
        _dead_columns(making, row)
        _dead_answers(making, row)


def _lost_claims(making: Making, row: RowVariables) -> None:
    """Add tidies that make a worker idle whose claim is lost, unless such workers may still act in this world."""
    ground = making.ground
    if ground.acts_stale or ground.locks:
        return
    for worker in making.workers:
        busy = no(among(worker.phase, (Phase.IDLE, Phase.ELSEWHERE)))
        here = eq(worker.row, row.number) if ground.scope.rows > 1 else Const(1)
        lost = both(busy, here, ne(row.holder, worker.token))
        making.tidies.append(
            Tidy(
                lost,
                tuple(worker.idle().items()),
                "it may claim as if idle, and whatever it would write compares in vain",
            )
        )
        if not _comes_back(making, worker):
            gone = both(busy, here, eq(row.holder, worker.token), no(worker.reads(row)))
            updates = (*worker.idle().items(), (row.holder.name, Const(0)))
            making.tidies.append(Tidy(gone, updates, "the status that it read never comes back"))


def _comes_back(making: Making, worker: Worker) -> bool:
    reach = making.ground.reach
    held = worker.team.queue.statuses
    return any(
        name in reach[other] for other in reach for name in held if other not in held and other in _after(making, held)
    )


def _after(making: Making, held: tuple[str, ...]) -> frozenset[str]:
    return frozenset(held).union(*(making.ground.reach[name] for name in held))


def _dead_columns(making: Making, row: RowVariables) -> None:
    """Add tidies that reset a column where it is dead: every way on writes the column before any command reads it."""
    ground = making.ground
    reading: list[tuple[Var, int, set[str]]] = []
    for column in ground.dues:
        held = {name for queue in ground.lifecycle.queues if queue.due == column for name in queue.statuses}
        reading.append((row.due(column), LATER, _alive(making, column, held)))
    for column in ground.counts:
        held = {
            name for q in ground.lifecycle.queues if q.attempts and q.attempts.column == column for name in q.statuses
        }
        reading.append((row.count(column), 0, _alive(making, column, held)))
    for var, value, alive in reading:
        dead = sorted(code for name, code in ground.code.items() if name not in alive)
        if dead and _writes_only_while_alive(making):
            guard = both(among(row.status, dead), ne(var, value))
            making.tidies.append(
                Tidy(guard, ((var.name, Const(value)),), "every way on writes it before any command reads it")
            )


def _writes_only_while_alive(making: Making) -> bool:
    """True if the world has no wrong implementation that skips `on_entry` or moves rows along no transition."""
    wrong = {
        "carries_the_old_count",
        "writes_blind",
        "skips_guard",
        "late_webhook_reopens",
        "applies_twice",
        "coerces_unknown_status",
        "forgets_row_after_crash",
    }
    return not making.ground.without & wrong


def _alive(making: Making, column: str, read_in: set[str]) -> set[str]:
    """The statuses in which the column's value can still be read; all of them, if a property of the spec reads it."""
    ground = making.ground
    if column in ground.pictured:
        return set(ground.code)
    alive = set(read_in) | {s.name for s in ground.lifecycle.statuses if column in s.requires}
    alive |= {move.source for move in ground.lifecycle.transitions if move.when and column in columns(move.when)}
    while True:
        more = {
            move.source
            for move in ground.lifecycle.transitions
            if move.target in alive
            and move.source not in alive
            and column not in dict(ground.lifecycle.status[move.target].on_entry)
        }
        if not more:
            return alive
        alive |= more


def _dead_answers(making: Making, row: RowVariables) -> None:
    """Add tidies that forget a stored answer, or a key's age, where no worker can make the call any more."""
    ground = making.ground
    if ground.acts_stale or not _writes_only_while_alive(making):
        return
    for number, call in enumerate(ground.calls, 1):
        if call.key is None:
            continue
        making_it = statuses_of_call(ground.lifecycle, call.name)
        gone = sorted(
            code for name, code in ground.code.items() if name not in making_it and not ground.reach[name] & making_it
        )
        memory = row.memory(call, 0)
        if gone and ground.generations == 1:
            guard = both(among(row.status, gone), ne(memory, NOTHING), ne(row.flying, number))
            making.tidies.append(Tidy(guard, ((memory.name, Const(NOTHING)),), "no worker sends that key again"))
    for column in ground.key_ages:
        calls = [call.name for call in ground.calls if call.key_first_used == column]
        held = {name for queue in ground.lifecycle.queues if queue.call in calls for name in queue.statuses}
        alive = _alive(making, column, held)
        dead = sorted(code for name, code in ground.code.items() if name not in alive)
        if dead:
            # What is stored under the key can still be forgotten when the key grows old, as long as the age is there.
            stored = [row.memory(call, 0) for call in ground.calls if call.key is not None and call.name in calls]
            nothing = both(*(eq(memory, NOTHING) for memory in stored))
            out = among(row.flying, (number for number, call in enumerate(ground.calls, 1) if call.name in calls))
            var = row.key_age(column)
            making.tidies.append(
                Tidy(
                    both(among(row.status, dead), ne(var, 0), no(out), nothing),
                    ((var.name, Const(0)),),
                    "no key is sent any more, or the next status forgets its age",
                )
            )
