"""Builds the world of a lifecycle in a scope."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pointsman.spec.errors import UsageError
from pointsman.spec.finding import did_you_mean
from pointsman.spec.laws import LAWS
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.premises import DROPPABLE, PREMISES
from pointsman.world.arriving import births, callless, dashboard, events, webhooks
from pointsman.world.claims import Round, calling, claiming, crashing, looking_up
from pointsman.world.ground import Ground
from pointsman.world.making import Making
from pointsman.world.passing import ageing, requests_end, time
from pointsman.world.recording import recording
from pointsman.world.row import RowVariables
from pointsman.world.scope import Scope
from pointsman.world.straying import straying
from pointsman.world.system import System, Twin, Twins
from pointsman.world.tidying import tidies
from pointsman.world.truths import own, truths
from pointsman.world.unassumed import unassumed
from pointsman.world.worker import Worker


def build(lifecycle: Lifecycle, scope: Scope, without: Iterable[str] = ()) -> System:
    """The world of `lifecycle` with the rows, workers and attempts of `scope`.

    `without` names what the world does not assume: ids of laws (all their
    wrong implementations are added), names of wrong implementations, ids of premises.

    Raises:
        UsageError: `without` has a name that is no law, wrong implementation or premise.
    """
    return _build(lifecycle, scope, expanded(without))


@lru_cache(maxsize=16)
def _build(lifecycle: Lifecycle, scope: Scope, dropped: frozenset[str]) -> System:
    """`build` with expanded names. Cached, since the laws are judged in the same few worlds again and again."""
    ground = Ground(lifecycle, scope, dropped)
    rows = tuple(RowVariables(ground, number) for number in range(scope.rows))
    workers = tuple(Worker(ground, team, token) for team in ground.teams for token in team.tokens)
    making = Making(ground, rows, workers)
    for row in rows:
        for part in (births, events, webhooks, callless, dashboard, time, ageing, requests_end, straying, unassumed):
            part(making, row)
        for worker in workers:
            step = Round(making, worker, row)
            for act in (claiming, calling, looking_up, recording, crashing):
                act(step)
        truths(making, row)
        own(making, row)
    tidies(making)
    return _system(making)


def expanded(names: Iterable[str]) -> frozenset[str]:
    """`names`, each law replaced by its wrong implementations.

    Raises:
        UsageError: a name is neither a law, nor a wrong implementation, nor a premise, or a premise of every world.
    """
    laws = {law.id: law.wrong for law in LAWS}
    known = {*(wrong for law in LAWS for wrong in law.wrong), *(premise.id for premise in DROPPABLE)}
    always = {premise.id for premise in PREMISES if not premise.droppable}
    found: set[str] = set()
    for name in names:
        if name in laws:
            found.update(laws[name])
        elif name in known:
            found.add(name)
        elif name in always:
            raise UsageError(f"no world does without {name}: `pointsman explain {name}` says why.")
        else:
            raise UsageError(f"there is no law or premise {name!r}.{did_you_mean(name, {*laws, *known})}")
    return frozenset(found)


def _system(making: Making) -> System:
    ground = making.ground
    holders = tuple(row.holder.name for row in making.rows) if ground.teams else ()
    same = scope_is_symmetric(ground)
    return System(
        lifecycle=ground.lifecycle.name,
        world=ground.scope.world.name,
        variables=tuple(v for row in making.rows for v in row.variables)
        + tuple(v for w in making.workers for v in w.variables),
        actions=tuple(making.actions),
        invariants=tuple(making.invariants),
        responses=tuple(making.responses),
        witnesses=tuple(making.witnesses),
        tidies=tuple(making.tidies),
        twins=tuple(
            Twins(
                tuple(
                    Twin(
                        worker.token,
                        tuple(variable.name for variable in worker.variables),
                        _groups_of(making, worker.tag),
                    )
                    for worker in making.workers
                    if worker.token in team.tokens
                ),
                holders,
            )
            for team in ground.teams
            if len(team.tokens) > 1
        ),
        rows=tuple(tuple(variable.name for variable in row.variables) for row in making.rows) if same else (),
        row_groups=tuple(_groups_of(making, row.part) for row in making.rows) if same else (),
        row_pointers=tuple(worker.row.name for worker in making.workers) if same else (),
        without=tuple(sorted(ground.without)),
        unfollowed=dict(making.unfollowed),
    )


def _groups_of(making: Making, owner: str) -> tuple[str, ...]:
    """The fair groups of a row or worker, whose names end with its own, in the same order for each of its kind."""
    groups = {action.fair for action in making.actions if action.fair is not None}
    return tuple(sorted(group for group in groups if group.endswith(f" {owner}")))


def scope_is_symmetric(ground: Ground) -> bool:
    """True if rows can be exchanged for each other: where there is more than one."""
    return ground.scope.rows > 1
