"""The harm beside each broken law: from its run, from the checker, or unknown; and never asked for in vain."""

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from pointsman.loading.load import load
from pointsman.reporting import Looks, render
from pointsman.result import Exit, Prose, Result
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import ImplementationInfo
from pointsman_conformance.core.history import History
from pointsman_conformance.core.plan import Create
from pointsman_conformance.harm import weighing
from pointsman_conformance.harm.weighing import weighed
from pointsman_conformance.laws.judgement import Breach, Element
from pointsman_conformance.report.account import (
    Failure,
    Harm,
    HarmSeen,
    ImplementationAccount,
    LawStanding,
    OfLaw,
)
from pointsman_conformance.report.blocks import blocks
from pointsman_conformance.report.findings import findings
from pointsman_conformance.report.record import conform_schema, to_data
from tests.histories import Tale

SPECS = Path(__file__).parents[3] / "spec"


@cache
def _spec(name: str = "payout") -> Lifecycle:
    return load(SPECS / f"{name}.yaml")


def _account(*laws: str, history: History | None = None, lifecycle: Lifecycle | None = None) -> ImplementationAccount:
    lifecycle = lifecycle or _spec()
    element = Element("x", ())
    failures = tuple(
        Failure(law, f"{law}/x", Breach(element, "did wrong", (), "1"), (Create("1", "x"),), history or History(()))
        for law in laws
    )
    return ImplementationAccount(
        "spec.yaml",
        lifecycle,
        ImplementationInfo("acme", frozenset()),
        "book",
        (1,),
        tuple(OfLaw(law, LawStanding.BROKEN, breaches=1) for law in laws),
        failures,
    )


def _harm(*laws: str, **told: object) -> Harm:
    (failure,) = weighed(_account(*laws, **told)).failures  # type: ignore[arg-type]  # its own arguments
    assert failure.harm is not None
    return failure.harm


def test_harm_in_the_run_itself_is_shown_without_asking_the_checker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "harm_by_check", lambda *_: pytest.fail("the checker was asked"))
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.made(tale.send(), "trr_1")
    tale.claim(who="w2")
    tale.made(tale.send(who="w2", key="another"), "trr_2")
    harm = _harm("stable-key", history=tale.history(), lifecycle=tale.lifecycle)
    assert harm.seen is HarmSeen.RUN
    assert harm.says.startswith("money moved twice")


def test_harm_that_the_run_does_not_show_is_the_checkers_counterexample_for_this_lifecycle() -> None:
    harm = _harm("claim-is-a-write")
    assert (harm.seen, harm.prop) == (HarmSeen.CHECK, "each-effect-at-most-once")
    assert harm.story is not None
    assert harm.story.lifecycle == "payout"
    assert harm.story.without == ("claims_by_reading",)
    assert any(deed.wrong == "claims_by_reading" for deed in harm.story.deeds)


@pytest.mark.parametrize(
    ("law", "says"),
    [
        ("event-not-lost", "an event that was taken is lost"),
        ("bump-only", "nothing falls in `check` without bump-only, which has not every way to break it"),
        ("amount-conserved", "`check` has no step like it for this lifecycle"),
        ("linearizable", "`check` assumes nothing like linearizable, so it has no run that shows the harm"),
    ],
)
def test_harm_that_neither_shows_is_unknown_and_says_why_unless_the_law_is_about_harm(law: str, says: str) -> None:
    harm = _harm(law)
    assert harm.says == says
    assert harm.seen is (HarmSeen.RUN if law == "event-not-lost" else HarmSeen.UNKNOWN)


def test_harm_in_a_world_that_is_too_large_to_explore_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman_conformance.harm.by_check.MOST_STATES", 10)
    harm = _harm("bump-only", lifecycle=replace(_spec()))
    assert harm.seen is HarmSeen.UNKNOWN
    assert "did not explore to the end: leg:create_payout" in harm.says


def test_where_nothing_is_broken_nothing_is_asked_and_no_array_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pointsman.checking.laws", None)  # its import would raise
    account = _account()
    assert weighed(account) is account


def test_ctrl_c_while_the_checker_is_asked_keeps_the_failures_and_interrupts(monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(*_: object) -> Harm:
        raise KeyboardInterrupt

    monkeypatch.setattr(weighing, "harm_by_check", pressed)
    found = weighed(_account("claim-is-a-write", "backoff"))
    assert [failure.law for failure in found.failures] == ["claim-is-a-write", "backoff"]
    assert [failure.harm for failure in found.failures] == [None, None]
    assert found.interrupted


def test_harm_stands_in_the_text_in_the_record_in_sarif_and_in_junit() -> None:
    account = weighed(_account("claim-is-a-write"))
    sentence = "Harm, which `check` finds in 8 steps: each-effect-at-most-once: create_payout has had two effects."
    (told,) = [block.text for block in blocks(account) if isinstance(block, Prose) and "Harm" in block.text]
    assert told.splitlines()[0] == sentence
    assert told.splitlines()[-1].endswith("sends create_payout: it is made")
    data = to_data([account])
    jsonschema.validate(data, conform_schema())
    result = Result("conform", findings(account), blocks(account), data)
    assert result.exit_code is Exit.FINDINGS
    for form in ("text", "json", "sarif", "junit"):
        assert "create_payout has had two effects" in render(result, form, Looks()), form


def test_a_run_that_goes_round_for_ever_says_so() -> None:
    account = weighed(_account("renew-key-after-refusal"))
    told = [block.text for block in blocks(account) if isinstance(block, Prose) and "Harm" in block.text]
    assert told[0].endswith("and so on for ever")
