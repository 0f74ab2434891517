"""Plays plans in this process and judges the histories by the laws."""

from __future__ import annotations

from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.plan import Plan
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.laws import judge
from pointsman_conformance.laws.judgement import LawVerdict


def verdicts(lifecycle: Lifecycle, driver: InProcess, plan: Plan) -> tuple[LawVerdict, ...]:
    """Each law's verdict on what came of `plan`; an implementation that raises is an error of the test."""
    driver.begin("a test")
    troubles = [played.trouble for played in map(driver.play, plan) if played.trouble is not None]
    assert troubles == []
    return judge(lifecycle, driver.history())


def failed(found: tuple[LawVerdict, ...]) -> dict[str, list[str]]:
    """The laws that were broken, each with its breaches' messages."""
    return {verdict.law: [breach.says for breach in verdict.breaches] for verdict in found if verdict.breaches}
