"""event-without-bringer: where its finding stands, and what comes near it; the world says the same.

The two specs of its page are tested with those of all pages.
"""

from __future__ import annotations

import pytest

from pointsman.checking.check import check
from pointsman.loading.load import load_text
from pointsman.world.scope import Scope
from tests.unit.rules.specs import at, changed
from tests.unit.world.test_sound_specs import PAYOUT

CODE = "event-without-bringer"
WITH_BANK = changed(PAYOUT, ("clerk: admin}", "clerk: admin, bank: webhook, shop: handler}"))


def having(move: str, *edits: tuple[str, str]) -> str:
    added = f"\n  - {{from: pending, to: failed, event: bounced, {move}}}\nclaims:"
    return changed(WITH_BANK, ("\nclaims:", added), *edits)


def fires(text: str) -> bool:
    """Whether the last transition of the spec happens in some run."""
    lifecycle = load_text(text, "payout.yaml")
    return len(lifecycle.transitions) - 1 not in check(lifecycle, Scope(1, 1, 1)).blocked


HOOK = ("    records: {receipt: id}\n", "    records: {receipt: id}\n    webhook: {payout.failed: {event: bounced}}\n")
OTHERWISE = (HOOK[0], HOOK[1].replace("bounced}}", "bounced, otherwise: {pending: pay_accepted}}}"))
EVENT = ("\nsettle:", "\nevents: {bounced: {otherwise: {paid: ignore, failed: ignore}}}\nsettle:")
THEN = ("refused: given_up", "refused: bounced")


def test_a_webhook_does_not_take_what_nothing_tells_it() -> None:
    text = having("by: bank")
    ((place, message),) = at(text, CODE)
    assert place == "21:12"
    assert message == (
        "pending to failed by bounced is never taken: no queue's `then`, no webhook of a call and no event from "
        "outside brings the event bounced in pending"
    )
    assert not fires(text)


@pytest.mark.parametrize(("by", "edit"), [("by: bank", HOOK), ("by: bank", EVENT), ("by: payer", THEN)])
def test_a_webhook_an_event_and_a_reply_bring_it(by: str, edit: tuple[str, str]) -> None:
    text = having(by, edit)
    assert at(text, CODE) == []
    assert fires(text)


@pytest.mark.parametrize("by", ["by: shop", "by: clerk", "by: [bank, shop]"])
def test_a_handler_and_an_admin_decide_themselves(by: str) -> None:
    assert at(having(by), CODE) == []
    assert fires(having(by))


def test_a_webhook_that_means_something_else_in_this_status_does_not_bring_it() -> None:
    text = having("by: bank", OTHERWISE)
    assert len(at(text, CODE)) == 1
    assert not fires(text)


def test_a_worker_takes_from_a_queue_with_a_call_only_what_a_reply_means() -> None:
    text = having("by: payer")
    assert len(at(text, CODE)) == 1
    assert not fires(text)


def test_a_worker_without_a_call_takes_what_names_it() -> None:
    text = having("by: payer").replace(
        "from: pending, to: failed, event: bounced", "from: sent, to: failed, event: bounced"
    )
    text = changed(
        text, ("  paid:    {", "  sent: {initial: true}\n  paid:    {"), ("by: payer}\nclaims", "by: watcher}\nclaims"),
        ("actors: {payer: worker", "actors: {watcher: worker, payer: worker"),
        ("\nqueues:\n", "\nqueues:\n  watch: {statuses: [sent], worker: watcher, due: due_at}\n"),
    )  # fmt: skip
    assert at(text, CODE) == []
    assert fires(text)


UNNAMED = """\
pointsman: 1
lifecycle: order
%s
statuses: {new: {initial: true, resting: true}, sent: {terminal: true}}
transitions: [{from: new, to: sent%s}]
"""


@pytest.mark.parametrize(
    ("head", "event", "found"),
    [
        ("", ", event: send", False),  # neither actors nor queues: the unnamed actor takes everything
        ("actors: {desk: handler}", ", event: send", False),
        ("actors: {desk: admin}", ", event: send", False),
        ("actors: {hook: webhook}", ", event: send", True),
        ("actors: {hook: webhook}", "", False),
        ("actors: {hook: webhook}\nevents: {send: {otherwise: {sent: ignore}}}", ", event: send", False),
    ],
)
def test_without_by_the_unnamed_actor_takes_what_comes_or_is_decided(head: str, event: str, found: bool) -> None:
    text = UNNAMED % (head, event)
    assert bool(at(text, CODE)) is found
    assert fires(text) is not found
