"""What `check` makes of conditions: every order that they tell apart, and *unknown* where the world does not follow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.checking.check import check
from pointsman.checking.doubt import judged
from pointsman.checking.explore import Limits
from pointsman.checking.verdict import Checked, PropertyStanding, Verdict, VerdictKind
from pointsman.loading.load import load_text
from pointsman.world.build import build
from pointsman.world.scope import Scope
from pointsman.world.truths import FIRES, ONCE, RECEIPTS, RESOLVED, STUCK, TRUTH
from tests.unit.rules.specs import CALLING, changed

HOLDS, VIOLATED, UNKNOWN = PropertyStanding.HOLDS, PropertyStanding.VIOLATED, PropertyStanding.UNKNOWN


def checked(text: str) -> Checked:
    return check(load_text(text), Scope())


def by_worker(columns: str, when: str, more: str = "", same_status: str = "") -> str:
    """A worker without a call, who pays where `when` is true."""
    return f"""
pointsman: 1
lifecycle: bill
table:
  name: bills
  columns:
    due_at: {{type: timestamptz, default: now}}
{columns}
actors: {{payer: worker, clerk: handler}}
statuses:
  open: {{initial: true}}
  paid: {{terminal: true}}
  void: {{terminal: true}}
transitions:
  - {{from: open, to: paid, event: pay, by: payer, when: "{when}"}}
{more}
{same_status}
queues:
  pay: {{statuses: [open], worker: payer, due: due_at, order: due_at, index: bills_due}}
"""


NUMBERS = "    amount: {type: bigint}\n    cap: {type: bigint}"
TEXTS = "    maker: {type: text}\n    approver: {type: text}"
REST = '  - {from: open, to: void, event: give_up, by: payer, when: "%s"}'


@pytest.mark.parametrize(
    ("columns", "when"),
    [
        (NUMBERS, "amount <= cap"),
        (NUMBERS, "amount <> cap"),
        (NUMBERS, "amount < cap or amount > 100"),
        (TEXTS, "maker <> approver"),
        (TEXTS, "maker = approver or maker = 'root'"),
        ("    a: {type: integer}\n    b: {type: integer}\n    c: {type: integer}", "a < b and b < c"),
        ("    rate: {type: 'numeric(6,2)'}", "rate <= 1 or rate >= 2"),
        ("    from_at: {type: timestamptz}\n    to_at: {type: timestamptz}", "from_at < to_at"),
    ],
)
def test_a_row_that_no_condition_lets_on_is_never_resolved(columns: str, when: str) -> None:
    assert checked(by_worker(columns, when)).standing(RESOLVED.id) is VIOLATED


@pytest.mark.parametrize(
    ("columns", "when", "otherwise"),
    [
        (NUMBERS, "amount <= cap", "cap < amount"),
        (TEXTS, "maker <> approver", "maker = approver"),
        ("    rate: {type: 'numeric(6,2)'}", "rate <= 1 or rate >= 2", "rate > 1 and rate < 2"),
    ],
)
def test_conditions_that_leave_no_gap_let_every_row_on(columns: str, when: str, otherwise: str) -> None:
    found = checked(by_worker(columns, when, REST % otherwise))
    assert found.standing(RESOLVED.id) is HOLDS
    assert found.standing(FIRES.id) is HOLDS


def test_a_transition_that_asks_for_two_different_columns_can_fire() -> None:
    spec = """
pointsman: 1
lifecycle: request
table:
  name: requests
  columns:
    asked_by:    {type: uuid}
    approved_by: {type: uuid, nullable: true}
actors: {manager: handler}
statuses:
  open:     {initial: true, resting: true}
  approved: {terminal: true, requires: [approved_by]}
transitions:
  - {from: open, to: approved, event: approve, by: manager, when: "approved_by <> asked_by"}
events:
  approve:
    carries: {approved_by: user}
    otherwise: {approved: ignore}
"""
    found = checked(spec)
    assert found.standing(FIRES.id) is HOLDS
    assert found.standing(RECEIPTS.id) is HOLDS


def test_a_check_of_the_table_keeps_away_rows_that_it_refuses() -> None:
    columns = "    amount: {type: bigint, check: amount <= cap}\n    cap: {type: bigint}"
    assert checked(by_worker(columns, "amount <= cap")).standing(RESOLVED.id) is HOLDS


def test_a_column_that_may_be_changed_in_its_status_may_come_to_stand_in_the_way() -> None:
    fixed = by_worker("    held: {type: boolean, default: false}", "not held", REST % "held")
    assert checked(fixed).standing(RESOLVED.id) is HOLDS
    changing = by_worker(NUMBERS, "amount < cap", REST % "cap < amount", "same_status: {allow: [cap]}")
    assert checked(changing).standing(RESOLVED.id) is VIOLATED  # once they are equal, nothing lets the row on


def replies(when_paid: str, when_failed: str) -> str:
    """A status of the provider's reply is recorded, and a second worker sorts the rows by it."""
    return f"""
pointsman: 1
lifecycle: refund
table:
  name: refunds
  columns:
    refund_ref: {{type: text, nullable: true}}
    state:      {{type: text, nullable: true}}
    due_at:     {{type: timestamptz, nullable: true, default: now}}
    tries:      {{type: integer, default: 0}}
    claims:     {{type: integer, default: 0}}
    key_round:  {{type: integer, default: 0}}
    key_since:  {{type: timestamptz, nullable: true}}
actors: {{sender: worker, sorter: worker}}
statuses:
  requested: {{initial: true, requires: [due_at], on_entry: {{due_at: now}}}}
  answered:  {{requires: [refund_ref, state, due_at], on_entry: {{due_at: now}}, means: {{make: done}}}}
  paid:      {{terminal: true}}
  failed:    {{terminal: true}}
  refused:   {{terminal: true}}
transitions:
  - {{from: requested, to: answered, event: answered, by: sender}}
  - {{from: requested, to: refused, event: refused, by: sender, needs: {{make: not_done}}}}
  - {{from: answered, to: paid, event: sorted_paid, by: sorter, when: "{when_paid}"}}
  - {{from: answered, to: failed, event: sorted_failed, by: sorter, when: "{when_failed}"}}
same_status: {{allow: [tries, due_at, claims, key_round, key_since]}}
claims: {{by: bump, lease: 10m, fence: claims, longest_pause: 2m}}
settle: {{first: resend_same_key, otherwise: look_up}}
calls:
  make:
    provider: stripe
    request: POST /v1/refunds
    repeat: new_effect
    marks: {{metadata.row: "{{id}}"}}
    key: "r-{{id}}-{{key_round}}"
    key_generation: key_round
    key_first_used: key_since
    key_lifetime: 24h
    settles_within: 90s
    look_up: {{request: "GET /v1/refunds?row={{id}}", receipt: id}}
    records: {{refund_ref: id, state: status}}
    outcomes:
      - {{accepted: [{{http: 200}}], stored: true}}
      - {{misused: [{{type: idempotency_error}}]}}
      - {{not_tried: [{{http: [401, 403, 409, 429]}}]}}
      - {{refused: [{{http: [400, 402, 404]}}], stored: true}}
      - {{unknown: [{{http: 5xx}}], stored: true}}
      - {{unknown: [timeout, connection, unmatched]}}
queues:
  send:
    statuses: [requested]
    worker: sender
    due: due_at
    order: [due_at, id]
    index: refunds_send
    call: make
    attempts: {{column: tries, limit: 8}}
    backoff: {{first: 1m, ceiling: 2h}}
    then: {{accepted: answered, refused: refused, not_tried: wait, misused: alarm, unknown: again,
           exhausted: settle, settled_done: answered, settled_absent: refused}}
  sort:
    statuses: [answered]
    worker: sorter
    due: due_at
    order: [due_at, id]
    index: refunds_sort
    backoff: {{first: 1h, factor: 2, ceiling: 1d}}
"""


def test_a_recorded_reply_takes_every_value_that_conditions_tell_apart() -> None:
    found = checked(replies("state = 'succeeded'", "state = 'failed'"))
    assert found.standing(RESOLVED.id) is VIOLATED  # a reply that is neither fits no branch
    story = next(verdict.story for verdict in found.verdicts if verdict.prop == RESOLVED.id)
    assert story is not None
    assert found.standing(ONCE.id) is HOLDS


def test_replies_that_are_all_sorted_are_resolved() -> None:
    found = checked(replies("state = 'succeeded'", "state <> 'succeeded'"))
    assert found.standing(RESOLVED.id) is HOLDS
    assert found.standing(RECEIPTS.id) is HOLDS
    assert found.standing(FIRES.id) is HOLDS


class TestNotFollowed:
    """A condition on the order of texts beside a constant: the database's collation decides."""

    SOMETIMES = by_worker(TEXTS, "maker < approver or maker = 'root'")

    def test_what_depends_on_it_is_unknown_and_names_it(self) -> None:
        found = checked(self.SOMETIMES)
        for prop in (RESOLVED.id, STUCK.id, FIRES.id):
            verdict = next(verdict for verdict in found.verdicts if verdict.prop == prop)
            assert verdict.standing is UNKNOWN
            assert "maker < approver or maker = 'root'" in verdict.says

    def test_a_way_on_that_does_not_depend_on_it_holds(self) -> None:
        found = checked(
            by_worker(TEXTS, "maker < approver or maker = 'root'", "  - {from: open, to: void, event: drop, by: payer}")
        )
        assert found.standing(RESOLVED.id) is HOLDS
        assert found.standing(STUCK.id) is HOLDS
        assert found.standing(FIRES.id) is UNKNOWN

    def test_what_falls_whatever_it_is_has_fallen(self) -> None:
        """Once the row is on hold, nothing moves it on."""
        more = "  - {from: open, to: held, event: hold, by: clerk}"
        spec = by_worker(TEXTS, "maker < approver or maker = 'root'", more).replace(
            "  void: {terminal: true}", "  held: {on_entry: {due_at: now}}"
        )
        found = checked(spec)
        assert found.standing(RESOLVED.id) is VIOLATED
        assert found.standing(STUCK.id) is VIOLATED

    def test_a_lie_that_only_it_could_let_through_is_unknown(self) -> None:
        """A clerk takes the row for answered, though no request has had an effect."""
        spec = replies("state = 'succeeded'", "state <> 'succeeded'").replace(
            "sorter: worker}", "sorter: worker, clerk: handler}"
        )
        by_hand = "  - {from: requested, to: answered, event: by_hand, by: clerk%s}\nsame_status:"
        sure = checked(spec.replace("same_status:", by_hand % ""))
        assert sure.standing(TRUTH.id) is VIOLATED
        unsure = checked(spec.replace("same_status:", by_hand % ', when: "refund_ref < state"'))
        assert unsure.standing(TRUTH.id) is UNKNOWN
        assert unsure.standing(ONCE.id) is HOLDS


def test_no_deadlock_is_unknown_as_long_as_it_is_not_known_that_every_row_is_resolved() -> None:
    system = build(load_text(TestNotFollowed.SOMETIMES), Scope())
    whole = checked(TestNotFollowed.SOMETIMES)
    cut = replace(
        whole,
        verdicts=(
            Verdict(STUCK.id, VerdictKind.SAFETY, HOLDS),
            Verdict(RESOLVED.id, VerdictKind.LIVENESS, UNKNOWN, "the limit of 1 second"),
        ),
    )
    found = judged(cut, system, lambda: cut)
    assert found.standing(STUCK.id) is UNKNOWN
    assert found.standing(RESOLVED.id) is UNKNOWN


def test_both_explorations_of_a_world_with_such_a_condition_share_the_time() -> None:
    found = check(load_text(TestNotFollowed.SOMETIMES), Scope(), limits=Limits(seconds=0.0))
    assert found.cut
    assert {verdict.standing for verdict in found.verdicts} <= {UNKNOWN, PropertyStanding.VACUOUS}


def test_ctrl_c_in_the_second_exploration_is_told() -> None:
    whole = checked(TestNotFollowed.SOMETIMES)
    fallen = replace(whole, verdicts=(Verdict(RESOLVED.id, VerdictKind.LIVENESS, VIOLATED),))
    stopped = replace(whole, verdicts=(), interrupted=True)
    assert judged(fallen, build(load_text(TestNotFollowed.SOMETIMES), Scope()), lambda: stopped).interrupted


def by_call(columns: str, when: str, records: str, more: str = "") -> str:
    """A worker whose call's reply is recorded, and moves the row on where `when` is true."""
    return f"""
pointsman: 1
lifecycle: bill
table:
  name: bills
  columns:
    due_at: {{type: timestamptz, nullable: true, default: now}}
    claim_no: {{type: integer, default: 0}}
{columns}
actors: {{payer: worker}}
statuses:
  open: {{initial: true, requires: [due_at], on_entry: {{due_at: now}}}}
  paid: {{terminal: true}}
  void: {{terminal: true}}
transitions:
  - {{from: open, to: paid, event: pay, by: payer, when: "{when}"}}
{more}
claims: {{by: bump, lease: 10m, fence: claim_no, longest_pause: 2m}}
calls:
  pay:
    provider: stripe
    request: POST /v1/pay
    repeat: new_effect
    settles_within: 90s
    records: {records}
    outcomes: [{{accepted: [{{http: 200}}]}}]
queues:
  pay:
    {{statuses: [open], worker: payer, due: due_at, order: due_at, index: due, call: pay, then: {{accepted: pay}}}}
"""


KIND = "    kind: {type: text, nullable: true}"


def test_a_worker_whose_reply_fits_no_condition_leaves_the_row_where_it_is() -> None:
    assert checked(by_call(KIND, "kind <> 'odd'", "{kind: kind}")).standing(RESOLVED.id) is VIOLATED
    other = "  - {from: open, to: void, event: pay, by: payer, when: \"kind = 'odd'\"}"
    assert checked(by_call(KIND, "kind <> 'odd'", "{kind: kind}", other)).standing(RESOLVED.id) is HOLDS


def test_a_condition_that_asks_for_a_receipt_sees_the_one_that_the_same_write_brings() -> None:
    found = checked(by_call("    receipt: {type: text, nullable: true}", "receipt is not null", "{receipt: id}"))
    assert found.standing(FIRES.id) is HOLDS
    assert found.standing(RESOLVED.id) is HOLDS


def test_a_boolean_that_stands_alone_is_told_from_one_that_equals_another_column() -> None:
    columns = "    wanted: {type: boolean}\n    agreed: {type: boolean}"
    found = checked(by_call(columns, "wanted = agreed and agreed", "{agreed: agreed}"))
    assert found.standing(FIRES.id) is HOLDS


def test_conditions_with_more_classes_than_a_byte_can_number_are_not_followed() -> None:
    columns = "    n0: {type: bigint}\n    n1: {type: bigint}\n    n2: {type: bigint, nullable: true}"
    said = "n0 <> n1 and n1 between 0 and 3 and n2 <> n0"
    assert (
        checked(by_worker(columns, said, REST % f"not ({said})", "same_status: {allow: [n0]}")).standing(RESOLVED.id)
        is UNKNOWN
    )


def test_a_check_that_no_row_satisfies_leaves_its_conditions_unfollowed() -> None:
    text = by_worker("    amount: {type: bigint, check: amount is null}", "amount > 1", REST % "amount <= 1")
    assert checked(text).standing(RESOLVED.id) is UNKNOWN


RECORDED = changed(
    CALLING,
    ("    receipt: ", "    bank_code: COLUMN\n    receipt: "),
    ("by: [payer, bank]", "by: payer"),
    (
        "by: [payer, clerk, shop], needs: {pay: not_done}",
        'by: payer, needs: {pay: not_done}, when: "bank_code is not null"',
    ),
    ("records: {receipt: id}", "records: {receipt: id, bank_code: code}"),
)


@pytest.mark.parametrize(("column", "fires"), [("{type: text}", HOLDS), ("{type: text, nullable: true}", VIOLATED)])
def test_a_recorded_column_that_is_never_null_has_a_value_before_a_reply_brings_one(
    column: str, fires: PropertyStanding
) -> None:
    assert checked(RECORDED.replace("COLUMN", column)).standing(FIRES.id) is fires


def compared(check: str) -> str:
    """A reply brings a fee and its cap; conditions ask for more of the one, and of the other whether it is null."""
    columns = (
        f"    fee: {{type: integer, nullable: true, check: '{check}'}}\n    cap: {{type: integer, nullable: true}}"
    )
    other = '  - {from: open, to: void, event: pay, by: payer, when: "fee <= 1 and cap is not null"}'
    return by_call(columns, "fee > 1 and cap is not null", "{fee: fee, cap: cap}", other)


@pytest.mark.parametrize(("check", "resolved"), [("fee < cap", HOLDS), ("fee < cap and fee is null", VIOLATED)])
def test_a_recorded_column_that_a_check_alone_compares_has_values(check: str, resolved: PropertyStanding) -> None:
    assert checked(compared(check)).standing(RESOLVED.id) is resolved
