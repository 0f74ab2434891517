"""What a worker does with what it has in hand: one write that compares status and claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pointsman.lifecycle import Reply, Step, Transition
from pointsman.world.arriving import undeclared
from pointsman.world.claims import Round, asks_first
from pointsman.world.ground import DUE, LATER, STEPS
from pointsman.world.making import Taken, cause, is_there, take
from pointsman.world.row import Changes
from pointsman.world.system import TRUE, Const, Expr, Less, Plus, both, eq, ne, no, pick
from pointsman.world.worker import Mode, Phase

NEVER_JUSTIFIED, JUSTIFIED = Const(0), TRUE


@dataclass(frozen=True)
class Compare:
    """How a record compares: its name, the condition, whether it counts only now, and the wrong implementation it is."""

    name: str
    guard: Expr
    counts_now: bool = False
    wrong: str | None = None
    fair: bool = True


def recording(step: Round) -> None:
    """Everything that can be recorded, by every way of comparing that this world allows."""
    for compare in _ways(step):
        _record(step, compare)
    _wrongly(step)


def _ways(step: Round) -> Iterable[Compare]:
    ground, worker, row = step.ground, step.worker, step.row
    yield Compare("", worker.holds(row), counts_now=ground.locks)
    stale = both(worker.as_read(row), ne(row.holder, worker.token))
    if not ground.fenced:
        yield Compare("unfenced", stale, fair=False)
    if ground.may("compares_status_only"):
        yield Compare("status_only", stale, wrong="compares_status_only", fair=False)
    if ground.may("claims_by_reading") or not ground.lifecycle.claims:
        read = both(step.mode_is(Mode.READ), worker.as_read(row))
        wrong = "claims_by_reading" if ground.lifecycle.claims else None
        yield Compare("unclaimed", read, counts_now=True, wrong=wrong)


def _record(step: Round, compare: Compare) -> None:
    for phase in (Phase.ACCEPTED, Phase.FOUND):
        _done(step, compare, phase)
    _already_done(step, compare)
    _refused(step, compare)
    _absent(step, compare)
    _waiting(step, compare)


# --- one by one ---------------------------------------------------------------------


def _done(step: Round, compare: Compare, phase: Phase) -> None:
    """The effect is there, with its receipt."""
    reply = Reply.ACCEPTED if phase is Phase.ACCEPTED and not step.team.by_hand else Reply.SETTLED_DONE
    receipts = [column for column, _ in step.call.records]
    if not _moves(step, compare, phase, reply, receipts=receipts, justified=NEVER_JUSTIFIED):
        _stays(step, compare, phase, when=DUE if step.team.by_hand else LATER)


def _already_done(step: Round, compare: Compare) -> None:
    """The reply names no effect: its receipt is looked up, unless there is none to be had."""
    if _is_looked_up(step):
        return
    reply = Reply.ALREADY_DONE
    if _event(step, reply) is None:
        reply = Reply.SETTLED_DONE
    if not _moves(step, compare, Phase.ALREADY_DONE, reply, justified=NEVER_JUSTIFIED):
        _stays(step, compare, Phase.ALREADY_DONE)


def _is_looked_up(step: Round) -> bool:
    if step.call.look_up is None:
        return False
    direct = _event(step, Reply.ALREADY_DONE) is not None and not step.call.records
    return not direct


def _refused(step: Round, compare: Compare) -> None:
    """A definite answer: the key is spent."""
    for phase, reply in ((Phase.REFUSED, Reply.REFUSED), (Phase.REFUSED_FOR_NOW, Reply.REFUSED_FOR_NOW)):
        if asks_first(step, reply):
            continue
        possible, renewed = step.renewed()
        if phase is Phase.REFUSED and not step.ground.renewable(step.call) and step.row.can_be_told:
            renewed = {**renewed, step.row.told.name: Const(1)}
        justified = no(eq(step.row.hearsay, 1)) if step.row.can_hear_wrong and phase is Phase.REFUSED else JUSTIFIED
        if step.team.by_hand and phase is Phase.REFUSED:
            _by_hand(step, compare, step.worker.at(step.row, phase), phase)
            continue
        if not _moves(step, compare, phase, reply, also=(possible, renewed), justified=justified):
            _stays(step, compare, phase, also=(possible, renewed))
        if step.ground.may("replays_old_refusal"):
            _stays(step, compare, phase, also=(TRUE, {step.row.told.name: Const(1)}), wrong="replays_old_refusal")


def _absent(step: Round, compare: Compare) -> None:
    """Settled: there is no effect. With attempts left the key is renewed and the row is due; else it is given up."""
    nothing_out = both(
        step.worker.at(step.row, Phase.CLAIMED), step.mode_is(Mode.SETTLE), step.key_is(0), step.lease_runs
    )
    for name, here in (("absent", step.worker.at(step.row, Phase.ABSENT)), ("nothing_out", nothing_out)):
        if step.team.by_hand:
            _by_hand(step, compare, here, name)
            continue
        possible, renewed = step.renewed()
        left = both(here, no(step.used_up), possible)
        for mode, when in ((Mode.SETTLE, DUE), (Mode.ATTEMPT, LATER)):
            both_changes = {**renewed, **step.due_again(when)}
            _write(step, compare, f"renews_{name}_{mode}", "notes that there is no effect, and renews the key", both(left, step.mode_is(mode)), both_changes, counts=mode is Mode.ATTEMPT)  # fmt: skip
            if step.ground.may("replays_old_refusal"):
                kept = both(here, no(step.used_up), step.mode_is(mode))
                _write(step, compare, f"keeps_key_{name}_{mode}", "notes that there is no effect, and keeps the key", kept, step.due_again(when), counts=mode is Mode.ATTEMPT, wrong="replays_old_refusal")  # fmt: skip
        enough = no(Less(step.row.tries, Const(step.limit))) if step.limit is not None else NEVER_JUSTIFIED
        over = both(here, step.used_up, possible)
        if not _moves_at(step, compare, f"gives_up_{name}", over, Reply.SETTLED_ABSENT, also=renewed, justified=enough):
            waits = {**renewed, **step.due_again(LATER)}
            _write(step, compare, f"waits_{name}", "notes that there is no effect, and waits", over, waits)


def _by_hand(step: Round, compare: Compare, here: Expr, name: object) -> None:
    """An admin gives up: that it is theirs to decide is the cause."""
    for move in step.ground.given_up_by_hand(step.queue, step.call):
        taken = take(step.making, step.row, move, by=step.worker)
        _take(step, compare, f"gives_up_by_hand_{name}_{move.source}", here, move, taken, {})


def _waiting(step: Round, compare: Compare) -> None:
    """Nothing is known, or nothing was tried: the row is due again later, under the same key."""
    looked_up = step.call.look_up is not None
    unknown = [Phase.UNKNOWN] if looked_up else [Phase.UNKNOWN, Phase.ERROR, Phase.MISUSED]
    for phase in unknown:
        reply = Reply.MISUSED if phase is Phase.MISUSED else Reply.UNKNOWN
        if not _moves(step, compare, phase, reply, justified=NEVER_JUSTIFIED):
            _stays(step, compare, phase, gives_back=step.queue.answers.get(reply) == Step.WAIT)
    if not asks_first(step, Reply.NOT_TRIED) and not _moves(step, compare, Phase.NOT_TRIED, Reply.NOT_TRIED, justified=NEVER_JUSTIFIED):
        wait = step.queue.answers.get(Reply.NOT_TRIED, Step.WAIT) == Step.WAIT
        _stays(step, compare, Phase.NOT_TRIED, gives_back=wait)
    _stays(step, compare, Phase.IN_USE, gives_back=True)


# --- what wrong implementations do with it ---------------------------------------------


def _wrongly(step: Round) -> None:
    ground, row = step.ground, step.row
    mine = Compare("", step.worker.holds(row), counts_now=ground.locks, fair=False)
    if ground.may("timeout_means_failed"):
        for phase in (Phase.UNKNOWN, Phase.ERROR):
            _as_failed(step, mine, phase, "timeout_means_failed")
    if ground.may("rate_limit_means_failed"):
        _as_failed(step, mine, Phase.NOT_TRIED, "rate_limit_means_failed")
        _stays(step, mine, Phase.NOT_TRIED, wrong="rate_limit_means_failed", ghost_gives_back=True)
    if ground.may("already_done_means_failed"):
        _as_failed(step, mine, Phase.ALREADY_DONE, "already_done_means_failed")
    if ground.may("done_without_receipt"):
        _moves(step, mine, Phase.ALREADY_DONE, Reply.SETTLED_DONE, justified=NEVER_JUSTIFIED, wrong="done_without_receipt")  # fmt: skip
    if ground.may("forgets_the_receipt") and step.call.records:
        for phase, reply in ((Phase.ACCEPTED, Reply.ACCEPTED), (Phase.FOUND, Reply.SETTLED_DONE)):
            _moves(step, mine, phase, reply, justified=NEVER_JUSTIFIED, wrong="forgets_the_receipt")
    if ground.may("gives_up_blind"):
        _gives_up_blind(step)
    if ground.may("writes_blind"):
        _writes_blind(step)


def _as_failed(step: Round, compare: Compare, phase: Phase, wrong: str) -> None:
    """The outcome is taken for a refusal, or for a settled absence where a refusal moves nothing."""
    for reply in (Reply.REFUSED, Reply.SETTLED_ABSENT):
        if _moves(step, compare, phase, reply, justified=NEVER_JUSTIFIED, wrong=wrong):
            return


def _gives_up_blind(step: Round) -> None:
    """Given up where attempts are used up, without finding out; an admin at any time."""
    ready = both(step.worker.reads(step.row), step.worker.free(step.making.rows), step.is_due)
    compare = Compare("", TRUE, fair=False)
    if step.team.by_hand:
        for move in step.ground.given_up_by_hand(step.queue, step.call):
            taken = take(step.making, step.row, move)
            step.act(f"gives_up_blind_{move.source}", f"gives up without finding out: {_said(move)}", both(ready, taken.guard), taken.changes, covers=taken.covers, wrong="gives_up_blind")  # fmt: skip
        return
    enough = no(Less(step.row.tries, Const(step.limit))) if step.limit is not None else NEVER_JUSTIFIED
    _moves_at(step, compare, "gives_up_blind", both(ready, step.used_up), Reply.SETTLED_ABSENT, justified=enough, wrong="gives_up_blind")  # fmt: skip


def _writes_blind(step: Round) -> None:
    """The status is written whatever it has become since."""
    row, ground = step.row, step.ground
    for phase, reply in ((Phase.ACCEPTED, Reply.ACCEPTED), (Phase.FOUND, Reply.SETTLED_DONE), (Phase.REFUSED, Reply.REFUSED), (Phase.ABSENT, Reply.SETTLED_ABSENT)):  # fmt: skip
        event = _event(step, reply)
        for move in (m for name in step.queue.statuses for m in ground.moves(name, event, step.queue.worker)):
            target = ground.lifecycle.status[move.target]
            receipts = {row.receipt(c).name: Const(1) for c, _ in step.call.records if c in ground.receipts} if phase in {Phase.ACCEPTED, Phase.FOUND} else {}  # fmt: skip
            changes = {**undeclared(row, move.target, list(ground.code)), **receipts, **row.on_entry(target), **step.let_go()}
            guard = both(step.worker.at(row, phase), no(step.worker.holds(row)), is_there(row))
            step.act(f"writes_blind_{phase}_{move.source}", f"writes {move.target}, whatever the status is", guard, changes, wrong="writes_blind")  # fmt: skip


# --- writing ------------------------------------------------------------------------------


def _event(step: Round, reply: Reply) -> str | None:
    answer = step.queue.answers.get(reply)
    return None if answer is None or answer in STEPS else answer


def _moves(
    step: Round,
    compare: Compare,
    phase: Phase,
    reply: Reply,
    *,
    receipts: Iterable[str] = (),
    also: tuple[Expr, Changes] = (TRUE, {}),
    justified: Expr,
    wrong: str | None = None,
) -> bool:
    """Take what follows `reply`, with `phase` in hand; whether there is a transition to take."""
    here = both(step.worker.at(step.row, phase), also[0])
    return _moves_at(
        step, compare, f"records_{phase.name}", here, reply, receipts=receipts, also=also[1], justified=justified, wrong=wrong
    )


def _moves_at(
    step: Round,
    compare: Compare,
    name: str,
    here: Expr,
    reply: Reply,
    *,
    receipts: Iterable[str] = (),
    also: Changes | None = None,
    justified: Expr,
    wrong: str | None = None,
) -> bool:
    event = _event(step, reply)
    moves = [m for s in step.queue.statuses for m in step.ground.moves(s, event, step.team.actor)]
    for move in moves:
        extra = {**(also or {}), **cause(step.making, step.row, move, justified)}
        taken = take(step.making, step.row, move, receipts=receipts, by=step.worker)
        _take(step, compare, f"{name}_{move.source}", here, move, taken, extra, wrong)
        if step.ground.may("carries_the_old_count") and step.ground.counts and wrong is None:
            old = take(step.making, step.row, move, receipts=receipts, by=step.worker, keep_counts=True)
            _take(step, compare, f"{name}_{move.source}", here, move, old, extra, "carries_the_old_count")
    return bool(moves)


def _take(
    step: Round,
    compare: Compare,
    name: str,
    here: Expr,
    move: Transition,
    taken: Taken,
    extra: Changes,
    wrong: str | None = None,
) -> None:
    changes = {**step.let_go(), **extra, **taken.changes}
    _write(step, compare, name, f"records {_said(move)}", both(here, taken.guard), changes, covers=taken.covers, wrong=wrong)


def _said(move: Transition) -> str:
    return f"{move.event}: {move.source} to {move.target}" if move.event else f"{move.source} to {move.target}"


def _stays(
    step: Round,
    compare: Compare,
    phase: Phase,
    *,
    also: tuple[Expr, Changes] = (TRUE, {}),
    when: int = LATER,
    gives_back: bool = False,
    ghost_gives_back: bool = False,
    wrong: str | None = None,
) -> None:
    """The status stays, and the row is due again at some time."""
    here = both(step.worker.at(step.row, phase), also[0])
    says = f"notes that the outcome is {phase.name.lower().replace('_', ' ')}"
    name = f"notes_{phase.name}"
    for mode in (Mode.ATTEMPT, Mode.SETTLE):
        counts = mode is Mode.ATTEMPT and not gives_back
        changes = {**also[1], **step.due_again(when)}
        if mode is Mode.ATTEMPT and (gives_back or ghost_gives_back) and not compare.counts_now:
            given = step.counted(-1)
            if ghost_gives_back:
                given = {step.row.tries.name: given[step.row.tries.name]} if given else {}
            changes |= given
        if mode is Mode.ATTEMPT and gives_back and compare.name == "unclaimed" and step.count is not None:
            changes |= {step.row.tries.name: step.counted(-1)[step.row.tries.name]}
        guard = both(here, _mode(step, compare, mode))
        _write(step, compare, f"{name}_{mode.name}", says, guard, changes, counts=counts, wrong=wrong)
        if step.ground.may("hot_loop") and wrong is None and when == LATER:
            hot = {**changes, **step.due_again(DUE)}
            tries = step.row.tries
            if step.count is not None and not compare.counts_now and tries.name not in changes:
                # The next attempt comes out of its time, which is no cause for giving up.
                hot[tries.name] = pick(step.used_up, tries, step.counted(-1)[tries.name])
            _write(step, compare, f"{name}_{mode.name}", f"{says}, and is back at once", guard, hot, counts=counts, wrong="hot_loop")  # fmt: skip


def _mode(step: Round, compare: Compare, mode: Mode) -> Expr:
    """The claim is for this; a row that was only read was read for an attempt."""
    if compare.name == "unclaimed":
        return TRUE if mode is Mode.ATTEMPT else Const(0)
    return step.mode_is(mode)


def _write(
    step: Round,
    compare: Compare,
    name: str,
    says: str,
    guard: Expr,
    changes: Changes,
    *,
    covers: Iterable[str] = (),
    counts: bool = False,
    wrong: str | None = None,
) -> None:
    """One record."""
    counting: Changes = {}
    if compare.counts_now and counts and step.count is not None and step.limit is not None:
        counting = {step.count.name: pick(step.used_up, step.count, Plus(step.count, 1))}
        if compare.name != "unclaimed":  # there the ghost has counted already, when the row was read
            counting |= {step.row.tries.name: step.counted(1)[step.row.tries.name]}
    full = {**step.let_go(), **counting, **changes}
    step.act(
        f"{compare.name}_{name}" if compare.name else name, says, both(guard, compare.guard), full,
        fair=step.own_step if compare.fair and wrong is None else None,
        covers=covers, wrong=wrong or compare.wrong,
    )  # fmt: skip
