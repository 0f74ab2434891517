"""Mutants of every spec: each is failed by its law on its own plan, and the honest implementation is not."""

from __future__ import annotations

import pytest

from pointsman.loading.load import load
from pointsman_conformance.drivers.in_process import InProcess, by_the_book
from pointsman_conformance.mutants.variants import mutants
from tests.checkout import TOP
from tests.playing import failed, verdicts

SPECS = sorted(path.stem for path in (TOP / "spec").glob("*.yaml"))


@pytest.mark.parametrize("spec", SPECS)
def test_every_mutant_is_failed_by_its_law(spec: str) -> None:
    lifecycle = load(TOP / f"spec/{spec}.yaml")
    survivors = {
        mutant.name: found
        for mutant in mutants(lifecycle)
        if mutant.law not in (found := failed(verdicts(lifecycle, InProcess(lifecycle, mutant.make), mutant.plan)))
    }
    assert survivors == {}


@pytest.mark.parametrize("spec", SPECS)
def test_the_book_keeps_every_law_where_mutants_fail(spec: str) -> None:
    lifecycle = load(TOP / f"spec/{spec}.yaml")
    honest = by_the_book(lifecycle)
    alarms = {
        mutant.name: found
        for mutant in mutants(lifecycle)
        if (found := failed(verdicts(lifecycle, honest, mutant.plan)))
    }
    assert alarms == {}


@pytest.mark.parametrize("spec", SPECS)
def test_mutants_have_names_of_their_own(spec: str) -> None:
    names = [mutant.name for mutant in mutants(load(TOP / f"spec/{spec}.yaml"))]
    assert len(names) == len(set(names))


def test_mutants_of_the_seller_transfer_reach_most_laws() -> None:
    found = {mutant.law for mutant in mutants(load(TOP / "spec/seller_transfer.yaml"))}
    assert found >= {
        "guarded-write",
        "conditional-write",
        "claim-is-a-write",
        "stable-key",
        "renew-key-after-refusal",
        "unknown-is-not-failure",
        "already-done-is-done",
        "not-tried-is-not-an-attempt",
        "record-with-status",
        "backoff",
        "reset-on-entry",
        "event-not-lost",
        "amount-conserved",
    }
