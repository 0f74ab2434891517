"""write-breaks-check: where its findings stand, and what comes near them."""

from __future__ import annotations

import pytest

from tests.unit.rules.specs import at

CODE = "write-breaks-check"


def spec(columns: str, *, entry: str = "", carries: str = "") -> str:
    return f"""\
pointsman: 1
lifecycle: payout
table:
  name: payouts
  columns:
    {columns}
statuses:
  pending: {{initial: true}}
  paid:    {{terminal: true, on_entry: {{{entry}}}}}
transitions:
  - {{from: pending, to: paid, event: arrived}}
events:
  arrived: {{delivery: at_least_once, carries: {{{carries}}}, otherwise: {{paid: ignore}}}}
"""


LEVEL = 'level: {type: integer, nullable: true, check: "level < 5"}'
SPAN = 'low: {type: integer, check: "low < high"}\n    high: {type: integer}'


def test_what_a_status_writes_is_found_at_its_on_entry() -> None:
    assert at(spec(LEVEL, entry="level: 5"), CODE) == [
        ("9:29", "no row can enter paid, which writes level 5: a check of the table lets no row have that")
    ]


@pytest.mark.parametrize("value", ["4", "-1", "null"])
def test_a_value_that_the_check_lets_pass_is_left_alone(value: str) -> None:
    assert at(spec(LEVEL, entry=f"level: {value}"), CODE) == []


def test_columns_that_a_status_writes_are_judged_together() -> None:
    assert at(spec(SPAN, entry="low: 5"), CODE) == []  # where high is above it
    assert at(spec(SPAN, entry="low: 5, high: 6"), CODE) == []
    ((_, message),) = at(spec(SPAN, entry="low: 6, high: 5"), CODE)
    assert message.startswith("no row can enter paid, which writes low 6, high 5")


def test_a_default_that_breaks_its_check_is_found() -> None:
    columns = LEVEL.replace("nullable: true", "default: %d")
    assert at(spec(columns % 4), CODE) == []
    ((place, message),) = at(spec(columns % 7), CODE)
    assert place == "6:37"
    assert message.startswith("no row can be inserted without level, which writes level 7")


def test_a_present_time_is_not_null() -> None:
    column = 'seen_at: {type: timestamptz, nullable: true, check: "seen_at is %s null"}'
    assert at(spec(column % "not", entry="seen_at: now"), CODE) == []
    ((_, message),) = at(spec(column % "", entry="seen_at: now"), CODE)
    assert message.startswith("no row can enter paid, which writes seen_at now")


def test_what_an_event_brings_into_a_column_that_is_always_null_is_found() -> None:
    note = 'note: {type: text, nullable: true, check: "note is %s null"}'
    assert at(spec(note % "not", carries="note: note"), CODE) == []
    ((_, message),) = at(spec(note % "", carries="note: note"), CODE)
    assert message.startswith("no row can take what arrived brings into note")
