"""Small specs that differ in one thing."""

from __future__ import annotations

from pointsman.loading.load import load_text
from pointsman.spec.lifecycle import Lifecycle

TEXT = """
pointsman: 1
lifecycle: order
table:
  name: orders
  columns:
    due:   {type: timestamptz, nullable: true}
    price: {type: bigint}
    note:  {type: text, nullable: true}
statuses:
  new:  {initial: true, requires: [due], on_entry: {due: now}}
  paid: {}
  done: {terminal: true}
transitions:
  - {from: new, to: paid}
  - {from: paid, to: done}
queues:
  all: {statuses: [new], due: due, index: idx_orders_new}
"""


def spec(*changes: tuple[str, str]) -> Lifecycle:
    """The spec with each first text replaced by the second; the text must be there."""
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return load_text(text, "orders.yaml")
