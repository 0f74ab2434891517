"""A stand-in for a driver: rows that a test sets, steps that it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Capability, ImplementationInfo, Played
from pointsman_conformance.core.history import Columns, History
from pointsman_conformance.core.plan import Step

SPECS = Path(__file__).parents[3] / "spec"
SELLER = load(SPECS / "seller_transfer.yaml")
EVERYBODY = frozenset(SELLER.actor)
ALL = frozenset(Capability)


def about(lifecycle: Lifecycle = SELLER, *roles: str, capabilities: frozenset[Capability] = ALL) -> ImplementationInfo:
    return ImplementationInfo("stand-in", frozenset(roles or lifecycle.actor), capabilities=capabilities)


class StandIn:
    """Plays nothing."""

    def __init__(self, rows: Mapping[str, Columns], *roles: str) -> None:
        self.held, self.about, self.played = dict(rows), about(SELLER, *roles), list[Step]()

    def begin(self, case: str) -> None:
        self.played.clear()

    def play(self, step: Step) -> Played:
        self.played.append(step)
        return Played()

    def rows(self) -> Mapping[str, Columns]:
        return self.held

    def now(self) -> float:
        return 100.0

    def key(self, row: str) -> str:
        return row

    def history(self) -> History:
        return History(())

    def close(self) -> None:
        """Nothing is held."""


def row(status: str, **columns: float | str | None) -> Columns:
    """A row of the seller transfer, due now."""
    usual: dict[str, int | float | str | None] = {
        "id": 1, "status": status, "amount_cents": 1000, "reversal_cents": None, "stripe_transfer_id": "tr_1",
        "stripe_reversal_id": None, "retry_count": 0, "next_retry_at": 50.0, "claim_count": 0, "key_generation": 0,
        "key_first_used_at": None, "refund_requested_at": None,
    }  # fmt: skip
    return {**usual, **columns}
