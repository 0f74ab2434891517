"""The properties that every run must have: the built-in ones, and the spec's own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pointsman.spec.condition import columns
from pointsman.spec.lifecycle import EffectState, Picture, Property, PropertyKind, StatusKind
from pointsman.world.ground import Ground
from pointsman.world.making import Making, followed, is_moot, is_there
from pointsman.world.provider import fits
from pointsman.world.row import RowVariables
from pointsman.world.system import Const, Expr, Invariant, LeadsTo, Less, Witness, among, both, eq, ne, no, some


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A property that every lifecycle is checked for. The lowest `harm` is reported first."""

    id: str
    sentence: str
    harm: int


ONCE = BuiltIn("each-effect-at-most-once", "each call has at most one effect of ours", 1)
AMOUNTS = BuiltIn("amounts-are-conserved", "no more is moved than was asked for", 2)
TRUTH = BuiltIn("status-tells-the-truth", "a status says what the provider's ledger shows", 3)
SETTLED = BuiltIn(
    "settled-before-leaving", "no row leaves a call's queue for good while a request may have an effect unheard", 4
)
RECEIPTS = BuiltIn("receipts-are-kept", "a row has what its status requires", 5)
NOT_LOST = BuiltIn("request-is-not-lost", "an event that was taken is applied, or kept until it can be", 6)
STUCK = BuiltIn("no-deadlock", "where nothing can happen any more, no row is waiting for anything", 7)
RESOLVED = BuiltIn("every-row-is-resolved", "once faults end, every transient row moves on to where it may stay", 8)
CAUSE = BuiltIn(
    "given-up-with-cause", "no row is given up without a refusal, all its attempts in their time, or an admin", 9
)
BOUNDED = BuiltIn("attempts-are-bounded", "no leg is attempted more often than its queue allows", 10)
DECLARED = BuiltIn("only-declared-transitions", "a status changes only along a transition of the spec", 11)
FIRES = BuiltIn("every-transition-can-fire", "every transition happens in some run", 12)

BUILT_IN: tuple[BuiltIn, ...] = (
    ONCE, AMOUNTS, TRUTH, SETTLED, RECEIPTS, NOT_LOST, STUCK, RESOLVED, CAUSE, BOUNDED, DECLARED, FIRES,
)  # fmt: skip
"""Every built-in property, the greatest harm first."""


def truths(making: Making, row: RowVariables) -> None:
    """Add the built-in properties of one row."""
    _spoken_of(making, row)
    _effects(making, row)
    _settled(making, row)
    _statuses(making, row)
    _row_keeping(making, row)
    _not_dropped(making, row)
    _ghosts(making, row)
    making.responses.append(
        LeadsTo(RESOLVED.id, unresolved(making, row), f"{row.part} is never resolved", subject=row.part)
    )


def _never(making: Making, prop: BuiltIn, bad: Expr, says: str, subject: str) -> None:
    if bad != Const(0):
        making.invariants.append(Invariant(prop.id, bad, says, subject))


CONDITION = "condition of "
"""The beginning of the subject of a witness of what a property speaks of: the rest is the property's name."""


def _spoken_of(making: Making, row: RowVariables) -> None:
    """Add, for each built-in property, the states without which nothing could break it: there it is vacuous."""
    ground = making.ground
    means = {ground.code[s.name] for s in ground.lifecycle.statuses for c, _ in s.means if _is_made(ground, c)}
    denied = some(*(eq(row.denied(call), 1) for call in ground.calls))
    late = {ground.code[name] for statuses in ground.unsettling.values() for name in statuses}
    required = {
        ground.code[s.name] for s in ground.lifecycle.statuses for c in s.requires if row.is_null(c) != Const(0)
    }
    found = {
        ONCE: some(*(ne(row.made(call), 0) for call in ground.calls)),
        TRUTH: some(among(row.status, means), denied),
        SETTLED: among(row.status, late),
        RECEIPTS: among(row.status, required),
        NOT_LOST: some(*(eq(row.owed(column), 1) for column in ground.keeps)),
        STUCK: unresolved(making, row),
        CAUSE: denied,
        BOUNDED: ne(row.tries, 0) if ground.counts else Const(0),
    }
    making.witnesses += [
        Witness(prop.id, wanted, f"{prop.id}{row.title}", f"{CONDITION}{prop.id}") for prop, wanted in found.items()
    ]


def _is_made(ground: Ground, call: str) -> bool:
    return ground.lifecycle.call[call] in ground.calls


def _effects(making: Making, row: RowVariables) -> None:
    for call in making.ground.calls:
        _never(making, ONCE, eq(row.made(call), 2), f"{call.name} has had two effects{row.title}", f"call:{call.name}")
        says = f"{call.name} was said not to be done, and is{row.title}"
        _never(making, TRUTH, both(eq(row.denied(call), 1), ne(row.made(call), 0)), says, f"call:{call.name}")
    if making.ground.without & {"reverses_full_after_partial", "bump_rewrites_amount"}:
        _never(making, AMOUNTS, eq(row.over, 1), f"more was moved than was asked for{row.title}", "amounts")


def _settled(making: Making, row: RowVariables) -> None:
    ground = making.ground
    for number, call in enumerate(ground.calls, 1):
        late = [ground.code[name] for name in ground.unsettling.get(call.name, ())]
        if not late:
            continue
        may_come = both(eq(row.flying, number), fits(row, call, row.flying_asked(call)))
        bad = both(among(row.status, late), some(may_come, eq(row.unheard(call), 1)))
        if call.name in ground.left_open:
            bad = both(bad, eq(row.left_open(call), 0))
        says = f"the row has left {call.name} behind, and does not know what became of a request{row.title}"
        _never(making, SETTLED, bad, says, f"call:{call.name}")


def _statuses(making: Making, row: RowVariables) -> None:
    ground = making.ground
    for status in ground.lifecycle.statuses:
        here = eq(row.status, ground.code[status.name])
        for name, effect in status.means:
            call = ground.lifecycle.call[name]
            if call not in ground.calls:
                continue
            done = row.is_done(call)
            bad = no(done) if effect is EffectState.DONE else ne(row.made(call), 0)
            words = "is not done" if effect is EffectState.DONE else "is done"
            _never(
                making,
                TRUTH,
                both(here, bad),
                f"the status is {status.name}, and {name} {words}{row.title}",
                f"status:{status.name}",
            )
        for column in status.requires:
            lacking = row.is_null(column)
            _never(
                making,
                RECEIPTS,
                both(here, lacking),
                f"the status is {status.name}, and {column} is null{row.title}",
                f"status:{status.name}:{column}",
            )


def _row_keeping(making: Making, row: RowVariables) -> None:
    ground = making.ground
    for column, event in ground.keeps.items():
        moot = [ground.code[s.name] for s in ground.lifecycle.statuses if is_moot(ground, event, s.name)]
        lost = both(eq(row.owed(column), 1), eq(row.kept(column), 0), no(among(row.status, moot)))
        _never(
            making,
            NOT_LOST,
            lost,
            f"{event.name} was taken, and nothing remembers it{row.title}",
            f"event:{event.name}",
        )


def _not_dropped(making: Making, row: RowVariables) -> None:
    for column, event in making.ground.crowded.items():
        says = f"another {event.name} came while one was kept, and nothing remembers it{row.title}"
        _never(making, NOT_LOST, eq(row.dropped(column), 1), says, f"event:{event.name}")


def _ghosts(making: Making, row: RowVariables) -> None:
    ground = making.ground
    if any(ground.gives_up(move) for move in ground.lifecycle.transitions):
        _never(making, CAUSE, eq(row.uncaused, 1), f"given up without cause{row.title}", "cause")
    for queue in ground.lifecycle.queues:
        limit = ground.limit(queue)
        if limit is not None and queue.call in {call.name for call in ground.calls}:
            here = among(row.status, (ground.code[name] for name in queue.statuses))
            _never(
                making,
                BOUNDED,
                both(here, Less(Const(limit), row.tries)),
                f"{queue.name} attempts more than {limit} times{row.title}",
                f"queue:{queue.name}",
            )
    if ground.strays:
        _never(
            making, DECLARED, eq(row.undeclared, 1), f"the status was changed along no transition{row.title}", "status"
        )


def unresolved(making: Making, row: RowVariables) -> Expr:
    """1 where the row is in a transient status, or keeps an event that its status could apply."""
    ground = making.ground
    moving = [s.name for s in ground.lifecycle.statuses if s.kind is StatusKind.TRANSIENT]
    transient = [ground.code[name] for name in moving if not ground.other_leg(name)]
    waiting: list[Expr] = [among(row.status, transient)]
    for column, event in ground.keeps.items():
        sources = {ground.code[move.source] for move in ground.lifecycle.transitions if move.event == event.name}
        waiting.append(both(eq(row.kept(column), 1), among(row.status, sources)))
    return some(*waiting)


# --- the spec's own ------------------------------------------------------------------


def own(making: Making, row: RowVariables) -> None:
    """Add the spec's own properties for one row; those that the world cannot check go to `unfollowed`."""
    for prop in making.ground.lifecycle.properties:
        _own(making, row, prop)


def _own(making: Making, row: RowVariables, prop: Property) -> None:
    unfollowed = [
        column
        for picture in (prop.picture, prop.then)
        if picture is not None and picture.where is not None and followed(making, row, picture.where) is None
        for column in columns(picture.where)
    ]
    if unfollowed:
        making.unfollowed[prop.name] = (
            f"no world models the values that it asks of {', '.join(dict.fromkeys(unfollowed))}"
        )
        return
    here = pictured(making, row, prop.picture)
    says = f"{prop.name}{row.title}"
    subject = f"property:{prop.name}"
    if prop.kind in {PropertyKind.ALWAYS, PropertyKind.NEVER}:
        # A reachable state must be one that the property speaks of, or the property holds without being tested.
        spoken_of = (
            pictured(making, row, replace(prop.picture, where=None, effects=()))
            if prop.kind is PropertyKind.NEVER
            else is_there(row)
        )
        making.witnesses.append(Witness(prop.name, spoken_of, says, f"{CONDITION}{prop.name}"))
    match prop.kind:
        case PropertyKind.ALWAYS:
            making.invariants.append(
                Invariant(prop.name, both(is_there(row), no(here)), f"not always: {says}", subject)
            )
        case PropertyKind.NEVER:
            making.invariants.append(Invariant(prop.name, here, f"not never: {says}", subject))
        case PropertyKind.REACHABLE:
            making.witnesses.append(Witness(prop.name, here, says, subject))
        case PropertyKind.LEADS_TO:
            goal = pictured(making, row, prop.then) if prop.then is not None else Const(0)
            making.responses.append(
                LeadsTo(prop.name, no(goal), f"does not follow: {says}", both(here, no(goal)), subject)
            )


def pictured(making: Making, row: RowVariables, picture: Picture) -> Expr:
    """1 where the row matches `picture`. Its `effects` are compared with the provider's ledger."""
    ground = making.ground
    parts: list[Expr] = [is_there(row)]
    if picture.statuses:
        parts.append(among(row.status, (ground.code[name] for name in picture.statuses)))
    if picture.where is not None:
        parts.append(followed(making, row, picture.where) or Const(0))
    for name, effect in picture.effects:
        call = ground.lifecycle.call[name]
        done = row.is_done(call) if call in ground.calls else Const(0)
        parts.append(done if effect is EffectState.DONE else no(done))
    return both(*parts)
