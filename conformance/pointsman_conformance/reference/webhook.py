"""A provider's webhook: which row it is about, what it means there, and the receipt that it brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pointsman.spec.lifecycle import Call, Repeat, Status, Webhook
from pointsman.spec.meaning import (
    LookUpResult,
    columns_in,
    event_of,
    field,
    is_ours,
    looked_up,
    receipts_of_others,
    scalar,
    tells,
    text_of,
    webhooks_of,
)
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.wire import Json, received
from pointsman_conformance.reference import asking
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.handler import READS, Handling
from pointsman_conformance.reference.operation import FoundRow, ReadRow, TurnSteps
from pointsman_conformance.reference.requests import look_up_request


class Hooking(Handling):
    """The turns of a webhook receiver."""

    def hook(self, actor: str, type: str, thing: Mapping[str, Json], id: str = "") -> TurnSteps:  # noqa: A002 - the provider's words
        """The provider tells of `thing`, its object. An event may come any number of times, late, in any order."""
        if id and self.is_known(id):
            return "ignored"
        for _ in range(READS):
            found = yield from self.row_of(type, thing)
            answer = "ignored" if found is None else (yield from self.tell(actor, found, type, thing))
            if answer is not None:
                if id and answer == "applied":
                    self.inbox.add(id)
                return answer
        return "unknown"

    def row_of(self, type: str, thing: Mapping[str, Json]) -> Doing[FoundRow | None]:  # noqa: A002 - the provider's word
        """The row whose mark the object carries."""
        for key in dict.fromkeys(self._keys(type, thing)):
            found = yield from asking.row(ReadRow(key))
            if found is not None:
                return found
        return None

    def _keys(self, type: str, thing: Mapping[str, Json]) -> Iterator[str]:  # noqa: A002 - the provider's word
        """Primary keys that marks name: those of the calls that this hook tells of, then of the others."""
        own = [call for call, _ in webhooks_of(self.lifecycle, type)]
        for call in (*own, *(call for call in self.lifecycle.calls if call not in own)):
            for name, template in call.marks:
                said = text_of(scalar(field(thing, name)))
                told = columns_in(template.text, said) if said is not None else None
                if told is not None and self.rules.table.primary_key in told:
                    yield told[self.rules.table.primary_key]

    def tell(self, actor: str, row: FoundRow, type: str, thing: Mapping[str, Json]) -> Doing[str | None]:  # noqa: A002 - the provider's word
        """Applies the event that the hook means for the row."""
        status = self.rules.status_of(row.columns)
        if status is None:
            return (yield from self.unknown_status(row))
        told = self.meaning(actor, row, status, type, thing)
        if told is None:
            return "ignored"
        call, hook, event = told
        carried: dict[str, Value] = dict(self.carried(self.rules.event(event), thing))
        if event == hook.event and self.rules.ways(status.name, event, actor):
            receipts = yield from self.receipts_of_hook(call, row, thing)
            if receipts is None:
                return "unknown"  # the provider will tell again
            carried.update(receipts)
        way = self.way_of(actor, row, status, event, carried)
        if way is None:
            answer = yield from self.where_none_applies(actor, row, status, event, carried)
            return "ignored" if answer == "refused" else answer
        return (yield from self.apply(row, way, carried))

    def meaning(
        self, actor: str, row: FoundRow, status: Status, type: str, thing: Mapping[str, Json]  # noqa: A002 - the provider's word
    ) -> tuple[Call, Webhook, str] | None:  # fmt: skip
        """The call and the event that the hook tells of; of several, the one that moves the row."""
        found: tuple[Call, Webhook, str] | None = None
        for call, hook in webhooks_of(self.lifecycle, type):
            if not tells(hook, thing):
                continue
            if not self._may_be_of(call, row, thing):
                continue
            event = event_of(hook, status.name)
            if self.rules.ways(status.name, event, actor):
                return call, hook, event
            found = found or (call, hook, event)
        return found

    def _may_be_of(self, call: Call, row: FoundRow, thing: Mapping[str, Json]) -> bool:
        """Marks that the object has are the call's."""
        marked = any(field(thing, name) is not None for name, _ in call.marks)
        return not marked or is_ours(call, row.columns, thing) or call.repeat is Repeat.ALREADY_DONE

    def receipts_of_hook(
        self, call: Call, row: FoundRow, thing: Mapping[str, Json]
    ) -> Doing[Mapping[str, Value] | None]:
        """The columns of `records`, from the object; if that is another call's, from a look-up. None: no answer."""
        found = {column: scalar(field(thing, name)) for column, name in call.records}
        known = receipts_of_others(self.lifecycle, call, row.columns)
        if all(value is not None and str(value) not in known for value in found.values()):
            return found
        if call.look_up is None:
            return {}
        heard = yield from asking.reply(look_up_request(call, row.columns, self.token))
        answer = looked_up(call, row.columns, received(heard), known)
        return answer.receipts if answer is not None and answer.result is LookUpResult.FOUND else None
