"""The laws' tests: one pure function per law over a lifecycle and a history: `TESTS`, `judge`, `not_applicable`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from pointsman.laws import LAWS
from pointsman.lifecycle import Lifecycle
from pointsman_conformance.history import History
from pointsman_conformance.laws.applies import not_applicable
from pointsman_conformance.laws.judgement import Breach, Judged, LawVerdict, Met, requirement
from pointsman_conformance.laws.reading import Reading

__all__ = ["TESTS", "judge", "not_applicable"]

TESTS: Mapping[str, Callable[[Reading], Judged]] = MappingProxyType({})
"""Every law's test by the law's id, in the order of `pointsman.laws.LAWS`."""


def judge(lifecycle: Lifecycle, history: History, only: Collection[str] | None = None) -> tuple[LawVerdict, ...]:
    """Each law's verdict on `history`, in the order of `LAWS`; of `only` these laws, if given.

    A law that does not apply to the spec and the roles has nothing met and no breach.
    """
    reading = Reading.of(lifecycle, history)
    idle = not_applicable(lifecycle, history.roles)
    wanted = [law.id for law in LAWS if law.id in TESTS and (only is None or law.id in only)]
    return tuple(LawVerdict(law, (), ()) if law in idle else _verdict(law, reading) for law in wanted)


def _verdict(law: str, reading: Reading) -> LawVerdict:
    breaches: list[Breach] = []
    met: Counter[str] = Counter()
    for judged in TESTS[law](reading):
        if isinstance(judged, Met):
            met[requirement(law, judged.element)] += 1
        else:
            breaches.append(judged)
    return LawVerdict(law, tuple(breaches), tuple(met.items()))
