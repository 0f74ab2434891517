"""The harm that the model checker finds for a lifecycle when a law is dropped. It is asked only after a law was broken.

The checker, and the arrays that it counts with, are imported only then: a run that breaks nothing pays nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.spec.laws import LAWS
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.once import once_for_each_lifecycle
from pointsman_conformance.laws.judgement import COMES_BACK_LATE
from pointsman_conformance.report.account import Harm, HarmSeen

MOST_STATES = 60_000
"""The most states of each world that is explored for one law: some seconds. A number, so that no clock decides."""

_LATE = "a row that comes back late, while its key is remembered, loses nothing but time"

_WRONG = {law.id: law.wrong for law in LAWS}


def harm_by_check(lifecycle: Lifecycle, law: str, wrong: tuple[str, ...] = ()) -> Harm:
    """The worst that `check` finds where an implementation may break `law` as the implementations `wrong` do.

    Without `wrong`: as any wrong implementation of the law does. Where nothing falls, the harm is unknown, and the
    harm says why: it is never taken for none. Raises KeyboardInterrupt after a Ctrl-C.
    """
    names = wrong or _WRONG.get(law, ())
    if names == (COMES_BACK_LATE,):
        return Harm(
            HarmSeen.UNKNOWN, "time has no length in `check`: there a row waits for any time, also for this long"
        )
    if not names:
        return Harm(HarmSeen.UNKNOWN, f"`check` assumes nothing like {law}, so it has no run that shows the harm")
    return _worst(lifecycle, law, names)


@once_for_each_lifecycle
def _worst(lifecycle: Lifecycle, law: str, names: tuple[str, ...]) -> Harm:
    from pointsman.checking.check import harm  # noqa: PLC0415 - brings numpy, which a run that breaks nothing spares
    from pointsman.checking.explore import Limits  # noqa: PLC0415 - the same
    from pointsman.checking.laws import judge_one  # noqa: PLC0415 - the same

    found = [judge_one(lifecycle, law, name, limits=Limits(states=MOST_STATES)) for name in names]
    fallen = [one for one in found if one.verdict is not None and one.verdict.story is not None]
    if fallen:
        verdict = min((one.verdict for one in fallen if one.verdict is not None), key=harm)
        return Harm(HarmSeen.CHECK, verdict.says, verdict.prop, verdict.story)
    if not any(one.possible for one in found):
        why = "`check` has no step like it for this lifecycle"
    elif cut := [world for one in found for world in one.unknown]:
        why = f"nothing fell in `check`, which did not explore to the end: {', '.join(dict.fromkeys(cut))}"
    else:
        why = f"nothing falls in `check` without {law}, which has not every way to break it"
    return Harm(HarmSeen.UNKNOWN, why)


@dataclass(frozen=True)
class Together:
    """What `check` says of wrong implementations that are allowed together.

    `proved`: every property holds; `proof` then says so, and `instead` what gives the safety instead. Else `harm` has
    what falls, or why that is unknown.
    """

    proved: bool
    instead: str = ""
    proof: str = ""
    harm: Harm | None = None

    def why(self, wrong: str) -> str:
        """Why a law does not apply that was broken as `wrong` breaks it."""
        return f"{_LATE if wrong == COMES_BACK_LATE else self.instead}: {self.proof}"


@once_for_each_lifecycle
def together(lifecycle: Lifecycle, wrongs: tuple[str, ...]) -> Together:
    """Allow `wrongs` together in every world, in the scope that `check` explores. Raises KeyboardInterrupt."""
    from pointsman.checking.absence import no_harm  # noqa: PLC0415 - brings numpy, as above
    from pointsman.checking.explore import Limits  # noqa: PLC0415 - the same

    steps = tuple(name for name in wrongs if name != COMES_BACK_LATE)
    found = no_harm(lifecycle, steps, limits=Limits(states=MOST_STATES))
    if found.fallen is not None:
        says = f"{found.fallen.says} ({' with '.join(wrongs)})"
        return Together(proved=False, harm=Harm(HarmSeen.CHECK, says, found.fallen.prop, found.fallen.story))
    if not found.proved:
        why = f"`check` cannot say that no harm comes of {' with '.join(wrongs)}: {found.why}"
        return Together(proved=False, harm=Harm(HarmSeen.UNKNOWN, why))
    instead = "; ".join(found.rests_on) or "the rest of the spec gives the same safety"
    worlds = f"every property holds in {len(found.worlds)} worlds of `check`"
    return Together(proved=True, instead=instead, proof=f"{worlds} without it, as long as the other laws are kept")
