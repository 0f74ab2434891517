"""Whether every property holds though several wrong implementations are allowed together: then they do no harm.

What this proves is as wide as the steps that the world has for a wrong implementation, and as the scope that `check`
explores; what is not decided counts as harm that may be there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pointsman.checking.check import check, worst
from pointsman.checking.explore import UNLIMITED, Exploration, Limits
from pointsman.checking.laws import adds_a_step
from pointsman.checking.verdict import Checked, PropertyStanding, Verdict, VerdictKind
from pointsman.spec.lifecycle import Call, Lifecycle, Repeat
from pointsman.world.scope import Scope, sizes, smallest, worlds_of
from pointsman.world.system import System
from pointsman.world.truths import DECLARED


@dataclass(frozen=True)
class NoHarm:
    """The result of allowing wrong implementations together.

    Attributes:
        proved: every property holds in every world, though all of them are allowed.
        why: why it is not proved, in words; empty where it is.
        worlds: the worlds that were explored, by name.
        fallen: the property of the greatest harm that fell; None where none did.
        rests_on: what gives the safety instead, in words, each found by taking it away; empty where none was found.
    """

    proved: bool
    why: str = ""
    worlds: tuple[str, ...] = ()
    fallen: Verdict | None = None
    rests_on: tuple[str, ...] = ()


def no_harm(lifecycle: Lifecycle, wrongs: Sequence[str], *, limits: Limits = UNLIMITED) -> NoHarm:
    """Allow `wrongs` (names of wrong implementations) together, in every world and in the scope that `check` explores.

    It is proved only where each of them adds a step to some world, every world was explored to its end, no property
    of safety or liveness fell or is unknown, and each such property had something to hold for in some world. `limits`
    hold for each world. Raises KeyboardInterrupt after a Ctrl-C.
    """
    scopes = _scopes(lifecycle)
    for wrong in wrongs:
        if not any(adds_a_step(lifecycle, scope, wrong) for scope in scopes):
            return NoHarm(proved=False, why=f"no world of this lifecycle has a step for {wrong}")
    found: list[Checked] = []
    worlds = tuple(scope.world.name for scope in scopes)
    for scope in scopes:
        found.append(_checked(lifecycle, scope, wrongs, limits))
        fallen = worst(_judging(found[-1]))
        if fallen is not None and _falls_anyhow(lifecycle, scope, fallen.prop, limits):
            why = f"{fallen.prop} falls by the spec itself, whatever an implementation does"
            return NoHarm(proved=False, why=why, worlds=worlds)
        if fallen is not None:
            return NoHarm(proved=False, why=f"{fallen.prop} falls", worlds=worlds, fallen=fallen)
    why = _undecided(found)
    if why:
        return NoHarm(proved=False, why=why, worlds=worlds)
    return NoHarm(proved=True, worlds=worlds, rests_on=_rests_on(lifecycle, wrongs, limits))


def _scopes(lifecycle: Lifecycle) -> tuple[Scope, ...]:
    """Every world, in the size that `check` takes where no option names another."""
    size = sizes(lifecycle, None, None, None)
    return tuple(smallest(world, *size) for world in worlds_of(lifecycle))


def _checked(lifecycle: Lifecycle, scope: Scope, wrongs: Sequence[str], limits: Limits) -> Checked:
    checked = check(lifecycle, scope, wrongs, limits=limits, enough=_has_fallen)
    if checked.interrupted:
        raise KeyboardInterrupt
    return checked


def _has_fallen(found: Exploration, system: System) -> bool:
    """True once a property of safety fell, save one that may only repeat the law."""
    return bool({system.invariants[number].prop for number in found.broken} - {DECLARED.id})


def _falls_anyhow(lifecycle: Lifecycle, scope: Scope, prop: str, limits: Limits) -> bool:
    """True if the property falls also where no wrong implementation is allowed."""
    return _checked(lifecycle, scope, (), limits).standing(prop) is PropertyStanding.VIOLATED


def _judging(checked: Checked) -> Checked:
    """The result without what is only reached or not: a wrong implementation adds steps, and takes none away."""
    kept = tuple(verdict for verdict in checked.verdicts if verdict.kind is not VerdictKind.REACHABILITY)
    return replace(checked, verdicts=kept)


def _undecided(found: Sequence[Checked]) -> str:
    for checked in found:
        if checked.cut:
            return f"the world {checked.scope.world.name} was not explored to its end"
    verdicts = [verdict for checked in found for verdict in _judging(checked).verdicts]
    for verdict in verdicts:
        if verdict.standing is PropertyStanding.UNKNOWN:
            return f"{verdict.prop} is unknown: {verdict.says}"
    holds = {verdict.prop for verdict in verdicts if verdict.standing is PropertyStanding.HOLDS}
    for verdict in verdicts:
        if verdict.prop not in holds:
            return f"{verdict.prop} has nothing to hold for in any world"
    return "" if holds else "no world judges a property"


# --- what gives the safety instead ------------------------------------------------


def _rests_on(lifecycle: Lifecycle, wrongs: Sequence[str], limits: Limits) -> tuple[str, ...]:
    """What the provider does for the calls of queues, where some property falls as soon as it does not."""
    found: list[str] = []
    for name in dict.fromkeys(queue.call for queue in lifecycle.queues if queue.call is not None):
        call = lifecycle.call[name]
        says = _safety_of(call)
        if says is not None and _falls_without(_with(lifecycle, _careless(call)), wrongs, limits):
            found.append(says)
    return tuple(found)


def _safety_of(call: Call) -> str | None:
    """What keeps a second request for the call from making a second effect, in words; None where nothing does."""
    if call.key is None or call.key_generation is not None:
        return None
    if call.repeat is Repeat.ALREADY_DONE and call.key_lifetime is None:
        return f"the key of {call.name} is the row's own and lives for ever: a second request makes no second effect"
    if call.repeat is Repeat.ALREADY_DONE:
        return f"{call.name} cannot be made twice: the provider answers that it is done already"
    return None


def _careless(call: Call) -> Call:
    """The call at a provider that makes a second effect, and remembers a key for a second."""
    return replace(call, repeat=Repeat.NEW_EFFECT, key_lifetime=timedelta(seconds=1))


def _with(lifecycle: Lifecycle, call: Call) -> Lifecycle:
    return replace(lifecycle, calls=tuple(call if each.name == call.name else each for each in lifecycle.calls))


def _falls_without(lifecycle: Lifecycle, wrongs: Sequence[str], limits: Limits) -> bool:
    explored = (_checked(lifecycle, scope, wrongs, limits) for scope in _scopes(lifecycle))
    return any(worst(_judging(checked)) is not None for checked in explored)
