"""Verdicts in a world with conditions that it does not follow.

Such a condition may be true or false at any time, so its commands are possible, and no fair group counts on them. What
holds then holds for the spec. What falls may fall for want of the condition: it is looked for again in the world of
certain steps alone, and is *unknown* if it does not fall there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    if not any(map(_rests_on_conditions, checked.verdicts)):
        return checked
    surely = {verdict.prop: verdict for verdict in again().verdicts}
    return replace(checked, verdicts=tuple(_verdicts(checked, surely, _why(system))))


def _verdicts(checked: Checked, surely: dict[str, Verdict], why: str) -> Iterator[Verdict]:
    resolved = checked.standing(RESOLVED.id)
    for verdict in checked.verdicts:
        same = surely.get(verdict.prop)
        if _rests_on_conditions(verdict):
            yield same if same is not None and same.standing is verdict.standing else _unknown(verdict, why)
        elif verdict.prop == STUCK.id and resolved is PropertyStanding.VIOLATED:
            # A row that waits for a condition alone may wait for ever.
            yield same if same is not None and same.standing is PropertyStanding.VIOLATED else _unknown(verdict, why)
        else:
            yield verdict


def _rests_on_conditions(verdict: Verdict) -> bool:
    """True if the verdict was reached by a step, or for want of one, that depends on a condition."""
    if verdict.kind is VerdictKind.REACHABILITY:
        return verdict.standing is PropertyStanding.HOLDS
    return verdict.standing is PropertyStanding.VIOLATED


def _unknown(verdict: Verdict, why: str) -> Verdict:
    return replace(verdict, standing=PropertyStanding.UNKNOWN, says=why, story=None)


def _why(system: System) -> str:
    return f"it depends on conditions that no world follows: {'; '.join(doubts(system))}"
