"""The worlds in which other model checkers are held against ours, and what ours comes to there.

Nothing is reduced: each checker sees the whole world.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from pointsman.checking.explore import Explorer, Reduction
from pointsman.checking.liveness import Liveness
from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle
from pointsman.world.build import build
from pointsman.world.scope import Scope, world_named
from pointsman.world.system import System
from tests.checkout import TOP


@dataclass(frozen=True)
class Case:
    """A spec in a scope, a wrong implementation that breaks something there, a premise without which a row waits."""

    spec: str
    world: str
    wrong: str
    premise: str
    rows: int = 1
    workers: int = 1
    attempts: int = 1

    def __str__(self) -> str:
        return f"{self.spec}-{self.world}-{self.rows}{self.workers}{self.attempts}"

    def build(self, *without: str) -> System:
        """The world, without what is named."""
        lifecycle = read(self.spec)
        scope = Scope(self.rows, self.workers, self.attempts, world_named(lifecycle, self.world))
        return build(lifecycle, scope, without)


@functools.cache
def read(spec: str) -> Lifecycle:
    """A spec of this repository, by its name."""
    return load(TOP / "spec" / f"{spec}.yaml")


CASES = (
    Case("ach_debit", "leg:stop_first", "gives_up_blind", "requests-end"),
    Case("ach_debit", "leg:send_second", "forgets_the_receipt", "reports-come-to-an-end"),
    Case("export_file", "default", "forgets_the_receipt", "requests-end", workers=2, attempts=2),
    Case("export_file", "arrivals", "done_without_receipt", "worker-goes-on"),
    Case("job_run", "leg:create_job", "claims_by_reading", "requests-end"),
    Case("job_run", "leg:delete_job", "bump_rewrites_amount", "time-passes", workers=2, attempts=2),
    Case("job_run", "leg:delete_job", "timeout_means_failed", "due-rows-are-claimed", rows=2),
    Case("payout", "leg:create_payout", "fresh_key_each_attempt", "worker-goes-on"),
    Case("payout", "arrivals", "gives_up_blind", "requests-end"),
    Case("refund", "leg:create_refund", "fresh_key_each_attempt", "requests-end"),
    Case("refund", "leg:cancel_refund", "keeps_key_in_memory", "reports-come-to-an-end"),
    Case("seller_transfer", "leg:create_transfer", "fresh_key_each_attempt", "due-rows-are-claimed"),
    Case("seller_transfer", "leg:create_reversal", "gives_up_blind", "requests-end"),
    Case("seller_transfer", "leg:create_reversal:partial", "done_without_receipt", "time-passes"),
    Case("subscription", "leg:create_subscription", "gives_up_blind", "requests-end"),
    Case("subscription", "leg:end_subscription", "compares_status_only", "worker-goes-on", workers=2, attempts=2),
)


@dataclass(frozen=True)
class Ours:
    """What our own exploration came to.

    `ends` counts the states without a command in which no row waits. `broken` has the least depth of each invariant
    that fell, by its number.
    """

    states: int
    transitions: int
    ends: int
    broken: Mapping[int, int]
    waits: tuple[bool, ...]


def ours(system: System) -> Ours:
    """What our own exploration of the whole system comes to."""
    explorer = Explorer(system, Reduction.NONE)
    found = explorer.explore()
    assert found.complete
    liveness = Liveness(explorer)
    return Ours(
        states=len(explorer.seen),
        transitions=found.transitions,
        ends=found.ends,
        broken={number: met.depth for number, met in found.broken.items()},
        waits=tuple(liveness.breach(response) is not None for response in system.responses),
    )


@functools.cache
def correct(case: Case) -> tuple[System, Ours]:
    """The world with everything in it, which two tests compare."""
    system = case.build()
    return system, ours(system)
