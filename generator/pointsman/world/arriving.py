"""The commands that insert a row, and those that reach the row from outside.

From outside come events, webhooks, effects made by hand at the provider's dashboard, and workers whose queue makes no
call.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from pointsman.spec.lifecycle import (
    ActorKind,
    Call,
    Delivery,
    EarlyEvent,
    EffectState,
    Event,
    Queue,
    Status,
    Transition,
    Webhook,
)
from pointsman.spec.meaning import (
    comes_from_outside,
    event_of,
    events_after,
    is_reported,
    statuses_answering,
    statuses_of_call,
    told_by_webhook,
)
from pointsman.world.domains import FactGroup
from pointsman.world.ground import ABSENT, DUE, LATER, NULL, PART, WHOLE, Ground
from pointsman.world.making import (
    NO_FILLING,
    Brought,
    Filling,
    Making,
    TransitionWrite,
    amounts_brought,
    amounts_told,
    brings_receipt_of,
    deliveries,
    fillings,
    heard,
    is_there,
    take,
    unlocked,
)
from pointsman.world.row import Changes, RowVariables, after
from pointsman.world.system import TRUE, Const, Expr, among, both, eq, ne, no, pick, some

PROVIDER = "provider"
ANY_ACTOR = "any actor"
"""The actor of a transition that names none in `by`."""
DASHBOARD = "a person at the dashboard"
GOES_ROUND = "a report that goes round"


# --- rows come to be ---------------------------------------------------------


def births(making: Making, row: RowVariables) -> None:
    """Add a command that inserts `row` for each status where rows start and each combination of initial facts."""
    ground = making.ground
    for status in starts(ground):
        for number, filling in enumerate(facts_at_birth(ground, status)):
            making.act(
                f"{row.part}_starts_{status.name}_{number}",
                "application",
                f"inserts {row.part} in {status.name}{filling.told}",
                eq(row.status, ABSENT),
                {**row.born(status), **filling.changes(row)},
                covers=(f"status:{status.name}",),
            )
    if ground.scope.world.foreign:
        making.act(
            f"{row.part}_starts_unknown",
            "application",
            f"{row.part} holds an undeclared status",
            eq(row.status, ABSENT),
            {row.status.name: Const(ground.foreign)} | {row.due(column).name: Const(DUE) for column in ground.dues},
        )


def starts(ground: Ground) -> tuple[Status, ...]:
    """The statuses in which rows are inserted: the initial ones or, in the world of one leg, those before that leg."""
    initial = tuple(status for status in ground.lifecycle.statuses if status.initial)
    leg = ground.scope.world.leg
    if leg is None:
        return initial
    held = statuses_of_call(ground.lifecycle, leg)
    entries = [move for move in ground.lifecycle.transitions if move.target in held and move.source not in held]
    # Where the previous leg ends in the target itself, no command of this world leads there: rows start in it.
    before = {move.target if ground.other_leg(move.source) else move.source for move in entries}
    first = tuple(status for status in ground.lifecycle.statuses if status.name in held and status.initial)
    return first or tuple(status for status in ground.lifecycle.statuses if status.name in before) or initial


def facts_at_birth(ground: Ground, status: Status) -> Iterator[Filling]:
    """Every combination of facts with which a row may be inserted in `status`; its words name those that are free."""
    groups = ground.domains.groups
    free = tuple(column for column in ground.facts if _any_at_birth(ground, status, column))
    for codes in itertools.product(*(range(len(group.classes)) for group in groups)):
        found = dict(zip(groups, codes, strict=True))
        if all(_fits_at_birth(ground, status, group, code) for group, code in found.items()):
            yield Filling(found, free)


def _fits_at_birth(ground: Ground, status: Status, group: FactGroup, code: int) -> bool:
    """True if a row may be inserted in `status` in this class."""
    table = ground.lifecycle.table
    declared, entered = table.column if table is not None else {}, dict(status.on_entry)
    for column, value in group.classes[code].items():
        if _any_at_birth(ground, status, column):
            fits = value is not None or column not in status.requires
        else:
            default = declared[column].default if column in declared else None
            fits = after(group, code, {column: entered.get(column, default)}) == code
        if not fits:
            return False
    return True


def _any_at_birth(ground: Ground, status: Status, column: str) -> bool:
    """True if the insert may bring any value: `on_entry` writes none, and an event or reply does not fill it later.

    A column that is filled later is given a value nevertheless, where null or its default will not do.
    """
    if column in dict(status.on_entry):
        return False
    table = ground.lifecycle.table
    declared = table.column.get(column) if table is not None else None
    lacking = declared is not None and declared.default is None and (not declared.nullable or column in status.requires)
    return column not in ground.filled or lacking


# --- events from outside -------------------------------------------------------


def events(making: Making, row: RowVariables) -> None:
    """Add the commands of actors without a queue: handlers, admins, webhooks that no call declares, undeclared actors.

    Also added: keeping an early event, applying a kept one, and changing facts.
    """
    ground = making.ground
    for number, move in enumerate(ground.lifecycle.transitions):
        if not in_this_leg(ground, move):
            continue
        for actor in _outsiders(ground, move):
            _move_from_outside(making, row, number, move, actor)
    for column, event in ground.keeps.items():
        _keeping(making, row, event)
        _sweep(making, row, column, event)
    _changing_facts(making, row)
    _changing_amounts(making, row)


def in_this_leg(ground: Ground, move: Transition) -> bool:
    """True if `move` enters no queue of another call than the one whose leg this world has; always in other worlds."""
    leg = ground.scope.world.leg
    calls = {queue.call for queue in ground.lifecycle.queues_of[move.target] if queue.call is not None}
    return leg is None or not calls or leg in calls


def _outsiders(ground: Ground, move: Transition) -> tuple[str, ...]:
    """The actors that take `move` without a claim and without a call's reply."""
    if not ground.lifecycle.actors and not ground.lifecycle.queues:
        return (ANY_ACTOR,)
    if not move.by:
        comes = not _is_a_workers(ground, move) and comes_from_outside(ground.lifecycle, move)
        return (ANY_ACTOR,) if comes else ()
    binding = any(effect is EffectState.NOT_DONE for _, effect in move.needs)
    found = [actor for actor in move.by if ground.is_kind(actor, ActorKind.HANDLER)]
    if not binding or not _has_team(ground, move):
        found += [a for a in move.by if ground.is_kind(a, ActorKind.ADMIN) and not _replies_with(ground, move)]
    if is_reported(ground.lifecycle, move.event):
        found += [actor for actor in move.by if ground.is_kind(actor, ActorKind.WEBHOOK)]
    return tuple(found)


def _is_a_workers(ground: Ground, move: Transition) -> bool:
    """True if the `then` of a queue that polls the source names the event of `move`."""
    return any(move.event in events_after(queue) for queue in ground.lifecycle.queues_of[move.source])


def _replies_with(ground: Ground, move: Transition) -> bool:
    """True if `move` means that an effect is done which only a reply or a look-up can show."""
    return _is_a_workers(ground, move) and any(
        effect is EffectState.DONE for call, effect in ground.lifecycle.status[move.target].means if _made(ground, call)
    )


def _made(ground: Ground, call: str) -> bool:
    return ground.lifecycle.call[call] in ground.calls


def _has_team(ground: Ground, move: Transition) -> bool:
    return any(team.by_hand and move.source in team.queue.statuses for team in ground.teams)


def _move_from_outside(making: Making, row: RowVariables, number: int, move: Transition, actor: str) -> None:
    ground = making.ground
    event = ground.lifecycle.event.get(move.event or "")
    reports = ground.is_kind(actor, ActorKind.WEBHOOK)
    free = actor == ANY_ACTOR and not ground.lifecycle.actors
    for index, brought in enumerate(deliveries(making, event)):
        taken = take(making, row, move, brought=(event, brought) if event is not None else None)
        once, noted = _at_most_once(row, event)
        changes, guard = {**taken.changes, **noted}, both(taken.guard, once)
        if reports:
            guard = both(guard, true_report(making, row, move))
        making.act(
            f"{actor}_{row.part}_{move.source}_{move.target}_{number}_{index}",
            actor,
            _words(move, row) + brought.words,
            guard,
            changes,
            fair=f"moves {row.part}" if free and ground.ways.leads_on(*move.pair) else None,
            fault=GOES_ROUND if (free or reports) and ground.ways.goes_round(*move.pair) else None,
            covers=(*taken.covers, *((f"event:{event.name}",) if event else ())),
            doubtful=taken.doubtful,
        )


def _at_most_once(row: RowVariables, event: Event | None) -> tuple[Expr, Changes]:
    """For an event that is delivered at most once: the guard that it has not come, and the changes that note it."""
    if event is None or event.delivery is Delivery.AT_LEAST_ONCE:
        return TRUE, {}
    return eq(row.seen(event.name), 0), {row.seen(event.name).name: Const(1)}


def true_report(making: Making, row: RowVariables, move: Transition, besides: Call | None = None) -> Expr:
    """1 where every effect that the target of `move` means done is done at the provider, so that a report may come.

    An effect whose receipt the event brings is there.

    The effect of the call `besides` is not asked for: its webhook, which brings the report, has a guard of its own.
    Without the premise reports-are-true, always 1.
    """
    ground = making.ground
    if ground.may("reports-are-true"):
        return TRUE
    means = ground.lifecycle.status[move.target].means
    event = ground.lifecycle.event.get(move.event or "")
    return both(
        *(_has_effect(row, call) for call in brings_receipt_of(ground, event)),
        *(
            row.is_done(ground.lifecycle.call[call])
            for call, effect in means
            if effect is EffectState.DONE and _made(ground, call) and (besides is None or call != besides.name)
        ),
    )


def _has_effect(row: RowVariables, call: Call) -> Expr:
    """1 where the provider has an effect of the call, or a part of one."""
    if row.ground.makes_effects_once(call):
        return no(eq(row.units(call), 0))
    return no(eq(row.made(call), 0))


def _words(move: Transition, row: RowVariables) -> str:
    event = f"{move.event}: " if move.event else ""
    return f"{event}{move.source} to {move.target}{row.title}"


def _keeping(making: Making, row: RowVariables, event: Event) -> None:
    """Add commands that keep an early event, for each status in which the spec keeps it."""
    ground = making.ground
    assert event.keep_in is not None  # noqa: S101 - it is a key of `keeps`
    kept = row.kept(event.keep_in)
    actor = next((a for m in ground.lifecycle.transitions if m.event == event.name for a in m.by), ANY_ACTOR)
    for status in statuses_answering(event, EarlyEvent.KEEP) if _kept_in_this_leg(ground, event) else ():
        for index, brought in enumerate(deliveries(making, event)):
            once, noted = _at_most_once(row, event)
            brings = {**brought.changes(making, row, event), **heard(row, event)}
            changes = {**brings, row.owed(event.keep_in).name: Const(1), **noted}
            guard = both(eq(row.status, ground.code[status]), brought.filling.guard(row), unlocked(making, row), once)
            name = f"{actor}_{row.part}_keeps_{event.name}_{status}_{index}"
            says = f"{event.name} comes early, in {status}: "
            making.act(
                name, actor, says + "kept" + brought.words, both(guard, eq(kept, 0)),
                {**changes, kept.name: Const(1)}, covers=(f"event:{event.name}",),
            )  # fmt: skip
            if event.keep_in in ground.crowded:
                making.act(
                    f"{name}_another", actor, f"{says}another, while one is kept: dropped", both(guard, eq(kept, 1)),
                    {row.dropped(event.keep_in).name: Const(1)},
                )  # fmt: skip
            if ground.may("drops_early_refund"):
                making.act(
                    f"{name}_dropped", actor, says + "dropped", both(guard, eq(kept, 0)),
                    {row.owed(event.keep_in).name: Const(1)}, wrong="drops_early_refund",
                )  # fmt: skip


def _kept_in_this_leg(ground: Ground, event: Event) -> bool:
    return any(in_this_leg(ground, move) for move in ground.lifecycle.transitions if move.event == event.name)


def _sweep(making: Making, row: RowVariables, column: str, event: Event) -> None:
    """Add commands by which an actor of a transition applies the kept event, once the row is in the source."""
    ground = making.ground
    for number, move in enumerate(ground.lifecycle.transitions):
        if move.event != event.name or not in_this_leg(ground, move):
            continue
        taken = take(making, row, move)
        actor = move.by[0] if move.by else ANY_ACTOR
        making.act(
            f"{actor}_{row.part}_applies_kept_{event.name}_{number}",
            actor,
            f"applies the kept {event.name}: {move.source} to {move.target}{row.title}",
            both(taken.guard, eq(row.kept(column), 1)),
            taken.changes,
            fair=None if ground.may("kept-events-apply") else f"applies kept events of {row.part}",
            covers=(*taken.covers, f"event:{event.name}:kept"),
            doubtful=taken.doubtful,
        )


def _changing_facts(making: Making, row: RowVariables) -> None:
    """Add commands by which the application changes a fact that `same_status` lists."""
    ground = making.ground
    for column in ground.lifecycle.same_status or ():
        group = ground.facts.get(column)
        for code, values in enumerate(group.classes if group is not None else ()):
            assert group is not None  # noqa: S101 - it has classes
            before = among(row.fact(group), (n for n in group.before(code, {column}) if n != code))
            value = values[column]
            making.act(
                f"application_{row.part}_writes_{column}_{code}",
                "application",
                f"{column} becomes {'null' if value is None else value}{row.title}",
                both(is_there(row), before, unlocked(making, row)),
                {row.fact(group).name: Const(code)},
            )


def _changing_amounts(making: Making, row: RowVariables) -> None:
    """Add commands by which the application changes an amount that `same_status` lists."""
    ground = making.ground
    declared = ground.lifecycle.table.column if ground.lifecycle.table is not None else {}
    for column in ground.loose:
        now = row.amount(column)
        for much in (NULL, PART, WHOLE) if declared[column].nullable else (PART, WHOLE):
            word = {NULL: "null", PART: "a part", WHOLE: "the whole"}[much]
            making.act(
                f"application_{row.part}_writes_{column}_{much}", "application", f"{column} becomes {word}{row.title}",
                both(is_there(row), ne(now, much), unlocked(making, row)), {now.name: Const(much)},
            )  # fmt: skip


# --- webhooks that tell of a call -------------------------------------------------


def webhooks(making: Making, row: RowVariables) -> None:
    """Add commands for the calls' webhooks. Once there is an effect, each may come late, early, twice or never."""
    for call, hook in making.ground.hooks:
        for status in making.ground.lifecycle.statuses:
            for move in making.ground.moves(status.name, event_of(hook, status.name)):
                _told(making, row, call, hook, move)


def _told(making: Making, row: RowVariables, call: Call, hook: Webhook, move: Transition) -> None:
    ground = making.ground
    actors = [a for a in move.by if ground.is_kind(a, ActorKind.WEBHOOK)] or ([PROVIDER] if not move.by else [])
    if not actors or call not in ground.calls or not in_this_leg(ground, move):
        return
    event = ground.lifecycle.event.get(move.event or "")
    receipts = [column for column, _ in call.records] if move.event == hook.event else []
    carried = [column for column, _ in event.carries] if event is not None else []
    astray = "webhooks-reach-their-call"
    filled, asked = list(fillings(ground, (*carried, *receipts))), list(amounts_brought(ground, event))
    for index, (amounts, filling) in enumerate(itertools.product(asked, filled)):
        brought = (event, Brought(NO_FILLING, amounts, "")) if event is not None else None
        much = "".join(f" ({words})" for words in amounts_told(ground, amounts))
        taken = take(making, row, move, receipts=receipts, told=filling, brought=brought)
        guard = both(taken.guard, tells(row, call, hook), true_report(making, row, move, call))
        name = f"{actors[0]}_{row.part}_{hook.type}_{move.source}_{move.target}" + (f"_{index}" if index else "")
        says = f"{hook.type} arrives: {move.source} to {move.target}{row.title}{filling.told}{much}"
        covers = (*taken.covers, f"webhook:{hook.type}")
        changes = {**taken.changes, **row.hears(call)}
        making.act(name, actors[0], says, guard, changes, covers=covers, doubtful=taken.doubtful)
        if ground.may(astray):
            making.act(
                f"{name}_astray", actors[0], f"{says}; it tells of another call",
                both(taken.guard, no(tells(row, call, hook)), true_report(making, row, move, call)), changes,
                fault="a webhook astray", wrong=astray, doubtful=taken.doubtful,
            )  # fmt: skip
        if ground.may("forgets_the_receipt") and receipts and not index:
            bare = take(making, row, move, brought=brought)
            making.act(
                f"{name}_no_receipt", actors[0], f"{says}; the receipt is not stored", guard,
                {**bare.changes, **row.hears(call)}, wrong="forgets_the_receipt", doubtful=taken.doubtful,
            )  # fmt: skip


def tells(row: RowVariables, call: Call, hook: Webhook) -> Expr:
    """1 where the provider has the effect that this webhook reports: all of it if the webhook has a `when`.

    Also 1 where it has an effect of another call with a webhook of this type, and nothing tells the two apart.
    """
    ground = row.ground
    others = [other for other in told_by_webhook(ground.lifecycle, call, hook) if other in ground.calls]
    whole = hook.when is not None and ground.makes_effects_once(call)
    done = eq(row.units(call), WHOLE) if whole else _has_effect(row, call)
    return some(done, *map(row.is_mistaken, others))


# --- by hand at the provider ------------------------------------------------------------


def dashboard(making: Making, row: RowVariables) -> None:
    """Add commands by which a person makes a call's effect at the dashboard, for calls with `repeat: already_done`."""
    ground = making.ground
    if not ground.scope.world.dashboard:
        return
    for call in ground.leg_calls:
        if not ground.makes_effects_once(call):
            continue
        for much in (PART, WHOLE) if ground.scope.world.amounts else (WHOLE,):
            units = row.units(call)
            left = eq(units, 0) if much == WHOLE else no(eq(units, WHOLE))
            making.act(
                f"dashboard_{row.part}_{call.name}_{much}",
                DASHBOARD,
                f"does {call.name} by hand" + ({PART: " in part", WHOLE: ""}[much]) + row.title,
                both(_could_be_done(making, row, call), left),
                {units.name: Const(WHOLE) if much == WHOLE else pick(eq(units, 0), PART, WHOLE)},
                fault="dashboard",
            )


def _could_be_done(making: Making, row: RowVariables, call: Call) -> Expr:
    """1 where the call's effect is possible: the row exists, and the effects of the legs before are done."""
    ground = making.ground
    held = statuses_of_call(ground.lifecycle, call.name)
    earlier = {
        other
        for move in ground.lifecycle.transitions
        if move.target in held and move.source not in held
        for other, effect in ground.lifecycle.status[move.source].means
        if effect is EffectState.DONE and _made(ground, other)
    }
    return both(is_there(row), *(row.is_done(ground.lifecycle.call[other]) for other in sorted(earlier)))


# --- queues without a call -----------------------------------------------------------------


def callless(making: Making, row: RowVariables) -> None:
    """Add the commands of workers whose queue makes no call: take a transition, or look again later."""
    for queue in making.ground.lifecycle.queues:
        if queue.call is None:
            _polls(making, row, queue)


def _polls(making: Making, row: RowVariables, queue: Queue) -> None:
    ground = making.ground
    actor = queue.worker or f"worker of {queue.name}"
    due = eq(row.due(queue.due), DUE) if queue.due is not None else TRUE
    for name in queue.statuses:
        for number, move in enumerate(ground.lifecycle.transitions):
            if move.source != name or (move.by and queue.worker not in move.by) or not in_this_leg(ground, move):
                continue
            _reported(making, row, queue, number, due)
        if queue.due is not None:
            making.act(
                f"{actor}_{row.part}_{queue.name}_{name}_looks_again_later",
                actor,
                f"finds nothing new and looks again later{row.title}",
                both(eq(row.status, ground.code[name]), due, unlocked(making, row)),
                {row.due(queue.due).name: Const(LATER), **({row.holder.name: Const(0)} if ground.teams else {})},
                fault="nothing to report yet",
            )


def _reported(making: Making, row: RowVariables, queue: Queue, number: int, due: Expr) -> None:
    ground = making.ground
    actor, move = queue.worker or f"worker of {queue.name}", ground.lifecycle.transitions[number]
    event = ground.lifecycle.event.get(move.event or "")
    leads_on = ground.ways.leads_on(*move.pair)
    for index, brought in enumerate(deliveries(making, event)):
        taken: TransitionWrite = take(making, row, move, brought=(event, brought) if event is not None else None)
        making.act(
            f"{actor}_{row.part}_{queue.name}_{move.source}_{move.target}_{number}_{index}",
            actor,
            f"finds {_words(move, row)}" + brought.words,
            both(taken.guard, due, true_report(making, row, move)),
            taken.changes,
            fair=f"reports on {row.part}" if leads_on and not ground.may("reports-come-to-an-end") else None,
            fault=GOES_ROUND if ground.ways.goes_round(*move.pair) else None,
            covers=taken.covers,
            doubtful=taken.doubtful,
        )


def undeclared(row: RowVariables, target: str, sources: Sequence[str]) -> Changes:
    """Set the status to `target` whatever it was.

    Sets the ghost `undeclared`, unless the status was one of `sources` with a transition to `target`, or was `target`.
    """
    ground = row.ground
    fine = [eq(row.status, ground.code[name]) for name in sources if (name, target) in ground.lifecycle.pairs]
    same = eq(row.status, ground.code[target])
    return {
        row.status.name: Const(ground.code[target]),
        row.undeclared.name: pick(some(same, *fine), row.undeclared, 1),
    }
