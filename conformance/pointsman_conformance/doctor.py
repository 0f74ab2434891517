"""Examines how an implementation is connected, which tells a broken adapter from a broken worker.

`examine` gives one sign after the other: something that works, or does not, and then what to do. A sign is no
verdict: a worker that is well connected may break every law.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pointsman.spec.lifecycle import ActorKind, Call, Lifecycle, Queue, Transition
from pointsman_conformance.core.driver import Ack, Capability, Driver, DriverError, Played
from pointsman_conformance.core.history import KIT, Columns, History, Request, Turn, Value, Write
from pointsman_conformance.core.plan import Create, DeliverWebhooks, Fault, FaultKind, Happen, Plan, Work

MOST_WAITED = 60.0
"""Seconds for which a process that polls by itself is given further turns while it holds a claim; half of it without.
"""


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that was examined. `good` is None if it could not be examined.

    `says` is a sentence about what was seen, `do` one about what to do; `do` is empty if nothing needs to be done.
    """

    name: str
    good: bool | None
    says: str
    do: str = ""


def examine(lifecycle: Lifecycle, make_driver: Callable[[], Driver]) -> tuple[Sign, ...]:
    """Every sign, in order. Makes the driver and closes it; if it cannot be made, that is the only sign."""
    try:
        driver = make_driver()
    except DriverError as problem:
        return (_ill("starts", f"It does not start: {problem}", _START),)
    with contextlib.closing(driver):
        try:
            return tuple(_signs(lifecycle, driver))
        except DriverError as problem:
            do = "Look at the kit's database, provider and ports: the implementation is not the cause."
            return (_ill("stage", f"The test bed failed: {problem}", do),)


_START = "Start it by hand, as the kit does: it must stay alive, and answer or poll at once."


def _well(name: str, says: str) -> Sign:
    return Sign(name, good=True, says=says)


def _ill(name: str, says: str, do: str) -> Sign:
    return Sign(name, good=False, says=says, do=do)


def _signs(lifecycle: Lifecycle, driver: Driver) -> Iterator[Sign]:
    about = driver.about
    yield _well("starts", "It starts.")
    yield _well("says who it is", f"It is {about.name}, and plays {', '.join(sorted(about.roles))}.")
    yield _row_appears(lifecycle, driver)
    for actor in sorted(about.roles):
        yield from _acts(lifecycle, driver, actor)


# --- a row ---------------------------------------------------------------------------


def _row_appears(lifecycle: Lifecycle, driver: Driver) -> Sign:
    name = "a row appears"
    status = next((status for status in lifecycle.statuses if status.initial), lifecycle.statuses[0])
    driver.begin("doctor: a row")
    played = driver.play(Create("1", status.name))
    row = driver.rows().get("1")
    if played.trouble is not None:
        return _ill(name, f"It was lost while a row was made: {played.trouble}", _LOST)
    if row is None:
        do = "If it keeps its rows itself, `create` must make the row, and `observe` report it; else see that the "
        return _ill(
            name, f"A row in {status.name} was made and is not there.", f"{do}spec's table can hold such a row."
        )
    column = lifecycle.table.status_column if lifecycle.table is not None else "status"
    if row.get(column) != status.value:
        words = f"A row was made in {status.name}, and its {column} is {row.get(column)!r}."
        return _ill(name, words, f"Report a status as the database stores it: {status.value!r}.")
    return _well(name, f"A row in {status.name} is made and seen.")


_LOST = "Look at its log. A line on its stdout that is no answer also ends the conversation."


# --- one honest round -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Round:
    """A plan after which the actor must have changed the row; `asked` says in words what the plan asks of the actor."""

    plan: Plan
    asked: str
    call: Call | None = None


def _acts(lifecycle: Lifecycle, driver: Driver, actor: str) -> Iterator[Sign]:
    """Yield the signs of one plain round as `actor`: does it write, does it reach the provider, do its writes agree?"""
    round_ = _round(lifecycle, driver, actor)
    if round_ is None:
        why = f"The kit knows no plain way to make {actor} do something, so this was not tried."
        yield Sign(f"{actor} acts", good=None, says=why)
        return
    driver.begin(f"doctor: {actor}")
    try:
        played = [driver.play(step) for step in round_.plan]
        _wait_for(driver, round_, played, actor)
    except DriverError as problem:  # some drivers start a process only when it has something to do
        yield _ill(f"{actor} acts", str(problem), _START)
        return
    history, last = driver.history(), played[-1]
    own = _own_writes(history, actor)
    yield _changed(driver, round_, played, own, history, actor)
    if round_.call is not None and last.trouble is None:
        yield _asks(driver, round_.call, history, own, actor)
    if own:
        yield _agrees(driver, history, actor)


def _own_writes(history: History, actor: str) -> list[Write]:
    return [
        each
        for each in history.records
        if isinstance(each, Write) and each.who in history.subject and each.actor in (None, actor)
    ]


def _wait_for(driver: Driver, round_: _Round, played: list[Played], actor: str) -> None:
    """Give a process that polls by itself further turns while it may still be at work, so that slow is seen as slow."""
    began = time.monotonic()
    while _silence(driver) is not None and played[-1].trouble is None:
        history = driver.history()
        own = _own_writes(history, actor)
        if time.monotonic() - began > (MOST_WAITED if own else MOST_WAITED / 2):
            return
        asked = any(isinstance(each, Request) and each.who in history.subject for each in history.records)
        if len(own) > 1 or asked or (own and round_.call is None) or _by_strangers(history):
            return
        played.append(driver.play(Work(actor)))


def _silence(driver: Driver) -> float | None:
    """The seconds after which the kit takes the process for stuck; None where the kit asks for each turn."""
    patience = getattr(driver, "patience", None)
    return None if patience is None else float(patience.claimed)


def _by_strangers(history: History) -> bool:
    """True if a row was written on a connection that is not the implementation's own."""
    return any(isinstance(each, Write) and each.who not in {*history.subject, KIT} for each in history.records)


def _changed(
    driver: Driver, round_: _Round, played: list[Played], own: list[Write], history: History, actor: str
) -> Sign:
    name = f"{actor} acts"
    trouble = next((each.trouble for each in played if each.trouble is not None), None)
    if trouble is not None:
        return _ill(name, f"It was lost as {actor}: {trouble}", _LOST)
    if own and (late := _late(driver, own[0].at - _turn_began(history, own[0]))) is not None:
        return _ill(name, f"{round_.asked}, and it wrote only {late.says}.", late.do)
    if own:
        return _well(name, f"{round_.asked}, and it wrote {'once' if len(own) == 1 else f'{len(own)} times'}.")
    last = played[-1]
    said = "" if last.answer is None else f" It answered {last.answer}{f' ({last.message})' if last.message else ''}."
    strangers = sorted({each.who for each in history.records if isinstance(each, Write) and each.who != KIT})
    if strangers:
        words = f"{round_.asked}, and the row was written by {strangers[0]}, on a connection that is not its own."
        return _ill(name, words, "It must use the database that it is told, through the port that it is told.")
    reached = getattr(driver, "reached", None)
    if reached is not None and not reached():
        words = f"{round_.asked}, and it never connected to the database that it was told.{said}"
        return _ill(name, words, "Take the database's address from the message start, not from its own settings.")
    return _ill(name, f"{round_.asked}, and it wrote nothing.{said}", _WHY_NOTHING[last.answer])


_WHY_NOTHING: dict[Ack | None, str] = {
    Ack.ERRORED: "The adapter fails before it comes to the worker's code: look at its log.",
    Ack.SKIPPED: "It says that it does not do this: does it play this actor? Else its roles are wrong.",
    Ack.IGNORED: "Is the row that it finds due by the database's clock, and in a status that it polls?",
    Ack.REFUSED: "It refuses what the spec allows: is its guard made from this spec?",
    Ack.UNKNOWN: "It could not tell what became of it: does it reach the database and the provider?",
    Ack.APPLIED: "It says that it did it, so it writes elsewhere: to another table, schema or database?",
    None: "Does it poll this table, in these statuses, and often enough?",
}


@dataclass(frozen=True, slots=True)
class _Late:
    says: str
    do: str


def _late(driver: Driver, waited: float) -> _Late | None:
    """What to say of a sign that came after `waited` seconds; None where the kit waits for so long."""
    silence = _silence(driver)
    if silence is None or waited <= silence:
        return None
    do = f"It is slow, not lost: give it --patience {math.ceil(1.5 * waited)}, and --starts-within if it starts slowly."
    return _Late(f"after {waited:.0f} s, and the kit goes on after {silence:g} s", do)


def _turn_began(history: History, write: Write) -> float:
    turns = [each.at for each in history.records if isinstance(each, Turn) and each.who == write.who]
    return turns[0] if turns else write.at


def _asks(driver: Driver, call: Call, history: History, writes: list[Write], actor: str) -> Sign:
    """The sign for its requests: they reach the provider, with its own secret."""
    name = f"{actor} reaches the provider"
    requests = [each for each in history.records if isinstance(each, Request)]
    own = [each for each in requests if each.who in history.subject]
    if own and writes and (late := _late(driver, own[0].at - writes[0].at)) is not None:
        return _ill(name, f"It sent {own[0].method} {own[0].path} only {late.says}.", late.do)
    if own:
        return _well(name, f"It sent {own[0].method} {own[0].path} with its own secret.")
    if any(each.who == KIT and each.actor is None for each in requests):
        words = "A request came without its secret, or with one that is not its own."
        return _ill(name, words, "Send the key that it is told as `Authorization: Bearer KEY`, as Stripe's SDKs do.")
    words = f"It sent nothing for {call.name} ({call.request.text})."
    if len(writes) == 1 and _silence(driver) is not None:
        words = f"It claimed the row, and sent nothing for {call.name} in {MOST_WAITED:g} s, nor did it write again."
        return _ill(name, words, "It stands still: look at its log. Has its client a time-out, and the right address?")
    return _ill(name, words, "Set the base address of its client to the provider's URL that it is told.")


def _agrees(driver: Driver, history: History, actor: str) -> Sign:
    """The sign for its writes: those that were recorded explain the rows that are there."""
    name = f"{actor}'s writes agree with the rows"
    for row, places in history.writes.items():
        writes = [each for place in places if isinstance(each := history.records[place], Write)]
        for before, after in itertools.pairwise(writes):
            if not _same(before.new, after.old):
                words = f"Row {row} was left as {_shown(before.new)} and found as {_shown(after.old)}."
                return _ill(name, words, "Report every write, once and in order, with the row before it.")
    stored = {driver.key(label): columns for label, columns in driver.rows().items()}
    for row, last in history.rows.items():
        if row in stored and not _same(last, stored[row]):
            words = f"Row {row} is {_shown(stored[row])}, and the last reported write left it as {_shown(last)}."
            return _ill(name, words, "Report every write, once and in order, with the row after it.")
    return _well(name, "The rows are as its writes left them.")


def _shown(columns: Columns | None) -> str:
    return "absent" if columns is None else ", ".join(f"{name} {value!r}" for name, value in columns.items())


def _same(one: Columns | None, other: Columns | None) -> bool:
    """True if the rows are equal; times may differ by less than a millisecond."""
    if one is None or other is None:
        return one is other
    return one.keys() == other.keys() and all(_near(value, other[name]) for name, value in one.items())


def _near(one: Value, other: Value) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one == other or abs(one - other) < 0.001
    return one == other


# --- which round ------------------------------------------------------------------------


def _round(lifecycle: Lifecycle, driver: Driver, actor: str) -> _Round | None:
    """A plan, as short as possible, in which `actor` has something to do; None if there is none."""
    kind = lifecycle.actor[actor].kind if actor in lifecycle.actor else None
    queue = next((queue for queue in lifecycle.queues if queue.worker == actor), None)
    if queue is not None:
        return _of_worker(lifecycle, queue, actor)
    if kind is ActorKind.WEBHOOK:
        return _of_webhook(lifecycle, actor)
    if Capability.EVENTS in driver.about.capabilities:
        return _of_event(lifecycle, actor)
    return None


def _of_worker(lifecycle: Lifecycle, queue: Queue, actor: str) -> _Round:
    status = queue.statuses[0]
    call = lifecycle.call_of(queue)
    return _Round((Create("1", status), Work(actor)), f"A row was due in {status}, and {actor} had its turn", call)


def _of_webhook(lifecycle: Lifecycle, actor: str) -> _Round | None:
    """A plan in which the worker's reply is lost, so that the webhook is the first to report the effect."""
    for queue in lifecycle.queues:
        call = lifecycle.call_of(queue)
        told = {hook.event for hook in call.webhooks} if call is not None else set()
        for status in queue.statuses if queue.worker is not None else ():
            if any(each.source == status and each.event in told for each in _takes(lifecycle, actor)):
                work = Work(queue.worker or "", faults=(Fault(FaultKind.LOST_REPLY),))
                return _Round((Create("1", status), work, DeliverWebhooks("1")), f"A webhook reported {queue.call}")
    return None


def _of_event(lifecycle: Lifecycle, actor: str) -> _Round | None:
    for transition in _takes(lifecycle, actor):
        plain = transition.when is None and not transition.needs  # else a row as it is made may stay
        if plain and transition.event is not None and transition.event in lifecycle.event:
            happen = Happen("1", transition.event, actor, "doctor_1")
            asked = f"{transition.event} happened to a row in {transition.source}"
            return _Round((Create("1", transition.source), happen), asked)
    return None


def _takes(lifecycle: Lifecycle, actor: str) -> Iterator[Transition]:
    return (transition for transition in lifecycle.transitions if actor in transition.by or not lifecycle.actors)
