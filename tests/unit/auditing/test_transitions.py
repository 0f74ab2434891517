"""What differs between the trigger that a table has and the one that it should have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.auditing.transitions import differences
from pointsman.live.table import LiveTrigger
from pointsman.spec.lifecycle import Lifecycle, Status, Table, Transition
from pointsman.sql.schema import TransitionsRule, wanted
from pointsman.sql.statements import CreateFunction

LIFECYCLE = Lifecycle(
    "line",
    (Status("open", "it's\\open", initial=True), Status("paid", "paid"), Status("done", "done", terminal=True)),
    (Transition("open", "paid"), Transition("open", "done"), Transition("paid", "done")),
    table=Table("lines", "status"),
)
SCHEMA = wanted(LIFECYCLE)


def _rule(lifecycle: Lifecycle = LIFECYCLE) -> TransitionsRule:
    rule = wanted(lifecycle).rule
    assert rule is not None
    return rule


def _live(rule: TransitionsRule, when: str = "(old.status IS DISTINCT FROM new.status)") -> LiveTrigger:
    body = CreateFunction(SCHEMA.table, rule).sql.split("$pointsman$")[1]
    return LiveTrigger(rule.name, "O", every_update=True, when=when, definition="CREATE TRIGGER ...", source=body)


def _told(live: LiveTrigger) -> list[str]:
    return [what for what, _ in differences(SCHEMA.table, _rule(), live)]


@pytest.mark.parametrize(
    "when",
    [
        "(old.status IS DISTINCT FROM new.status)",
        "((old.status)::text IS DISTINCT FROM (new.status)::text)",
    ],
)
def test_the_generated_trigger_is_the_same_whatever_the_column_is(when: str) -> None:
    assert _told(_live(_rule(), when)) == []


def test_the_order_of_statuses_does_not_count() -> None:
    other = replace(LIFECYCLE, statuses=LIFECYCLE.statuses[::-1])
    assert _told(_live(_rule(other))) == []


def test_pairs_that_the_function_lets_through_or_refuses_are_named() -> None:
    other = replace(LIFECYCLE, transitions=(Transition("open", "paid"), Transition("paid", "open")))
    (lets, refuses) = _told(_live(_rule(other)))
    assert lets == r"it lets through 'paid' to E'it''s\\open'"
    assert refuses == r"it refuses 'paid' to 'done', E'it''s\\open' to 'done'"


def test_a_status_that_the_function_does_not_know_is_named_although_it_has_no_way_out() -> None:
    other = replace(LIFECYCLE, statuses=(*LIFECYCLE.statuses, Status("gone", "gone", terminal=True)))
    assert _told(_live(_rule(other))) == ["it knows other statuses: 'gone'"]


def test_another_function_under_the_name_is_not_the_generated_one() -> None:
    live = replace(_live(_rule()), source="begin return new; end")
    assert _told(live) == ["its function is not the generated one"]


def test_a_trigger_that_does_not_see_every_change_of_status_is_told() -> None:
    assert _told(replace(_live(_rule()), every_update=False)) == ["it does not fire after every update of a row"]
    assert _told(_live(_rule(), "(new.status = 'paid'::text)")) == ["it looks only when (new.status = 'paid'::text)"]
    assert _told(_live(_rule(), "")) == ["it fires also when the status stays as it is"]
