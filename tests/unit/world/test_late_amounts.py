"""Amounts that an event, a webhook or a person changes: what a late request, a look-up and a second amount then are."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.loading.load import load_text
from pointsman.spec.lifecycle import Lifecycle
from pointsman.world.build import build
from pointsman.world.ground import LATER, NULL, PART, WHOLE
from pointsman.world.scope import Scope, world_named
from pointsman.world.system import GuardedCommand, value_of
from pointsman.world.worker import Phase

CLAWBACK = """\
pointsman: 1
lifecycle: clawback
table:
  name: clawbacks
  columns:
    cents: {type: bigint, nullable: true}
    fee_cents: {type: bigint, nullable: true}
    receipt: {type: text, nullable: true}
    tries: {type: integer, default: 0}
    next_at: {type: timestamptz, nullable: true}
    version: {type: integer, default: 0}
actors: {desk: handler, taker: worker, acquirer: webhook}
statuses:
  quiet: {initial: true, resting: true}
  taking: {requires: [cents, next_at], on_entry: {tries: 0, next_at: now}}
  taken: {resting: true, means: {take: done}}
events:
  wanted: {delivery: at_least_once, carries: {cents: amount}}
  took: {delivery: at_least_once}
transitions:
  - {from: quiet, to: taking, event: wanted, by: desk}
  - {from: taking, to: taken, event: took, by: [taker, acquirer]}
same_status: {allow: [tries, next_at, version]}
claims: {by: bump, lease: 10m, fence: version, longest_pause: 1m}
settle: {first: look_up}
calls:
  take:
    provider: acquirer
    request: POST /v1/clawbacks
    amount: {column: cents}
    repeat: already_done
    marks: {metadata.row: "{id}"}
    settles_within: 90s
    look_up: {request: "GET /v1/clawbacks?row={id}", receipt: id}
    records: {receipt: id}
    webhook: {clawback.taken: {event: took}}
    outcomes:
      - {accepted: [{http: 200}]}
      - {already_done: [{http: 400, code: already_taken}]}
      - {not_tried: [{http: [401, 403, 409, 429]}]}
      - {unknown: [{http: 4xx}, {http: 5xx}, timeout, connection, unmatched]}
queues:
  takings:
    statuses: [taking]
    worker: taker
    due: next_at
    order: [next_at, id]
    call: take
    attempts: {column: tries, limit: 3}
    then: {accepted: took, already_done: took, not_tried: wait, unknown: again, exhausted: settle, settled_done: took}
"""
FEE = """\
  take_fee:
    provider: acquirer
    request: POST /v1/fees
    amount: {column: fee_cents}
    repeat: already_done
    marks: {metadata.fee: "{id}"}
    settles_within: 90s
    outcomes:
      - {accepted: [{http: 200}]}
      - {already_done: [{http: 400, code: already_taken}]}
      - {not_tried: [{http: [401, 403, 409, 429]}]}
      - {unknown: [{http: 4xx}, {http: 5xx}, timeout, connection, unmatched]}
"""
FEES = """\
  fees:
    statuses: [taking_fee]
    worker: taker
    due: next_at
    call: take_fee
    attempts: {column: tries, limit: 3}
    then: {accepted: fee_took, already_done: fee_took, not_tried: wait, unknown: again}
"""
AGAIN = "  - {from: taking, to: taking, event: wanted, by: desk}\nsame_status:"


def clawback(*changes: tuple[str, str]) -> Lifecycle:
    text = CLAWBACK
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load_text(text)


def commands(lifecycle: Lifecycle, words: str, world: str = "partial") -> list[GuardedCommand]:
    scope = Scope(1, 1, 1, world_named(lifecycle, world))
    return [each for each in build(lifecycle, scope).actions if words in each.name]


def amounts(command: GuardedCommand) -> Mapping[str, object]:
    return {name: change for name, change in command.updates if "cents" in name}


def test_a_late_request_is_for_the_amount_that_it_was_sent_with_where_an_event_may_change_the_rows() -> None:
    (late,) = commands(clawback(("same_status:", AGAIN)), "late_row_1_take_made")
    assert any("executing_over" in name for name in late.reads)
    assert not any("cents" in name for name in late.reads)


def test_where_no_event_comes_while_a_request_is_out_the_rows_amount_is_the_requests() -> None:
    (late,) = commands(clawback(), "late_row_1_take_made")
    assert not any("executing_over" in name for name in late.reads)


def test_a_webhook_brings_a_part_or_the_whole_of_the_amount_that_its_event_carries() -> None:
    carrying = clawback(
        ("took: {delivery: at_least_once}", "took: {delivery: at_least_once, carries: {cents: amount}}")
    )
    brought = [amounts(each) for each in commands(carrying, "acquirer_row_1")]
    assert len({str(each) for each in brought}) == len(brought) == 2
    assert len(commands(carrying, "acquirer_row_1", "default")) == 1


def test_two_amounts_of_one_event_are_parts_each_by_itself() -> None:
    both = clawback(
        ("carries: {cents: amount}", "carries: {cents: amount, fee_cents: fee}"),
        ("calls:\n", "calls:\n" + FEE),
        ("queues:\n", "queues:\n" + FEES),
        ("  taken: {resting: true,", "  taking_fee: {on_entry: {tries: 0, next_at: now}}\n  taken: {resting: true,"),
        ("same_status:", "  - {from: taking_fee, to: taken, event: fee_took, by: taker}\nsame_status:"),
    )
    wanted = [amounts(each) for each in commands(both, "desk_row_1")]
    assert len({str(each) for each in wanted}) == 4


def test_parts_that_others_did_may_or_may_not_be_found_where_no_request_of_ours_made_them() -> None:
    lifecycle = clawback()
    found, absent = (commands(lifecycle, f"looks_up_{what}")[0].guard for what in ("found", "absent"))
    held = {"w1_phase": Phase.ERROR, "w1_mode": 0, "r0_due_next_at": LATER, "r0_holder": 1, "r0_status": 2}

    def may(done: int, ours: int) -> tuple[int, int]:
        at = held | {"r0_asked_cents": PART, "r0_units_take": done, "r0_made_take": ours}
        return value_of(found, at), value_of(absent, at)

    assert may(NULL, 0) == (0, 1)
    assert may(PART, 0) == (1, 1)
    assert may(WHOLE, 0) == may(PART, 1) == may(WHOLE, 1) == (1, 0)
