"""Runs that are told again without reductions: what a reduction cleared is not missed on the way."""

from __future__ import annotations

from pointsman.checking.check import check
from pointsman.checking.verdict import PropertyStanding
from pointsman.loading.load import load_text
from pointsman.world.scope import Scope

BACK_AND_FORTH = """\
pointsman: 1
lifecycle: booking
table:
  name: bookings
  columns:
    tries: {type: integer}
    next_at: {type: timestamptz}
    version: {type: integer}
    sent_at: {type: timestamptz}
statuses:
  holding: {initial: true, requires: [next_at]}
  charging: {on_entry: {tries: 0}}
  lapsed: {}
transitions:
  - {from: holding, to: charging, event: not_held, needs: {hold: not_done}}
  - {from: charging, to: lapsed, event: not_charged}
claims: {by: bump, longest_pause: 2m, lease: 10m, fence: version}
settle: {first: look_up}
calls:
  hold:
    provider: acquirer
    request: POST /v1/holds
    repeat: new_effect
    outcomes: [{not_tried: [{http: [429]}]}]
    key_first_used: sent_at
    settles_within: 90s
  charge:
    provider: acquirer
    request: POST /v1/charges
    repeat: already_done
    outcomes: [{unknown: [connection]}]
    look_up: {request: "GET /v1/charges?booking={id}", receipt: id}
queues:
  holds:
    statuses: [holding]
    call: hold
    then: {exhausted: not_held}
    due: next_at
    attempts: {column: tries, limit: 3}
  charges:
    statuses: [charging]
    call: charge
    then: {settled_absent: not_charged}
    attempts: {column: tries, limit: 3}
"""

TWICE = """\
pointsman: 1
lifecycle: note
statuses:
  written: {initial: true, resting: true}
  filed: {terminal: true}
actors: {screen: handler}
transitions:
  - {from: written, to: filed, event: file, by: screen}
  - {from: written, to: filed, event: file, by: screen}
"""


def test_a_keys_age_that_is_cleared_while_another_calls_request_is_out_ends_in_no_error() -> None:
    checked = check(load_text(BACK_AND_FORTH), Scope(1, 1, 1))
    fallen = [each for each in checked.verdicts if each.standing is PropertyStanding.VIOLATED]
    assert fallen
    assert all(each.story is not None for each in fallen)


def test_a_transition_that_stands_twice_fires_in_both_places() -> None:
    checked = check(load_text(TWICE), Scope(1, 1, 1))
    (fires,) = [each for each in checked.verdicts if each.prop == "every-transition-can-fire"]
    assert fires.standing is PropertyStanding.HOLDS
