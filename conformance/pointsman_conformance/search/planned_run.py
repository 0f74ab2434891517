"""A planned run, and the base class of the makers of planned runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pointsman.spec.lifecycle import Lifecycle, Queue
from pointsman_conformance.core.driver import Capability, ImplementationInfo
from pointsman_conformance.core.plan import Advance, Create, Plan, Work
from pointsman_conformance.search.cells import Cell, transition_name
from pointsman_conformance.search.setup_steps import Bringing
from pointsman_conformance.search.ways import Route, Way, longest


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A plan that is made from a spec, with a name that tells its purpose.

    `rank` orders the runs: 0 tests something that no other run does, 2 is a variant. `aims` are the cells that it is
    to reach: where they are reached already, it may be left out.
    """

    name: str
    plan: Plan
    rank: int = 1
    aims: frozenset[Cell] = frozenset()


class RunMaker:
    """Base of the classes that make planned runs for an implementation of `about.roles`."""

    def __init__(self, lifecycle: Lifecycle, about: ImplementationInfo) -> None:
        self._lifecycle, self._about, self._by = lifecycle, about, Bringing(lifecycle)

    @cached_property
    def _ours(self) -> tuple[Way, ...]:
        return tuple(way for way in self._by.ways.all if way.actor in self._about.roles and self._can_be_sent(way))

    def _can_be_sent(self, way: Way) -> bool:
        if way.route is Route.WORK:
            return True
        return self._has(Capability.MOVES if way.route is Route.MOVE else Capability.EVENTS)

    @cached_property
    def _queues(self) -> tuple[Queue, ...]:
        """The queues whose worker is a role of the implementation."""
        return tuple(queue for queue in self._lifecycle.queues if queue.worker in self._about.roles)

    @cached_property
    def _calling(self) -> tuple[Queue, ...]:
        return tuple(queue for queue in self._queues if queue.call is not None)

    def _has(self, capability: Capability) -> bool:
        return capability in self._about.capabilities

    def _name(self, way: Way) -> str:
        return transition_name(self._lifecycle, way.number)

    def _start(self, queue: Queue, label: str = "1") -> Create:
        return self._by.row(label, queue.statuses[0])

    def _again(self, queue: Queue) -> Plan:
        """The row becomes due again, and its worker gets a turn."""
        return (Advance(longest(queue, self._lifecycle)), Work(queue.worker or ""))

    def _best(self, ways: tuple[Way, ...]) -> Way:
        """The best of `ways`: none left to chance, then one of the roles, then work before webhooks before events."""
        order = [Route.WORK, Route.HOOK, Route.HAPPEN, Route.MOVE]
        return min(ways, key=lambda way: (_is_left_to_chance(way), way not in self._ours, order.index(way.route)))


def is_sent(way: Way) -> bool:
    """True if a plan hands the event of `way` to an actor."""
    return way.route is Route.HAPPEN


def _is_left_to_chance(way: Way) -> bool:
    """True if the worker of `way` makes no call, so that no plan decides its finding."""
    return way.queue is not None and way.queue.call is None
