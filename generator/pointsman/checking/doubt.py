"""Verdicts in a world with conditions that it does not follow.

Such a condition may be true or false at any time, so its commands are possible, and no fair group counts on them. What
holds then holds for the spec. What falls may fall for want of the condition: it is looked for again in the world of
certain steps alone, and is *unknown* if it does not fall there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pointsman.checking.verdict import Checked, PropertyStanding, Verdict, VerdictKind
from pointsman.world.system import System, both, no, some
from pointsman.world.truths import RESOLVED, STUCK


def doubts(system: System) -> tuple[str, ...]:
    """The conditions that the world does not follow, each once."""
    return tuple(dict.fromkeys(action.doubtful for action in system.actions if action.doubtful))


def certain(system: System) -> System:
    """The world without the commands that depend on a condition which it does not follow.

    A row does not wait for ever in a state in which one of these commands may be possible.
    """
    sure = no(some(*(action.guard for action in system.actions if action.doubtful)))
    return replace(
        system,
        actions=tuple(action for action in system.actions if not action.doubtful),
        responses=tuple(replace(each, pending=both(each.pending, sure)) for each in system.responses),
    )


def judged(checked: Checked, system: System, again: Callable[[], Checked]) -> Checked:
    """`checked` with the verdicts that the spec has, whatever its conditions are. `again` checks `certain(system)`."""
    resolved = checked.standing(RESOLVED.id)
    if all(_wanted(verdict, resolved) is None for verdict in checked.verdicts):
        return checked
    second = again()
    surely = {verdict.prop: verdict for verdict in second.verdicts}
    why = f"it depends on conditions that no world follows: {'; '.join(doubts(system))}"
    verdicts = tuple(_settled(verdict, _wanted(verdict, resolved), surely, why) for verdict in checked.verdicts)
    return replace(checked, verdicts=verdicts, interrupted=checked.interrupted or second.interrupted)


def _wanted(verdict: Verdict, resolved: PropertyStanding | None) -> PropertyStanding | None:
    """What has to come out without the doubtful commands for the verdict to be certain; None where it is."""
    if verdict.kind is VerdictKind.REACHABILITY:
        return verdict.standing if verdict.standing is PropertyStanding.HOLDS else None
    if verdict.standing is PropertyStanding.VIOLATED:
        return verdict.standing
    # A row that waits for a condition alone may wait for ever, unless it is known that every row is resolved.
    waits = resolved in {PropertyStanding.VIOLATED, PropertyStanding.UNKNOWN}
    holds = verdict.prop == STUCK.id and verdict.standing is PropertyStanding.HOLDS
    return PropertyStanding.VIOLATED if holds and waits else None


def _settled(verdict: Verdict, wanted: PropertyStanding | None, surely: Mapping[str, Verdict], why: str) -> Verdict:
    if wanted is None:
        return verdict
    found = surely.get(verdict.prop)
    return found if found is not None and found.standing is wanted else _unknown(verdict, why)


def _unknown(verdict: Verdict, why: str) -> Verdict:
    return replace(verdict, standing=PropertyStanding.UNKNOWN, says=why, story=None)
