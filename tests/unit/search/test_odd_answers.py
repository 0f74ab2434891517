"""Implementations that read an odd answer as a client library lets them: the wrong are found, the careful are not."""

from __future__ import annotations

import pytest

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Call, CallResult, Outcome
from pointsman_conformance.core.plan import ODD_ANSWERS, FaultKind, Plan, Work
from pointsman_conformance.core.wire import Heard, HttpReply, NoReply
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.drivers.turns import CopyMaker
from pointsman_conformance.laws import judge
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.implementation import ReferenceImplementation
from pointsman_conformance.reference.operation import FoundRow
from pointsman_conformance.search.campaign import Budget, run
from pointsman_conformance.search.planned import tours
from tests.unit.search.standin import SPECS

SPEC = load(SPECS / "seller_transfer.yaml")


def status_of(heard: Heard) -> int | None:
    return heard.status if isinstance(heard, HttpReply) else None


def is_readable(heard: Heard) -> bool:
    return isinstance(heard, HttpReply) and not isinstance(heard.body, str)


class TakesTheErrorObject(Wrong):
    """Takes an error object for a refusal, whatever the status is."""

    def outcome(self, call: Call, heard: Heard) -> Outcome:
        odd = status_of(heard) == 200 and isinstance(heard, HttpReply) and "error" in heard.body
        return Outcome.REFUSED if odd else super().outcome(call, heard)


class TakesAnEmptyBodyForNothingDone(Wrong):
    """Takes a 200 without a body for: nothing was made."""

    def outcome(self, call: Call, heard: Heard) -> Outcome:
        odd = status_of(heard) == 200 and isinstance(heard, HttpReply) and heard.body == ""
        return Outcome.REFUSED if odd else super().outcome(call, heard)


class TakesAPageForARefusal(Wrong):
    """Takes whatever cannot be read for a refusal."""

    def outcome(self, call: Call, heard: Heard) -> Outcome:
        odd = status_of(heard) == 503 and not is_readable(heard)
        return Outcome.REFUSED if odd else super().outcome(call, heard)


class TakesAPageForDone(Wrong):
    """Finds no error object in the answer, and takes it for a success."""

    def hear(self, held: ClaimedRow, seen: FoundRow, heard: Heard) -> Doing[None]:
        if status_of(heard) == 400 and not is_readable(heard):
            yield from self.move(held, CallResult.ACCEPTED, {"stripe_reversal_id": "unknown"})
        else:
            yield from super().hear(held, seen, heard)


class ObeysTheHeader(Wrong):
    """Does what the header says: the row waits, and the same key is sent again."""

    def hear(self, held: ClaimedRow, seen: FoundRow, heard: Heard) -> Doing[None]:
        if isinstance(heard, HttpReply) and heard.headers.get("Stripe-Should-Retry") == "true":
            yield from self.stay(held, self.after_a_pause(held))
        else:
            yield from super().hear(held, seen, heard)


class TakesAPageForSilence(ReferenceImplementation):
    """Takes what cannot be read for no answer, as the SDKs' classes of errors do, and sends the same key later."""

    def hear(self, held: ClaimedRow, seen: FoundRow, heard: Heard) -> Doing[None]:
        yield from super().hear(held, seen, heard if is_readable(heard) else NoReply("timeout"))


def kinds_of(plan: Plan) -> set[FaultKind]:
    return {fault.kind for step in plan if isinstance(step, Work) for fault in step.faults}


def broken(make: CopyMaker, kinds: frozenset[FaultKind], *roles: str) -> set[str]:
    """The laws that are broken in the planned runs with these faults and no other."""
    driver = InProcess(SPEC, make, roles)
    found: set[str] = set()
    for planned in tours(SPEC, driver.about):
        if kinds_of(planned.plan) and kinds_of(planned.plan) <= kinds:
            driver.begin(planned.name)
            for step in planned.plan:
                driver.play(step)
            found |= {verdict.law for verdict in judge(SPEC, driver.history()) if verdict.breaches}
    return found


@pytest.mark.parametrize(
    ("make", "kind", "law"),
    [
        (TakesTheErrorObject, FaultKind.ERROR_IN_200, "unknown-is-not-failure"),
        (TakesAnEmptyBodyForNothingDone, FaultKind.EMPTY, "unknown-is-not-failure"),
        (TakesAPageForARefusal, FaultKind.HTML_503, "unknown-is-not-failure"),
        (TakesAPageForDone, FaultKind.HTML_400, "record-with-status"),
        (ObeysTheHeader, FaultKind.SHOULD_RETRY, "renew-key-after-refusal"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value),
)
def test_each_odd_answer_alone_finds_who_misreads_it(make: type[Wrong], kind: FaultKind, law: str) -> None:
    assert law in broken(make, frozenset({kind}), "reversal_worker")
    assert broken(make, frozenset(FaultKind) - ODD_ANSWERS, "reversal_worker") == set()


@pytest.mark.parametrize("make", [ReferenceImplementation, TakesAPageForSilence])
def test_one_who_goes_by_the_spec_and_one_who_is_more_careful_are_not_blamed(make: CopyMaker) -> None:
    roles = ("transfer_worker", "retry_worker", "reversal_worker")
    assert broken(make, ODD_ANSWERS, *roles) == set()
    found = run(SPEC, lambda: InProcess(SPEC, make, roles), seed=3, budget=Budget(steps=1_500))
    assert found.breaches == {}
    assert found.complete, found.gaps
