"""What was once wrong in the world or in its reductions: each with the smallest lifecycle that shows it."""

from __future__ import annotations

import json

import pytest

from pointsman.checking.check import check
from pointsman.checking.verdict import PropertyStanding
from pointsman.loading.load import load_text
from pointsman.spec.lifecycle import Lifecycle
from pointsman.world.scope import ARRIVALS, Scope, world_named

ONE = Scope(1, 1, 1)

HEAD = """
pointsman: 1
lifecycle: doubt
table:
  name: things
  status_column: status
  columns:
    tries:    {type: integer, default: 0}
    due_at:   {type: timestamptz, nullable: true, default: now}
    claim_no: {type: integer, default: 0}
    key_no:   {type: integer, default: 0}
    key_at:   {type: timestamptz, nullable: true}
actors: {worker: worker, other: worker, screen: handler}
same_status: {allow: [tries, due_at, claim_no, key_no, key_at]}
settle: {first: resend_same_key, otherwise: look_up}
"""

CLAIMS = "claims: {by: bump, lease: 10m, fence: claim_no, longest_pause: 2m}\n"

ENDS = "{done: {terminal: true}, failed: {terminal: true}, todo: {initial: true, on_entry: {due_at: now}}}"

MOVES = """
transitions:
  - {from: todo, to: done, event: made, by: worker}
  - {from: todo, to: failed, event: not_made, by: worker, needs: {pay: not_done}}
"""


def call(name: str) -> str:
    return f"""
  {name}:
    provider: somebody
    request: POST /{name}
    repeat: new_effect
    key: "{name}-{{id}}-{{key_no}}"
    key_generation: key_no
    key_first_used: key_at
    key_lifetime: 24h
    settles_within: 90s
    look_up: {{request: "GET /{name}?row={{id}}", receipt: id}}
    outcomes:
      - {{accepted: [{{http: 200}}], stored: true}}
      - {{refused: [{{http: 400}}], stored: true}}
      - {{unknown: [{{http: 5xx}}], stored: true}}
      - {{unknown: [timeout, connection, unmatched]}}
"""


def queue(status: str, worker: str, name: str, made: str = "made", not_made: str = "not_made", **then: str) -> str:
    answers = {
        "accepted": made,
        "refused": not_made,
        "refused_for_now": "again",
        "already_done": "look_up",
        "not_tried": "wait",
        "unknown": "again",
        "misused": "alarm",
        "exhausted": "settle",
        "settled_done": made,
        "settled_absent": not_made,
    }
    return f"""
  of_{status}:
    statuses: [{status}]
    worker: {worker}
    call: {name}
    due: due_at
    order: [due_at, id]
    attempts: {{column: tries, limit: 2}}
    then: {json.dumps(answers | then)}
"""


def spec(statuses: str = ENDS, moves: str = MOVES, claims: str = CLAIMS, more: str = "", **then: str) -> Lifecycle:
    queues = queue("todo", "worker", "pay", **then)
    return load_text(
        f"{HEAD}{claims}statuses: {statuses}\n{moves}\ncalls:{call('pay')}\nqueues:{queues}\n{more}", "doubt.yaml"
    )


def test_a_property_about_a_due_time_falls_with_the_reductions_too() -> None:
    lifecycle = spec(
        "{done: {terminal: true, on_entry: {due_at: null}}, failed: {terminal: true}, todo: {initial: true}}",
        more="properties: {done_is_due: {never: {status: done, where: due_at is null}}}",
    )
    assert check(lifecycle, ONE, reduce=False).standing("done_is_due") is PropertyStanding.VIOLATED
    assert check(lifecycle, ONE).standing("done_is_due") is PropertyStanding.VIOLATED


def test_a_property_about_a_key_falls_with_the_reductions_too() -> None:
    lifecycle = spec(more="properties: {no_key: {never: {status: done, where: key_at is not null}}}")
    assert check(lifecycle, ONE, reduce=False).standing("no_key") is PropertyStanding.VIOLATED
    assert check(lifecycle, ONE).standing("no_key") is PropertyStanding.VIOLATED


def test_a_key_that_a_status_requires_is_kept_with_the_reductions_too() -> None:
    lifecycle = spec("{done: {terminal: true, requires: [key_at]}, failed: {terminal: true}, todo: {initial: true}}")
    assert check(lifecycle, ONE, reduce=False).standing("receipts-are-kept") is PropertyStanding.HOLDS
    assert check(lifecycle, ONE).standing("receipts-are-kept") is PropertyStanding.HOLDS


def test_a_property_about_a_count_does_not_hold_for_want_of_numbers() -> None:
    lifecycle = spec(more="properties: {untried: {never: {status: done, where: tries > 0}}}")
    assert check(lifecycle, ONE).standing("untried") is PropertyStanding.VIOLATED


def test_a_property_that_asks_for_a_time_is_unknown() -> None:
    lifecycle = spec(more="properties: {in_order: {never: {status: done, where: due_at > key_at}}}")
    found = next(v for v in check(lifecycle, ONE).verdicts if v.prop == "in_order")
    assert found.standing is PropertyStanding.UNKNOWN
    assert "due_at, key_at" in found.says


def test_a_spec_with_a_call_and_without_claims_is_checked() -> None:
    found = check(spec(claims=""), Scope(1, 2, 2)).verdicts
    assert {v.prop for v in found if v.standing is PropertyStanding.VIOLATED} >= {"each-effect-at-most-once"}


def test_giving_up_without_settling_is_done_as_the_spec_says() -> None:
    checked = check(spec(exhausted="not_made"), ONE)
    assert checked.standing("status-tells-the-truth") is PropertyStanding.VIOLATED
    assert checked.standing("no-deadlock") is PropertyStanding.HOLDS


@pytest.mark.parametrize("world", ["leg:pay", "leg:tell"])
def test_a_leg_that_follows_another_is_resolved(world: str) -> None:
    statuses = (
        "{todo: {initial: true, on_entry: {due_at: now}}, paid: {on_entry: {tries: 0, due_at: now, key_at: null}},"
        " done: {terminal: true}, failed: {terminal: true}}"
    )
    moves = """
transitions:
  - {from: todo, to: paid, event: made, by: worker}
  - {from: todo, to: failed, event: not_made, by: worker, needs: {pay: not_done}}
  - {from: paid, to: done, event: told, by: other}
  - {from: paid, to: failed, event: not_told, by: other, needs: {tell: not_done}}
"""
    queues = queue("todo", "worker", "pay") + queue("paid", "other", "tell", "told", "not_told")
    calls = call("pay") + call("tell")
    lifecycle = load_text(f"{HEAD}{CLAIMS}statuses: {statuses}\n{moves}\ncalls:{calls}\nqueues:{queues}", "doubt.yaml")
    assert check(lifecycle, ONE).standing("every-row-is-resolved") is PropertyStanding.HOLDS
    scope = Scope(1, 1, 1, world_named(lifecycle, world))
    assert check(lifecycle, scope).standing("every-row-is-resolved") is PropertyStanding.HOLDS


def test_a_row_is_resolved_however_often_its_key_is_renewed() -> None:
    lifecycle = spec(claims="claims: {by: bump, fence: claim_no, longest_pause: 2m}\n", refused="again")
    assert check(lifecycle, Scope(1, 1, 1)).standing("every-row-is-resolved") is PropertyStanding.HOLDS
    assert check(lifecycle, Scope(1, 1, 2)).standing("every-row-is-resolved") is PropertyStanding.HOLDS


def test_the_lease_of_a_claim_that_was_left_for_another_row_ends() -> None:
    lifecycle = spec(
        "{todo: {initial: true}, done: {terminal: true}, failed: {terminal: true}, held: {resting: true}}",
        f"{MOVES}"
        "  - {from: todo, to: held, event: held_up, by: screen}\n"
        "  - {from: held, to: todo, event: let_go, by: screen}\n",
        more="events: {let_go: {delivery: exactly_once, otherwise: {todo: ignore, done: ignore, failed: ignore}}}",
    )
    assert check(lifecycle, ONE).standing("every-row-is-resolved") is PropertyStanding.HOLDS
    assert check(lifecycle, Scope(1, 1, 1, ARRIVALS)).standing("every-row-is-resolved") is PropertyStanding.HOLDS


TO_AND_FRO = """
pointsman: 1
lifecycle: to_and_fro
table:
  name: things
  status_column: status
  columns:
    due_at:   {type: timestamptz, nullable: true, default: now}
    claim_no: {type: integer, default: 0}
    key_a:    {type: integer, default: 0}
    key_b:    {type: integer, default: 0}
    sent_a:   {type: timestamptz, nullable: true}
    sent_b:   {type: timestamptz, nullable: true}
actors: {worker_a: worker, worker_b: worker, screen: handler}
same_status: {allow: [due_at, claim_no, key_a, key_b, sent_a, sent_b]}
claims: {by: bump, lease: 10m, fence: claim_no, longest_pause: 2m}
settle: {first: resend_same_key, otherwise: look_up}
statuses: {a: {initial: true}, b: {on_entry: {due_at: now}}, done: {terminal: true}}
transitions:
  - {from: a, to: done, event: made_a, by: worker_a}
  - {from: b, to: done, event: made_b, by: worker_b}
  - {from: a, to: b, event: ahead, by: screen}
  - {from: b, to: a, event: back, by: screen}
calls:
  call_a: {provider: p, request: POST /a, repeat: new_effect, settles_within: 90s,
           key: "a-{id}-{key_a}", key_generation: key_a, key_first_used: sent_a, key_lifetime: 24h,
           look_up: {request: "GET /a?row={id}", receipt: id},
           outcomes: [{accepted: [{http: 200}], stored: true}, {unknown: [timeout, connection, unmatched]}]}
  call_b: {provider: p, request: POST /b, repeat: new_effect, settles_within: 90s,
           key: "b-{id}-{key_b}", key_generation: key_b, key_first_used: sent_b, key_lifetime: 24h,
           look_up: {request: "GET /b?row={id}", receipt: id},
           outcomes: [{accepted: [{http: 200}], stored: true}, {refused: [{http: 400}], stored: true},
                      {unknown: [timeout, connection, unmatched]}]}
queues:
  of_a: {statuses: [a], worker: worker_a, call: call_a, due: due_at, order: [due_at, id],
         then: {accepted: made_a, unknown: again}}
  of_b: {statuses: [b], worker: worker_b, call: call_b, due: due_at, order: [due_at, id],
         then: {accepted: made_b, refused: again, unknown: again}}
"""


def test_a_request_keeps_its_key_when_another_call_renews_its_own() -> None:
    checked = check(load_text(TO_AND_FRO, "to_and_fro.yaml"), Scope(1, 1, 1))
    twice = next(verdict for verdict in checked.verdicts if verdict.prop == "each-effect-at-most-once")
    # Two effects need a look-up that races the request; in 12 steps a key would have to be taken for a new one.
    assert twice.steps == 14
