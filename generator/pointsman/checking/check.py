"""Checks one world: explores it, judges every property, and tells the shortest story of each that falls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pointsman.checking.blocking import what_blocks
from pointsman.checking.doubt import certain, doubts, judged
from pointsman.checking.explore import UNLIMITED, Exploration, Explorer, Limits, Reduction, watched
from pointsman.checking.forecast import Forecast
from pointsman.checking.interrupts import interrupts_held_back
from pointsman.checking.liveness import Liveness
from pointsman.checking.parts import Numbers
from pointsman.checking.states import Pace
from pointsman.checking.swaps import MOST, count_of
from pointsman.checking.taken import LivenessCut
from pointsman.checking.telling import Teller
from pointsman.checking.verdict import Checked, PropertyStanding, Verdict, VerdictKind
from pointsman.spec.lifecycle import Lifecycle
from pointsman.world.build import build
from pointsman.world.scope import Scope
from pointsman.world.system import Invariant, LeadsTo, System
from pointsman.world.truths import BUILT_IN, CONDITION, FIRES, STUCK

CheckProgress = Callable[[int, int, int], None]
_HARM = {prop.id: prop.harm for prop in BUILT_IN}
_OWN = 1 + max(_HARM.values())


def check(  # noqa: PLR0913 - options of the caller; all but the first two by name
    lifecycle: Lifecycle,
    scope: Scope,
    without: Iterable[str] = (),
    *,
    limits: Limits = UNLIMITED,
    reduce: bool = True,
    progress: CheckProgress | None = None,
    enough: Callable[[Exploration, System], bool] | None = None,
    threads: int = 1,
) -> Checked:
    """Check the world of `lifecycle` in `scope`, with the laws and premises named in `without` dropped.

    `enough` is asked after each level whether to stop the exploration early.
    `threads` may work on large levels; the result is the same for any number of them.

    Raises:
        UsageError: a name in `without` is no law, wrong implementation or premise.
    """
    system = build(lifecycle, scope, without)
    pace = Pace(threads=threads)
    checked = _Check(lifecycle, scope, system, limits, pace, reduce=reduce).run(progress, enough)
    if not doubts(system):
        return checked
    # After a Ctrl-C nothing is explored any more: what rests on a condition stays unknown.
    rest = replace(limits, seconds=0.0) if checked.interrupted else _rest(limits, checked.seconds)
    return judged(checked, system, _Check(lifecycle, scope, certain(system), rest, pace, reduce=reduce).run)


class _Check:
    """One run. What falls of liveness where rows are swapped is told from a second exploration, without swaps."""

    def __init__(
        self, lifecycle: Lifecycle, scope: Scope, system: System, limits: Limits, pace: Pace, *, reduce: bool
    ) -> None:
        self._lifecycle = lifecycle
        self._scope = scope
        self._system = system
        self._limits = limits
        self._pace = pace
        self._reduce = reduce
        self._interrupted = False
        self._forecast: Forecast | None = None
        self._names = {
            "world": scope.world.name,
            "rows": str(scope.rows),
            "workers": str(scope.workers),
            "attempts": str(scope.attempts),
        }

    def run(
        self,
        progress: CheckProgress | None = None,
        enough: Callable[[Exploration, System], bool] | None = None,
    ) -> Checked:
        """Explore, and judge every property."""
        system = self._system
        reduction = Reduction.NONE if not self._reduce else Reduction.FULL if system.rows else Reduction.TIDY
        explorer = Explorer(system, reduction, self._pace)
        stop = None if enough is None else lambda found: enough(found, system)
        found = explorer.explore(self._limits, progress, stop)
        counts = _action_counts(explorer)  # counted first, since finding paths takes steps too
        teller = self._teller(explorer, found)
        verdicts = [*self._safety(found, teller), *self._witnesses(found, teller)]
        verdicts.append(self._deadlock(found, teller))
        verdicts += [
            Verdict(prop, VerdictKind.SAFETY, PropertyStanding.UNKNOWN, why, f"property:{prop}")
            for prop, why in system.unfollowed.items()
        ]
        verdicts += self._liveness(explorer, found, progress)
        verdicts = [verdict for verdict in verdicts if self._shows_everything or not _for_want_of_steps(verdict)]
        reached = _reached(explorer, system, counts)
        blocked = self._never_fire(explorer, found, counts)
        if self._shows_everything and not found.interrupted:
            verdicts.append(self._firing(found, blocked))
        return Checked(
            scope=self._scope,
            without=system.without,
            states=len(explorer.seen),
            transitions=found.transitions,
            depth=found.depth,
            seconds=found.seconds,
            bytes_per_state=found.peak / max(1, len(explorer.seen)),
            reduction=str(reduction),
            verdicts=tuple(sorted(verdicts, key=lambda verdict: _HARM.get(verdict.prop, _OWN))),
            reached=reached,
            blocked=blocked,
            legal_ends=found.ends,
            cut=found.cut,
            interrupted=found.interrupted or self._interrupted,
            forecast=found.forecast or self._forecast,
        )

    @property
    def _shows_everything(self) -> bool:
        """True if every transition should fire in this world; one leg, or a world without a dashboard, omits some."""
        world = self._scope.world
        return world.leg is None and world.dashboard

    def _teller(self, explorer: Explorer, found: Exploration) -> Teller:
        return Teller(explorer, found, digest=self._lifecycle.source.digest, scope=self._names)

    # --- safety -------------------------------------------------------------------

    def _safety(self, found: Exploration, teller: Teller) -> Iterator[Verdict]:
        by_prop: dict[str, list[tuple[int, Invariant]]] = {}
        for number, invariant in enumerate(self._system.invariants):
            by_prop.setdefault(invariant.prop, []).append((number, invariant))
        for prop, members in by_prop.items():
            broken = [(found.broken[number], invariant) for number, invariant in members if number in found.broken]
            if broken:
                met, invariant = min(broken, key=lambda pair: (pair[0].depth, pair[0].index))
                story = teller.to(met.index, prop, invariant.says)
                yield Verdict(
                    prop, VerdictKind.SAFETY, PropertyStanding.VIOLATED, invariant.says, invariant.subject, story
                )
            elif not found.complete:
                yield Verdict(prop, VerdictKind.SAFETY, PropertyStanding.UNKNOWN, _cut(found), members[0][1].subject)
            else:
                yield self._holds(found, prop, members[0][1].subject)

    def _holds(self, found: Exploration, prop: str, subject: str) -> Verdict:
        """The verdict *holds*, or *vacuous* if this world has nothing that could break the property."""
        conditions = self._conditions(prop)
        if conditions and not conditions & found.seen_wanted.keys():
            says = "nothing that it speaks of is ever reached"
            return Verdict(prop, VerdictKind.SAFETY, PropertyStanding.VACUOUS, says, subject)
        return Verdict(prop, VerdictKind.SAFETY, PropertyStanding.HOLDS, "", subject)

    def _conditions(self, prop: str) -> set[int]:
        """The indexes of the witnesses of what a property speaks of, one for each row."""
        return {
            number for number, witness in enumerate(self._system.witnesses) if witness.subject == f"{CONDITION}{prop}"
        }

    def _deadlock(self, found: Exploration, teller: Teller) -> Verdict:
        """Violated if a state without steps out of it is no legal end, because a row waits there."""
        if found.stuck is not None:
            says = "nothing can happen any more, and a row is waiting"
            story = teller.to(found.stuck.index, STUCK.id, says)
            return Verdict(STUCK.id, VerdictKind.SAFETY, PropertyStanding.VIOLATED, says, "deadlock", story)
        if not found.complete:
            return Verdict(STUCK.id, VerdictKind.SAFETY, PropertyStanding.UNKNOWN, _cut(found), "deadlock")
        return self._holds(found, STUCK.id, "deadlock")

    # --- reachability ---------------------------------------------------------------

    def _witnesses(self, found: Exploration, teller: Teller) -> Iterator[Verdict]:
        by_prop: dict[str, list[int]] = {}
        for number, witness in enumerate(self._system.witnesses):
            if not witness.subject.startswith(CONDITION):
                by_prop.setdefault(witness.prop, []).append(number)
        for prop, numbers in by_prop.items():
            subject = self._system.witnesses[numbers[0]].subject
            met = [found.seen_wanted[number] for number in numbers if number in found.seen_wanted]
            if met:
                first = min(met, key=lambda one: one.depth)
                story = teller.to(first.index, prop, f"{prop} is reached")
                yield Verdict(prop, VerdictKind.REACHABILITY, PropertyStanding.HOLDS, "", subject, story)
            elif found.complete:
                yield Verdict(prop, VerdictKind.REACHABILITY, PropertyStanding.VIOLATED, "no run reaches it", subject)
            else:
                yield Verdict(prop, VerdictKind.REACHABILITY, PropertyStanding.UNKNOWN, _cut(found), subject)

    # --- liveness ----------------------------------------------------------------------

    def _liveness(self, explorer: Explorer, found: Exploration, progress: CheckProgress | None) -> list[Verdict]:
        if found.complete and explorer.reduction is Reduction.FULL and count_of(self._system) > MOST:
            explorer, found = self._without_swaps(found, progress)
        if not found.complete:
            return self._undecided(_cut(found))
        try:
            with interrupts_held_back() as look:
                return list(self._responses(explorer, found, progress, _until(self._limits, found.seconds, look)))
        except LivenessCut as cut:
            return self._undecided(f"{cut}, looking for runs without end")
        except KeyboardInterrupt:
            self._interrupted = True
            return self._undecided("interrupted, looking for runs without end")

    def _without_swaps(self, found: Exploration, progress: CheckProgress | None) -> tuple[Explorer, Exploration]:
        """The world explored once more, within what `found` left of the limits."""
        explorer = Explorer(self._system, Reduction.TIDY, self._pace)
        again = explorer.explore(_rest(self._limits, found.seconds), progress)
        self._interrupted, self._forecast = again.interrupted, again.forecast
        return explorer, again

    def _undecided(self, why: str) -> list[Verdict]:
        return [
            Verdict(prop, VerdictKind.LIVENESS, PropertyStanding.UNKNOWN, why, subject)
            for prop, subject in {r.prop: r.subject for r in self._system.responses}.items()
        ]

    def _responses(
        self, explorer: Explorer, found: Exploration, progress: CheckProgress | None, limit: Callable[[], str]
    ) -> Iterator[Verdict]:
        """A verdict on each response property, in the order of their names in the system, what falls first."""
        liveness = Liveness(explorer, limit)
        each = _by_prop(self._system)
        fallen = {prop: first for prop, some in each.items() if (first := _fallen(liveness, some)) is not None}
        if fallen:
            yield from self._told(fallen, liveness, found, progress, limit)
        for prop, responses in each.items():
            if prop not in fallen:
                yield _kept(explorer, prop, responses)

    def _told(
        self,
        fallen: Mapping[str, LeadsTo],
        liveness: Liveness,
        found: Exploration,
        progress: CheckProgress | None,
        limit: Callable[[], str],
    ) -> Iterator[Verdict]:
        """The verdicts on what falls, each with the nearest run that breaks it or the reason why none is shown."""
        explorer = liveness.explorer
        if explorer.reduction is Reduction.FULL:
            # A cycle is told from an exploration without swaps, in which it closes.
            explorer, found = self._without_swaps(found, progress)
            liveness = Liveness(explorer, limit)
        teller = self._teller(explorer, found)
        for prop, response in fallen.items():
            says, story = f"{response.says}; no run is shown: {_cut(found)}", None
            if found.complete:
                lasso = liveness.breach(response)
                if lasso is None:
                    raise AssertionError(f"{prop} falls with swaps and not without")
                says, story = response.says, teller.around(lasso, prop, response.says)
            yield Verdict(prop, VerdictKind.LIVENESS, PropertyStanding.VIOLATED, says, response.subject, story)

    # --- what is never reached --------------------------------------------------------------

    def _never_fire(self, explorer: Explorer, found: Exploration, counts: Numbers) -> dict[int, str]:
        """The numbers of the spec's transitions that fire in no run of this world, each with the reason in words."""
        if not found.complete:
            return {}
        fired = {cover for number in np.flatnonzero(counts).tolist() for cover in self._system.actions[number].covers}
        never = [n for n in range(len(self._lifecycle.transitions)) if f"transition:{n}" not in fired]
        return {number: what_blocks(explorer, self._system, number) for number in never}

    def _firing(self, found: Exploration, blocked: dict[int, str]) -> Verdict:
        if not found.complete:
            return Verdict(FIRES.id, VerdictKind.REACHABILITY, PropertyStanding.UNKNOWN, _cut(found))
        if not blocked:
            return Verdict(FIRES.id, VerdictKind.REACHABILITY, PropertyStanding.HOLDS)
        number, why = next(iter(blocked.items()))
        move = self._lifecycle.transitions[number]
        more = f", and {len(blocked) - 1} more" if len(blocked) > 1 else ""
        says = f"{move.source} to {move.target} never fires: {why}{more}"
        return Verdict(FIRES.id, VerdictKind.REACHABILITY, PropertyStanding.VIOLATED, says, f"transition:{number}")


def _by_prop(system: System) -> dict[str, list[LeadsTo]]:
    """The response properties by name: of interchangeable rows, one for each."""
    found: dict[str, list[LeadsTo]] = {}
    for response in system.responses:
        found.setdefault(response.prop, []).append(response)
    return found


def _fallen(liveness: Liveness, responses: Sequence[LeadsTo]) -> LeadsTo | None:
    """The first of one property's responses that falls. Of interchangeable rows all do, or none."""
    if liveness.explorer.space.system.rows:
        return responses[0] if liveness.falls(responses) else None
    return next((each for each in responses if liveness.falls([each])), None)


def _kept(explorer: Explorer, prop: str, responses: Sequence[LeadsTo]) -> Verdict:
    """The verdict on a property that nothing breaks: without a state in which it is asked for, it is vacuous."""
    asked = [each.pending if each.trigger is None else each.trigger for each in responses]
    subject = responses[0].subject
    if any(watched(explorer.space, expr).values(explorer.seen.order).any() for expr in asked):
        return Verdict(prop, VerdictKind.LIVENESS, PropertyStanding.HOLDS, "", subject)
    says = "no state that was reached triggers it"
    return Verdict(prop, VerdictKind.LIVENESS, PropertyStanding.VACUOUS, says, subject)


def _until(limits: Limits, spent: float, look: Callable[[], None]) -> Callable[[], str]:
    """Tells the limit of time if it is met, `spent` seconds included. Raises for a Ctrl-C that was held back."""
    began = time.monotonic()

    def limit() -> str:
        look()
        over = limits.seconds is not None and spent + time.monotonic() - began > limits.seconds
        return f"the limit of {limits.seconds:g} seconds" if over else ""

    return limit


def _rest(limits: Limits, spent: float) -> Limits:
    """The limits for a second exploration, after one that took `spent` seconds."""
    return limits if limits.seconds is None else replace(limits, seconds=max(0.0, limits.seconds - spent))


def _for_want_of_steps(verdict: Verdict) -> bool:
    """True if the verdict is that something is never reached, which a world that leaves steps out cannot decide."""
    if verdict.kind is VerdictKind.REACHABILITY:
        return verdict.standing is PropertyStanding.VIOLATED
    return verdict.standing is PropertyStanding.VACUOUS


def _cut(found: Exploration) -> str:
    """The reason of an *unknown* verdict: the limit that was met, and the states and depth reached by then."""
    return f"{found.cut}, after {found.depth} steps"


def _action_counts(explorer: Explorer) -> Numbers:
    """The number of steps that each command has taken so far, by the command's number."""
    found = np.zeros(len(explorer.space.system.actions), dtype=np.int64)
    for table in explorer.space.tables:
        found += table.action_counts()
    return found


def _reached(explorer: Explorer, system: System, counts: Numbers) -> dict[str, int]:
    """By name: the number of states in each status, and the number of steps of each event, outcome and fault."""
    found: dict[str, int] = {}
    for number, count in enumerate(counts.tolist()):
        for cover in system.actions[number].covers:
            found[cover] = found.get(cover, 0) + count
    name = next((v.name for v in system.variables if v.label == "status"), None)
    if name is not None:
        place = explorer.space.place[name]
        part = explorer.space.parts[place]
        values, words = part.all_columns()[name], system.variable[name].values
        read = explorer.space.layout.fields[place].read
        counted = sum(np.bincount(values[read(piece)], minlength=len(words)) for piece in explorer.seen.pieces())
        for value, count in enumerate(np.asarray(counted).tolist()):
            found[f"status:{words[value]}"] = count
    return found


def worst(checked: Checked) -> Verdict | None:
    """The violated property of the greatest harm, if any fell."""
    fallen = [verdict for verdict in checked.verdicts if verdict.standing is PropertyStanding.VIOLATED]
    return min(fallen, key=harm) if fallen else None


def harm(verdict: Verdict) -> tuple[int, int]:
    """A sort key: the greater harm first, then the shorter story. Properties declared in the spec come last."""
    return _HARM.get(verdict.prop, _OWN), verdict.steps or 0
