"""Each wrong implementation is failed by the law it breaks, and the honest one keeps all laws in the same situation."""

from __future__ import annotations

import pytest

from pointsman.loading.load import load
from pointsman.spec.laws import LAWS
from pointsman_conformance.core.plan import Plan, from_json, to_json
from pointsman_conformance.drivers.in_process import InProcess, by_the_book
from pointsman_conformance.laws import TESTS
from pointsman_conformance.mutants import WRONG
from pointsman_conformance.mutants.plans import AS_A_WORKER, AS_AN_ADMIN, PLANS
from tests.checkout import TOP
from tests.playing import failed, verdicts

TRANSFER = load(TOP / "spec/seller_transfer.yaml")

HARMS_MORE = {"forgets_row_after_crash": {"claim-is-a-write"}}
"""Laws that a wrong implementation breaks beside its own: this one hides its claim."""


def test_the_four_lists_of_laws_name_the_same() -> None:
    assert list(TESTS) == [law.id for law in LAWS]
    assert list(WRONG) == [name for law in LAWS for name in law.wrong]
    assert [(name, each.law) for name, each in WRONG.items()] == [(name, law.id) for law in LAWS for name in law.wrong]
    assert set(PLANS) == set(WRONG)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_implementation_is_failed_by_its_law_and_by_no_other(name: str) -> None:
    wrong = WRONG[name]
    found = failed(verdicts(TRANSFER, InProcess(TRANSFER, wrong.make, name=name), PLANS[name]))
    files = f"mutants/{wrong.law.replace('-', '_')}.py, mutants/plans.py"
    assert set(found) == {wrong.law, *HARMS_MORE.get(name, set())}, f"the implementation or its plan is wrong: {files}"


@pytest.mark.parametrize("name", WRONG)
def test_in_the_same_situation_the_book_keeps_every_law_and_meets_this_one(name: str) -> None:
    found = verdicts(TRANSFER, by_the_book(TRANSFER), PLANS[name])
    assert failed(found) == {}
    assert [verdict.kept for verdict in found if verdict.law == WRONG[name].law] == [True]


@pytest.mark.parametrize(
    ("role", "name", "plan"),
    [
        *(("reversal_worker", name, plan) for name, plan in AS_A_WORKER.items()),
        *(("admin", name, plan) for name, plan in AS_AN_ADMIN.items()),
    ],
)
def test_some_are_wrong_in_other_roles_too(role: str, name: str, plan: Plan) -> None:
    wrong = InProcess(TRANSFER, WRONG[name].make, [role], name=name)
    assert set(failed(verdicts(TRANSFER, wrong, plan))) == {WRONG[name].law}
    assert failed(verdicts(TRANSFER, by_the_book(TRANSFER, [role]), plan)) == {}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_can_be_kept_in_a_file(name: str) -> None:
    assert from_json(to_json(PLANS[name])) == PLANS[name]


def test_a_wrong_implementation_says_what_it_does() -> None:
    assert all(each.sentence and each.kind.__doc__ for each in WRONG.values())
