"""Reports of actors that make no call: an event about a row, and values for what it carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

from pointsman.spec import condition
from pointsman.spec.condition import Condition
from pointsman.spec.fitting import family
from pointsman.spec.lifecycle import EffectState, Event, Status, Transition
from pointsman_conformance.core.history import Columns, Value
from pointsman_conformance.core.invented import WHOLE, invented
from pointsman_conformance.reference.operation import Assigned, FoundRow, Later
from pointsman_conformance.reference.rules import Rules

NEWS = 0.75
"""How often there is something to report."""


def reported(
    rules: Rules, row: FoundRow, status: Status, actor: str, random: Random
) -> tuple[Transition, Mapping[str, Assigned]] | None:
    """A transition that `actor` reports, and what it brings; None for "nothing yet".

    Mostly one that leads nearer to where the row may stay. Never one that tells of a call's effect: the provider
    would know of none.
    """
    ways = [
        (way, brought)
        for way in rules.lifecycle.moves[status.name]
        if actor in way.by
        and not _tells_of_an_effect(rules, way)
        and (brought := _brought(rules, way, row)) is not None
    ]
    if not ways or random.random() > NEWS:
        return None
    far = rules.far
    nearest = min(far.get(way.target, len(far)) for way, _ in ways)
    near = [each for each in ways if far.get(each[0].target, len(far)) == nearest]
    way, brought = random.choice(near if random.random() < NEWS else ways)
    return way, {name: Later() if _is_time(rules, name) else value for name, value in brought.items()}


def carried(rules: Rules, way: Transition | None, event: Event, row: FoundRow) -> Mapping[str, Value]:
    """A value for each column that `event` carries; if it can be, so that `way` may be taken.

    Amounts are the whole, receipts those that the row has; times are left out.
    """
    columns = [column for column, _ in event.carries if not _is_time(rules, column)]
    found: dict[str, Value] = {column: _usual(rules, column, row) for column in columns}
    wanted = _satisfying(rules, way.when, row.columns, frozenset(columns)) if way is not None and way.when else {}
    return {**found, **wanted}


def _brought(rules: Rules, way: Transition, row: FoundRow) -> Mapping[str, Value] | None:
    """The columns that a report along `way` fills; None where the row still could not take it."""
    event = rules.event(way.event or "")
    brought: dict[str, Value] = {}
    if event is not None:
        brought = dict(carried(rules, way, event, row))
        brought.update({column: 0.0 for column, _ in event.carries if _is_time(rules, column)})
    after = {**row.columns, **brought}
    if not rules.meets(way.when, after) or rules.lacks(way, row.columns, rules.entering(way, brought)):
        return None
    return brought


def _tells_of_an_effect(rules: Rules, way: Transition) -> bool:
    before, after = rules.lifecycle.status[way.source], rules.lifecycle.status[way.target]
    return bool({call for call, what in after.means if what is EffectState.DONE} - {call for call, _ in before.means})


def _is_time(rules: Rules, column: str) -> bool:
    return family(rules.table.column[column].type) == "time"


def _usual(rules: Rules, column: str, row: FoundRow) -> Value:
    kept = row.columns.get(column)
    if column in {name for call in rules.lifecycle.calls for name, _ in call.records}:
        return kept  # only the provider knows another
    match family(rules.table.column[column].type):
        case "whole":
            return whole(rules, row.columns)
        case "boolean":
            return True
    return kept if kept is not None else invented(rules.table.column[column], row.key, 0.0)


def whole(rules: Rules, columns: Columns) -> int:
    """The whole amount that the row is about."""
    amounts = (columns.get(call.amount) for call in rules.lifecycle.calls if call.amount is not None)
    return next((amount for amount in amounts if isinstance(amount, int)), WHOLE)


def _satisfying(rules: Rules, when: Condition, row: Columns, free: frozenset[str]) -> dict[str, Value]:
    """Values for the columns `free` that make `when` true of the row; empty where none are found."""
    for candidate in _candidates(rules, when, free):
        if rules.meets(when, {**row, **candidate}):
            return candidate
    return {}


def _candidates(rules: Rules, when: Condition, free: frozenset[str]) -> Iterator[dict[str, Value]]:
    yield {name: value for name, value in rules.solution(when).items() if name in free}
    for name in condition.columns(when):
        if name in free and family(rules.table.column[name].type) == "text":
            yield {name: "R99"}
