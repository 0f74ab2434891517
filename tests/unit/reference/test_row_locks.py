"""A reversal claimed by a row lock, of a transfer that no call of the spec made: the reference keeps its laws."""

from __future__ import annotations

import pytest

from pointsman.loading.load import load_text
from pointsman_conformance.core.driver import Driver
from pointsman_conformance.core.history import Effect, Response
from pointsman_conformance.core.plan import Advance, Create, Fault, FaultKind, Plan, Point, Settle, Work
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.laws import judge
from pointsman_conformance.search.campaign import Budget, play, run

TAKEN_BACK = load_text("""
pointsman: 1
lifecycle: clawback
table:
  name: clawbacks
  columns:
    cents: {type: bigint, check: cents > 0}
    transfer: {type: text}
    reversal: {type: text, nullable: true}
    tries: {type: integer, default: 0}
    due_at: {type: timestamptz, nullable: true, default: now}
    key_number: {type: integer, default: 0}
actors: {clerk: worker, boss: admin}
statuses:
  asked: {initial: true, requires: [due_at], on_entry: {due_at: now}}
  back: {terminal: true, requires: [reversal], means: {reverse: done}}
  stuck: {resting: true}
transitions:
  - {from: asked, to: back, event: reversed, by: clerk}
  - {from: asked, to: stuck, event: gave_up, by: clerk}
  - {from: stuck, to: asked, event: tried_again, by: boss}
same_status: {allow: [tries, due_at, key_number]}
events:
  tried_again: {otherwise: {asked: ignore, back: ignore}}
claims: {by: lock}
settle: {first: look_up, otherwise: resend_same_key}
calls:
  reverse:
    provider: stripe
    request: POST /v1/transfers/{transfer}/reversals
    amount: {column: cents}
    repeat: already_done
    marks: {metadata.row: "{id}"}
    key: "clawback-{id}-{key_number}"
    key_generation: key_number
    key_lifetime: 24h
    settles_within: 90s
    look_up: {request: "GET /v1/transfers/{transfer}/reversals", receipt: id}
    records: {reversal: id}
    outcomes:
      - {accepted: [{http: 200}], stored: true}
      - {already_done: [{http: 400, message: "*is already fully reversed."}]}
      - {refused_for_now: [{http: 400, code: balance_insufficient}], stored: true}
      - {misused: [{type: idempotency_error}]}
      - {not_tried: [{http: [401, 403, 409, 429]}]}
      - {refused: [{http: [400, 402, 404]}], stored: true}
      - {unknown: [{http: 5xx}], stored: true}
      - {unknown: [timeout, connection, unmatched]}
queues:
  clawback:
    statuses: [asked]
    worker: clerk
    due: due_at
    order: [due_at, id]
    index: clawbacks_asked
    call: reverse
    attempts: {column: tries, limit: 8}
    backoff: {first: 1m, factor: 2, ceiling: 6h, jitter: 0.2}
    then: {accepted: reversed, already_done: look_up, refused: gave_up, refused_for_now: again, not_tried: wait,
           misused: alarm, unknown: again, exhausted: settle, settled_done: reversed, settled_absent: gave_up}
""")


def driver() -> Driver:
    return InProcess(TAKEN_BACK, roles=["clerk"])


def test_what_a_call_stands_on_and_no_call_makes_is_at_the_provider_once() -> None:
    plan: Plan = (Create("1", "asked", {"cents": 700}), Work("clerk"))
    history, _ = play(driver(), plan)
    made = [record.amount for record in history.records if isinstance(record, Effect) and record.call == "reverse"]
    assert made == [700]
    assert [record.status for record in history.records if isinstance(record, Response)] == [200]


def test_a_refusal_that_was_lost_with_the_lock_was_not_recorded_by_the_next_write() -> None:
    lost = (Fault(FaultKind.REFUSED, Point.REQUEST_BEFORE), Fault(FaultKind.CUT, Point.WRITE_BEFORE, 2))
    unknown = (Fault(FaultKind.LOST_REQUEST, Point.REQUEST_BEFORE),)
    plan: Plan = (
        Create("1", "asked"), Work("clerk", faults=lost), Work("clerk", faults=unknown), Advance(3600.0), Work("clerk"),
        Settle(),
    )  # fmt: skip
    history, _ = play(driver(), plan)
    assert [verdict.law for verdict in judge(TAKEN_BACK, history) if verdict.breaches] == []


@pytest.mark.parametrize("seed", [1, 3])
def test_the_reference_is_not_blamed_whatever_is_lost_with_the_lock(seed: int) -> None:
    found = run(TAKEN_BACK, driver, seed=seed, budget=Budget(steps=1500, until_covered=True))
    assert found.breaches == {}
    assert found.complete, found.gaps
