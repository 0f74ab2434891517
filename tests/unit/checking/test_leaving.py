"""A row that leaves a call's statuses while a request is open: found for every actor, unless it is settled later."""

from __future__ import annotations

import pytest

from pointsman.checking.check import check
from pointsman.checking.verdict import Checked, PropertyStanding
from pointsman.loading.load import load_text
from pointsman.world.scope import Scope
from pointsman.world.truths import ONCE, RESOLVED, SETTLED

HOLDS, VIOLATED = PropertyStanding.HOLDS, PropertyStanding.VIOLATED


def checked(statuses: str, transitions: str, more: str = "") -> Checked:
    """A payout that a worker sends, with a clerk, a bank's webhook and a creditor who may move it elsewhere."""
    return check(
        load_text(
            f"""
pointsman: 1
lifecycle: payout
table:
  name: payouts
  columns:
    cents:     {{type: bigint}}
    receipt:   {{type: text, nullable: true}}
    credit_at: {{type: timestamptz, nullable: true}}
    due_at:    {{type: timestamptz, default: now}}
    tries:     {{type: integer, default: 0}}
    claims:    {{type: integer, default: 0}}
    key_round: {{type: integer, default: 0}}
    key_since: {{type: timestamptz, nullable: true}}
actors: {{payer: worker, creditor: worker, bank: webhook, clerk: handler, boss: admin}}
statuses:
  pending: {{initial: true, on_entry: {{due_at: now, tries: 0}}}}
  paid:    {{resting: true, requires: [receipt], means: {{pay: done}}}}
  refused: {{terminal: true}}
{statuses}
transitions:
  - {{from: pending, to: paid, event: sent, by: [payer, bank]}}
  - {{from: pending, to: refused, event: not_sent, by: [payer, boss], needs: {{pay: not_done}}}}
{transitions}
{more}
claims: {{by: bump, lease: 10m, fence: claims, longest_pause: 2m}}
settle: {{first: resend_same_key, otherwise: look_up}}
calls:
  pay:
    provider: bank
    request: POST /payouts
    amount: {{column: cents}}
    repeat: new_effect
    marks: {{reference: "{{id}}"}}
    key: "pay-{{id}}-{{key_round}}"
    key_generation: key_round
    key_first_used: key_since
    key_lifetime: 24h
    settles_within: 90s
    look_up: {{request: "GET /payouts?reference={{id}}", receipt: id}}
    records: {{receipt: id}}
    webhook: {{payout.created: {{event: sent}}}}
    outcomes:
      - {{accepted: [{{http: 200}}], stored: true}}
      - {{not_tried: [{{http: [401, 403, 409, 429]}}]}}
      - {{refused: [{{http: [400, 402]}}], stored: true}}
      - {{unknown: [{{http: 5xx}}], stored: true}}
      - {{unknown: [timeout, connection, unmatched]}}
queues:
  pay:
    statuses: [pending]
    worker: payer
    due: due_at
    order: due_at
    index: payouts_due
    call: pay
    attempts: {{column: tries, limit: 5}}
    backoff: {{first: 1m, ceiling: 1h}}
    then: {{accepted: sent, refused: not_sent, not_tried: wait, unknown: again, exhausted: settle, settled_done: sent,
           settled_absent: not_sent}}
  credit: {{statuses: [CREDITS], worker: creditor, due: credit_at, order: credit_at, index: payouts_credit}}
""".replace("CREDITS", "called_off" if "called_off" in statuses else "refunding")
        ),
        Scope(),
    )


CALLED_OFF = "  called_off: {on_entry: {credit_at: now}}\n  credited: {terminal: true}"
HOLD = """\
  - {from: pending, to: on_hold, event: hold, by: boss}
  - {from: on_hold, to: pending, event: release, by: boss}
"""
CREDITED = "  - {from: called_off, to: credited, event: credited, by: creditor}"


@pytest.mark.parametrize("actor", ["clerk", "boss", "payer", "bank"])
def test_a_way_out_that_credits_what_may_be_paid_is_found_for_every_actor(actor: str) -> None:
    out = f"  - {{from: pending, to: called_off, event: call_off, by: {actor}}}\n{CREDITED}"
    comes = "events:\n  call_off: {otherwise: {paid: ignore, refused: ignore, called_off: ignore, credited: ignore}}"
    found = checked(CALLED_OFF, out, comes)
    taken = {"payer": HOLDS}.get(actor, VIOLATED)  # no answer of the queue leads the payer there: it never happens
    assert found.standing(SETTLED.id) is taken
    assert found.standing(ONCE.id) is HOLDS  # the harm is no second effect of the call


def test_a_chain_of_statuses_before_the_end_does_not_hide_it() -> None:
    chain = CALLED_OFF.replace("  credited:", "  in_review: {resting: true}\n  credited:")
    out = "  - {from: pending, to: in_review, event: call_off, by: clerk}\n"
    out += "  - {from: in_review, to: called_off, event: agree, by: boss}\n" + CREDITED
    assert checked(chain, out).standing(SETTLED.id) is VIOLATED


def test_a_hold_that_only_leads_back_is_sound() -> None:
    hold = "  on_hold: {resting: true}\n" + CALLED_OFF
    out = HOLD
    found = checked(hold, out + CREDITED)
    assert found.standing(SETTLED.id) is HOLDS
    assert found.standing(RESOLVED.id) is HOLDS


def test_a_hold_with_another_way_out_is_not() -> None:
    hold = "  on_hold: {resting: true}\n" + CALLED_OFF
    out = HOLD
    out += "  - {from: on_hold, to: called_off, event: drop, by: boss}\n" + CREDITED
    assert checked(hold, out).standing(SETTLED.id) is VIOLATED


def test_news_that_brings_the_receipt_is_about_the_call() -> None:
    failed = "  refunding: {requires: [receipt], on_entry: {credit_at: now}}\n  credited: {terminal: true}"
    out = "  - {from: pending, to: refunding, event: bounced, by: bank}\n"
    out += "  - {from: refunding, to: credited, event: credited, by: creditor}"
    carries = "events:\n  bounced: {%sotherwise: {paid: ignore, refused: ignore, refunding: ignore, credited: ignore}}"
    assert checked(failed, out, carries % "carries: {receipt: id}, ").standing(SETTLED.id) is HOLDS
    assert checked(failed, out, carries % "").standing(SETTLED.id) is VIOLATED


def test_news_of_something_else_is_no_news_of_the_call() -> None:
    out = "  - {from: pending, to: called_off, event: closed, by: bank%s}\n" + CREDITED
    comes = "events:\n  closed: {otherwise: {paid: ignore, refused: ignore, called_off: ignore, credited: ignore}}"
    assert checked(CALLED_OFF, out % "", comes).standing(SETTLED.id) is VIOLATED
    assert checked(CALLED_OFF, out % ", leaves_open: [pay]", comes).standing(SETTLED.id) in {HOLDS, None}


def test_a_transition_may_say_that_it_leaves_the_outcome_open() -> None:
    out = "  - {from: pending, to: called_off, event: call_off, by: clerk, leaves_open: [pay]}\n" + CREDITED
    assert checked(CALLED_OFF, out).standing(SETTLED.id) in {HOLDS, None}
    both = out + "\n  - {from: pending, to: credited, event: forget, by: clerk}"
    assert checked(CALLED_OFF, both).standing(SETTLED.id) is VIOLATED  # the other way out does not say it
