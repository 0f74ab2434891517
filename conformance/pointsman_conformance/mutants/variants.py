"""Mutants of any spec: the reference implementation of a changed spec, or a wrong implementation from `effects`.

Each names the law that must fail it, and has a short plan that shows it. A change that cannot be seen from outside is
left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from pointsman.spec.lifecycle import (
    ActorKind,
    Call,
    CallResult,
    ClaimBy,
    EarlyEvent,
    EffectState,
    Lifecycle,
    Now,
    Outcome,
    OutcomeRule,
    Queue,
    Repeat,
    Template,
    Transition,
)
from pointsman.spec.meaning import early_event, early_statuses, event_after, lease_of, put_field, statuses_answering
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.plan import (
    Advance,
    Create,
    Dashboard,
    Fault,
    FaultKind,
    Happen,
    Plan,
    Point,
    Step,
    Work,
)
from pointsman_conformance.core.wire import Json
from pointsman_conformance.mutants.duplicate_is_idempotent import AppliesTwiceInSilence
from pointsman_conformance.mutants.effects import (
    CallsBeforeTheClaim,
    ClaimsWithoutALease,
    HastyAfterUnknown,
    HostNameAsWorkerId,
    RecordsBeforeTheCall,
    RenewsKeyAfterUnknown,
    RepeatsTheEffect,
    SkipsTheEffect,
)
from pointsman_conformance.reference import asking
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.implementation import ReferenceImplementation
from pointsman_conformance.reference.operation import FoundRow, Sweep
from pointsman_conformance.reference.rules import rules_of

T = TypeVar("T")

_DAY = 86_400.0


class Careless(ReferenceImplementation):
    """Does not check that the row has what the status requires, since its changed spec would stop it too early."""

    def is_complete(self, way: Transition, row: FoundRow, carried: Mapping[str, Value]) -> bool:  # noqa: ARG002 - not checked
        """Return True, without a look at the row."""
        return True


class AddsAnEdge(Careless):
    """Has one transition more than the spec, the last one. The table has no query that applies kept events along it."""

    def sweep(self, actor: str) -> Doing[bool]:
        """Apply kept events along the spec's own transitions."""
        last, moved = len(self.lifecycle.transitions) - 1, False
        for transition in self.rules.sweeps(actor):
            if transition != last:
                moved |= bool((yield from asking.rows(Sweep(transition, self.batch))))
        return moved


@dataclass(frozen=True, slots=True)
class Mutant:
    """An implementation of class `kind`, made from the changed spec if there is one. `law` must fail it on `plan`."""

    name: str
    law: str
    sentence: str
    plan: Plan
    changed: Lifecycle | None = None
    kind: type[ReferenceImplementation] = ReferenceImplementation

    def make(
        self, lifecycle: Lifecycle, actor: str, token: str, random: Random, inbox: set[str]
    ) -> ReferenceImplementation:
        """Make a copy of it."""
        return self.kind(self.changed or lifecycle, actor, token, random, inbox)


def mutants(lifecycle: Lifecycle) -> tuple[Mutant, ...]:
    """Every mutant of a spec, in the spec's order. Mutants of claims exist only for claims by bump."""
    kinds = (
        _guard_dropped, _target_swapped, _edge_added, _kept_dropped, _repeated, _entry_dropped, _of_queues, _of_calls,
    )  # fmt: skip
    return tuple(mutant for kind in kinds for mutant in kind(lifecycle))


# --- the graph --------------------------------------------------------------------


def _guard_dropped(lifecycle: Lifecycle) -> Iterator[Mutant]:
    """Mutants that take a transition without its condition."""
    for number, way in enumerate(lifecycle.transitions):
        asked = _asked(lifecycle, replace(way, when=None))
        others = [each for each in lifecycle.moves[way.source] if each.event == way.event and each.when != way.when]
        if way.when is not None and not others and asked is not None:
            changed = _with_way(lifecycle, number, replace(way, when=None))
            yield Mutant(
                f"guard_dropped:{_name(way)}",
                "guarded-write",
                f"takes {way.event} in {way.source} whatever the row holds",
                asked,
                changed,
            )


def _target_swapped(lifecycle: Lifecycle) -> Iterator[Mutant]:
    """Mutants with a transition to a status that no transition leads to from there."""
    for number, way in enumerate(lifecycle.transitions):
        target = _stranger(lifecycle, way.source)
        plan = _taking(lifecycle, way)
        if target is not None and plan is not None and way.source != way.target:
            changed = _with_way(lifecycle, number, replace(way, target=target))
            told = f"goes from {way.source} to {target} instead of {way.target}"
            yield Mutant(f"target_swapped:{_name(way)}", "guarded-write", told, plan, changed, Careless)


def _edge_added(lifecycle: Lifecycle) -> Iterator[Mutant]:
    """Mutants that apply an event where the spec ignores, refuses or keeps it."""
    for event in lifecycle.events:
        ways = [way for way in lifecycle.transitions if way.event == event.name and way.when is None]
        for status in early_statuses(event) if ways else ():
            way = replace(ways[0], source=status, needs=())
            actor = next((name for name in way.by if _is_outside(lifecycle, name)), None)
            if actor is not None and (status, way.target) not in lifecycle.pairs and status != way.target:
                changed = replace(lifecycle, transitions=(*lifecycle.transitions, way))
                plan = (Create("1", status), Happen("1", event.name, actor, "e1"))
                told = f"takes {event.name} in {status}"
                yield Mutant(f"edge_added:{_name(way)}", "guarded-write", told, plan, changed, AddsAnEdge)


def _kept_dropped(lifecycle: Lifecycle) -> Iterator[Mutant]:
    """Mutants that ignore an event that the spec keeps."""
    for number, event in enumerate(lifecycle.events):
        kept = statuses_answering(event, EarlyEvent.KEEP)
        actor = next(
            (
                name
                for way in lifecycle.transitions
                if way.event == event.name
                for name in way.by
                if lifecycle.actor[name].kind is ActorKind.HANDLER
            ),
            None,
        )
        if kept and actor is not None:
            dropped = tuple(
                (name, EarlyEvent.IGNORE if name in kept else early_event(event, name))
                for name in early_statuses(event)
            )
            events = _swapped(lifecycle.events, number, replace(event, otherwise=dropped))
            yield Mutant(
                f"kept_dropped:{event.name}",
                "event-not-lost",
                f"ignores {event.name} where it comes too early",
                (Create("1", kept[0]), Happen("1", event.name, actor, "e1")),
                replace(lifecycle, events=events),
            )


def _repeated(lifecycle: Lifecycle) -> Iterator[Mutant]:
    """Mutants that enter a status again at a repeated event, and answer that they did nothing."""
    for event in lifecycle.events:
        for way in lifecycle.transitions:
            plan = _asked(lifecycle, way) if way.event == event.name and way.source != way.target else None
            again = any(each.source == way.target and each.event == event.name for each in lifecycle.transitions)
            news = any(isinstance(value, Now) for _, value in lifecycle.status[way.target].on_entry)
            if plan is None or again or not news or not _is_bound(lifecycle, plan[-1]):
                continue
            told = f"enters {way.target} again when {event.name} is repeated, and says that it does not"
            plan = (*plan, Advance(60.0), plan[-1])
            yield Mutant(
                f"repeated_in_silence:{event.name}", "duplicate-is-idempotent", told, plan, kind=AppliesTwiceInSilence
            )
            break


def _is_bound(lifecycle: Lifecycle, step: Step) -> bool:
    """True if the step's actor must recognise a repeated event. Admins need not."""
    return isinstance(step, Happen) and lifecycle.actor[step.actor].kind is not ActorKind.ADMIN


def _entry_dropped(lifecycle: Lifecycle) -> Iterator[Mutant]:
    """Mutants that enter a status without its `on_entry` values."""
    for number, status in enumerate(lifecycle.statuses):
        counts = [name for name, value in status.on_entry if isinstance(value, int)]
        for way in lifecycle.transitions:
            plan = _taking(lifecycle, way, _high(counts)) if way.target == status.name != way.source else None
            if counts and plan is not None:
                statuses = _swapped(lifecycle.statuses, number, replace(status, on_entry=()))
                changed = replace(lifecycle, statuses=statuses)
                told = f"enters {status.name} without {', '.join(name for name, _ in status.on_entry)}"
                yield Mutant(f"entry_dropped:{status.name}", "reset-on-entry", told, plan, changed, Careless)
                break


# --- queues and calls -----------------------------------------------------------------


def _of_queues(lifecycle: Lifecycle) -> Iterator[Mutant]:
    for number, queue in enumerate(lifecycle.queues):
        call = lifecycle.call_of(queue)
        if call is None or queue.worker is None:
            continue
        yield from _hurried(lifecycle, number, queue)
        yield from _hasty(lifecycle, queue, call)
        yield from _astray(lifecycle, queue, call)


def _hurried(lifecycle: Lifecycle, number: int, queue: Queue) -> Iterator[Mutant]:
    """A mutant with a hundredth of the backoff that the spec asks for."""
    if queue.backoff is None or queue.due is None:
        return
    backoff = replace(queue.backoff, first=queue.backoff.first / 100, ceiling=queue.backoff.first / 100)
    changed = replace(lifecycle, queues=_swapped(lifecycle.queues, number, replace(queue, backoff=backoff)))
    plan = (Create("1", queue.statuses[0]), _work(queue, FaultKind.THROTTLED))
    yield Mutant(f"hurried:{queue.name}", "backoff", f"waits too short a time in {queue.name}", plan, changed)


def _hasty(lifecycle: Lifecycle, queue: Queue, call: Call) -> Iterator[Mutant]:
    """Mutants that claim without a lease, or do not wait after an unknown outcome."""
    lease = lifecycle.claims.lease if lifecycle.claims is not None else None
    bumps = lifecycle.claims is not None and lifecycle.claims.by is ClaimBy.BUMP
    if not bumps or lease is None or queue.due is None:
        return
    plan: Plan = (Create("1", queue.statuses[0]), _work(queue))
    told = f"leaves the rows of {queue.name} due when it claims them"
    yield Mutant(f"claim_without_lease:{queue.name}", "claim-is-a-write", told, plan, kind=ClaimsWithoutALease)
    if _moves_by(lifecycle, queue, CallResult.UNKNOWN):
        return
    plan = (Create("1", queue.statuses[0]), _work(queue, FaultKind.LOST_REQUEST))
    if queue.backoff is not None and 2 * queue.backoff.pause(1) < lease:
        told = f"does not wait for the end of its lease when it has heard nothing in {queue.name}"
        yield Mutant(f"hasty_after_unknown:{queue.name}", "backoff", told, plan, kind=HastyAfterUnknown)
    if call.key is not None and call.key_generation in call.key.columns:
        told = f"takes another key for {call.name} when it has heard nothing"
        plan = (*plan, Advance(_DAY / 4), _work(queue))
        yield Mutant(f"unknown_renews_key:{queue.name}", "stable-key", told, plan, kind=RenewsKeyAfterUnknown)


def _astray(lifecycle: Lifecycle, queue: Queue, call: Call) -> Iterator[Mutant]:
    """Mutants whose effect and record differ in number or order."""
    plan: Plan = (Create("1", queue.statuses[0]), _work(queue))
    bumps = lifecycle.claims is not None and lifecycle.claims.fence is not None
    named = f"{queue.name}"
    if _moves_by(lifecycle, queue, CallResult.ACCEPTED) and call.records:
        told = f"records {call.name} and never asks for it"
        yield Mutant(f"effect_skipped:{named}", "record-with-status", told, plan, kind=SkipsTheEffect)
        told = f"records {call.name} before it asks for it"
        yield Mutant(f"record_before_call:{named}", "record-with-status", told, plan, kind=RecordsBeforeTheCall)
    if call.repeat is Repeat.NEW_EFFECT and call.amount is not None:
        told = f"asks for {call.name} twice"
        yield Mutant(f"effect_repeated:{named}", "stable-key", told, plan, kind=RepeatsTheEffect)
    if bumps:
        told = f"asks for {call.name} before it claims"
        yield Mutant(f"call_before_claim:{named}", "claim-is-a-write", told, plan, kind=CallsBeforeTheClaim)
        yield Mutant(
            f"host_name_as_worker_id:{named}",
            "conditional-write",
            "takes the claims of all its copies for its own",
            _two_claims(lifecycle, queue),
            kind=HostNameAsWorkerId,
        )


def _two_claims(lifecycle: Lifecycle, queue: Queue) -> Plan:
    """A copy stands still until its lease ends; another copy claims the row, and gets no answer either."""
    past = (lease_of(lifecycle) or 0.0) + 1
    silent = Fault(FaultKind.LOST_REQUEST)
    during = (Advance(past), Work(queue.worker or "", 2, (silent,)))
    return (
        Create("1", queue.statuses[0]),
        Work(queue.worker or "", 1, (silent, Fault(FaultKind.PAUSE, Point.REQUEST_AFTER, 1, during))),
    )


def _of_calls(lifecycle: Lifecycle) -> Iterator[Mutant]:
    for number, call in enumerate(lifecycle.calls):
        queue = next((each for each in lifecycle.queues if each.call == call.name and each.worker), None)
        if queue is not None:
            yield from _misread(lifecycle, number, call, queue)
            yield from _wrong_key(lifecycle, number, call, queue)
            yield from _other_amount(lifecycle, number, call, queue)


_MISREAD: tuple[tuple[Outcome, str, FaultKind | None], ...] = (
    (Outcome.UNKNOWN, "unknown-is-not-failure", FaultKind.ERROR),
    (Outcome.NOT_TRIED, "not-tried-is-not-an-attempt", FaultKind.THROTTLED),
    (Outcome.ALREADY_DONE, "already-done-is-done", None),
)


def _misread(lifecycle: Lifecycle, number: int, call: Call, queue: Queue) -> Iterator[Mutant]:
    """Mutants that treat an outcome as a refusal."""
    refused_moves = _moves_by(lifecycle, queue, CallResult.REFUSED)
    denies = any(
        (call.name, EffectState.NOT_DONE) in way.needs and _follows(queue, CallResult.REFUSED, way)
        for name in queue.statuses
        for way in lifecycle.moves[name]
    )
    for outcome, law, fault in _MISREAD:
        found = [rule for rule in call.outcomes if rule.outcome is outcome]
        if not found or not (refused_moves if outcome is Outcome.NOT_TRIED else denies):
            continue
        if outcome is Outcome.ALREADY_DONE and call.repeat is not Repeat.ALREADY_DONE:
            continue
        if outcome is Outcome.ALREADY_DONE and call.look_up is not None and not call.records:
            continue  # no receipt that could be missing: a refusal and a look-up say the same
        outcomes = tuple(OutcomeRule(Outcome.REFUSED, r.matches) if r.outcome is outcome else r for r in call.outcomes)
        before = (Dashboard("1", call.name),) if fault is None else ()
        plan = (Create("1", queue.statuses[0]), *before, _work(queue, fault))
        changed = _with_call(lifecycle, number, replace(call, outcomes=outcomes))
        yield Mutant(f"misread:{call.name}:{outcome}", law, f"takes {outcome} for refused", plan, changed)


def _wrong_key(lifecycle: Lifecycle, number: int, call: Call, queue: Queue) -> Iterator[Mutant]:
    """Mutants whose key lacks a part."""
    key, table = call.key, lifecycle.table
    if key is None or table is None:
        return
    if call.key_generation in key.columns and any(r.outcome is Outcome.REFUSED_FOR_NOW for r in call.outcomes):
        plan: Plan = (
            Create("1", queue.statuses[0]),
            _work(queue, FaultKind.REFUSED_FOR_NOW),
            Advance(_DAY / 4),
            _work(queue),
        )
        changed = _with_call(lifecycle, number, replace(call, key=_without(key, call.key_generation or "")))
        told = f"sends {call.name} under the same key for ever"
        yield Mutant(f"key_without_generation:{call.name}", "renew-key-after-refusal", told, plan, changed)
    if table.primary_key in key.columns:
        plan = (Create("1", queue.statuses[0]), Create("2", queue.statuses[0]), _work(queue))
        changed = _with_call(lifecycle, number, replace(call, key=_without(key, table.primary_key)))
        told = f"sends {call.name} of every row under one key"
        yield Mutant(f"key_without_row:{call.name}", "stable-key", told, plan, changed)


def _other_amount(lifecycle: Lifecycle, number: int, call: Call, queue: Queue) -> Iterator[Mutant]:
    """A mutant that sends the amount of another call."""
    others = [each.amount for each in lifecycle.calls if each.amount not in {None, call.amount}]
    nullable = lifecycle.table is not None and call.amount is not None and lifecycle.table.column[call.amount].nullable
    if not others or not nullable or call.amount is None:
        return
    plan = (Create("1", queue.statuses[0], {call.amount: 300}), _work(queue))
    changed = _with_call(lifecycle, number, replace(call, amount=others[0]))
    told = f"asks for {others[0]} in {call.name}"
    yield Mutant(f"other_amount:{call.name}", "amount-conserved", told, plan, changed)


# --- parts -----------------------------------------------------------------------------


def _taking(lifecycle: Lifecycle, way: Transition, columns: Mapping[str, Value] | None = None) -> Plan | None:
    """A plan in which an actor takes `way`; None where no short one is known."""
    columns = dict(columns or {})
    for queue in lifecycle.queues_of[way.source]:
        if queue.worker is None or queue.worker not in way.by or queue.call is None:
            continue
        if _follows(queue, CallResult.ACCEPTED, way):
            return (Create("1", way.source, _below(queue, columns)), _work(queue))
        if _follows(queue, CallResult.REFUSED, way):
            return (Create("1", way.source, _below(queue, columns)), _work(queue, FaultKind.REFUSED))
        if _follows(queue, CallResult.SETTLED_ABSENT, way) and queue.attempts and queue.attempts.limit:
            used_up = {queue.attempts.column: queue.attempts.limit}
            plan = (Create("1", way.source, {**columns, **used_up}), _work(queue))
            return plan if _knows_unused(lifecycle, queue) else None
    return _asked(lifecycle, way, columns)


def _asked(lifecycle: Lifecycle, way: Transition, columns: Mapping[str, Value] | None = None) -> Plan | None:
    """A plan in which an event from outside makes `way`; None where there is none."""
    if way.event is None or way.needs or way.event in rules_of(lifecycle).found_out - set(lifecycle.event):
        return None
    if any(queue.call for queue in lifecycle.queues_of[way.source]):
        return None
    actor = next((name for name in way.by if _is_outside(lifecycle, name)), None)
    if actor is None:
        return None
    fields, held = _meeting(lifecycle, way)
    return (Create("1", way.source, {**held, **(columns or {})}), Happen("1", way.event, actor, "e1", fields))


def _meeting(lifecycle: Lifecycle, way: Transition) -> tuple[dict[str, Json], dict[str, Value]]:
    """The fields of the event and the columns of the row that make the transition's condition true."""
    solution = rules_of(lifecycle).solution(way.when) if way.when is not None else {}
    event = lifecycle.event.get(way.event or "")
    carried = dict(event.carries) if event is not None else {}
    fields: dict[str, Json] = {}
    for name, value in solution.items():
        if name in carried:
            put_field(fields, carried[name], value)
    return fields, {name: value for name, value in solution.items() if name not in carried}


def _is_outside(lifecycle: Lifecycle, actor: str) -> bool:
    return lifecycle.actor[actor].kind in {ActorKind.HANDLER, ActorKind.WEBHOOK, ActorKind.ADMIN}


def _knows_unused(lifecycle: Lifecycle, queue: Queue) -> bool:
    """True if a column of the row says that no key is in use."""
    call = lifecycle.call_of(queue)
    return call is not None and call.key_first_used is not None


def _below(queue: Queue, columns: Mapping[str, Value]) -> dict[str, Value]:
    """`columns` with the count of attempts below its limit."""
    found = dict(columns)
    attempts = queue.attempts
    if attempts is not None and attempts.limit is not None and attempts.column in found:
        found[attempts.column] = max(0, attempts.limit - 1)
    return found


def _high(counts: list[str]) -> dict[str, Value]:
    return dict.fromkeys(counts, 2)


def _work(queue: Queue, fault: FaultKind | None = None) -> Work:
    return Work(queue.worker or "", faults=(Fault(fault),) if fault is not None else ())


def _moves_by(lifecycle: Lifecycle, queue: Queue, reply: CallResult) -> bool:
    """True if the queue's worker takes a transition after this result."""
    return any(
        _follows(queue, reply, way) and (not way.by or queue.worker in way.by)
        for name in queue.statuses
        for way in lifecycle.moves[name]
    )


def _follows(queue: Queue, result: CallResult, way: Transition) -> bool:
    """Whether the queue's worker takes the event of `way` after this result."""
    return way.event is not None and event_after(queue, result) == way.event


def _stranger(lifecycle: Lifecycle, source: str) -> str | None:
    """A status that no transition leads to from `source`, or None."""
    names = [status.name for status in lifecycle.statuses if status.name != source]
    return next((name for name in names if (source, name) not in lifecycle.pairs), None)


def _with_way(lifecycle: Lifecycle, number: int, way: Transition) -> Lifecycle:
    return replace(lifecycle, transitions=_swapped(lifecycle.transitions, number, way))


def _with_call(lifecycle: Lifecycle, number: int, call: Call) -> Lifecycle:
    return replace(lifecycle, calls=_swapped(lifecycle.calls, number, call))


def _swapped(things: tuple[T, ...], number: int, thing: T) -> tuple[T, ...]:
    return (*things[:number], thing, *things[number + 1 :])


def _without(template: Template, column: str) -> Template:
    text = template.text.replace(f"{{{column}}}", "x")
    return Template(text, tuple(name for name in template.columns if name != column))


def _name(way: Transition) -> str:
    return f"{way.source}->{way.target}:{way.event}"
