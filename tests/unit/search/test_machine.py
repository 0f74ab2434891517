"""The Hypothesis machine."""

from __future__ import annotations

import pytest
from hypothesis import Phase, Verbosity, given, settings
from hypothesis import strategies as st

from pointsman.loading.load import load
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.machine import (
    HypothesisEffort,
    LawBrokenError,
    check,
    drawn_below,
    settings_of,
    state_machine,
)
from pointsman_conformance.mutants import WRONG
from tests.unit.search.standin import SELLER, SPECS


def test_an_honest_implementation_passes() -> None:
    check(SELLER, lambda: InProcess(SELLER), effort=HypothesisEffort(runs=15, derandomize=True))


def test_a_broken_law_is_told_with_its_requirement_its_line_and_its_steps() -> None:
    with pytest.raises(LawBrokenError) as caught:
        check(
            SELLER,
            lambda: InProcess(SELLER, WRONG["forgets_to_count"].make),
            effort=HypothesisEffort(runs=60, derandomize=True),
        )
    words = str(caught.value)
    assert words.startswith("bounded-attempts: ")
    assert "requirement bounded-attempts/" in words
    assert "seller_transfer.yaml:" in words
    assert "1. create 1 " in words
    assert caught.value.failure.plan


def test_what_is_drawn_in_the_middle_of_a_rule_comes_from_hypothesis() -> None:
    """The private part of Hypothesis that the machine stands on."""
    seen: set[int] = set()

    @settings(max_examples=60, database=None, derandomize=True, phases=[Phase.generate], verbosity=Verbosity.quiet)
    @given(st.none())
    def draw(_: None) -> None:
        number = drawn_below(7)
        assert 0 <= number < 7
        seen.add(number)

    draw()
    assert seen == set(range(7))


def test_what_is_drawn_shrinks_towards_nought() -> None:
    least: list[int] = []

    @settings(max_examples=200, database=None, derandomize=True, verbosity=Verbosity.quiet, report_multiple_bugs=False)
    @given(st.none())
    def draw(_: None) -> None:
        number = drawn_below(1000)
        if number >= 137:
            least.append(number)
            raise AssertionError

    with pytest.raises(AssertionError):
        draw()
    assert min(least) == 137


def test_machines_of_two_specs_or_two_implementations_share_no_failures() -> None:
    refund = load(SPECS / "refund.yaml")
    digests = {
        state_machine(SELLER, lambda: InProcess(SELLER))._hypothesis_internal_add_digest,  # type: ignore[attr-defined]  # Hypothesis' own
        state_machine(SELLER, lambda: InProcess(SELLER, name="another"))._hypothesis_internal_add_digest,  # type: ignore[attr-defined]  # Hypothesis' own
        state_machine(refund, lambda: InProcess(refund))._hypothesis_internal_add_digest,  # type: ignore[attr-defined]  # Hypothesis' own
    }
    assert len(digests) == 3


def test_settings_do_not_depend_on_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.register_profile("strange", max_examples=3, derandomize=True, deadline=1)
    before = settings.get_current_profile_name() if hasattr(settings, "get_current_profile_name") else "default"
    settings.load_profile("strange")
    try:
        ours = settings_of(HypothesisEffort(runs=50, steps=9))
    finally:
        settings.load_profile(before)
    assert (ours.max_examples, ours.stateful_step_count, ours.derandomize, ours.deadline) == (50, 9, False, None)
    assert ours.database is None
    assert Phase.shrink in ours.phases
    assert Phase.shrink not in settings_of(HypothesisEffort(shrinks=False)).phases


def test_a_machine_is_a_test_case_for_unittest_too() -> None:
    machine = state_machine(SELLER, lambda: InProcess(SELLER), effort=HypothesisEffort(runs=3, steps=5))
    case = machine.TestCase("runTest")
    result = case.defaultTestResult()
    case.run(result)
    assert result.wasSuccessful()
    assert machine.runs >= 3
