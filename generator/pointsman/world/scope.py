"""The size and the variant of a world. A verdict holds for one scope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.spec.errors import UsageError
from pointsman.spec.finding import did_you_mean
from pointsman.spec.lifecycle import Bounds, Lifecycle, Repeat

ROWS, WORKERS, ATTEMPTS = 1, 2, 2


@dataclass(frozen=True, slots=True)
class World:
    """A variant of the world of a lifecycle.

    `amounts`: events ask for parts as well as wholes. `dashboard`: effects are
    made by hand at the provider. `foreign`: rows may hold an undeclared status.
    `arrivals`: other rows keep arriving, and workers take them too.
    `leg`: rows start where this call's leg begins, and no other leg runs.
    """

    name: str
    summary: str
    amounts: bool = False
    dashboard: bool = True
    foreign: bool = False
    arrivals: bool = False
    leg: str | None = None


DEFAULT = World("default", "whole amounts, every fault, effects made by hand at the provider's dashboard")
PARTIAL = World("partial", "events ask for a part or the whole, and so does the dashboard", amounts=True)
FOREIGN = World("unknown-status", "a row may hold a status that the spec does not know", foreign=True, dashboard=False)
ARRIVALS = World("arrivals", "one row among others that keep arriving", dashboard=False, arrivals=True)

WORLDS: tuple[World, ...] = (DEFAULT, PARTIAL, FOREIGN, ARRIVALS)
"""The worlds of every lifecycle; each call's leg is one more."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The size that is explored: rows, workers for each queue, and the most attempts of a queue.

    Raises:
        UsageError: rows are not 1 to 3, workers not 1 to 4, or attempts not 1 to 6.
    """

    rows: int = ROWS
    workers: int = WORKERS
    attempts: int = ATTEMPTS
    world: World = DEFAULT

    def __post_init__(self) -> None:
        for name, most in (("rows", 3), ("workers", 4), ("attempts", 6)):
            value = getattr(self, name)
            if not 1 <= value <= most:
                raise UsageError(f"{name} is from 1 to {most}, not {value}.")


def worlds_of(lifecycle: Lifecycle) -> tuple[World, ...]:
    """Every world in which `lifecycle` can be checked, each with a name of its own."""
    return tuple(_worlds(lifecycle))


def _worlds(lifecycle: Lifecycle) -> Iterator[World]:
    yield DEFAULT
    if _has_parts(lifecycle):
        yield PARTIAL
    yield FOREIGN
    if lifecycle.queues:
        yield ARRIVALS
    for call in lifecycle.calls:
        yield World(f"leg:{call.name}", f"rows start where {call.name} begins, whole amounts", leg=call.name)
        if _has_parts(lifecycle) and call.repeat is Repeat.ALREADY_DONE and call.amount is not None:
            yield World(
                f"leg:{call.name}:partial",
                f"rows start where {call.name} begins, whole and partial amounts",
                leg=call.name,
                amounts=True,
            )


def _has_parts(lifecycle: Lifecycle) -> bool:
    """True if an event carries the amount of a call that can be made in parts."""
    carried = {column for event in lifecycle.events for column, _ in event.carries}
    return any(call.amount in carried for call in lifecycle.calls if call.repeat is Repeat.ALREADY_DONE and call.amount)


def world_named(lifecycle: Lifecycle, name: str) -> World:
    """The world of `lifecycle` with this name.

    Raises:
        UsageError: this lifecycle has no such world.
    """
    found = {world.name: world for world in worlds_of(lifecycle)}
    if name not in found:
        raise UsageError(
            f"{lifecycle.name} has no world {name!r}.{did_you_mean(name, found)} It has {', '.join(found)}."
        )
    return found[name]


def smallest(world: World, rows: int = ROWS, workers: int = WORKERS, attempts: int = ATTEMPTS) -> Scope:
    """The scope for `world` by default: the given sizes, or 1 row, worker and attempt where other rows arrive."""
    if world.arrivals:
        return Scope(rows=1, workers=1, attempts=1, world=world)
    return Scope(rows, workers, attempts, world)


def sizes(lifecycle: Lifecycle, rows: int | None, workers: int | None, attempts: int | None) -> tuple[int, int, int]:
    """Rows, workers and attempts: each as given, else by the spec's bounds, else the default."""
    bounds = lifecycle.bounds or Bounds()
    asked = ((rows, bounds.rows, ROWS), (workers, bounds.workers, WORKERS), (attempts, bounds.attempts, ATTEMPTS))
    found = [next(each for each in ways if each is not None) for ways in asked]
    return found[0], found[1], found[2]
