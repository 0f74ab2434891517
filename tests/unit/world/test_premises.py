"""Every premise is named, printed and explained, and most can be dropped: then a property falls that rests on it."""

from __future__ import annotations

import pytest

from pointsman.checking.check import check
from pointsman.checking.verdict import Checked, PropertyStanding, Verdict
from pointsman.loading.load import load
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.premises import DROPPABLE, PREMISES, Premise
from pointsman.verdicts.pages import pages
from pointsman.world.build import build, expanded
from pointsman.world.scope import Scope, world_named
from tests.checkout import TOP

ALWAYS = [premise for premise in PREMISES if not premise.droppable]


def spec(name: str) -> Lifecycle:
    return load(TOP / "spec" / f"{name}.yaml")


def without(name: str, world: str, premise: str) -> Checked:
    lifecycle = spec(name)
    return check(lifecycle, Scope(1, 1, 1, world_named(lifecycle, world)), [premise])


def fallen(checked: Checked) -> dict[str, Verdict]:
    return {verdict.prop: verdict for verdict in checked.verdicts if verdict.standing is PropertyStanding.VIOLATED}


@pytest.mark.parametrize(
    ("premise", "name", "world", "falls"),
    [
        ("look-ups-are-true", "refund", "leg:cancel_refund", "status-tells-the-truth"),
        ("look-ups-are-true", "ach_debit", "leg:stop_first", "status-tells-the-truth"),
        ("look-ups-are-true", "subscription", "leg:end_subscription", "status-tells-the-truth"),
        ("webhooks-reach-their-call", "payout", "leg:create_payout", "status-tells-the-truth"),
        ("effects-are-not-undone", "payout", "leg:create_payout", "status-tells-the-truth"),
        ("answers-mean-what-they-say", "payout", "leg:create_payout", "status-tells-the-truth"),
        ("inserted-once", "payout", "leg:create_payout", "each-effect-at-most-once"),
        ("one-clock", "payout", "leg:create_payout", "given-up-with-cause"),
        ("not-tried-ends", "payout", "leg:create_payout", "every-row-is-resolved"),
        ("not-tried-ends", "payout", "leg:create_payout", "attempts-are-bounded"),
    ],
)
def test_a_premise_that_is_dropped_lets_a_property_fall_by_a_step_of_its_own(
    premise: str, name: str, world: str, falls: str
) -> None:
    verdict = fallen(without(name, world, premise))[falls]
    assert verdict.story is not None
    assert {deed.wrong for deed in verdict.story.deeds} <= {None, premise}
    if premise != "not-tried-ends":  # there, the step is an honest one that never ends
        assert premise in {deed.wrong for deed in verdict.story.deeds}


def test_what_a_look_up_finds_in_any_case_is_taken_for_the_effect() -> None:
    story = fallen(without("refund", "leg:cancel_refund", "look-ups-are-true"))["status-tells-the-truth"].story
    assert story is not None
    assert any("what it finds is there in any case" in deed.says for deed in story.deeds)


@pytest.mark.parametrize("premise", DROPPABLE, ids=lambda premise: premise.id)
def test_a_world_without_a_premise_is_another(premise: Premise) -> None:
    lifecycles = [spec(name) for name in ("seller_transfer", "payout", "job_run")]
    assert any(
        (build(each, Scope(), [premise.id]).actions, build(each, Scope(), [premise.id]).tidies)
        != (build(each, Scope()).actions, build(each, Scope()).tidies)
        for each in lifecycles
    )


@pytest.mark.parametrize("premise", ALWAYS, ids=lambda premise: premise.id)
def test_a_premise_that_no_world_can_drop_says_why(premise: Premise) -> None:
    with pytest.raises(UsageError, match=f"no world does without {premise.id}"):
        expanded([premise.id])
    _, page = pages()[premise.id]
    assert premise.sentence in page
    assert premise.without in page
    assert "--without" not in page


def test_the_page_of_a_premise_says_what_happens_without_it() -> None:
    for premise in DROPPABLE:
        _, page = pages()[premise.id]
        assert f"--without {premise.id}` does not assume it: {premise.without}" in page


def test_the_page_about_the_world_has_the_premises_that_are_printed() -> None:
    page = (TOP / "docs" / "world.md").read_text(encoding="utf-8")
    rows = [f"| `{p.id}` | {p.sentence} | {'' if p.droppable else 'in every world: '}{p.without} |" for p in PREMISES]
    assert "\n".join(("| premise | what is taken for granted | without it |", "|---|---|---|", *rows, "")) in page


def test_the_page_about_check_has_the_premises_that_are_printed() -> None:
    page = (TOP / "docs" / "check.md").read_text(encoding="utf-8")
    rows = [f"| `{p.id}` | {p.sentence} |" for p in PREMISES]
    assert "\n".join(("| premise | says |", "|---|---|", *rows, "")) in page
    assert [p.fairness for p in PREMISES] == [False] * (len(PREMISES) - 6) + [True] * 6  # "the last six"
    assert all(f"`{p.id}`" in page.partition("No world can do without")[2].partition(".")[0] for p in ALWAYS)


def commands_without(premise: str, name: str) -> set[str]:
    """The commands of the payout's leg that only the world without the premise has."""
    lifecycle = spec(name)
    scope = Scope(1, 1, 1, world_named(lifecycle, "leg:create_payout"))
    return {each.name for each in build(lifecycle, scope, [premise]).actions if each.wrong == premise}


def test_with_clocks_that_differ_a_worker_settles_early_too() -> None:
    assert {each.rsplit("_row_1_", 1)[1] for each in commands_without("one-clock", "payout")} >= {
        "claims_early_one_clock",
        "claims_early_to_settle_one_clock",
    }
