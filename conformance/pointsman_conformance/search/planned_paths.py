"""Planned runs along the spec: each transition, each pair of transitions, and moves that the spec does not have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pointsman.spec.lifecycle import EffectState
from pointsman_conformance.core.driver import Capability
from pointsman_conformance.core.plan import Advance, DeliverWebhooks, Happen, Move, Plan, Step
from pointsman_conformance.search.cells import CellKind, event_cell, pair_cell, refused_cell, survey, transition_cell
from pointsman_conformance.search.planned_run import PlannedRun, RunMaker, is_sent
from pointsman_conformance.search.ways import Route, Way, by_number


class OfPaths(RunMaker):
    """Makes the planned runs without faults."""

    def all(self) -> Iterator[PlannedRun]:
        """The planned runs without faults."""
        yield from self._transitions()
        yield from self._pairs()
        yield from self._refused()
        yield from self._events()
        yield from self._hooks()

    # --- transitions and pairs -----------------------------------------------------

    def _transitions(self) -> Iterator[PlannedRun]:
        for way in self._ours:
            plan = (self._by.ready("1", way), *self._by.bring(way, "1"))
            aims = frozenset({transition_cell(self._lifecycle, way.number)})
            yield PlannedRun(f"{self._name(way)} by {way.actor}", plan, 0, aims)
            if way.route is Route.HAPPEN:
                twice = (*plan, Advance(60.0), self._by.happen(way, "1"))
                yield PlannedRun(f"{self._name(way)} by {way.actor}, told twice", twice, 0)

    def _pairs(self) -> Iterator[PlannedRun]:
        needed = survey(self._lifecycle, self._about.roles, self._about.capabilities).required
        names = {cell.name for cell in needed if cell.sort is CellKind.PAIR}
        ways = by_number(self._by.ways.all)
        for first, firsts in ways.items():
            for second, seconds in ways.items():
                cell = pair_cell(self._lifecycle, first, second)
                if cell.name in names:
                    best = self._best(seconds)
                    apart = tuple(way for way in firsts if not _tells_what_is_denied(way, best))
                    yield replace(self._pair(self._best(apart or firsts), best), aims=frozenset({cell}))

    def _pair(self, first: Way, second: Way) -> PlannedRun:
        due = self._by.until_due(second.transition.source)
        later = self._by.bring(second, "1", 2)
        plan = (self._by.ready("1", first, second), *self._by.bring(first, "1"), *due, Advance(1.0), *later)
        return PlannedRun(f"{self._name(first)}, then {self._name(second)}", plan)

    # --- moves and events that the spec does not have ----------------------------------------------------

    def _refused(self) -> Iterator[PlannedRun]:
        roles = sorted(self._about.roles)
        if not self._has(Capability.MOVES) or not roles:
            return
        names = [status.name for status in self._lifecycle.statuses]
        for source in names:
            targets = [each for each in names if each != source and (source, each) not in self._lifecycle.pairs]
            plan: list[Step] = []
            for number, target in enumerate(targets, 1):
                plan += [self._by.row(str(number), source), Move(str(number), target, roles[number % len(roles)])]
            cells = frozenset(refused_cell(source, target) for target in targets)
            if plan:
                yield PlannedRun(f"moves out of {source} that the spec does not have", tuple(plan), 1, cells)

    def _events(self) -> Iterator[PlannedRun]:
        """Each event in each status, sent twice."""
        ours = list(dict.fromkeys((way.transition.event or "", way.actor) for way in self._ours if is_sent(way)))
        for status in self._lifecycle.statuses if ours else ():
            plan: list[Step] = []
            for number, (event, actor) in enumerate(ours, 1):
                plan += self._event(str(number), status.name, event, actor)
            cells = frozenset(event_cell(event, status.name) for event, _ in ours if event in self._lifecycle.event)
            yield PlannedRun(f"events in {status.name}, each twice", tuple(plan), 1, cells)

    def _event(self, label: str, status: str, event: str, actor: str) -> Plan:
        way = next(
            (each for each in self._by.ways.out_of[status] if (each.transition.event, each.actor) == (event, actor)),
            None,
        )
        if way is not None:
            sent = self._by.happen(way, label)
            return (self._by.ready(label, way), sent, Advance(60.0), sent)
        sent = Happen(label, event, actor, f"{event}-{label}-1", self._by.values.fields(event, None, {}))
        return (self._by.row(label, status), sent, Advance(60.0), sent)

    def _hooks(self) -> Iterator[PlannedRun]:
        """Each webhook in each status: twice, in reverse order, and late."""
        for status in self._lifecycle.statuses if any(call.webhooks for call in self._lifecycle.calls) else ():
            yield PlannedRun(
                f"webhooks in {status.name}",
                (self._by.row("1", status.name), DeliverWebhooks("1", 2), DeliverWebhooks("1", 1, reverse=True)),
            )
        for way in self._ours:
            if way.route is Route.HOOK:
                plan = (
                    self._by.ready("1", way),
                    *self._by.bring(way, "1"),
                    DeliverWebhooks("1", 2),
                    Advance(60.0),
                    DeliverWebhooks("1", 2),
                )
                yield PlannedRun(f"{self._name(way)} by a webhook, then again", plan, 0)


def _tells_what_is_denied(first: Way, second: Way) -> bool:
    """True if the first way reports an effect that the second needs not to be done."""
    denied = {call for call, what in second.transition.needs if what is EffectState.NOT_DONE}
    return first.call is not None and first.call.name in denied
