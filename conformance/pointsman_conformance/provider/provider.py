"""The provider: what requests really do, and what their callers hear of it.

Pure Python, with a clock that the kit controls. A request comes in three steps, so that something can happen between
them: it is received, it is executed (with whatever fault strikes), and its answer goes out. Only here is it known what
really happened.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pointsman.spec.lifecycle import Call, Lifecycle, Outcome
from pointsman.spec.meaning import seconds
from pointsman_conformance.core.history import DASHBOARD, KIT, Effect, Record, Request, Response, Value
from pointsman_conformance.core.invented import WHOLE
from pointsman_conformance.core.plan import FaultKind
from pointsman_conformance.core.wire import Heard, HttpReply, HttpRequest, NoReply
from pointsman_conformance.provider import standing
from pointsman_conformance.provider.addresses import Addresses, RowOf
from pointsman_conformance.provider.from_spec import FromSpec
from pointsman_conformance.provider.keys import Kept, Keys, asked
from pointsman_conformance.provider.ledger import About, HookEvent, Ledger, copied, signed
from pointsman_conformance.provider.odd_answers import AFTER_THE_EFFECT, TURNED_AWAY, lie
from pointsman_conformance.provider.options import ProviderOptions
from pointsman_conformance.provider.replies import NotStored, judged, sample
from pointsman_conformance.provider.resource import PlannedEffect, Resource
from pointsman_conformance.provider.stripe_refunds import StripeRefunds
from pointsman_conformance.provider.stripe_transfers import StripeTransfers
from pointsman_conformance.provider.unasked import Unasked

TOKEN = "sk_test_"  # noqa: S105 - how every test key begins
"""The beginning of every valid secret."""

_REFUSALS = {
    FaultKind.REFUSED: Outcome.REFUSED,
    FaultKind.REFUSED_FOR_NOW: Outcome.REFUSED_FOR_NOW,
    FaultKind.SHOULD_RETRY: Outcome.REFUSED,
}


@dataclass
class Ticket:
    """A request on its way through. `struck` says whether the fault that it was executed with made a difference.

    `silence` is why the caller hears nothing, None if it hears `reply`. `delay` is how many seconds of real time the
    answer takes. `about` is what the provider makes of it.
    """

    id: str
    request: HttpRequest
    who: str
    actor: str | None
    about: About
    reply: HttpReply | None = None
    silence: Literal["timeout", "connection"] | None = None
    replayed: bool = False
    struck: bool = False
    executed: bool = False
    delay: float = 0.0


@dataclass(order=True)
class _Late:
    due: float
    number: int
    ticket: Ticket = field(compare=False)


def _no_row(column: str, value: str) -> str | None:  # noqa: ARG001 - the usual answer of a RowOf
    return None


class Provider:
    """A Stripe-like provider for the calls of one lifecycle. May be used by several threads.

    `now` is the run's clock. `record` gets every request, effect and reply as it happens; it is called with the
    provider's lock held and must not call back. `row_of` says which row has a value in a column, for paths that name
    an object which the provider did not make.
    """

    def __init__(
        self,
        lifecycle: Lifecycle,
        *,
        now: Callable[[], float],
        record: Callable[[Record], None],
        options: ProviderOptions = ProviderOptions(),  # noqa: B008 - frozen
        row_of: RowOf = _no_row,
    ) -> None:
        self.options = options
        self._lifecycle = lifecycle
        self._record = record
        self._lock = threading.RLock()
        self._ledger = Ledger(options, now)
        self._addresses = Addresses(lifecycle, lambda: self._ledger.made, row_of)
        self._resources = _resources(lifecycle, self._ledger, row_of)
        ours = {column for call in lifecycle.calls for column, _ in call.records}
        self._named_elsewhere = [
            (call, column) for call in lifecycle.calls for column in call.request.columns if column not in ours
        ]
        self._keys = Keys()
        self._late: list[_Late] = []

    def reset(self) -> None:
        """Removes all objects, keys and events."""
        with self._lock:
            self._ledger.clear()
            self._keys.clear()
            self._late.clear()
            for resource in self._resources:
                resource.clear()

    @property
    def hooks(self) -> tuple[HookEvent, ...]:
        """The events so far, oldest first."""
        with self._lock:
            return tuple(self._ledger.hooks)

    @property
    def executing(self) -> int:
        """How many requests are still executing without a caller that waits."""
        with self._lock:
            return len(self._late)

    # --- a request ---

    def receive(self, request: HttpRequest, who: str = KIT, actor: str | None = None) -> Ticket:
        """Takes a request in, without executing it."""
        with self._lock:
            self.tick()
            ticket = Ticket(f"rq_{self._ledger.number('rq')}", request, who, actor, self._addresses.of(request))
            self._record(
                Request(
                    at=self._ledger.at,
                    who=who,
                    id=ticket.id,
                    method=request.method,
                    path=request.path,
                    params=dict(request.params),
                    key=request.key,
                    actor=actor,
                )
            )
            return ticket

    def execute(self, ticket: Ticket, fault: FaultKind | None = None, seconds: float = 0.0) -> None:
        """Do what the request asks for, as far as `fault` lets it. A second time does nothing.

        `seconds` are of the run's clock for EXECUTING, and of real time for SLOW.
        """
        with self._lock:
            if ticket.executed:
                return
            self.tick()
            ticket.executed = True
            if fault is FaultKind.LOST_REQUEST:
                ticket.silence, ticket.struck = "connection", True
                return
            ticket.reply = (
                self._turned_away(ticket, fault) or self._at_the_door(ticket, fault) or self._by_its_key(ticket)
            )
            if ticket.reply is None and fault is FaultKind.EXECUTING and not ticket.request.reads:
                self._put_off(ticket, seconds)
            elif ticket.reply is None:
                ticket.reply = self._run(ticket, fault)
            self._on_the_way(ticket, fault, seconds)

    def answer(self, ticket: Ticket, heard: bool = True) -> Heard:
        """The response to the caller; `heard` is false where the caller is dead by now."""
        with self._lock:
            self.tick()
            reply = ticket.reply if ticket.silence is None else None
            silence = ticket.silence or "timeout"
            self._record(
                Response(
                    at=self._ledger.at,
                    who=ticket.who,
                    request=ticket.id,
                    status=None if reply is None else reply.status,
                    silence=silence if reply is None else None,
                    body="" if reply is None else reply.body,
                    heard=heard and reply is not None,
                    replayed=ticket.replayed and reply is not None,
                )
            )
            return NoReply(silence) if reply is None else reply

    def tick(self) -> None:
        """Do what has become due by the clock, each as of its own moment, and forget keys that are too old."""
        with self._lock:
            now = self._ledger.at
            while self._late and min(self._late).due <= now:
                late = min(self._late)
                self._late.remove(late)
                self._keys.forget(late.due)
                self._ledger.pretend(late.due)
                try:
                    late.ticket.reply = self._run(late.ticket, None)
                finally:
                    self._ledger.pretend(None)
            self._keys.forget(now)

    # --- without a request ---

    def by_hand(self, call: str, row: str, amount: int | None, columns: Mapping[str, Value] | None = None) -> bool:
        """A person makes the call's effect at the dashboard: `amount`, or what is left. False: there was no room."""
        with self._lock:
            self.tick()
            unasked = self._unasked(call, row, columns)
            made = self._unrequested(unasked.request(amount, marked=False), unasked, DASHBOARD)
            if made is None and amount is not None:
                made = self._unrequested(unasked.request(None, marked=False), unasked, DASHBOARD)
            return made is not None

    def put(
        self,
        call: str,
        row: str,
        amount: int,
        receipt: str | None = None,
        columns: Mapping[str, Value] | None = None,
    ) -> str:
        """The call's effect was made before the run, with the call's marks. Returns its receipt.

        What it stands on (the transfer of a reversal) is made too if it is not there. `columns` are the row's, for
        templates that name them. Raises LookupError where there is no room for it.
        """
        with self._lock:
            self.tick()
            self.found_elsewhere(columns or {})
            unasked = self._unasked(call, row, columns)
            made = self._unrequested(unasked.request(amount, marked=True), unasked, KIT, receipt)
            if made is None and unasked.base is not None:
                self.put(unasked.base.name, row, amount, unasked.base_receipt, columns)
                made = self._unrequested(unasked.request(amount, marked=True), unasked, KIT, receipt)
            if made is None:
                raise LookupError(f"there is no room for {call} of row {row}")
            return made

    def found_elsewhere(self, columns: Mapping[str, Value]) -> None:
        """Have the objects that a row's calls name in their paths, and that no call of the spec makes.

        Each is over the amount of the row with these columns, so that it can be taken back once.
        """
        with self._lock:
            for call, column in self._named_elsewhere:
                name, amount = columns.get(column), columns.get(call.amount or "")
                if isinstance(name, str):
                    whole = int(amount) if isinstance(amount, int | float) else WHOLE
                    self._resource(call).found_elsewhere(call, name, whole)

    def _unasked(self, call: str, row: str, columns: Mapping[str, Value] | None) -> Unasked:
        return Unasked(self._lifecycle, self._ledger.made, self._lifecycle.call[call], row, columns or {})

    def _unrequested(self, request: HttpRequest, unasked: Unasked, who: str, receipt: str | None = None) -> str | None:
        """Do what `request` would do. Returns the receipt, None where there is no room."""
        try:
            deed = self._resource(unasked.call).work(request, About(unasked.call, unasked.row))
        except NotStored:
            return None
        if not isinstance(deed, PlannedEffect):
            return None
        self._ledger.request, self._ledger.key, self._ledger.given = None, None, receipt
        made, _ = self._do(deed, who, None)
        self._ledger.given = None
        return made

    def _resource(self, call: Call) -> Resource:
        return next(each for each in self._resources if each.handles(call))

    # --- webhooks ---

    def tell(self, call: str, row: str, type: str) -> HookEvent | None:  # noqa: A002 - Stripe's word
        """Announces an event of this type about the row's object. None where there is no object."""
        with self._lock:
            self.tick()
            told = self._lifecycle.call[call]
            self._ledger.request = self._ledger.key = None
            return self._resource(told).tell(told, row, type)

    def webhook(self, event: HookEvent, secret: str, at: float) -> tuple[bytes, Mapping[str, str]]:
        """The body and the headers of the webhook for `event`, signed at `at`, seconds of Unix time."""
        return signed(event, secret, at, self.options.api_version)

    # --- before execution ---

    def _turned_away(self, ticket: Ticket, fault: FaultKind | None) -> HttpReply | None:
        """The page of a proxy that did not pass the request on.

        Not where the effect may be there already: by its status the page may be taken for a refusal.
        """
        page = TURNED_AWAY.get(fault) if fault is not None else None
        if fault is None or page is None or (not ticket.request.reads and self._may_be_done(ticket, fault)):
            return None
        ticket.struck = True
        return self._finished(ticket, page())

    def _may_be_done(self, ticket: Ticket, fault: FaultKind) -> bool:
        """Whether the provider knows the key, an effect of the row's call or a late request for it, or not the call."""
        about, key = ticket.about, self._key(ticket)
        if about.call is None or about.row is None or (key is not None and self._keys.find(key) is not None):
            return True
        if lie(about.call, fault) is not None:
            return True
        others = [*self._ledger.made.values(), *(late.ticket.about for late in self._late)]
        return any((each.call, each.row) == (about.call, about.row) for each in others)

    def _at_the_door(self, ticket: Ticket, fault: FaultKind | None) -> HttpReply | None:
        """The answers that come before the idempotency layer."""
        token = ticket.request.token
        if fault is FaultKind.UNAUTHORIZED or (token and not token.startswith(TOKEN)):
            ticket.struck = fault is FaultKind.UNAUTHORIZED
            return self._finished(ticket, standing.unauthorized())
        if fault is FaultKind.THROTTLED:
            ticket.struck = True
            return self._finished(ticket, standing.throttled(self.options))
        if len(ticket.request.key or "") > standing.LONGEST_KEY:
            return self._finished(ticket, standing.long_key())
        if fault is FaultKind.BUSY and not ticket.request.reads:
            conflict = standing.in_use(self.options, ticket.request.key)
            rule = judged(ticket.about.call, conflict) if ticket.about.call is not None else None
            if rule is None or rule.outcome not in {Outcome.ACCEPTED, Outcome.ALREADY_DONE}:
                ticket.struck = True
                return self._finished(ticket, conflict)
        return None

    def _by_its_key(self, ticket: Ticket) -> HttpReply | None:
        """The answer that the key alone decides; None for the first request with it, which is noted."""
        key = self._key(ticket)
        if key is None:
            return None
        kept = self._keys.find(key)
        if kept is None:
            call = ticket.about.call
            told = call.key_lifetime if call is not None else None
            lifetime = self.options.key_lifetime if told is None else seconds(told)
            self._keys.begin(key, Kept(_request_id(ticket), asked(ticket.request), self._ledger.at, lifetime))
            return None
        if kept.reply is None:
            return self._finished(ticket, standing.in_use(self.options, key))
        if kept.asked != asked(ticket.request):
            return self._finished(ticket, standing.misused(ticket.about.call, key))
        ticket.replayed = True
        headers = {**kept.reply.headers, "Request-Id": _request_id(ticket)}
        if self.options.replay_header:
            headers["Idempotent-Replayed"] = "true"
        if self.options.original_request:
            headers["Original-Request"] = kept.first
        return replace(kept.reply, headers=headers)

    def _key(self, ticket: Ticket) -> str | None:
        """The request's key, where the provider takes one: Stripe with POST only."""
        call = ticket.about.call
        stripe = call is None or call.provider == "stripe"
        takes = ticket.request.method == "POST" or (not stripe and not ticket.request.reads)
        return ticket.request.key if takes else None

    # --- execution ---

    def _run(self, ticket: Ticket, fault: FaultKind | None) -> HttpReply:
        """Execute, and keep the answer under the key if it is one to keep."""
        self._ledger.request, self._ledger.key = _request_id(ticket), ticket.request.key
        try:
            reply, kept = self._worked(ticket, fault)
        except NotStored as early:
            reply, kept = early.reply, None
        finished = self._finished(ticket, reply)
        self._keys.end(self._key(ticket), _request_id(ticket), finished if kept is reply else kept)
        return finished

    def _worked(self, ticket: Ticket, fault: FaultKind | None) -> tuple[HttpReply, HttpReply | None]:
        """The answer, and what is kept under the key; None: nothing."""
        resource, work = self._work(ticket)
        if resource is None or work is None:
            raise NotStored(standing.nowhere(ticket.request))
        call = ticket.about.call
        if fault is FaultKind.ERROR:
            ticket.struck = True
            return standing.broken(), standing.broken() if resource.stores(call, standing.broken()) else None
        if fault in _REFUSALS and isinstance(work, PlannedEffect) and call is not None:
            refusal = sample(call, _REFUSALS[fault])
            if refusal is not None:
                ticket.struck = True
                if fault is FaultKind.SHOULD_RETRY:
                    refusal = replace(refusal, headers={**refusal.headers, "Stripe-Should-Retry": "true"})
                return refusal, refusal if resource.stores(call, refusal) else None
        if not isinstance(work, PlannedEffect):
            return work, work if resource.stores(call, work) else None
        _, reply = self._do(work, ticket.who, ticket.id)
        kept = reply if resource.stores(call, reply) else None
        if fault is FaultKind.ERROR_AFTER_EFFECT:
            ticket.struck = True
            # Where errors are not kept, the effect still is: the key must not make it twice.
            return standing.broken(), standing.broken() if resource.stores(call, standing.broken()) else kept
        return reply, kept

    def _work(self, ticket: Ticket) -> tuple[Resource | None, PlannedEffect | HttpReply | None]:
        call = ticket.about.call
        for resource in self._resources:
            if call is None or resource.handles(call):
                work = resource.work(ticket.request, ticket.about)
                if work is not None:
                    return resource, work
        return None, None

    def _do(self, deed: PlannedEffect, who: str, request: str | None) -> tuple[str | None, HttpReply]:
        receipt, reply = deed.do()
        if receipt is not None:
            self._ledger.made.setdefault(receipt, deed.about)
            self._record(
                Effect(
                    at=self._ledger.at,
                    who=who,
                    receipt=receipt,
                    request=request,
                    call=deed.about.name,
                    row=deed.about.row,
                    amount=deed.amount,
                )
            )
        return receipt, reply

    def _put_off(self, ticket: Ticket, seconds: float) -> None:
        ticket.silence, ticket.struck = "timeout", True
        self._late.append(_Late(self._ledger.at + max(0.0, seconds), self._ledger.number("late"), ticket))

    # --- afterwards ---

    def _on_the_way(self, ticket: Ticket, fault: FaultKind | None, seconds: float) -> None:
        """The response as the caller gets it, after the fault that strikes it."""
        reply = ticket.reply
        if fault in {FaultKind.LOST_REPLY, FaultKind.EXECUTING}:
            ticket.silence, ticket.struck = "timeout", True
        elif fault is FaultKind.SLOW:
            ticket.delay, ticket.struck = seconds or self.options.slow_answer, True
        elif fault is FaultKind.TRUNCATED and reply is not None and reply.status < 300:
            text = json.dumps(reply.body)
            ticket.reply, ticket.struck = replace(reply, body=text[: len(text) // 2]), True
        elif fault is not None and fault in AFTER_THE_EFFECT and reply is not None and reply.status < 300:
            self._spoil(ticket, fault)

    def _spoil(self, ticket: Ticket, fault: FaultKind) -> None:
        """Let the caller get an odd answer in the place of a success; of a look-up, only one that says nothing."""
        call = ticket.about.call
        if fault is FaultKind.HTML_503 if ticket.request.reads else call is not None and lie(call, fault) is None:
            ticket.reply, ticket.struck = self._finished(ticket, AFTER_THE_EFFECT[fault]()), True

    def _finished(self, ticket: Ticket, reply: HttpReply) -> HttpReply:
        """The response with the headers that every response has, and a copy of its body."""
        headers = {**reply.headers, "Request-Id": _request_id(ticket)}
        if ticket.request.key is not None:
            headers["Idempotency-Key"] = ticket.request.key
        told = dict(self.options.should_retry).get(reply.status)
        if told is not None:
            headers["Stripe-Should-Retry"] = "true" if told else "false"
        body = reply.body if isinstance(reply.body, str) else copied(reply.body)
        return replace(reply, body=body, headers=headers)


def _resources(lifecycle: Lifecycle, ledger: Ledger, row_of: RowOf) -> tuple[Resource, ...]:
    stripe: tuple[Resource, ...] = (StripeTransfers(ledger), StripeRefunds(ledger))
    rest = [call for call in lifecycle.calls if not any(resource.handles(call) for resource in stripe)]
    own = FromSpec(ledger, lifecycle, rest, row_of)
    if lifecycle.calls and all(call.provider != "stripe" for call in lifecycle.calls):
        return (own,)
    return (*stripe, own)


def _request_id(ticket: Ticket) -> str:
    return f"req_{ticket.id.removeprefix('rq_')}"
