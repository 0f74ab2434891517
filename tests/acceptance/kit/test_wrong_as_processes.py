"""Every wrong implementation that can be a process of its own is failed by its law, as a black box."""

from __future__ import annotations

import pytest

from pointsman_conformance.core.plan import DeliverWebhooks, Happen, Move, Plan, Settle, Work
from pointsman_conformance.drivers.black_box import BlackBox
from pointsman_conformance.drivers.patience import Patience
from pointsman_conformance.mutants import WRONG
from pointsman_conformance.mutants.plans import PLANS
from tests.acceptance.kit.boxes import book, breaches, play, seller_transfer

NOT_A_PROCESS = {
    "skips_guard": "it is wrong at a handler's event, which a process that knows nothing of us has no way to get",
    "applies_twice": "the same",
    "drops_early_refund": "the same",
    "coerces_unknown_status": "the same",
}
"""Those that need to be handed something, each with the reason; other drivers reach them."""

UNCLAIMED = Patience(quiet=1.0)
"""For one that ends its claim before it sends: a busy machine's pause in between looks like the end of its turn."""


def roles(plan: Plan) -> list[str]:
    """The roles that the process must play so that the plan reaches its wrong."""
    found = [step.actor for step in plan if isinstance(step, Work)]
    found += ["webhook" for step in plan if isinstance(step, DeliverWebhooks)]
    return list(dict.fromkeys(found)) or ["transfer_worker"]


@pytest.mark.parametrize("name", [name for name in WRONG if name not in NOT_A_PROCESS])
def test_a_wrong_process_is_failed_by_its_law_and_by_no_crash(database: str, name: str) -> None:
    played = roles(PLANS[name])
    patience = UNCLAIMED if name == "forgets_row_after_crash" else Patience()
    with BlackBox(seller_transfer(), book(*played, wrong=name), played, database, patience=patience) as box:
        results = play(box, PLANS[name])
        assert WRONG[name].law in {law for law, _ in breaches(box.lifecycle, box.history())}
        assert [each.trouble for each in results if each.trouble] == []
        assert "Traceback" not in box.log()


def test_what_cannot_be_a_process_is_known_by_its_plan() -> None:
    for name in NOT_A_PROCESS:
        assert any(isinstance(step, Happen | Move) for step in PLANS[name])
        assert not any(isinstance(step, Settle | DeliverWebhooks) for step in PLANS[name][:1])


def test_an_honest_process_keeps_all_laws_where_webhooks_come_late_and_twice(database: str) -> None:
    played = ["reversal_worker", "webhook"]
    with BlackBox(seller_transfer(), book(*played), played, database) as box:
        plan = (*PLANS["late_webhook_reopens"], DeliverWebhooks(times=2, reverse=True), Settle())
        results = play(box, plan)
        assert breaches(box.lifecycle, box.history()) == []
        assert box.rows()["1"]["status"] == "reversed"
        assert results[-2].message == "ignored"


def test_a_process_may_play_webhooks_alone_and_must_check_their_signature(database: str) -> None:
    with BlackBox(seller_transfer(), book("webhook"), ["webhook"], database) as box:
        plan = (*PLANS["late_webhook_reopens"][:2], Work("reversal_worker"), DeliverWebhooks("1"))
        play(box, plan)
        assert breaches(box.lifecycle, box.history()) == []
        assert [record.kind for record in box.history().records if record.who == "webhook.1"][:2] == [
            "started",
            "delivered",
        ]
