"""Laws that turn out not to apply, since another discipline gives the same safety; and wrong workers that stay found.

The workers are the kit's own in memory, which take rows without a claim. Each wrong one does one thing more that is
wrong, and no law that does not apply may hide that.
"""

from dataclasses import replace
from functools import cache
from typing import Any, cast

import pytest

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle, Queue
from pointsman_conformance.core.history import Columns
from pointsman_conformance.core.wire import Heard
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.drivers.turns import CopyMaker
from pointsman_conformance.harm import weighing
from pointsman_conformance.harm.by_check import Together
from pointsman_conformance.harm.weighing import weighed
from pointsman_conformance.mutants.backoff import HotLoop
from pointsman_conformance.mutants.claim_is_a_write import ClaimsByReading
from pointsman_conformance.mutants.record_with_status import ForgetsTheReceipt
from pointsman_conformance.mutants.stale_claim_sends_nothing import SendsAfterAPause
from pointsman_conformance.reference import asking
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.implementation import ReferenceImplementation
from pointsman_conformance.reference.operation import FoundRow, Later, ReadDue
from pointsman_conformance.reference.requests import effect_request
from pointsman_conformance.report.account import (
    Harm,
    HarmSeen,
    ImplementationAccount,
    ImplementationVerdict,
    LawStanding,
    OfLaw,
)
from pointsman_conformance.report.merging import merged
from pointsman_conformance.search.campaign import Budget, run
from pointsman_conformance.testing import NotConformantError, conforms
from tests.checkout import TOP
from tests.unit.harm.kept_keys import order_payment

STEPS = 1500
NOT, KEPT = LawStanding.NOT_APPLICABLE, LawStanding.KEPT


def _unweighed(
    kind: type[ReferenceImplementation], lifecycle: Lifecycle | None = None, seed: int = 1
) -> ImplementationAccount:
    lifecycle = lifecycle or order_payment()
    maker = cast("CopyMaker", kind)
    campaign = run(lifecycle, lambda: InProcess(lifecycle, maker), seed=seed, budget=Budget(steps=STEPS))
    return campaign.account("spec.yaml", lifecycle, "in memory")


def _account(
    kind: type[ReferenceImplementation], lifecycle: Lifecycle | None = None, seed: int = 1
) -> ImplementationAccount:
    return weighed(_unweighed(kind, lifecycle, seed))


@cache
def _reading() -> ImplementationAccount:
    return _account(ClaimsByReading)


def _law(account: ImplementationAccount, law: str) -> OfLaw:
    return next(each for each in account.laws if each.law == law)


def _broken(account: ImplementationAccount) -> set[str]:
    assert account.verdict is ImplementationVerdict.NOT_CONFORMANT
    return {failure.law for failure in account.failures}


# --- the discipline is another one ---------------------------------------------------


def test_a_worker_without_claims_conforms_where_its_key_lives_for_ever() -> None:
    assert {failure.law for failure in _unweighed(ClaimsByReading).failures} == {"claim-is-a-write"}
    assert _reading().verdict is ImplementationVerdict.CONFORMANT
    assert _reading().failures == ()


def test_the_report_says_why_the_law_does_not_apply() -> None:
    for law in ("claim-is-a-write", "stale-claim-sends-nothing"):
        standing = _law(_reading(), law)
        assert standing.standing is NOT
        assert standing.why.startswith("the key of create_payment is the row's own and lives for ever")
        assert "every property holds in 4 worlds of `check` without it" in standing.why
        assert _reading().exempt[law] == standing.why
    assert [sort.missing for sort in _reading().coverage if sort.missing] == []


def test_what_gives_the_safety_instead_was_put_to_the_test() -> None:
    laws = ("stable-key", "key-survives-crash", "already-done-is-done", "backoff", "not-tried-is-not-an-attempt")
    assert {law: _law(_reading(), law).standing for law in laws} == dict.fromkeys(laws, KEPT)


def test_a_worker_that_claims_is_held_to_its_claims_only_as_far_as_they_matter() -> None:
    account = _account(SendsAfterAPause)
    assert _law(account, "stale-claim-sends-nothing").standing is NOT
    assert _law(account, "claim-is-a-write").standing is KEPT
    assert account.verdict is ImplementationVerdict.CONFORMANT


# --- wrong ones stay found -----------------------------------------------------------


class KeyOfItsOwn(ClaimsByReading):
    """Takes rows without a claim, and sends each request under another key."""

    def send(self, held: ClaimedRow, seen: FoundRow) -> Doing[Heard]:
        """Send the honest request under a key that `key` makes."""
        request = effect_request(held.call, seen.columns, self.token)
        return (yield from asking.reply(replace(request, key=self.key(seen))))

    def key(self, seen: FoundRow) -> str:
        """Make a key at random."""
        return f"payment-{seen.key}-{self.random.randrange(10**6, 10**9)}"


class KeyOfTheDay(KeyOfItsOwn):
    """Takes rows without a claim; the key has the due time, which changes with each answer that is recorded."""

    def key(self, seen: FoundRow) -> str:
        """Make a key of the row and its due time: the same until a refusal, or an unknown outcome, is recorded."""
        return f"payment-{seen.key}-{seen.columns['due_at']}"


class ForgetsReceipts(ClaimsByReading, ForgetsTheReceipt):
    """Takes rows without a claim, and forgets the receipt."""


class ComesBackAtOnce(ClaimsByReading, HotLoop):
    """Takes rows without a claim, and makes them due at once."""


class TakesRowsEarly(ClaimsByReading):
    """Takes rows without a claim, and before they are due."""

    def take(self, queue: Queue) -> Doing[tuple[FoundRow, ...]]:
        """Read every row of the queue."""
        return (yield from asking.rows(ReadDue(queue.name, self.batch, due=False)))


class AsksForMore(ClaimsByReading):
    """Takes rows without a claim, and asks for more than the row does."""

    def what_to_send(self, held: ClaimedRow, seen: FoundRow) -> Columns:
        """The row with another amount."""
        del held
        return {**seen.columns, "amount_cents": int(str(seen.columns["amount_cents"])) + 1}


@pytest.mark.parametrize("kind", [KeyOfItsOwn, KeyOfTheDay])
def test_a_worker_without_claims_whose_key_is_not_the_rows_is_failed_by_the_law(kind: type[ClaimsByReading]) -> None:
    """Nothing but the row's own key gives the safety of a claim."""
    account = _account(kind)
    assert "claim-is-a-write" in _broken(account)
    (failure,) = [each for each in account.failures if each.law == "claim-is-a-write"]
    assert failure.breach.wrong is None
    assert failure.harm is not None


class KeyOfItsOwnLater(KeyOfItsOwn):
    """Takes rows without a claim; a copy sends the row's key once, and other keys from then on."""

    def __init__(self, *told: Any) -> None:
        super().__init__(*told)
        self._sent: set[str] = set()

    def key(self, seen: FoundRow) -> str:
        """Make the row's own key the first time, then one at random."""
        if seen.key in self._sent:
            return super().key(seen)
        self._sent.add(seen.key)
        return f"payment-{seen.key}"


def test_the_worse_breach_is_kept_though_a_harmless_one_came_first() -> None:
    account = _account(KeyOfItsOwnLater)
    (failure,) = [each for each in account.failures if each.law == "claim-is-a-write"]
    assert failure.breach.wrong is None


def test_of_several_seeds_the_breach_that_outweighs_is_kept() -> None:
    harmless = _unweighed(ClaimsByReading)
    (failure,) = harmless.failures
    longer = replace(failure, breach=replace(failure.breach, wrong=None), plan=failure.plan * 3)
    for order in ((harmless, replace(harmless, failures=(longer,))), (replace(harmless, failures=(longer,)), harmless)):
        assert merged(order).failures == (longer,)


def test_the_function_for_test_files_frees_and_fails_alike() -> None:
    budget = Budget(steps=STEPS)
    assert conforms(order_payment(), cast("CopyMaker", ClaimsByReading), budget=budget).runs
    with pytest.raises(NotConformantError, match="Harm in this run: the receipt is lost"):
        conforms(order_payment(), cast("CopyMaker", ForgetsReceipts), budget=budget)


@pytest.mark.parametrize(
    ("kind", "law"),
    [
        (ForgetsReceipts, "record-with-status"),
        (ComesBackAtOnce, "backoff"),
        (TakesRowsEarly, "due-only"),
        (AsksForMore, "amount-conserved"),
        (KeyOfItsOwn, "stable-key"),
        (KeyOfTheDay, "stable-key"),
    ],
)
def test_a_worker_without_claims_that_does_wrong_is_failed_by_the_law_of_that_wrong(
    kind: type[ClaimsByReading], law: str
) -> None:
    assert law in _broken(_account(kind))


@pytest.mark.parametrize("spec", ["payout", "seller_transfer", "refund"])
def test_where_keys_are_forgotten_a_worker_without_claims_is_failed_with_the_harm(spec: str) -> None:
    account = _account(ClaimsByReading, load(TOP / "spec" / f"{spec}.yaml"))
    assert "claim-is-a-write" in _broken(account)
    (failure,) = [each for each in account.failures if each.law == "claim-is-a-write"]
    assert failure.harm is not None
    assert failure.harm.seen in {HarmSeen.RUN, HarmSeen.CHECK}


# --- what the proof does not reach ---------------------------------------------------


def test_a_breach_that_is_more_than_check_knows_of_keeps_the_law() -> None:
    found = _unweighed(ClaimsByReading)
    (failure,) = found.failures
    more = replace(failure, breach=replace(failure.breach, wrong=None))
    account = weighed(replace(found, failures=(more,)))
    assert _broken(account) == {"claim-is-a-write"}
    assert account.failures[0].harm is not None
    assert account.failures[0].harm.seen is HarmSeen.UNKNOWN


def test_a_world_that_is_not_explored_to_its_end_keeps_the_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman_conformance.harm.by_check.MOST_STATES", 20)
    found = _unweighed(ClaimsByReading)
    account = weighed(replace(found, lifecycle=replace(order_payment())))
    assert _broken(account) == {"claim-is-a-write"}
    (failure,) = account.failures
    assert failure.harm is not None
    assert failure.harm.seen is HarmSeen.UNKNOWN
    assert "was not explored to its end" in failure.harm.says


def test_an_excused_failure_keeps_the_law_since_no_proof_knows_of_it() -> None:
    account = weighed(replace(_unweighed(ClaimsByReading), known=("record-with-status/requested->created",)))
    assert _broken(account) == {"claim-is-a-write"}


def test_two_laws_that_do_no_harm_alone_and_harm_together_are_kept_with_that_harm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harm = Harm(HarmSeen.CHECK, "create_payment has had two effects", "each-effect-at-most-once")
    monkeypatch.setattr(weighing, "together", lambda *_: Together(proved=False, harm=harm))
    account = weighed(_unweighed(ClaimsByReading))
    assert [failure.harm for failure in account.failures] == [harm]
    assert account.verdict is ImplementationVerdict.NOT_CONFORMANT


def test_harm_in_the_run_keeps_the_law_whatever_check_proves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "harm_in_run", lambda *_: "money moved twice")
    account = weighed(_unweighed(ClaimsByReading))
    assert _broken(account) == {"claim-is-a-write"}


# --- rows that come back late --------------------------------------------------------


class Late(ReferenceImplementation):
    """Makes a row due hours later than the spec allows after an unknown outcome."""

    hours = 20

    def after_unknown(self, held: ClaimedRow) -> Later:
        """Return a due time in so many hours."""
        del held
        return Later(self.hours * 3600.0)


class LateByDays(Late):
    """Makes a row due when the provider has forgotten its key."""

    hours = 72


class LateAndHasty(Late):
    """Comes back late after an unknown outcome, and at once after a refusal for now."""

    def after_a_pause(self, held: ClaimedRow) -> Later:
        """Return a due time of now."""
        del held
        return Later()


def _payout() -> Lifecycle:
    return load(TOP / "spec" / "payout.yaml")


def test_a_row_that_comes_back_late_while_its_key_is_remembered_loses_nothing_but_time() -> None:
    found = _unweighed(Late, _payout())
    assert {failure.law for failure in found.failures} == {"backoff"}
    account = weighed(found)
    assert account.failures == ()
    assert _law(account, "backoff").standing is NOT
    assert "loses nothing but time" in _law(account, "backoff").why


@pytest.mark.parametrize("kind", [LateByDays, LateAndHasty])
def test_a_row_that_comes_back_too_late_for_its_key_or_too_soon_is_a_breach(kind: type[Late]) -> None:
    account = _account(kind, _payout())
    assert "backoff" in _broken(account)
    (failure,) = [each for each in account.failures if each.law == "backoff"]
    assert failure.breach.wrong is None
