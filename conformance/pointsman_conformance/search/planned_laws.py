"""Planned runs for single laws: rows and events that no single fault brings about."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.spec.lifecycle import EarlyEvent
from pointsman.spec.meaning import lease_of, statuses_answering
from pointsman_conformance.core.driver import Capability
from pointsman_conformance.core.plan import (
    Advance,
    Create,
    Dashboard,
    DeliverWebhooks,
    Fault,
    FaultKind,
    Plan,
    Point,
    Settle,
    SetUnknownStatus,
    Step,
    Work,
)
from pointsman_conformance.search.planned_run import PlannedRun, RunMaker, is_sent
from pointsman_conformance.search.ways import Route


class OfLaws(RunMaker):
    """Makes the planned runs that put single laws to the test."""

    def all(self) -> Iterator[PlannedRun]:
        """The planned runs for single laws."""
        yield from self._estranged()
        yield from self._old_counts()
        yield from self._by_hand()
        yield from self._amounts()
        yield from self._kept()
        yield from self._crowds()

    def _estranged(self) -> Iterator[PlannedRun]:
        starts = {way.transition.source for way in self._ours}
        for status in self._lifecycle.statuses:
            rank = 0 if status.name in starts else 2
            plan: list[Step] = [self._by.row("1", status.name), SetUnknownStatus("1")]
            plan += [Work(queue.worker or "") for queue in self._queues]
            plan += [self._by.happen(way, "1") for way in self._ours if way.route is Route.HAPPEN]
            plan += [DeliverWebhooks("1"), Advance((lease_of(self._lifecycle) or 60.0) + 1)]
            yield PlannedRun(f"a row in {status.name} gets an unknown status", tuple(plan), rank)

    def _old_counts(self) -> Iterator[PlannedRun]:
        """Rows with a count from an earlier leg, which entering the next leg must reset."""
        for way in self._ours:
            counts = {
                name: 2
                for name, value in self._lifecycle.status[way.transition.target].on_entry
                if isinstance(value, int) and not isinstance(value, bool)
            }
            if counts:
                ready = self._by.ready("1", way)
                row = Create(ready.row, ready.status, {**ready.columns, **counts})
                yield PlannedRun(f"{self._name(way)} with an old count", (row, *self._by.bring(way, "1")), 0)

    def _by_hand(self) -> Iterator[PlannedRun]:
        for queue in self._calling:
            call = self._lifecycle.call_of(queue)
            if call is None or call.repeat.value != "already_done":
                continue
            for part in (False, True):
                made = (self._start(queue), Dashboard("1", call.name, part), Work(queue.worker or ""))
                words = "a part of " if part else ""
                rank = 1 if part else 0
                yield PlannedRun(f"a person makes {words}{call.name} by hand", (*made, *self._again(queue)), rank)
            lost = Work(queue.worker or "", faults=(Fault(FaultKind.LOST_REQUEST),))
            plan = (self._start(queue), lost, Dashboard("1", call.name), *self._again(queue))
            yield PlannedRun(f"a person makes {call.name} by hand after a lost request", plan)

    def _amounts(self) -> Iterator[PlannedRun]:
        """Parts of an amount: asked for by an event, or in the row from the start; with and without a fault."""
        for queue in self._calling:
            call = self._lifecycle.call_of(queue)
            if call is None or call.amount is None:
                continue
            part = {call.amount: 300}
            for kind in (None, FaultKind.LOST_REPLY, FaultKind.ERROR_AFTER_EFFECT, FaultKind.EXECUTING):
                faults = (self._by.fault(queue, kind),) if kind is not None else ()
                worked = Work(queue.worker or "", faults=faults)
                plan = (Create("1", queue.statuses[0], part), worked, *self._again(queue))
                yield PlannedRun(f"a part of {call.name}, {kind or 'without a fault'}", plan, 1 if kind else 0)
        for way in self._ours:
            if way.route is Route.HAPPEN and self._by.values.has_parts(way.transition.event):
                whole, part_, more = (self._by.happen(way, "1", number, number) for number in (0, 1, 2))
                yield PlannedRun(
                    f"parts by {way.transition.event}", (self._by.ready("1", way), part_, part_, more, whole), 0
                )

    def _kept(self) -> Iterator[PlannedRun]:
        """Events that come too early: they are kept, sent twice, and applied as soon as the row can take them."""
        for event in self._lifecycle.events:
            takers = [way for way in self._by.ways.all if way.transition.event == event.name and is_sent(way)]
            if not takers:
                continue
            for status in statuses_answering(event, EarlyEvent.KEEP):
                sent = self._by.happen(self._best(tuple(takers)), "1", 1)
                turns = tuple(Work(queue.worker or "") for queue in self._by.ways.queues_of[status])
                sweeps = tuple(Work(way.actor) for way in takers)
                early: Plan = (self._by.row("1", status), sent, Advance(60.0), sent, *turns, *sweeps, sent)
                yield PlannedRun(f"{event.name} comes in {status}, where it is kept", early, 0)

    def _crowds(self) -> Iterator[PlannedRun]:
        """Several rows of a queue: an old one whose request was lost, and others that keep coming."""
        for queue in self._queues:
            worker = queue.worker or ""
            first, second, third = (self._start(queue, str(number)) for number in range(1, 4))
            lost = Work(worker, faults=(Fault(FaultKind.LOST_REQUEST),)) if queue.call is not None else Work(worker)
            early = (first, lost, Work(worker), Advance(30.0), second, third, Work(worker))
            yield PlannedRun(f"several rows of {queue.name}", (*early, Settle(12, 3)), 0)
            crowd = (first, second, Advance(1.0), third, Settle(12, 3))
            yield PlannedRun(f"rows of {queue.name} keep coming", crowd, 0)
            if self._has(Capability.CRASHES) and queue.call is not None:
                dead = Work(worker, faults=(Fault(FaultKind.CRASH, Point.WRITE_AFTER),))
                yield PlannedRun(f"{worker} dies with a claim", (first, dead), 0)
