"""Claims that are row locks: what a crash takes back, and what a record counts."""

from __future__ import annotations

import pytest

from pointsman.checking.check import check
from pointsman.checking.verdict import Checked, PropertyStanding, Verdict
from pointsman.loading.load import load_text
from pointsman.spec.lifecycle import Lifecycle
from pointsman.world.build import build
from pointsman.world.ground import DUE, LATER
from pointsman.world.scope import ARRIVALS, Scope
from pointsman.world.system import value_of
from pointsman.world.worker import Phase

HOLDS, VIOLATED = PropertyStanding.HOLDS, PropertyStanding.VIOLATED

LOCKED = """\
pointsman: 1
lifecycle: fee
table:
  name: fees
  columns:
    receipt: {type: text, nullable: true}
    tries: {type: integer, default: 0}
    next_at: {type: timestamptz, nullable: true, default: now}
    sent_at: {type: timestamptz, nullable: true}
actors: {collector: worker}
statuses:
  owed: {initial: true, requires: [next_at], on_entry: {tries: 0, next_at: now, sent_at: null}}
  collected: {terminal: true, requires: [receipt], means: {collect: done}}
  waived: {terminal: true, means: {collect: not_done}}
transitions:
  - {from: owed, to: collected, event: took, by: collector}
  - {from: owed, to: waived, event: declined, by: collector, needs: {collect: not_done}}
same_status: {allow: [tries, next_at, sent_at]}
claims: {by: lock}
settle: {first: resend_same_key, otherwise: look_up}
calls:
  collect:
    provider: acquirer
    request: POST /v1/fees
    repeat: new_effect
    marks: {metadata.fee: "{id}"}
    key: "fee-{id}"
    key_first_used: sent_at
    key_lifetime: 24h
    settles_within: 90s
    look_up: {request: "GET /v1/fees?fee={id}", receipt: id}
    records: {receipt: id}
    outcomes:
      - {accepted: [{http: 200}], stored: true}
      - {not_tried: [{http: [401, 403, 409, 429]}]}
      - {unknown: [{http: 4xx}, {http: 5xx}, timeout, connection, unmatched]}
queues:
  collecting:
    statuses: [owed]
    worker: collector
    due: next_at
    order: [next_at, id]
    call: collect
    attempts: {column: tries, limit: 3}
    then:
      accepted: took
      not_tried: wait
      unknown: again
      exhausted: settle
      settled_done: took
      settled_absent: declined
"""


def locked(**changed: str) -> Lifecycle:
    text = LOCKED
    for old, new in changed.items():
        line = next(line for line in text.splitlines() if line.strip().startswith(f"{old}:"))
        text = text.replace(line, new)
    return load_text(text)


def verdict(checked: Checked, prop: str) -> Verdict:
    return next(each for each in checked.verdicts if each.prop == prop)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_crash_takes_back_since_when_a_key_is_in_use_so_that_a_forgotten_key_makes_a_second_effect(
    workers: int,
) -> None:
    found = verdict(check(locked(), Scope(1, workers, 2)), "each-effect-at-most-once")
    assert found.standing is VIOLATED
    assert found.story is not None
    told = [deed.says for deed in found.story.deeds]
    assert any("crash" in says for says in told)
    assert any("forgets a key" in says for says in told)


def test_a_lease_writes_since_when_a_key_is_in_use_before_it_sends_so_that_the_same_lifecycle_holds() -> None:
    leased = "claims: {by: bump, lease: 10m, fence: version, longest_pause: 1m}"
    columns = "    receipt: {type: text, nullable: true}\n    version: {type: integer, default: 0}"
    allowed = "same_status: {allow: [tries, next_at, sent_at, version]}"
    spec = locked(claims=leased, receipt=columns, same_status=allowed)
    assert verdict(check(spec, Scope(1, 2, 2)), "each-effect-at-most-once").standing is HOLDS


def test_a_record_that_moves_the_row_counts_its_attempt_too() -> None:
    moves = [each for each in build(locked(), Scope(1, 1, 2)).actions if "records_ACCEPTED" in each.name]
    assert moves
    assert all("r0_tries" in dict(each.updates) for each in moves)


def test_a_worker_that_takes_the_oldest_first_takes_another_row_only_while_this_one_is_locked_or_not_due() -> None:
    away = next(e for e in build(locked(), Scope(1, 2, 1, ARRIVALS)).actions if "w1_collecting_row_1_takes" in e.name)
    idle = {"w1_phase": Phase.IDLE, "r0_status": 1, "r0_due_next_at": DUE, "r0_holder": 0}
    assert [value_of(away.guard, idle | {"r0_holder": holder}) for holder in (0, 2)] == [0, 1]
    assert value_of(away.guard, idle | {"r0_due_next_at": LATER}) == 1


def test_an_attempt_that_ends_with_the_move_to_an_end_is_bounded_by_the_limit() -> None:
    checked = check(load_text(LOCKED.replace("repeat: new_effect", "repeat: already_done")), Scope(1, 2, 2))
    assert {each.prop for each in checked.verdicts if each.standing is VIOLATED} == set()
