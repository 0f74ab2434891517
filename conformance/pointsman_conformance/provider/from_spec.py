"""Objects of any provider, made from what a spec says of its calls and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from pointsman.spec.lifecycle import Call, Lifecycle, Outcome, Repeat
from pointsman.spec.meaning import field as read_field
from pointsman.spec.meaning import parts_of, put_field, scalar
from pointsman_conformance.core.wire import HttpReply, HttpRequest, Json
from pointsman_conformance.provider.addresses import Endpoint, RowOf
from pointsman_conformance.provider.forms import amount, nested
from pointsman_conformance.provider.ledger import About, HookEvent, Ledger, Object
from pointsman_conformance.provider.listing import PAGING, page
from pointsman_conformance.provider.replies import error, judged, missing, sample
from pointsman_conformance.provider.resource import PlannedEffect

ANYTHING = "?"
"""A part of a path that the kit does not know when it makes an effect without a request."""

_OF_ERRORS = frozenset({"code", "reason", "type", "message"})
"""Fields that only an error has: a look-up whose receipt is one asks whether the object is gone."""


@dataclass
class _Thing:
    """An object. `undone` are the calls that changed it afterwards, such as a cancellation."""

    receipt: str
    about: About
    amount: int | None
    collection: str
    values: dict[str, str]
    shown: Object
    undone: set[str] = field(default_factory=set)
    gone: bool = False


class FromSpec:
    """The calls that no other resource handles.

    A call makes an object of its own, or, where its path names another call's object and it records nothing, changes
    that one. Its marks and fields are echoed. With ``repeat: already_done`` a second one is answered as the spec's
    outcomes describe *already done*. A look-up lists what fits its query, or is one object or a 404.
    """

    def __init__(self, ledger: Ledger, lifecycle: Lifecycle, calls: Sequence[Call], row_of: RowOf) -> None:
        self._ledger = ledger
        self._lifecycle = lifecycle
        self._row_of = row_of
        self._calls = {call.name: call for call in calls}
        self._endpoint = {call.name: Endpoint.of(call.request.text) for call in calls}
        self._look_up = {
            call.name: Endpoint.of(call.look_up.request.text) for call in calls if call.look_up is not None
        }
        self._base = {call.name: self._base_of(call) for call in calls}
        self._key = lifecycle.table.primary_key if lifecycle.table is not None else "id"
        self.clear()

    def clear(self) -> None:
        self._things: list[_Thing] = []

    def found_elsewhere(self, call: Call, name: str, amount: int) -> None:
        """Nothing: an object that a path names is taken to exist."""

    def handles(self, call: Call) -> bool:
        return call.name in self._calls

    def stores(self, call: Call | None, reply: HttpReply) -> bool:
        if call is None:
            return False
        if call.provider == "stripe":
            return reply.status != 404 or self._ledger.options.missing_is_stored
        rule = judged(call, reply)
        return rule is not None and rule.stored

    def work(self, request: HttpRequest, about: About) -> PlannedEffect | HttpReply | None:
        call = about.call
        if call is not None and self.handles(call):
            values = self._endpoint[call.name].path.read(request.path)
            if values is not None and request.method == self._endpoint[call.name].method:
                return self._act(call, values, request, about)
        return self._look(request) if request.method in {"GET", "HEAD"} else None

    def tell(self, call: Call, row: str, type: str) -> HookEvent | None:  # noqa: A002 - Stripe's word
        names = {call.name, self._base[call.name]}
        found = [thing for thing in self._things if thing.about.row == row and thing.about.name in names]
        if not found:
            return None
        found[-1].shown["status"] = type.rsplit(".", 1)[-1]
        return self._ledger.announce(type, found[-1].shown, About(call, row))

    # --- what stands on what ---

    def _base_of(self, call: Call) -> str | None:
        """The call whose object the path of `call` names: it records a column in it, or looks up the same path."""
        endpoint = self._endpoint[call.name]
        for other in self._calls.values():
            if other is not call and any(column in endpoint.path.columns for column, _ in other.records):
                return other.name
        for name, look_up in self._look_up.items():
            if name != call.name and look_up.text == endpoint.text != self._endpoint[name].text:
                return name
        return None

    def _based_on(self, call: Call, values: Mapping[str, str]) -> _Thing | None:
        base = self._base[call.name]
        for thing in reversed(self._things):
            if thing.about.name == base and not thing.gone and _agree(values, thing.values):
                return thing
        return self._taken_over(call, values)

    def _taken_over(self, call: Call, values: Mapping[str, str]) -> _Thing | None:
        """An object that was there before us, if a row of the table knows it."""
        base = self._calls[self._base[call.name] or call.name]
        for column, _ in base.records:
            row = self._row_of(column, values[column]) if column in values else None
            if row is not None:
                shown: Object = {"id": values[column], "object": _kind(self._endpoint[base.name]), "status": "active"}
                thing = _Thing(values[column], About(base, row), None, ANYTHING, {column: values[column]}, shown)
                self._things.append(thing)
                return thing
        return None

    # --- acting ---

    def _act(
        self, call: Call, values: Mapping[str, str], request: HttpRequest, about: About
    ) -> PlannedEffect | HttpReply:
        asked = amount(request) if call.amount is not None else None
        base: _Thing | None = None
        if self._base[call.name] is not None:
            base = self._based_on(call, values)
            if base is None:
                return self._absent(_kind(self._endpoint[call.name]), request.path.rsplit("/", 1)[-1])
        refusal = self._room(call, base, asked, request, about)
        if refusal is not None:
            return refusal
        if base is not None and not call.records:
            return self._changing(call, base, about)
        if call.amount is not None and asked is None and base is not None and base.amount is not None:
            asked = base.amount - _taken(self._done(call, base, request, about))
        return self._making(call, base, values, asked, request, about)

    def _room(
        self, call: Call, base: _Thing | None, asked: int | None, request: HttpRequest, about: About
    ) -> HttpReply | None:
        """None where there is room for the effect, else why not."""
        if call.repeat is Repeat.NEW_EFFECT:
            return None
        if base is not None and not call.records:
            return self._already(call) if call.name in base.undone else None
        done = self._done(call, base, request, about)
        taken = _taken(done)
        whole = base.amount if base is not None and base.amount is not None else asked
        if done and (whole is None or taken >= whole):
            return self._already(call)
        if asked is not None and whole is not None and taken + asked > whole:
            words = f"{asked} is more than is left ({whole - taken})."
            return sample(call, Outcome.REFUSED) or error(400, words, param="amount")
        return None

    def _done(self, call: Call, base: _Thing | None, request: HttpRequest, about: About) -> list[_Thing]:
        """The effects after which another of this call is "already done"."""
        return [each for each in self._things if each.about.call is call and self._same(each, base, request, about)]

    def _same(self, thing: _Thing, base: _Thing | None, request: HttpRequest, about: About) -> bool:
        if base is not None:
            return _fits(thing.collection, request.path)
        if about.row is not None:
            return thing.about.row == about.row
        return _fits(thing.collection, request.path) and self._endpoint[about.name or ""].method != "POST"

    def _already(self, call: Call) -> HttpReply:
        return sample(call, Outcome.ALREADY_DONE) or error(400, f"{call.name} is already done.")

    def _making(
        self,
        call: Call,
        base: _Thing | None,
        values: Mapping[str, str],
        asked: int | None,
        request: HttpRequest,
        about: About,
    ) -> PlannedEffect:
        def do() -> tuple[str, HttpReply]:
            kind = _kind(self._endpoint[call.name])
            shown = nested({name: value for name, value in request.params.items() if name not in PAGING})
            usual: Object = {"object": kind, "created": self._ledger.stamp(), "status": "created"}
            if call.provider != "stripe":
                usual["idempotency_key"] = request.key
            shown |= {name: value for name, value in usual.items() if name not in shown}
            if asked is not None:
                shown["amount"] = asked
            receipt, recorded = self._receipts(call, kind, shown)
            shown.setdefault("id", receipt)
            known = {column: value for column, value in values.items() if value != ANYTHING}
            own = {self._key: about.row} if about.row is not None else {}
            thing = _Thing(receipt, about, asked, request.path, {**known, **recorded, **own}, shown)
            self._things.append(thing)
            self._announce(call, thing, base, about)
            return receipt, self._accepted(call, shown)

        return PlannedEffect(about, asked, do)

    def _receipts(self, call: Call, kind: str, shown: Object) -> tuple[str, dict[str, str]]:
        """Put what the call records, and the field that its look-up asks for, into the object.

        Returns the first receipt, and all by their columns.
        """
        fields = dict(call.records) or {"": call.look_up.receipt if call.look_up is not None else "id"}
        recorded = {column: self._ledger.receipt_as(partial(self._fresh, column, kind)) for column in fields}
        first = next(iter(recorded.values()))
        if call.look_up is not None and scalar(read_field(shown, call.look_up.receipt)) is None:
            put_field(shown, call.look_up.receipt, first)
        for column, name in fields.items():
            put_field(shown, name, recorded[column])
        return first, {column: value for column, value in recorded.items() if column}

    def _fresh(self, column: str, kind: str) -> str:
        """A new name that the column can hold."""
        table = self._lifecycle.table
        found = table.column.get(column) if table is not None else None
        if found is not None and found.type == "uuid":
            return str(uuid.UUID(int=self._ledger.number("uuid")))
        if found is not None and found.type in {"bigint", "integer", "smallint", "numeric"}:
            return str(self._ledger.number("number"))
        return self._ledger.name(kind)

    def _changing(self, call: Call, base: _Thing, about: About) -> PlannedEffect:
        def do() -> tuple[str, HttpReply]:
            base.undone.add(call.name)
            receipt = call.look_up.receipt if call.look_up is not None else "id"
            base.gone = receipt in _OF_ERRORS
            base.shown["status"] = "canceled"
            if not base.gone and parts_of(receipt)[0] not in base.shown:
                put_field(base.shown, receipt, self._ledger.stamp())
            self._announce(call, base, None, About(about.call, about.row or base.about.row))
            return base.receipt, self._accepted(call, base.shown)

        return PlannedEffect(about, None, do)

    def _announce(self, call: Call, thing: _Thing, base: _Thing | None, about: About) -> None:
        """The first webhook of the call, which tells of its effect; the others tell of what becomes of it."""
        if not call.webhooks:
            return
        hook = call.webhooks[0]
        if hook.when is not None:
            found = [each for each in self._things if each.about.call is call and each.collection == thing.collection]
            whole = base is None or base.amount is None or _taken(found) >= base.amount
            put_field(thing.shown, hook.when, whole)
        self._ledger.announce(hook.type, thing.shown, about)

    def _accepted(self, call: Call, shown: Object) -> HttpReply:
        found = sample(call, Outcome.ACCEPTED)
        status = 200 if found is None else found.status
        return HttpReply(status, dict(shown), self._headers(call, shown))

    def _headers(self, call: Call, shown: Object) -> dict[str, str]:
        """The receipt as a header, where it is looked up by HEAD, whose answers have no body."""
        if call.look_up is None or self._look_up[call.name].method != "HEAD":
            return {}
        name = call.look_up.receipt
        receipt = scalar(read_field(shown, name))
        return {} if receipt is None else {name: str(receipt)}

    # --- looking up ---

    def _look(self, request: HttpRequest) -> HttpReply | None:
        collections = [endpoint for endpoint in self._endpoint.values() if endpoint.method == "POST"]
        if request.method == "GET" and any(each.path.read(request.path) is not None for each in collections):
            return self._list(request)
        for name, endpoint in self._look_up.items():
            values = endpoint.path.read(request.path)
            if values is not None and request.method == endpoint.method:
                return self._single(self._calls[name], values, request)
        return None

    def _list(self, request: HttpRequest) -> HttpReply:
        stripe = any(
            call.provider == "stripe"
            for name, call in self._calls.items()
            if self._endpoint[name].path.read(request.path) is not None
        )
        fields = {name for endpoint in self._look_up.values() for name, _ in endpoint.query} - PAGING
        wanted = {name: value for name, value in request.params.items() if name in fields and value != "all"}
        found = [
            thing.shown
            for thing in self._things
            if not thing.gone
            and _fits(thing.collection, request.path)
            and all(_at(thing.shown, name) == value for name, value in wanted.items())
        ]
        return page(found, request.params, request.path, default=10 if stripe else 100)

    def _single(self, call: Call, values: Mapping[str, str], request: HttpRequest) -> HttpReply:
        names = {call.name, self._base[call.name]}
        for thing in reversed(self._things):
            if thing.about.name in names and not thing.gone and _agree(values, thing.values):
                return HttpReply(200, dict(thing.shown), self._headers(call, thing.shown))
        return self._absent(_kind(self._endpoint[call.name]), request.path.rsplit("/", 1)[-1])

    def _absent(self, kind: str, name: str) -> HttpReply:
        """A 404. Its number is in the body too, as Kubernetes has it."""
        found = missing(kind, name)
        return HttpReply(404, {**(found.body if isinstance(found.body, Mapping) else {}), "code": 404})


def _kind(endpoint: Endpoint) -> str:
    """The name of the path's objects, in the singular."""
    words = [word for word in endpoint.text.strip("/").split("/") if "{" not in word]
    plural = [word for word in words if word.endswith("s") and len(word) > 2]
    return plural[-1].removesuffix("s") if plural else "object"


def _taken(things: Sequence[_Thing]) -> int:
    return sum(thing.amount or 0 for thing in things)


def _agree(asked: Mapping[str, str], known: Mapping[str, str]) -> bool:
    """Whether the two share a column and agree in every column that they share."""
    shared = [column for column in asked if column in known]
    return bool(shared) and all(asked[column] == known[column] for column in shared)


def _fits(collection: str, path: str) -> bool:
    parts, others = collection.split("/"), path.split("/")
    return len(parts) == len(others) and all(one in {other, ANYTHING} for one, other in zip(parts, others, strict=True))


def _at(shown: Object, name: str) -> Json:
    """The field of a query in the object; names in brackets lead inwards, and a number to a place in a list."""
    return read_field(shown, ".".join(name.replace("]", "").split("[")))
