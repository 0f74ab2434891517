"""`conforms`: the function that a test file calls."""

from __future__ import annotations

from collections.abc import Callable, Collection
from inspect import Parameter, signature
from pathlib import Path
from typing import cast

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Driver
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.drivers.turns import CopyMaker
from pointsman_conformance.harm.weighing import weighed
from pointsman_conformance.report.account import Failure
from pointsman_conformance.report.findings import harm_in_words
from pointsman_conformance.search.campaign import Budget, Campaign, run
from pointsman_conformance.search.failure_text import told


class NotConformantError(AssertionError):
    """Laws were broken. The message names them, the places in the spec that ask for them, and the smallest runs."""


class IncompleteError(AssertionError):
    """No law was broken, but something that must be put to the test was not. The message names it."""


def conforms(
    spec: str | Path | Lifecycle,
    implementation: Driver | Callable[[], Driver] | CopyMaker,
    *,
    roles: Collection[str] | None = None,
    laws: Collection[str] | None = None,
    seed: int = 0,
    budget: Budget | None = None,
) -> Campaign:
    """Judge an implementation against its spec. Raises NotConformantError or IncompleteError, each an AssertionError.

    `implementation` is a driver, a function without arguments that makes one, or, for Python that is written against
    ``pointsman_conformance.reference.operation``, a class whose copies play `roles` (every actor without any)::

        from pointsman_conformance.testing import conforms

        def test_our_worker_conforms() -> None:
            conforms("spec/seller_transfer.yaml", OurWorker, roles=["reversal_worker"])

    With `laws`, only these are judged, and IncompleteError is not raised. Returns the campaign, which says what was
    covered.
    """
    lifecycle = spec if isinstance(spec, Lifecycle) else load(spec)
    campaign = run(lifecycle, _maker(lifecycle, implementation, roles), seed=seed, budget=budget, laws=laws)
    account = weighed(campaign.account(lifecycle.source.file, lifecycle, ""))
    if account.failures:
        broken = "\n\n".join(_told(lifecycle, failure) for failure in account.failures)
        names = ", ".join(failure.law for failure in account.failures)
        raise NotConformantError(f"{campaign.about.name} breaks {names} (seed {seed})\n\n{broken}")
    if laws is None and (account.interrupted or any(sort.missing for sort in account.coverage)):
        raise IncompleteError(f"{campaign.about.name}: not everything was put to the test. {campaign.gaps}")
    return campaign


def _told(lifecycle: Lifecycle, failure: Failure) -> str:
    """The failing run and the harm of its breach."""
    harm = "" if failure.harm is None else f"\n{harm_in_words(failure.harm)}"
    return f"{told(lifecycle, failure)}{harm}"


def _maker(
    lifecycle: Lifecycle, implementation: Driver | Callable[[], Driver] | CopyMaker, roles: Collection[str] | None
) -> Callable[[], Driver]:
    if not callable(implementation):
        return lambda: implementation
    needed = [each for each in signature(implementation).parameters.values() if each.default is Parameter.empty]
    if not needed:
        return cast("Callable[[], Driver]", implementation)
    make, name = cast("CopyMaker", implementation), getattr(implementation, "__name__", "the implementation")
    return lambda: InProcess(lifecycle, make, roles, name=name)
