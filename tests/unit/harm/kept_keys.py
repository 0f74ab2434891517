"""A lifecycle whose key gives the safety that a claim gives elsewhere: it is the row's own, and is never forgotten."""

from functools import cache

from pointsman.loading.load import load_text
from pointsman.spec.lifecycle import Lifecycle

SPEC = """\
pointsman: 1
lifecycle: order_payment
table:
  name: order_payments
  columns:
    amount_cents: {type: bigint, check: amount_cents > 0}
    mandate:      {type: text}
    payment_ref:  {type: text, nullable: true}
    due_at:       {type: timestamptz, nullable: true, default: now}
    claim_count:  {type: integer, default: 0}
actors: {sender: worker}
statuses:
  requested: {initial: true, requires: [due_at], on_entry: {due_at: now}}
  created:   {terminal: true, requires: [payment_ref], means: {create_payment: done}}
transitions:
  - {from: requested, to: created, event: payment_created, by: sender}
same_status: {allow: [due_at, claim_count]}
unknown_status: refuse
claims: {by: bump, lease: 10m, fence: claim_count, longest_pause: 2m}
settle: {first: look_up}
calls:
  create_payment:
    provider: http
    request: POST /payments
    amount: {column: amount_cents}
    repeat: already_done
    marks: {metadata.row: "{id}"}
    key: "payment-{id}"
    settles_within: 90s
    look_up: {request: "GET /payments?mandate={mandate}", receipt: id}
    records: {payment_ref: id}
    outcomes:
      - {accepted: [{http: 201}], stored: true}
      - {already_done: [{http: 409, code: made_already}]}
      - {not_tried: [{http: [401, 403, 429]}]}
      - {refused_for_now: [{http: [400, 404, 422]}]}
      - {unknown: [{http: 5xx}, timeout, connection, unmatched]}
queues:
  send:
    statuses: [requested]
    worker: sender
    due: due_at
    order: [due_at, id]
    index: order_payments_requested
    call: create_payment
    backoff: {first: 1m, factor: 3, ceiling: 4h}
    then: {accepted: payment_created, already_done: look_up, refused_for_now: again, not_tried: wait, unknown: again,
           settled_done: payment_created, settled_absent: again}
"""


@cache
def order_payment() -> Lifecycle:
    """The lifecycle, read once."""
    return load_text(SPEC)
