"""The fields of an event that a plan leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pointsman.spec.fitting import family
from pointsman.spec.meaning import field, put_field
from pointsman_conformance.core import plan
from pointsman_conformance.core.history import Columns, Value
from pointsman_conformance.core.invented import invented
from pointsman_conformance.core.wire import Json
from pointsman_conformance.provider.provider import Provider
from pointsman_conformance.reference.event_fields import carried
from pointsman_conformance.reference.operation import FoundRow
from pointsman_conformance.reference.rules import Rules


def filled(
    rules: Rules, provider: Provider, key: str, row: Columns, step: plan.Happen, now: float
) -> Mapping[str, Json]:
    """The step's fields, and values for the missing ones that its event carries: whole amounts, real receipts."""
    event = rules.event(step.event)
    if event is None:
        return step.fields
    missing = [(column, name) for column, name in event.carries if field(step.fields, name) is None]
    if not missing:
        return step.fields
    found: dict[str, Json] = dict(step.fields)
    status = rules.status_of(row)
    ways = rules.ways(status.name, step.event, step.actor) if status is not None else ()
    usual = carried(rules, ways[0] if ways else None, event, FoundRow(key, row))
    for column, name in missing:
        of = rules.table.column[column]
        value = invented(of, key, now) if family(of.type) == "time" else usual.get(column)
        if value is None:
            value = _receipt(rules, provider, key, row, column)
        if value is not None:
            put_field(found, name, value)
    return found


def _receipt(rules: Rules, provider: Provider, key: str, row: Columns, column: str) -> Value:
    """The receipt of the row's effect. The effect is made if there is none, so that the event is true."""
    for call, name in _recorded(rules, column):
        for event in reversed(provider.hooks):
            told = field(event.object, name) if event.row == key and event.call == call else None
            if isinstance(told, str):
                return told
        amount = row.get(rules.lifecycle.call[call].amount or "")
        try:
            return provider.put(call, key, amount if isinstance(amount, int) else 1000, columns=row)
        except LookupError:
            continue
    return None


def _recorded(rules: Rules, column: str) -> Iterator[tuple[str, str]]:
    for call in rules.lifecycle.calls:
        for name, told in call.records:
            if name == column:
                yield call.name, told
