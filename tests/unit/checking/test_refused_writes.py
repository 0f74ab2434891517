"""What a check of the table refuses is never written in a world, by a transition, an insert, an event or a reply."""

from __future__ import annotations

import pytest

from pointsman.checking.check import check
from pointsman.checking.verdict import Checked, PropertyStanding
from pointsman.loading.load import load_text
from pointsman.world.build import build
from pointsman.world.scope import Scope
from pointsman.world.truths import FIRES, RESOLVED
from tests.unit.rules.specs import CALLING, changed

HOLDS, VIOLATED = PropertyStanding.HOLDS, PropertyStanding.VIOLATED


def task(columns: str, *, done: str = "", when: str, event: str = "") -> str:
    """A task that its worker finishes where `when` is true; `done` is what its last status writes."""
    return f"""
pointsman: 1
lifecycle: task
table:
  name: tasks
  columns:
    due_at: {{type: timestamptz, default: now}}
{columns}
actors: {{doer: worker}}
statuses:
  open: {{initial: true}}
  done: {{terminal: true, on_entry: {{{done}}}}}
transitions:
  - {{from: open, to: done, event: finished, by: doer, when: "{when}"}}
events:
  finished: {{delivery: at_least_once, otherwise: {{done: ignore}}{event}}}
queues:
  tasks: {{statuses: [open], worker: doer, due: due_at, order: due_at, index: tasks_due}}
"""


def standing(text: str) -> tuple[PropertyStanding | None, PropertyStanding | None]:
    """How it stands with: every row is resolved, every transition can fire."""
    found: Checked = check(load_text(text), Scope())
    return found.standing(RESOLVED.id), found.standing(FIRES.id)


LEVEL = '    level: {type: integer, check: "level < 5"}'


@pytest.mark.parametrize(("value", "expected"), [(4, HOLDS), (5, VIOLATED), (9, VIOLATED)])
def test_a_status_whose_entry_breaks_a_check_is_never_entered(value: int, expected: PropertyStanding) -> None:
    assert standing(task(LEVEL, done=f"level: {value}", when="level < 9")) == (expected, expected)


SPAN = '    low: {type: integer, check: "low < high"}\n    high: {type: integer}'


@pytest.mark.parametrize(
    ("done", "expected"), [("low: 50, high: 60", HOLDS), ("high: 60, low: 50", HOLDS), ("low: 60, high: 50", VIOLATED)]
)
def test_columns_that_one_write_puts_in_are_judged_together(done: str, expected: PropertyStanding) -> None:
    assert standing(task(SPAN, done=done, when="low < high")) == (expected, expected)


def test_a_check_lets_a_status_be_entered_from_some_rows_and_not_from_others() -> None:
    text = task(SPAN, done="low: 50", when="low < high")
    assert standing(text) == (VIOLATED, HOLDS)  # where high is above 50 it is entered


NULL_ALONE = '    note: {type: text, nullable: true, check: "note is null or note <> note"}'


def test_an_event_brings_nothing_into_a_column_that_a_check_keeps_null() -> None:
    when = "note is null or note = 'x' or note <> 'x'"
    assert standing(task(NULL_ALONE, when=when)) == (HOLDS, HOLDS)
    assert standing(task(NULL_ALONE, when=when, event=", carries: {note: note}")) == (VIOLATED, VIOLATED)


def test_no_row_is_inserted_with_a_default_that_a_check_refuses() -> None:
    level = '    level: {type: integer, nullable: true, default: %d, check: "level < 5"}'
    for default, some in ((4, True), (9, False)):
        text = task(level % default, when="level < 7", event=", carries: {level: level}")
        born = [each for each in build(load_text(text), Scope()).actions if "starts_open" in each.name]
        assert bool(born) is some


ACCEPTED = """{from: [pending, parked], to: paid, event: pay_accepted, by: payer}
  - {from: pending, to: parked, event: park, by: clerk}"""
PARKED = changed(
    CALLING,
    ("  pending: {initial: true}", "  pending: {initial: true}\n  parked:  {}"),
    ("statuses: [pending]", "statuses: [pending, parked]"),
    ("by: [payer, clerk, shop], needs", "by: [payer, clerk], needs"),
    (", bank: webhook, shop: handler}", "}"),
    ("{from: pending, to: paid,   event: pay_accepted, by: [payer, bank]}", ACCEPTED),
    ("- {accepted: [{http: 200}]}", "- {accepted: [{http: 200}], stored: true}"),
    ("- {refused: [{http: [400, 402]}]}", "- {refused: [{http: [400, 402]}], stored: true}"),
    ("    attempts: {column: tries, limit: 12}\n", ""),
    (
        "exhausted: settle,\n           settled_done: pay_accepted, settled_absent: given_up",
        "\n           settled_done: pay_accepted",
    ),
)
"""A payout that is refused for good while it is pending, and tried again, under a new key, while it is parked."""


def test_a_refusal_is_recorded_in_a_status_from_which_its_event_leads_nowhere() -> None:
    assert check(load_text(PARKED), Scope(1, 1, 1)).standing(RESOLVED.id) is HOLDS
