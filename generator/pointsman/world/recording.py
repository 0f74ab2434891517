"""The commands that record an outcome: one write, which compares the status and the claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from pointsman.spec.lifecycle import CallResult, NextStep, Transition
from pointsman.spec.meaning import event_after, step_after
from pointsman.world.arriving import undeclared
from pointsman.world.claims import Round, asks_first, gives_up_by_spec
from pointsman.world.ground import DUE, FRESH, LATER
from pointsman.world.making import cause, fillings, followed, is_there, take
from pointsman.world.row import Changes
from pointsman.world.system import TRUE, Const, Expr, Less, Plus, Var, both, eq, ne, no, pick, some
from pointsman.world.worker import ClaimMode, Phase

NEVER_JUSTIFIED, JUSTIFIED = Const(0), TRUE
UNCLAIMED = "unclaimed"
"""The name of the guard for a record without a claim."""


@dataclass(frozen=True)
class WriteGuard:
    """The condition under which a record is written.

    `counts_now`: the record counts the attempt, since the claim did not. `counts_all`: also where it moves the row, as
    under a lock. `wrong` is the wrong implementation that compares so. `fair`: the record belongs to the worker's fair
    group.
    """

    name: str
    guard: Expr
    counts_now: bool = False
    counts_all: bool = False
    wrong: str | None = None
    fair: bool = True


def recording(step: Round) -> None:
    """Add every record, under every guard that this world allows."""
    for compare in _ways(step):
        _record(step, compare)
    if gives_up_by_spec(step):
        _gives_up_blind(step, CallResult.EXHAUSTED, None)
        if step.ground.may("one-clock"):
            _gives_up_blind(step, CallResult.EXHAUSTED, "one-clock", no(step.is_due))
    _wrongly(step)


def _ways(step: Round) -> Iterable[WriteGuard]:
    ground, worker, row = step.ground, step.worker, step.row
    yield WriteGuard("", worker.holds(row), counts_now=ground.locks, counts_all=ground.locks)
    stale = both(worker.as_read(row), ne(row.holder, worker.token))
    if not ground.fenced:
        yield WriteGuard("unfenced", stale, fair=False)
    if ground.may("compares_status_only"):
        yield WriteGuard("status_only", stale, wrong="compares_status_only", fair=False)
    if ground.may("claims_by_reading") or not ground.lifecycle.claims:
        read = both(step.mode_is(ClaimMode.READ), worker.as_read(row))
        wrong = "claims_by_reading" if ground.lifecycle.claims else None
        yield WriteGuard(UNCLAIMED, read, counts_now=True, wrong=wrong)


def _record(step: Round, compare: WriteGuard) -> None:
    for phase in (Phase.ACCEPTED, Phase.FOUND):
        _done(step, compare, phase)
    _already_done(step, compare)
    _refused(step, compare)
    _absent(step, compare)
    _waiting(step, compare)


# --- one by one ---------------------------------------------------------------------


@dataclass(frozen=True)
class Follows:
    """The transition that follows `reply`.

    `here` is its guard beside that of the transition. `justified` is 1 where giving up by it has a cause. `receipts`
    are columns that the same write fills, `also` its further changes.
    """

    name: str
    here: Expr
    reply: CallResult
    justified: Expr = NEVER_JUSTIFIED
    receipts: tuple[str, ...] = ()
    also: Changes = field(default_factory=dict)
    wrong: str | None = None


@dataclass(frozen=True)
class WriteDraft:
    """One record before its guard is chosen.

    `counts`: it counts the attempt, where the claim did not. `spends`: the ghost counts it then, though the row may
    not. `doubtful` is a condition that the record depends on and that the world does not follow.
    """

    name: str
    says: str
    guard: Expr
    changes: Changes
    covers: tuple[str, ...] = ()
    counts: bool = False
    spends: bool = False
    wrong: str | None = None
    doubtful: str = ""


def _has(step: Round, phase: Phase) -> Expr:
    """1 where the worker is in `phase`, at this row."""
    return step.worker.at(step.row, phase)


def _done(step: Round, compare: WriteGuard, phase: Phase) -> None:
    """Add the records of an effect that is there, with its receipt."""
    reply = CallResult.ACCEPTED if phase is Phase.ACCEPTED and not step.team.by_hand else CallResult.SETTLED_DONE
    receipts = tuple(column for column, _ in step.call.records)
    heard = step.row.hears(step.call)
    follows = Follows(f"records_{phase.name}", _has(step, phase), reply, receipts=receipts, also=heard)
    _moves_or_stays(step, compare, follows, Stay(phase, when=DUE if step.team.by_hand else LATER))


def _already_done(step: Round, compare: WriteGuard) -> None:
    """Add the records of "already done", unless the worker first looks up the receipt."""
    if _is_looked_up(step):
        return
    named = event_after(step.queue, CallResult.ALREADY_DONE) is not None
    reply = CallResult.ALREADY_DONE if named else CallResult.SETTLED_DONE
    phase = Phase.ALREADY_DONE
    heard = step.row.hears(step.call)
    follows = Follows(f"records_{phase.name}", _has(step, phase), reply, also=heard)
    _moves_or_stays(step, compare, follows, Stay(phase))


def _is_looked_up(step: Round) -> bool:
    if step.call.look_up is None:
        return False
    direct = event_after(step.queue, CallResult.ALREADY_DONE) is not None and not step.call.records
    return not direct


def _refused(step: Round, compare: WriteGuard) -> None:
    """Add the records of refusals, which renew the key."""
    for phase, reply in ((Phase.REFUSED, CallResult.REFUSED), (Phase.REFUSED_FOR_NOW, CallResult.REFUSED_FOR_NOW)):
        if asks_first(step, reply):
            continue
        if step.team.by_hand and phase is Phase.REFUSED:
            _by_hand(step, compare, phase.name, _has(step, phase))
            continue
        renewed = step.renewed()
        if phase is Phase.REFUSED and not step.ground.renewable(step.call) and step.row.can_be_told:
            renewed = {**renewed, step.row.told.name: Const(1)}
        heard_wrong = step.row.can_hear_wrong and phase is Phase.REFUSED
        justified = no(eq(step.row.hearsay, 1)) if heard_wrong else JUSTIFIED
        if phase is Phase.REFUSED_FOR_NOW:
            justified = _tried_enough(step, compare)
        follows = Follows(f"records_{phase.name}", _has(step, phase), reply, justified, also=renewed)
        gives_back = step_after(step.queue, reply) is NextStep.WAIT
        _moves_or_stays(step, compare, follows, Stay(phase, also=renewed, gives_back=gives_back))
        if step.ground.may("replays_old_refusal") and step.call.key is not None:
            _stays(step, compare, Stay(phase, also={step.row.told.name: Const(1)}, wrong="replays_old_refusal"))


def _absent(step: Round, compare: WriteGuard) -> None:
    """Add the records of a settled absence: renew the key and make the row due or, without attempts left, give up."""
    claimed = both(_has(step, Phase.CLAIMED), step.mode_is(ClaimMode.SETTLE), step.key_is(FRESH), step.lease_runs)
    for name, here in (("absent", _has(step, Phase.ABSENT)), ("nothing_out", claimed)):
        if step.team.by_hand:
            _by_hand(step, compare, name, here)
        else:
            _tries_again(step, compare, name, here)
            _gives_up(step, compare, name, here)


def _tries_again(step: Round, compare: WriteGuard, name: str, here: Expr) -> None:
    renewed = step.renewed()
    left = both(here, no(_used_up(step, compare)))
    for mode, when in ((ClaimMode.SETTLE, DUE), (ClaimMode.ATTEMPT, LATER)):
        says, counts = "notes that there is no effect", mode is ClaimMode.ATTEMPT
        guard, due = both(left, _mode(step, compare, mode)), step.due_again(when)
        renews = f"{says}, and renews the key"
        both_changes = {**renewed, **due}
        draft = WriteDraft(f"renews_{name}_{mode}", renews, guard, both_changes, counts=counts)
        _write(step, compare, draft)
        if step.ground.may("replays_old_refusal") and step.call.key is not None:
            keeps = replace(draft, name=f"keeps_key_{name}_{mode}", says=f"{says}, and keeps the key", guard=guard)
            _write(step, compare, replace(keeps, changes=due, wrong="replays_old_refusal"))


def _gives_up(step: Round, compare: WriteGuard, name: str, here: Expr) -> None:
    """Add the records of giving up after a settled absence, which renew the key as well."""
    renewed = step.renewed()
    over = both(here, _used_up(step, compare))
    enough = _tried_enough(step, compare)
    follows = Follows(f"gives_up_{name}", over, CallResult.SETTLED_ABSENT, enough, also=renewed)
    left = some(*_left(step, follows)) if _moves(step, compare, follows) else TRUE
    if left != some():
        waits = {**renewed, **step.due_again(LATER)}
        says = "notes that there is no effect, and waits"
        counts = compare.counts_all
        _write(step, compare, WriteDraft(f"waits_{name}", says, both(over, left), waits, counts=counts, spends=counts))


def _used_up(step: Round, compare: WriteGuard) -> Expr:
    """1 where no attempt is left, the one that this record counts included."""
    if not compare.counts_all or step.count is None or step.limit is None:
        return step.used_up
    return some(step.used_up, both(step.mode_is(ClaimMode.ATTEMPT), eq(step.count, step.limit - 1)))


def _tried_enough(step: Round, compare: WriteGuard | None = None) -> Expr:
    """1 where as many attempts were made as the queue allows, the one that the record `compare` counts included."""
    if step.limit is None:
        return NEVER_JUSTIFIED
    enough = no(Less(step.row.tries, Const(step.limit)))
    if compare is None or not compare.counts_all:
        return enough
    return some(enough, both(step.mode_is(ClaimMode.ATTEMPT), eq(step.row.tries, step.limit - 1)))


def _by_hand(step: Round, compare: WriteGuard, name: str, here: Expr) -> None:
    """Add the records of an admin who gives up. They need no further cause."""
    for move in step.ground.given_up_by_hand(step.queue, step.call):
        taken = take(step.making, step.row, move, by=step.worker)
        says, guard = f"records {_said(move)}", both(here, taken.guard)
        changes = {**step.let_go(), **taken.changes}
        draft = WriteDraft(f"gives_up_by_hand_{name}_{move.source}", says, guard, changes, taken.covers)
        _write(step, compare, replace(draft, doubtful=taken.doubtful))


def _waiting(step: Round, compare: WriteGuard) -> None:
    """Add the records of an unknown outcome or an untried request: the row is due later, under the same key."""
    looked_up = step.call.look_up is not None
    for phase in [Phase.UNKNOWN] if looked_up else [Phase.UNKNOWN, Phase.ERROR, Phase.MISUSED]:
        reply = CallResult.MISUSED if phase is Phase.MISUSED else CallResult.UNKNOWN
        follows = Follows(f"records_{phase.name}", _has(step, phase), reply)
        _moves_or_stays(step, compare, follows, Stay(phase, gives_back=step_after(step.queue, reply) is NextStep.WAIT))
    if not asks_first(step, CallResult.NOT_TRIED):
        phase = Phase.NOT_TRIED
        wait = step_after(step.queue, CallResult.NOT_TRIED) is NextStep.WAIT
        follows = Follows(f"records_{phase.name}", _has(step, phase), CallResult.NOT_TRIED)
        _moves_or_stays(step, compare, follows, Stay(phase, gives_back=wait))
    _stays(step, compare, Stay(Phase.IN_USE, gives_back=True))


# --- the records of wrong implementations ---------------------------------------------


def _wrongly(step: Round) -> None:
    ground = step.ground
    mine = WriteGuard("", step.worker.holds(step.row), counts_now=ground.locks, counts_all=ground.locks, fair=False)
    if ground.may("timeout_means_failed"):
        for phase in (Phase.UNKNOWN, Phase.ERROR):
            _as_failed(step, mine, phase, "timeout_means_failed")
    if ground.may("rate_limit_means_failed"):
        _as_failed(step, mine, Phase.NOT_TRIED, "rate_limit_means_failed")
        _stays(step, mine, Stay(Phase.NOT_TRIED, ghost_gives_back=True, wrong="rate_limit_means_failed"))
    if ground.may("already_done_means_failed"):
        _as_failed(step, mine, Phase.ALREADY_DONE, "already_done_means_failed")
    if ground.may("done_without_receipt"):
        _without_receipt(step, mine, Phase.ALREADY_DONE, CallResult.SETTLED_DONE, "done_without_receipt")
    if ground.may("forgets_the_receipt") and step.call.records:
        for phase, reply in ((Phase.ACCEPTED, CallResult.ACCEPTED), (Phase.FOUND, CallResult.SETTLED_DONE)):
            _without_receipt(step, mine, phase, reply, "forgets_the_receipt")
    if ground.may("gives_up_blind"):
        _gives_up_blind(step, CallResult.SETTLED_ABSENT, "gives_up_blind")
    if ground.may("writes_blind"):
        _writes_blind(step)


def _without_receipt(step: Round, compare: WriteGuard, phase: Phase, reply: CallResult, wrong: str) -> None:
    _moves(step, compare, Follows(f"records_{phase.name}", _has(step, phase), reply, wrong=wrong))


def _as_failed(step: Round, compare: WriteGuard, phase: Phase, wrong: str) -> None:
    """Record the outcome as a refusal or, where the queue names no event for a refusal, as a settled absence."""
    for reply in (CallResult.REFUSED, CallResult.SETTLED_ABSENT):
        if _moves(step, compare, Follows(f"records_{phase.name}", _has(step, phase), reply, wrong=wrong)):
            return


def _gives_up_blind(step: Round, reply: CallResult, wrong: str | None, when: Expr | None = None) -> None:
    """Add giving up without finding out: when attempts are used up, or by an admin at any time. A spec may allow it.

    `when` is the time for it: when the row is due, unless something else is given.
    """
    ready = both(step.worker.reads(step.row), step.worker.free(step.making.rows), step.is_due if when is None else when)
    if not step.team.by_hand:
        follows = Follows("gives_up_blind", both(ready, step.used_up), reply, _tried_enough(step), wrong=wrong)
        _moves(step, WriteGuard("", TRUE, fair=wrong is None), follows)
        return
    for move in step.ground.given_up_by_hand(step.queue, step.call):
        taken = take(step.making, step.row, move)
        step.act(
            f"gives_up_blind_{move.source}", f"gives up without finding out: {_said(move)}", both(ready, taken.guard),
            taken.changes, covers=taken.covers, wrong="gives_up_blind", doubtful=taken.doubtful,
        )  # fmt: skip


_WRITTEN = {
    Phase.ACCEPTED: CallResult.ACCEPTED,
    Phase.FOUND: CallResult.SETTLED_DONE,
    Phase.REFUSED: CallResult.REFUSED,
    Phase.ABSENT: CallResult.SETTLED_ABSENT,
}


def _writes_blind(step: Round) -> None:
    """Add records that write the status without comparing it."""
    row, ground = step.row, step.ground
    for phase, reply in _WRITTEN.items():
        event = event_after(step.queue, reply)
        receipts: Changes = {}
        if phase in {Phase.ACCEPTED, Phase.FOUND}:
            known = [column for column, _ in step.call.records if column in ground.receipts]
            receipts = {row.receipt(column).name: Const(1) for column in known}
        for move in (m for name in step.queue.statuses for m in ground.moves(name, event, step.queue.worker)):
            entered = row.on_entry(ground.lifecycle.status[move.target])
            changes = {**undeclared(row, move.target, list(ground.code)), **receipts, **entered, **step.let_go()}
            enters = row.may_enter(ground.lifecycle.status[move.target])
            guard = both(_has(step, phase), no(step.worker.holds(row)), is_there(row), enters)
            says = f"writes {move.target}, whatever the status is"
            step.act(f"writes_blind_{phase}_{move.source}", says, guard, changes, wrong="writes_blind")


# --- writing ------------------------------------------------------------------------------


def _moves(step: Round, compare: WriteGuard, follows: Follows) -> bool:
    """Add the transitions that follow a reply. False if there are none."""
    moves = _following(step, follows)
    for move in moves:
        _take(step, compare, follows, move, keep_counts=False)
        if step.ground.may("carries_the_old_count") and step.ground.counts and follows.wrong is None:
            _take(step, compare, replace(follows, wrong="carries_the_old_count"), move, keep_counts=True)
    return bool(moves)


def _following(step: Round, follows: Follows) -> list[Transition]:
    event = event_after(step.queue, follows.reply)
    return [m for s in step.queue.statuses for m in step.ground.moves(s, event, step.team.actor)]


def _moves_or_stays(step: Round, compare: WriteGuard, follows: Follows, stay: Stay) -> None:
    """Add the transitions that follow a reply, and the record without a move where no condition of theirs is true."""
    if not _moves(step, compare, follows):
        _stays(step, compare, stay)
        return
    left = some(*_left(step, follows))
    if left != some():
        _stays(step, compare, stay, left)


def _left(step: Round, follows: Follows) -> Iterator[Expr]:
    """By status and by what the reply fills: 1 where no transition follows, or the condition of none is true."""
    row, moves = step.row, _following(step, follows)
    for status in step.queue.statuses:
        here = [move for move in moves if move.source == status]
        if not here:
            yield eq(row.status, step.ground.code[status])
        elif all(move.when is not None for move in here):
            for filling in fillings(step.ground, follows.receipts):
                asked = [followed(step.making, row, m.when, filling, follows.receipts) for m in here if m.when]
                none = [no(expr) for expr in asked if expr is not None]
                yield both(eq(row.status, step.ground.code[status]), filling.guard(row), *none)


def _take(step: Round, compare: WriteGuard, follows: Follows, move: Transition, *, keep_counts: bool) -> None:
    extra = {**follows.also, **cause(step.making, step.row, move, follows.justified)}
    for index, filling in enumerate(fillings(step.ground, follows.receipts)):
        taken = take(
            step.making,
            step.row,
            move,
            receipts=follows.receipts,
            told=filling,
            by=step.worker,
            keep_counts=keep_counts,
        )
        draft = WriteDraft(
            f"{follows.name}_{move.source}" + (f"_{index}" if index else ""),
            f"records {_said(move)}{filling.told}",
            both(follows.here, taken.guard),
            {**step.let_go(), **extra, **taken.changes},
            taken.covers,
            counts=compare.counts_all,
            spends=compare.counts_all,
            wrong=follows.wrong,
            doubtful=taken.doubtful,
        )
        _write(step, compare, draft)


def _said(move: Transition) -> str:
    return f"{move.event}: {move.source} to {move.target}" if move.event else f"{move.source} to {move.target}"


@dataclass(frozen=True)
class Stay:
    """A record that leaves the status and makes the row due again.

    `when` is the new due time, `also` has further changes, and `gives_back` uncounts the attempt: in the ghost only
    where the request was not tried. `ghost_gives_back` uncounts it in the ghost alone.
    """

    phase: Phase
    when: int = LATER
    also: Changes = field(default_factory=dict)
    gives_back: bool = False
    ghost_gives_back: bool = False
    wrong: str | None = None

    def untried(self, step: Round) -> bool:
        """True if an attempt that ended so does not count: the provider tried nothing, and will try in the end."""
        ends = not step.ground.may("not-tried-ends")
        return self.phase is Phase.IN_USE or (self.phase is Phase.NOT_TRIED and ends)


def _stays(step: Round, compare: WriteGuard, stay: Stay, where: Expr = TRUE) -> None:
    """Add the record for an attempt and for a claim to settle, `where` that is 1. Only an attempt was counted."""
    says = f"notes that the outcome is {stay.phase.name.lower().replace('_', ' ')}"
    for mode in (ClaimMode.ATTEMPT, ClaimMode.SETTLE):
        changes = {**stay.also, **step.due_again(stay.when)}
        if mode is ClaimMode.ATTEMPT:
            changes |= _given_back(step, compare, stay)
        draft = WriteDraft(
            f"notes_{stay.phase.name}_{mode.name}",
            says,
            both(_has(step, stay.phase), _mode(step, compare, mode), where),
            changes,
            counts=mode is ClaimMode.ATTEMPT and not stay.gives_back,
            spends=mode is ClaimMode.ATTEMPT and not (stay.gives_back and stay.untried(step)),
            wrong=stay.wrong,
        )
        _write(step, compare, draft)
        if step.ground.may("hot_loop") and stay.wrong is None and stay.when == LATER:
            _write(step, compare, _back_at_once(step, compare, draft))


def _given_back(step: Round, compare: WriteGuard, stay: Stay) -> Changes:
    """The changes that uncount an attempt in the row and the ghost or, if only the ghost counted it, there."""
    given = step.counted(-1)
    if not given:
        return {}
    ghost = {step.row.tries.name: given[step.row.tries.name]}
    untried = stay.untried(step)
    if compare.counts_now:
        return ghost if stay.gives_back and untried and compare.name == UNCLAIMED else {}
    if stay.ghost_gives_back:
        return ghost
    if not stay.gives_back:
        return {}
    return given if untried else {name: change for name, change in given.items() if name not in ghost}


def _back_at_once(step: Round, compare: WriteGuard, draft: WriteDraft) -> WriteDraft:
    """The record of `draft` with the row due at once. An attempt before its time does not justify giving up."""
    hot, tries = {**draft.changes, **step.due_again(DUE)}, step.row.tries
    if step.count is not None and not compare.counts_now and tries.name not in draft.changes:
        hot[tries.name] = pick(step.used_up, tries, step.counted(-1)[tries.name])
    return replace(draft, says=f"{draft.says}, and is back at once", changes=hot, wrong="hot_loop")


def _mode(step: Round, compare: WriteGuard, mode: ClaimMode) -> Expr:
    """An expression that is 1 where the claim is for `mode`. A row without a claim counts as read for an attempt."""
    if compare.name == UNCLAIMED:
        return TRUE if mode is ClaimMode.ATTEMPT else Const(0)
    return step.mode_is(mode)


def _write(step: Round, compare: WriteGuard, draft: WriteDraft) -> None:
    """Add one record under one guard."""
    counting = _counts(step, compare, draft)
    step.act(
        f"{compare.name}_{draft.name}" if compare.name else draft.name,
        draft.says,
        both(draft.guard, compare.guard),
        {**step.let_go(), **counting, **draft.changes},
        fair=step.own_step if compare.fair and draft.wrong is None else None,
        covers=draft.covers,
        wrong=draft.wrong or compare.wrong,
        doubtful=draft.doubtful,
    )


def _counts(step: Round, compare: WriteGuard, draft: WriteDraft) -> Changes:
    """What a record counts that the claim did not. A lock's claim and record are one transaction, which commits here.

    What a transition writes on entry wins over it.
    """
    found: Changes = {}
    settles = step.mode_is(ClaimMode.SETTLE)
    if step.ground.locks and compare.counts_now:
        found |= {name: pick(settles, Var(name), change) for name, change in step.key_in_use().items()}
    if compare.counts_now and step.count is not None:
        if draft.counts:
            found[step.count.name] = pick(some(settles, step.used_up), step.count, Plus(step.count, 1))
        # A row read without a claim was counted in the ghost then.
        if (draft.counts or draft.spends) and compare.name != UNCLAIMED:
            found[step.row.tries.name] = pick(settles, step.row.tries, step.counted(1)[step.row.tries.name])
    return found
