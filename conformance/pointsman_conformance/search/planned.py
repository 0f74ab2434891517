"""The planned runs: plans that are made from a spec without chance, each for one behavior."""

from __future__ import annotations

from dataclasses import replace

from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import ImplementationInfo
from pointsman_conformance.core.plan import Settle
from pointsman_conformance.search.planned_faults import OfFaults
from pointsman_conformance.search.planned_laws import OfLaws
from pointsman_conformance.search.planned_paths import OfPaths
from pointsman_conformance.search.planned_run import PlannedRun

__all__ = ["PlannedRun", "tours"]


def tours(lifecycle: Lifecycle, about: ImplementationInfo) -> tuple[PlannedRun, ...]:
    """Every planned run for an implementation of `about.roles`, by rank, each with a `Settle` at the end."""
    groups = (OfPaths(lifecycle, about), OfFaults(lifecycle, about), OfLaws(lifecycle, about))
    found = sorted((tour for group in groups for tour in group.all()), key=lambda tour: tour.rank)
    return tuple(tour if _settles(tour) else replace(tour, plan=(*tour.plan, Settle())) for tour in found)


def _settles(tour: PlannedRun) -> bool:
    return isinstance(tour.plan[-1], Settle)
