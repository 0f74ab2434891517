"""Whole searches."""

from __future__ import annotations

import pytest

from pointsman_conformance.core.driver import Played
from pointsman_conformance.core.plan import Step, Work
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.mutants import WRONG
from pointsman_conformance.report.account import ImplementationVerdict, LawStanding
from pointsman_conformance.search.campaign import Budget, Campaign, CampaignProgress, play, run
from tests.unit.search.standin import SELLER

SHORT = Budget(steps=300, tours=False, replays=60, confirmations=2)


def of_wrong(name: str, budget: Budget = SHORT, seed: int = 0) -> Campaign:
    return run(SELLER, lambda: InProcess(SELLER, WRONG[name].make, name=name), budget=budget, seed=seed)


def test_the_same_seed_is_the_same_campaign() -> None:
    first, again, other = of_wrong("hot_loop"), of_wrong("hot_loop"), of_wrong("hot_loop", seed=1)
    assert (first.steps, first.met, first.failures) == (again.steps, again.met, again.failures)
    assert first.met != other.met


def test_a_wrong_implementation_is_failed_by_its_law_with_a_short_plan() -> None:
    campaign = of_wrong("timeout_means_failed", Budget(steps=0))
    failures = {failure.law: failure for failure in campaign.failures}
    found = failures["unknown-is-not-failure"]
    assert len(found.plan) <= 3
    assert found.flaky is None
    history, _ = play(InProcess(SELLER, WRONG["timeout_means_failed"].make), found.plan)
    assert history.records == found.history.records


@pytest.mark.parametrize("name", sorted(WRONG))
def test_tours_alone_fail_every_wrong_implementation_by_its_own_law(name: str) -> None:
    campaign = run(
        SELLER, lambda: InProcess(SELLER, WRONG[name].make, name=name),
        laws=[WRONG[name].law], budget=Budget(steps=0, replays=0, confirmations=0), progress=until_it_fails,
    )  # fmt: skip
    assert [failure.law for failure in campaign.failures] == [WRONG[name].law]


def until_it_fails(progress: CampaignProgress) -> None:
    if progress.failures:
        raise KeyboardInterrupt


def test_only_the_laws_that_were_asked_for_are_judged() -> None:
    campaign = run(SELLER, lambda: InProcess(SELLER, WRONG["hot_loop"].make), laws=["due-only"], budget=SHORT)
    assert campaign.judged == ("due-only",)
    assert not campaign.failures


def test_no_more_is_played_than_is_needed_to_cover_everything() -> None:
    whole = run(SELLER, lambda: InProcess(SELLER), budget=Budget(until_covered=True))
    assert whole.complete
    assert whole.steps < Budget().steps


def test_progress_is_told_after_each_run() -> None:
    told: list[CampaignProgress] = []
    campaign = run(SELLER, lambda: InProcess(SELLER), budget=SHORT, progress=told.append)
    assert [each.runs for each in told] == list(range(1, campaign.runs + 1))
    assert told[-1].share == campaign.coverage.share > told[0].share


def test_an_interrupt_ends_the_search_with_what_was_found() -> None:
    def stop(progress: CampaignProgress) -> None:
        if progress.runs == 5:
            raise KeyboardInterrupt

    campaign = run(SELLER, lambda: InProcess(SELLER), budget=SHORT, progress=stop)
    assert campaign.interrupted
    assert campaign.runs == 5
    assert not campaign.complete


def test_a_search_ends_when_its_time_is_over() -> None:
    campaign = run(SELLER, lambda: InProcess(SELLER), budget=Budget(steps=10**9, seconds=0.3))
    assert 0.2 < campaign.seconds < 5
    assert not campaign.interrupted


class Moody(InProcess):
    """Fails a law only in the first run that could: as if it depended on the time of day."""

    def __init__(self) -> None:
        super().__init__(SELLER, WRONG["hot_loop"].make, name="moody")
        self._honest = InProcess(SELLER)._make
        self.runs = 0

    def begin(self, case: str) -> None:
        self.runs += 1
        if self.runs == 2:
            self._make = self._honest
        super().begin(case)


def test_a_failure_that_does_not_come_again_keeps_its_evidence_and_says_how_often_it_came() -> None:
    driver = Moody()
    driver.runs = 0
    campaign = run(SELLER, lambda: driver, budget=Budget(steps=0), laws=["backoff"])
    assert campaign.failures == ()  # the first tour shows no fault
    driver = Moody()
    driver.runs = -10_000  # never honest while it searches
    honest = driver._honest

    class Once(Moody):
        def history(self):  # type: ignore[no-untyped-def]  # as the driver's
            told = super().history()
            if self.runs < 0 and any(record.kind == "reply" and record.silence for record in told.records):  # type: ignore[attr-defined]  # a reply
                self._make = honest
            return told

    once = Once()
    once.runs = -10_000
    flaky = run(SELLER, lambda: once, budget=Budget(steps=0, confirmations=3), laws=["backoff"])
    assert [failure.flaky for failure in flaky.failures] == [(0, 3)]
    assert flaky.failures[0].breach.records[-1] < len(flaky.failures[0].history.records)


class Dying(InProcess):
    """The implementation cannot be reached for work."""

    def play(self, step: Step) -> Played:
        return Played(trouble="it is dead") if isinstance(step, Work) else super().play(step)


def test_an_implementation_that_cannot_be_reached_is_told_of_once() -> None:
    campaign = run(SELLER, lambda: Dying(SELLER), budget=SHORT)
    assert campaign.trouble == ("it is dead",)
    assert "it is dead" in campaign.gaps


def test_the_account_of_a_campaign_says_what_was_kept_broken_and_not_applicable() -> None:
    campaign = run(SELLER, lambda: InProcess(SELLER, roles=["refund_handler"]), budget=Budget(until_covered=True))
    account = campaign.account("spec.yaml", SELLER, "in memory")
    standings = {law.law: law.standing for law in account.laws}
    assert standings["event-not-lost"] is LawStanding.KEPT
    assert standings["stable-key"] is LawStanding.NOT_APPLICABLE
    assert account.verdict is ImplementationVerdict.CONFORMANT
    broken = of_wrong("hot_loop", Budget(steps=0)).account("spec.yaml", SELLER, "in memory")
    assert broken.verdict is ImplementationVerdict.NOT_CONFORMANT
    assert {law.law for law in broken.laws if law.standing is LawStanding.BROKEN} >= {"backoff"}
