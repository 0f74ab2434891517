"""The commands of a worker up to an outcome: it claims a row, checks the claim again, and sends or looks up.

An admin who gives up by hand takes the same steps. `recording` has the commands
that write the outcome.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pointsman.spec.lifecycle import Call, CallResult, Queue
from pointsman.spec.meaning import event_after, finds_out_after
from pointsman.world.ground import DUE, FRESH, LATER, LIVE, NEVER, NOTHING, OLD, PART, WHOLE, Ground, Team
from pointsman.world.making import Making, is_there, unlocked
from pointsman.world.provider import ProviderReply, answers
from pointsman.world.row import Changes, RowVariables
from pointsman.world.system import TRUE, Const, Expr, Less, Plus, Var, among, both, eq, ne, no, pick, some
from pointsman.world.worker import ClaimMode, Phase, Worker


@dataclass(frozen=True)
class Round:
    """One worker and one row, with the expressions and changes that the worker's commands on the row are made of."""

    making: Making
    worker: Worker
    row: RowVariables

    # --- what commands are made of ---------------------------------------------

    @property
    def ground(self) -> Ground:
        """The lifecycle, the scope and what is not assumed."""
        return self.making.ground

    @property
    def team(self) -> Team:
        """The worker's team."""
        return self.worker.team

    @property
    def queue(self) -> Queue:
        """The queue that the worker polls."""
        return self.worker.team.queue

    @property
    def call(self) -> Call:
        """The call that the worker makes."""
        return self.worker.team.call

    @property
    def limit(self) -> int | None:
        """The number of attempts that the queue allows; None: no limit."""
        return self.ground.limit(self.queue)

    @property
    def count(self) -> Var | None:
        """The variable of the row that counts attempts; None where there is no limit."""
        attempts = self.queue.attempts
        return self.row.count(attempts.column) if attempts is not None and self.limit is not None else None

    @property
    def used_up(self) -> Expr:
        """1 where the row has counted as many attempts as the queue allows."""
        return Const(0) if self.count is None or self.limit is None else no(Less(self.count, Const(self.limit)))

    @property
    def key_age(self) -> Expr:
        """The age of the key by the row's column; always `LIVE` where no column has it, since a request may be out."""
        column = self.call.key_first_used
        return self.row.key_age(column) if column is not None else Const(LIVE)

    def key_is(self, *ages: int) -> Expr:
        """1 where the key's age is one of `ages`."""
        age = self.key_age
        if isinstance(age, Const):
            return TRUE if age.value in ages else Const(0)
        return some(*(eq(age, value) for value in ages))

    @property
    def is_due(self) -> Expr:
        """1 where the row is due; always, where the queue has no due column."""
        column = self.queue.due
        return eq(self.row.due(column), DUE) if column is not None else TRUE

    @property
    def lease_runs(self) -> Expr:
        """1 where the lease has not run out; always, for locks and for claims without a lease."""
        column = self.queue.due
        if self.ground.locks or column is None or not self.ground.leased:
            return TRUE
        return ne(self.row.due(column), DUE)

    @property
    def sent_key(self) -> Expr:
        """The generation of the key that this worker sends: the generation that it read."""
        return self.worker.key if self.ground.generations > 1 else Const(0)

    def mode_is(self, mode: ClaimMode) -> Expr:
        """1 where the worker's claim is for `mode`."""
        return eq(self.worker.mode, mode)

    def due_again(self, when: int) -> Changes:
        """Make the row due `when` (`LATER`, `DUE` or `NEVER`); nothing, where the queue has no due column."""
        column = self.queue.due
        return {self.row.due(column).name: Const(when)} if column is not None else {}

    def counted(self, by: int, *, honest: bool = True) -> Changes:
        """Add `by` (1, or -1 to give an attempt back) to the ghost `tries` and, if `honest`, to the row's count."""
        if self.count is None or self.limit is None:
            return {}
        found: Changes = {self.row.tries.name: _moved(self.row.tries, by, self.making.ground.counts.values())}
        if honest:
            found[self.count.name] = _moved(self.count, by, [self.limit - 1])
        return found

    def key_in_use(self) -> Changes:
        """Mark an unused key as sent: its age becomes `LIVE`."""
        column = self.call.key_first_used
        if column is None:
            return {}
        age = self.row.key_age(column)
        return {age.name: pick(eq(age, FRESH), LIVE, age)}

    def let_go(self) -> Changes:
        """Make the worker idle and, where the row's claim is the worker's, release the claim."""
        holder = self.row.holder
        return {**self.worker.idle(), holder.name: pick(eq(holder, self.worker.token), 0, holder)}

    def renewed(self) -> Changes:
        """Replace the row's key by the next generation, under which nothing was sent or stored."""
        ground, row, call = self.ground, self.row, self.call
        found: Changes = {}
        if call.key_first_used is not None:
            found[row.key_age(call.key_first_used).name] = Const(FRESH)
        if not ground.renewable(call):
            return found
        if row.can_be_told:
            found[row.told.name] = Const(0)
        # After the last generation of the model comes the last one again, with an empty memory.
        last = ground.generations - 1
        full = eq(row.generation, last) if last else TRUE
        same = [other for other in ground.calls if other.key and other.key_generation == call.key_generation]
        for other in same:
            memory = row.memory(other, last)
            found[memory.name] = pick(full, NOTHING, memory)
        numbers = [ground.calls.index(other) + 1 for other in same]
        out = both(full, among(row.flying, numbers), eq(row.flying_key, last))
        found[row.flying_key.name] = pick(out, ground.generations, row.flying_key)
        if last:
            found[row.name("generation")] = self.next_generation
        return found

    @property
    def next_generation(self) -> Expr:
        """The generation after the present one; the last one stays."""
        last = self.ground.generations - 1
        return pick(Less(self.row.generation, Const(last)), Plus(self.row.generation, 1), last)

    def act(  # noqa: PLR0913 - a command has these parts
        self,
        name: str,
        says: str,
        guard: Expr,
        changes: Changes,
        *,
        fair: str | None = None,
        fault: str | None = None,
        covers: Iterable[str] = (),
        wrong: str | None = None,
        doubtful: str = "",
    ) -> None:
        """Add a command of this worker on this row."""
        name = f"{self.worker.tag}_{self.row.part}_{name}" + (f"_{wrong}" if wrong else "")
        self.making.act(
            name, self.worker.who, f"{says}{self.row.title}", guard, changes,
            fair=fair, fault=fault, covers=covers, wrong=wrong, doubtful=doubtful,
        )  # fmt: skip

    @property
    def own_step(self) -> str | None:
        """The fair group of this worker's own steps; None for an admin, who may stop, unless the admin holds a lock."""
        if (self.team.by_hand and not self.ground.locks) or self.ground.may("worker-goes-on"):
            return None
        return f"steps of {self.worker.tag}"

    @property
    def its_claims(self) -> str | None:
        """The fair group of claims on this row; None for an admin, who need not come."""
        if self.team.by_hand or self.ground.may("due-rows-are-claimed"):
            return None
        return f"claims of {self.row.part}"


# --- claiming ------------------------------------------------------------------


def claiming(step: Round) -> None:
    """Add the claims: for an attempt or, where attempts are used up or the key is too old, to settle."""
    ground = step.ground
    may_take = both(step.worker.reads(step.row), step.worker.free(step.making.rows), unlocked(step.making, step.row))
    fit = may_take
    settle = TRUE if step.team.by_hand else some(step.used_up, step.key_is(OLD) if _has_age(step) else Const(0))
    if not step.team.by_hand:
        attempt = both(fit, step.is_due, no(settle))
        step.act("claims", "claims it for an attempt", attempt, _taken(step, ClaimMode.ATTEMPT), fair=step.its_claims)
        _claims_wrongly(step, fit, attempt)
    if gives_up_by_spec(step):
        settle = both(settle, no(step.used_up))
    fault = "an admin steps in" if step.team.by_hand else None
    step.act(
        "claims_to_settle", "claims it to settle", both(fit, step.is_due, settle), _taken(step, ClaimMode.SETTLE),
        fair=step.its_claims, fault=fault,
    )  # fmt: skip
    if ground.may("one-clock"):
        step.act(
            "claims_early_to_settle", "claims it to settle before it is due", both(fit, no(step.is_due), settle),
            _taken(step, ClaimMode.SETTLE), fault=fault, wrong="one-clock",
        )  # fmt: skip
    if ground.scope.world.arrivals and not step.team.by_hand:
        _elsewhere(step)


def _has_age(step: Round) -> bool:
    return step.call.key_first_used is not None


def gives_up_by_spec(step: Round) -> bool:
    """True if the queue names an event for used-up attempts: the worker then gives up without settling."""
    if step.team.by_hand:
        return False
    return event_after(step.queue, CallResult.EXHAUSTED) is not None


def _elsewhere(step: Round) -> None:
    """Add commands for other rows: the worker takes an older one at any time, a newer one if the order allows it."""
    ground, queue, worker = step.ground, step.queue, step.worker
    oldest_first = queue.due is not None and queue.order[:1] == (queue.due,)
    waiting = both(worker.reads(step.row), step.is_due, unlocked(step.making, step.row))
    away = {**step.let_go(), worker.phase.name: Const(Phase.ELSEWHERE)}
    free = worker.free(step.making.rows)
    step.act("takes_another", "takes another row", both(free, no(waiting) if oldest_first else TRUE), away)
    step.act(
        "is_back", "is done with the other row", eq(worker.phase, Phase.ELSEWHERE), worker.idle(), fair=step.own_step
    )
    if ground.may("starves_old_rows") and oldest_first:
        step.act("takes_newer", "takes a newer row first", both(free, waiting), away, wrong="starves_old_rows")


def _remembers(step: Round, mode: ClaimMode) -> Changes:
    """Note in the worker the row, its status and its key generation, as the worker read them."""
    worker, ground = step.worker, step.ground
    found: Changes = {worker.phase.name: Const(Phase.CLAIMED), worker.mode.name: Const(mode)}
    if ground.scope.rows > 1:
        found[worker.row.name] = Const(step.row.number)
    statuses = step.queue.statuses
    if len(statuses) > 1:
        seen: Expr = Const(0)
        for at, name in enumerate(statuses):
            seen = pick(eq(step.row.status, ground.code[name]), at, seen)
        found[worker.status.name] = seen
    if ground.generations > 1:
        found[worker.key.name] = step.row.generation
    return found


def _taken(step: Round, mode: ClaimMode, *, counts: bool = True) -> Changes:
    """The changes of a claim: fence, lease, count, and the time since when the key may have been sent."""
    ground, row, call = step.ground, step.row, step.call
    found = {**_remembers(step, mode), row.holder.name: Const(step.worker.token), row.denied(call).name: Const(0)}
    for other in step.making.rows:
        if other != row:  # the worker gives up a claim on another row
            found[other.holder.name] = pick(eq(other.holder, step.worker.token), 0, other.holder)
    if ground.leased and not ground.locks:
        found |= step.due_again(LATER)
    # A lock is given back with everything that was written under it, so it counts at the end.
    if mode is ClaimMode.ATTEMPT and not ground.locks:
        found |= {**step.counted(1, honest=counts), **step.key_in_use()}
    if row.can_hear_wrong:
        found[row.hearsay.name] = Const(0)
    return found


def _claims_wrongly(step: Round, fit: Expr, attempt: Expr) -> None:
    """Add the commands that wrong implementations run instead of a claim."""
    ground, row, call = step.ground, step.row, step.call
    taken = _taken(step, ClaimMode.ATTEMPT)
    for early_one in ("ignores_due_time", "one-clock"):
        if ground.may(early_one):
            early = both(fit, no(step.is_due), no(step.used_up), step.key_is(FRESH, LIVE))
            # An early attempt does not justify giving up: attempts at their due times outlast an outage, early ones
            # do not.
            rushed = {**taken, step.row.tries.name: step.row.tries} if step.count is not None else taken
            step.act("claims_early", "claims it before it is due", early, rushed, wrong=early_one)
    if ground.may("forgets_to_count"):
        uncounted = _taken(step, ClaimMode.ATTEMPT, counts=False)
        step.act("claims_uncounted", "claims it and does not count", attempt, uncounted, wrong="forgets_to_count")
    if ground.may("never_gives_up"):
        more = both(fit, step.is_due, step.used_up, step.key_is(FRESH, LIVE))
        changes = _taken(step, ClaimMode.ATTEMPT, counts=False)
        step.act("claims_once_more", "claims it for one attempt more", more, changes, wrong="never_gives_up")
    if ground.may("fresh_key_each_attempt") and ground.renewable(call):
        renewed = step.renewed()
        age = {row.key_age(call.key_first_used).name: Const(LIVE)} if call.key_first_used is not None else {}
        again = both(attempt, step.key_is(LIVE))
        key = {step.worker.key.name: step.next_generation} if ground.generations > 1 else {}
        step.act(
            "claims_fresh_key",
            "claims it and takes a fresh key",
            again,
            {**taken, **renewed, **age, **key},
            wrong="fresh_key_each_attempt",
        )
    if ground.may("resends_after_key_expired") and _has_age(step):
        old = both(fit, step.is_due, no(step.used_up), step.key_is(OLD))
        step.act("claims_old_key", "claims it though its key is old", old, taken, wrong="resends_after_key_expired")
    if ground.may("claims_by_reading") or not ground.lifecycle.claims:
        read = {**_remembers(step, ClaimMode.READ), **_ghost_try(step)}
        wrong = "claims_by_reading" if ground.lifecycle.claims else None
        step.act("reads", "reads it and writes nothing", both(fit, step.is_due, no(step.used_up)), read, wrong=wrong)
    if ground.may("bump_rewrites_amount"):
        _bumps_wrongly(step, attempt, taken)


def _ghost_try(step: Round) -> Changes:
    """Count the attempt in the ghost `tries` alone: the row's own count stays."""
    if step.count is None:
        return {}
    return {step.row.tries.name: _moved(step.row.tries, 1, step.ground.counts.values())}


def _bumps_wrongly(step: Round, attempt: Expr, taken: Changes) -> None:
    row, ground = step.row, step.ground
    for column in ground.receipts:
        wiped = {**taken, row.receipt(column).name: Const(0)}
        step.act(
            f"claims_wiping_{column}", f"claims it and wipes {column}", attempt, wiped, wrong="bump_rewrites_amount"
        )
    for column in ground.amounts:
        more = {**taken, row.amount(column).name: Const(WHOLE), row.rewritten.name: Const(1)}
        step.act(
            f"claims_rewriting_{column}", f"claims it and rewrites {column}",
            both(attempt, eq(row.amount(column), PART)), more, wrong="bump_rewrites_amount",
        )  # fmt: skip


# --- calling ---------------------------------------------------------------------


def calling(step: Round) -> None:
    """Add the requests. Checking the claim and sending are one command: a premise bounds the time between them."""
    here = step.worker.at(step.row, Phase.CLAIMED)
    sends = [both(step.mode_is(ClaimMode.ATTEMPT), step.key_is(FRESH, LIVE))]
    if step.ground.resends() and step.call.key is not None:
        sends.append(both(step.mode_is(ClaimMode.SETTLE), step.key_is(LIVE)))
    still = both(step.worker.holds(step.row), step.lease_runs)
    _sending(step, "sends", both(here, still, some(*sends)), fair=True)
    _sends_wrongly(step, here, still)


def _sending(
    step: Round, name: str, guard: Expr, *, fair: bool = False, wrong: str | None = None, much: Expr | None = None
) -> None:  # fmt: skip
    """Add a command for each outcome that a request can have."""
    key = step.sent_key
    for answer in answers(step.making, step.row, step.call, key, much):
        changes = {**answer.changes, step.worker.phase.name: Const(answer.phase), **_what_the_ghosts_hear(step, answer)}
        step.act(
            f"{name}_{answer.name}", answer.says, both(guard, answer.guard), changes,
            fair=step.own_step if fair and answer.fault is None else None, fault=answer.fault,
            covers=(f"outcome:{step.call.name}:{answer.outcome}",), wrong=wrong or answer.wrong,
        )  # fmt: skip


def _what_the_ghosts_hear(step: Round, answer: ProviderReply) -> Changes:
    row, found = step.row, Changes()
    if row.can_hear_wrong and answer.phase is Phase.REFUSED:
        found[row.hearsay.name] = Const(int(not answer.definite))
    if (
        row.can_be_told
        and answer.name.endswith("_again")
        and answer.name.startswith("refused")
        and step.count is not None
    ):
        known = both(eq(row.told, 1), step.mode_is(ClaimMode.ATTEMPT))
        less = _moved(row.tries, -1, step.ground.counts.values())
        found[row.tries.name] = pick(known, less, row.tries)
    return found


def _sends_wrongly(step: Round, here: Expr, still: Expr) -> None:
    ground, row = step.ground, step.row
    attempts = some(step.mode_is(ClaimMode.ATTEMPT), step.mode_is(ClaimMode.SETTLE) if ground.resends() else Const(0))
    late = both(here, attempts, no(still), is_there(row))
    unleased = not ground.leased and not ground.locks
    for wrong in ("sends_after_a_pause", "longest-pause"):
        if ground.may(wrong) and not (unleased and wrong == "longest-pause"):  # without a lease it sends so in any case
            _sending(step, "sends_late", late, wrong=wrong)
    if unleased:
        _sending(step, "sends_unleased", late)
    if ground.may("claims_by_reading") or not ground.lifecycle.claims:
        wrong_name = "claims_by_reading" if ground.lifecycle.claims else None
        _sending(
            step,
            "sends_unclaimed",
            both(here, step.mode_is(ClaimMode.READ), is_there(row)),
            fair=True,
            wrong=wrong_name,
        )
    if ground.may("resends_after_key_expired") and _has_age(step):
        _sending(
            step,
            "sends_old_key",
            both(here, still, step.mode_is(ClaimMode.ATTEMPT), step.key_is(OLD)),
            wrong="resends_after_key_expired",
        )
    if ground.may("reverses_full_after_partial") and step.call.amount in ground.amounts:
        part = eq(row.asked(step.call), PART)
        _sending(
            step, "sends_whole", both(here, still, step.mode_is(ClaimMode.ATTEMPT), step.key_is(FRESH, LIVE), part),
            wrong="reverses_full_after_partial", much=Const(WHOLE),
        )  # fmt: skip


# --- looking up --------------------------------------------------------------------


def looking_up(step: Round) -> None:
    """Add the look-ups of the call at the provider: to settle, after an error, or for a receipt."""
    ground, row, call = step.ground, step.row, step.call
    if not ground.looks_up(call) and call.look_up is None:
        return
    by_key = ground.resends() and call.key is not None
    old = step.key_is(OLD) if by_key else step.key_is(LIVE, OLD)
    settles = both(step.worker.at(row, Phase.CLAIMED), step.lease_runs, step.mode_is(ClaimMode.SETTLE), old)
    grown_old = both(
        step.worker.at(row, Phase.CLAIMED), step.lease_runs, step.mode_is(ClaimMode.ATTEMPT), step.key_is(OLD)
    )
    asks = step.worker.at(row, Phase.ERROR, Phase.ALREADY_DONE, Phase.MISUSED, *_asked_after(step))
    ways = [asks] if not ground.looks_up(call) else [settles, grown_old if _has_age(step) else Const(0), asks]
    guard = both(some(*ways), still_mine(step))
    found, shown, phase = row.is_found(call), row.is_shown(call), step.worker.phase.name
    _looks(step, "found", "it is there", both(guard, found), {phase: Const(Phase.FOUND)})
    _looks(step, "absent", "it is not there", both(guard, no(shown)), {phase: Const(Phase.ABSENT)})
    step.act(
        "looks_in_vain", f"looks {call.name} up: no answer", guard,
        {phase: Const(Phase.UNKNOWN)}, fault="look-up fails",
    )  # fmt: skip
    if ground.may("look-up-sees-effects"):
        step.act(
            "overlooks", f"looks {call.name} up: it is there, and does not show yet", both(guard, shown),
            {phase: Const(Phase.ABSENT)}, wrong="look-up-sees-effects",
        )  # fmt: skip
    if ground.may("look-ups-are-true"):
        step.act(
            "finds_wrongly", f"looks {call.name} up: what it finds is there in any case", both(guard, no(found)),
            {phase: Const(Phase.FOUND)}, fault="a look-up misled", wrong="look-ups-are-true",
        )  # fmt: skip


def _asked_after(step: Round) -> list[Phase]:
    """The phases after which this queue looks up under the same claim."""
    after = {
        Phase.REFUSED: CallResult.REFUSED,
        Phase.REFUSED_FOR_NOW: CallResult.REFUSED_FOR_NOW,
        Phase.NOT_TRIED: CallResult.NOT_TRIED,
        Phase.UNKNOWN: CallResult.UNKNOWN,
    }
    return [phase for phase, reply in after.items() if asks_first(step, reply)]


def asks_first(step: Round, reply: CallResult) -> bool:
    """True if the queue's step after `reply` is to find out, and the call has a look-up."""
    return finds_out_after(step.queue, reply) and step.call.look_up is not None


def _looks(step: Round, name: str, words: str, guard: Expr, changes: Changes) -> None:
    says = f"looks {step.call.name} up: {words}"
    step.act(f"looks_up_{name}", says, guard, changes, fair=step.own_step, covers=(f"settled:{step.call.name}:{name}",))


def still_mine(step: Round) -> Expr:
    """1 where the worker holds the row's claim or, where rows may be read without one, the status is as it was read."""
    mine = step.worker.holds(step.row)
    if not step.ground.may("claims_by_reading") and step.ground.lifecycle.claims:
        return mine
    return some(mine, both(step.mode_is(ClaimMode.READ), step.worker.as_read(step.row)))


# --- crashing -------------------------------------------------------------------------


def crashing(step: Round) -> None:
    """Add the crashes: the worker loses what it knew, the row stays as written, and the lease runs on."""
    ground, row = step.ground, step.row
    alive = no(among(step.worker.phase, (Phase.IDLE, Phase.ELSEWHERE)))
    here = both(alive, eq(step.worker.row, row.number) if ground.scope.rows > 1 else TRUE)
    step.act("crashes", "crashes", here, step.let_go(), fault="crash")
    if ground.may("keeps_key_in_memory") and ground.renewable(step.call):
        renewed = step.renewed()
        lost = both(here, step.key_is(LIVE), eq(row.holder, step.worker.token))
        step.act(
            "crashes_with_key", "crashes, and the key is lost with it", lost, {**step.let_go(), **renewed},
            fault="crash", wrong="keeps_key_in_memory",
        )  # fmt: skip
    if ground.may("forgets_row_after_crash") and step.queue.due is not None:
        step.act(
            "crashes_with_row", "crashes, and no worker takes the row again",
            both(here, eq(row.holder, step.worker.token)),
            {**step.let_go(), **step.due_again(NEVER)}, fault="crash", wrong="forgets_row_after_crash",
        )  # fmt: skip


def _moved(var: Var, by: int, limits: Iterable[int]) -> Expr:
    """`var` plus `by`, kept within its domain: where wrong implementations are allowed, a ghost may reach the end."""
    if by > 0:
        top = max(limits) + 1
        return pick(Less(var, Const(top)), Plus(var, by), var)
    return pick(eq(var, 0), var, Plus(var, by))
