"""Specs for the tests of rules: small ones to build on, and how a test asks for findings."""

from __future__ import annotations

from pointsman.linting.lint import lint
from pointsman.loading.load import load_text
from pointsman.spec.finding import Finding

PLAIN = """\
pointsman: 1
lifecycle: payout
statuses:
  pending: {initial: true}
  sent:    {}
  paid:    {terminal: true}
transitions:
  - {from: pending, to: sent, event: sent}
  - {from: sent,    to: paid, event: arrived}
"""

CALLING = """\
pointsman: 1
lifecycle: payout
table:
  name: payouts
  columns:
    cents:     {type: bigint}
    receipt:   {type: text, nullable: true}
    tries:     {type: integer, default: 0}
    due_at:    {type: timestamptz, default: now}
    claims:    {type: integer, default: 0}
    key_round: {type: integer, default: 0}
    key_since: {type: timestamptz, nullable: true}
actors: {payer: worker, clerk: admin, bank: webhook, shop: handler}
statuses:
  pending: {initial: true}
  paid:    {terminal: true, requires: [receipt], means: {pay: done}}
  failed:  {terminal: true}
transitions:
  - {from: pending, to: paid,   event: pay_accepted, by: [payer, bank]}
  - {from: pending, to: failed, event: given_up,     by: [payer, clerk, shop], needs: {pay: not_done}}
claims: {by: bump, lease: 10m, fence: claims, longest_pause: 2m}
settle: {first: resend_same_key, otherwise: look_up}
calls:
  pay:
    provider: bank
    request: POST /payouts
    amount: {column: cents}
    repeat: new_effect
    marks: {reference: "{id}"}
    key: "pay-{id}-{key_round}"
    key_generation: key_round
    key_first_used: key_since
    key_lifetime: 24h
    settles_within: 90s
    look_up: {request: "GET /payouts?reference={id}", receipt: id}
    records: {receipt: id}
    outcomes:
      - {accepted: [{http: 200}]}
      - {refused: [{http: [400, 402]}]}
      - {not_tried: [{http: [409, 429]}]}
      - {unknown: [{http: 5xx}, timeout, connection, unmatched]}
queues:
  payouts:
    statuses: [pending]
    worker: payer
    due: due_at
    order: [due_at, id]
    index: payouts_due
    call: pay
    attempts: {column: tries, limit: 12}
    backoff: {first: 1m, ceiling: 6h, jitter: 0.2}
    then: {accepted: pay_accepted, refused: given_up, not_tried: wait, unknown: again, exhausted: settle,
           settled_done: pay_accepted, settled_absent: given_up}
"""


def changed(text: str, *edits: tuple[str, str]) -> str:
    """`text` with each edit made once; an edit that finds nothing is a mistake of the test."""
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the spec"
        text = text.replace(old, new)
    return text


def findings(text: str) -> tuple[Finding, ...]:
    """Everything that lint says of `text`."""
    return lint(load_text(text, "spec.yaml"))


def codes(text: str) -> list[str]:
    """The codes of everything that lint says of `text`, in the order of the spec."""
    return [finding.code for finding in findings(text)]


def at(text: str, code: str) -> list[tuple[str, str]]:
    """Where and what `code` finds: ``("7:3", "bounced is ...")``."""
    return [(f"{f.place.line}:{f.place.column}", f.message) for f in findings(text) if f.code == code]
