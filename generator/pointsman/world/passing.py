"""The commands of time and of the provider alone: due times come, keys grow old, abandoned requests end."""

from __future__ import annotations

from pointsman.spec.lifecycle import Call
from pointsman.world.ground import ACCEPTED, DUE, FOR_NOW, LATER, LIVE, NOTHING, NULL, OLD, REFUSED
from pointsman.world.making import Making
from pointsman.world.provider import effect, fits
from pointsman.world.replies import Nature
from pointsman.world.row import Changes, RowVariables
from pointsman.world.system import TRUE, Const, Expr, among, both, eq, ne, no, pick, some


def time(making: Making, row: RowVariables) -> None:
    """Add commands by which a due time comes. If a living worker holds the row, its lease runs out that way."""
    ground = making.ground
    for column in ground.dues:
        due = row.due(column)
        polled = {
            ground.code[name] for queue in ground.lifecycle.queues if queue.due == column for name in queue.statuses
        }
        waiting = both(eq(due, LATER), among(row.status, polled), nothing_protected(making, row))
        held = _held(making, row)
        change = {due.name: Const(DUE)}
        fair = None if ground.may("time-passes") else f"{column} of {row.part}"
        making.act(
            f"time_{row.part}_{column}",
            "time",
            f"{column} comes{row.title}",
            both(waiting, no(held)),
            change,
            fair=fair,
        )
        if ground.teams and not ground.locks:
            making.act(
                f"pause_{row.part}_{column}", "time", f"the lease ends under a worker that is paused{row.title}",
                both(waiting, held), change, fault="pause",
            )  # fmt: skip


def _held(making: Making, row: RowVariables) -> Expr:
    """1 where a living worker holds the row's claim and can still act on it. Admins are left out: they may stop."""
    workers = [worker for worker in making.workers if not worker.team.by_hand]
    return some(*(worker.holds(row) for worker in workers))


def nothing_protected(making: Making, row: RowVariables) -> Expr:
    """0 where a request is still executing that ends before the lease does, so that the due time cannot come yet."""
    ground = making.ground
    covered = [number for number, call in enumerate(ground.calls, 1) if ground.lease_covers(call)]
    return no(among(row.flying, covered)) if covered else TRUE


def ageing(making: Making, row: RowVariables) -> None:
    """Add commands by which a key grows too old to send and the provider forgets it.

    A key whose age no column tells is forgotten at any time; so is one under a lock, since a crash takes back the note
    of its first use.
    """
    ground = making.ground
    for column in ground.key_ages:
        calls = [call for call in ground.calls if call.key_first_used == column and call.key is not None]
        changes: Changes = {row.key_age(column).name: Const(OLD)}
        for call in calls:
            changes |= row.remember(call, row.generation, NOTHING)
        protected = [n for n, call in enumerate(ground.calls, 1) if call in calls and ground.key_outlives(call)]
        quiet = no(both(among(row.flying, protected), eq(row.flying_key, row.generation))) if protected else TRUE
        making.act(
            f"time_{row.part}_{column}_grows_old", "time", f"the key grows too old to send{row.title}",
            both(eq(row.key_age(column), LIVE), quiet), changes, fault="key expires",
        )  # fmt: skip
    for call in ground.calls:
        if call.key is not None:
            _forgetting(making, row, call)


def _forgetting(making: Making, row: RowVariables, call: Call) -> None:
    """Add commands by which the provider forgets a key: an old one, or the present one if no column has its age."""
    ground = making.ground
    told = call.key_first_used is not None and not ground.locks and not ground.may("key-lifetime")
    if told and ground.generations == 1:
        return
    for number in range(ground.generations):
        memory = row.memory(call, number)
        older = ne(row.generation, number) if told else TRUE
        making.act(
            f"time_{row.part}_{call.name}_forgotten_{number}", "provider", f"forgets a key of {call.name}{row.title}",
            both(ne(memory, NOTHING), older), {memory.name: Const(NOTHING)}, fault="key forgotten",
        )  # fmt: skip


def requests_end(making: Making, row: RowVariables) -> None:
    """Add commands that end an abandoned request: it takes effect or, as a fault, is refused or lost."""
    ground = making.ground
    for number, call in enumerate(ground.calls, 1):
        if call not in ground.leg_calls:
            continue
        flying = eq(row.flying, number)
        gone: Changes = {row.flying.name: Const(0)}
        if call.key is not None:
            gone[row.flying_key.name] = Const(0)
        much = row.flying_asked(call)
        if much is not None:
            gone[row.flying_amount.name] = Const(NULL)
        fair = None if ground.may("requests-end") else f"requests of {row.part}"
        room = fits(row, call, much)
        made = {**gone, **effect(row, call, much), **_stored(making, row, call, Nature.MADE, ACCEPTED)}
        making.act(
            f"late_{row.part}_{call.name}_made", "provider",
            f"the request that was still executing takes effect: {call.name}{row.title}",
            both(flying, room), made, fair=fair, covers=("late:made",),
        )  # fmt: skip
        if room != TRUE:
            making.act(
                f"late_{row.part}_{call.name}_already", "provider",
                f"the request that was still executing finds {call.name} done{row.title}",
                both(flying, no(room)), gone, fair=fair,
            )  # fmt: skip
        for nature, answer in ((Nature.REFUSED, REFUSED), (Nature.REFUSED_FOR_NOW, FOR_NOW)):
            if ground.heard(call, nature):
                making.act(
                    f"late_{row.part}_{call.name}_{nature}", "provider",
                    f"the request that was still executing is {nature.value.replace('_', ' ')}{row.title}",
                    both(flying, room), {**gone, **_stored(making, row, call, nature, answer)}, fault="late refusal",
                )  # fmt: skip
        making.act(
            f"late_{row.part}_{call.name}_lost", "provider", f"the request that was still executing is lost{row.title}",
            flying, gone, fault="lost request",
        )  # fmt: skip


def _stored(making: Making, row: RowVariables, call: Call, nature: Nature, answer: int) -> Changes:
    """Store `answer` under the key of the request, unless that key is older than the model's generations."""
    ground = making.ground
    if not ground.stores(call, nature):
        return {}
    known = ground.generations
    return {
        row.memory(call, number).name: pick(eq(row.flying_key, number), answer, row.memory(call, number))
        for number in range(known)
    }
