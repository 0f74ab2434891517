"""The rules about what a column is for, and whether it may be null."""

import pytest

from tests.unit.rules.specs import CALLING, at, changed, codes

# --- one column in two parts ---------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "place", "message"),
    [
        (
            ("{column: tries, limit: 12}", "{column: key_round, limit: 12}"),
            "50:24",
            "key_round counts the attempts of the queue payouts, and it counts the generations of pay's key",
        ),
        (
            ("fence: claims,", "fence: key_round,"),
            "31:21",
            "key_round counts the generations of pay's key, and it is the fence of the claims",
        ),
        (
            ("records: {receipt: id}", "records: {receipt: id, cents: amount}"),
            "36:28",
            "cents holds what a reply to pay brings, and it is the amount of pay",
        ),
    ],
)
def test_a_column_in_two_parts_is_found_at_the_second(edit: tuple[str, str], place: str, message: str) -> None:
    assert at(changed(CALLING, edit), "column-in-two-parts") == [(place, message)]


def test_a_due_time_is_not_the_time_of_the_first_use_of_a_key() -> None:
    text = changed(CALLING, ("due: due_at", "due: key_since"), ("order: [due_at, id]", "order: [key_since, id]"))
    assert [message for _, message in at(text, "column-in-two-parts")] == [
        "key_since says when a row of the queue payouts is due, and it says since when a key of pay has been in use"
    ]


def test_what_is_said_of_a_fence_that_can_fall_is_not_said_again() -> None:
    text = changed(CALLING, ("fence: claims,", "fence: tries,"))
    assert codes(text) == ["fence-can-fall"]


TWO = """\
pointsman: 1
lifecycle: order
table:
  name: orders
  columns:
    refunded_at: {type: timestamptz, nullable: true}
    recalled_at: {type: timestamptz, nullable: true}
actors: {shop: handler}
statuses:
  placed:   {initial: true, resting: true}
  packed:   {resting: true}
  refunded: {terminal: true}
  recalled: {terminal: true}
transitions:
  - {from: placed, to: packed,   event: packed,   by: shop}
  - {from: packed, to: refunded, event: refunded, by: shop}
  - {from: packed, to: recalled, event: recalled, by: shop}
events:
  refunded: {keep_in: refunded_at, otherwise: {placed: keep, refunded: ignore, recalled: refuse}}
  recalled: {keep_in: recalled_at, otherwise: {placed: keep, recalled: ignore, refunded: refuse}}
"""


def test_two_events_in_one_column_cannot_be_told_apart() -> None:
    assert codes(TWO) == []
    assert at(changed(TWO, ("keep_in: recalled_at", "keep_in: refunded_at")), "column-in-two-parts") == [
        ("20:23", "refunded_at keeps recalled, and it keeps refunded")
    ]


TAKING_BACK = changed(
    CALLING,
    (
        "  paid:    {terminal: true, requires: [receipt], means: {pay: done}}",
        (
            "  paid:    {resting: true, requires: [receipt, fee], means: {pay: done}}\n"
            "  back:    {requires: [due_at, fee], on_entry: {tries: 0, due_at: now, key_since: null}}\n"
            "  repaid:  {terminal: true, means: {take_back: done}}"
        ),
    ),
    ("  columns:\n", "  columns:\n    fee: {type: bigint, nullable: true}\n"),
    ("records: {receipt: id}", "records: {receipt: id, fee: fee}"),
    (
        "claims: {by:",
        (
            "  - {from: paid, to: back, event: asked_back, by: clerk}\n"
            "  - {from: back, to: repaid, event: taken_back, by: taker}\n"
            "  - {from: back, to: failed, event: given_up, by: taker, needs: {take_back: not_done}}\n"
            "claims: {by:"
        ),
    ),
    ("{payer: worker,", "{payer: worker, taker: worker,"),
)
"""A second leg, which takes back the fee that the first reply brought."""


def _two_legs() -> str:
    call = CALLING[CALLING.index("  pay:\n") : CALLING.index("queues:\n")].replace("  pay:\n", "  take_back:\n")
    queue = CALLING[CALLING.index("  payouts:\n") :].replace("  payouts:\n", "  back:\n").replace("[pending]", "[back]")
    for old, new in (
        ("column: cents", "column: fee"),
        ('{reference: "{id}"}', '{reference: "{id}", part: back}'),
        ("    records: {receipt: id}\n", ""),
        ("pay-{id}", "back-{id}"),
        ("call: pay", "call: take_back"),
        ("worker: payer", "worker: taker"),
        ("payouts_due", "back_due"),
        ("pay_accepted", "taken_back"),
    ):
        call, queue = call.replace(old, new), queue.replace(old, new)
    return TAKING_BACK.replace("queues:\n", call + "queues:\n") + queue


def test_queues_and_calls_may_share_a_column_in_one_part_and_a_receipt_may_be_the_next_amount() -> None:
    assert codes(_two_legs()) == []


def test_a_column_that_is_null_in_some_status_of_the_queue_is_no_amount() -> None:
    text = changed(_two_legs(), ("requires: [due_at, fee]", "requires: [due_at]"))
    assert [message for _, message in at(text, "amount-can-be-null")] == [
        "the queue back calls take_back for rows in back, where fee, its amount, can be null"
    ]


def test_an_amount_that_can_be_null_is_found_where_the_queue_names_the_status() -> None:
    text = changed(CALLING, ("cents:     {type: bigint}", "cents:     {type: bigint, nullable: true}"))
    assert at(text, "amount-can-be-null") == [
        ("44:16", "the queue payouts calls pay for rows in pending, where cents, its amount, can be null")
    ]
    assert codes(changed(text, ("  pending: {initial: true}", "  pending: {initial: true, requires: [cents]}"))) == []


# --- null or not ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "says", "comes_of_it"),
    [
        ("tries", "counts the attempts of the queue payouts", "no limit is ever met"),
        ("claims", "is the fence of the claims", "no claim can be told from another"),
        ("key_round", "counts the generations of pay's key", "the key is never renewed"),
    ],
)
def test_a_counter_must_not_be_null(column: str, says: str, comes_of_it: str) -> None:
    line = f"    {column}:".ljust(15) + "{type: integer, "
    text = changed(CALLING, (line, line + "nullable: true, "))
    number = text[: text.index(line)].count("\n") + 1
    message = f"{column} {says} and can be null: null plus one is null, and {comes_of_it}"
    assert at(text, "counter-can-be-null") == [(f"{number}:32", message)]
    assert codes(text) == ["counter-can-be-null"]


def test_a_counter_without_a_default_is_the_applications_to_fill_and_no_finding() -> None:
    assert codes(changed(CALLING, ("tries:     {type: integer, default: 0}", "tries:     {type: integer}"))) == []


def test_a_receipt_must_be_null_at_first() -> None:
    text = changed(CALLING, ("receipt:   {type: text, nullable: true}", "receipt:   {type: text}"))
    assert at(text, "wanted-at-insert") == [
        ("7:5", "receipt holds what a reply to pay brings, and cannot be null: a row has to have it before that")
    ]
    assert codes(changed(text, ("receipt:   {type: text}", "receipt:   {type: text, default: none}"))) == []
    assert codes(changed(text, ("  pending: {initial: true}", "  pending: {initial: true, requires: [receipt]}"))) == []


def test_the_first_use_of_a_key_must_be_null_at_first_even_with_a_default() -> None:
    for type_ in ("{type: timestamptz}", "{type: timestamptz, default: now}"):
        text = changed(CALLING, ("{type: timestamptz, nullable: true}", type_))
        assert [message for _, message in at(text, "wanted-at-insert")] == [
            (
                "key_since says since when a key of pay has been in use, and cannot be null: "
                "a row has to have it before that"
            )
        ]


def test_what_an_event_brings_and_a_later_status_requires_must_be_null_at_first() -> None:
    text = changed(
        TWO,
        ("  refunded: {keep_in:", "  refunded: {carries: {reason: reason}, keep_in:"),
        ("  refunded: {terminal: true}", "  refunded: {terminal: true, requires: [reason]}"),
        ("  columns:\n", "  columns:\n    reason:      {type: text}\n"),
    )
    assert at(text, "wanted-at-insert") == [
        ("6:5", "reason holds what refunded brings, and cannot be null: a row has to have it before that")
    ]
    assert codes(changed(text, ("reason:      {type: text}", "reason:      {type: text, nullable: true}"))) == []
    # Where no status asks for it, an event may change what was there from the start.
    assert codes(changed(text, (", requires: [reason]", ""))) == []


# --- already done, and its receipt ---------------------------------------------------


ALREADY = changed(
    CALLING,
    ("      - {refused: [", "      - {already_done: [{http: 409, code: exists}]}\n      - {refused: ["),
    ("refused: given_up, not_tried: wait,", "already_done: look_up, refused: given_up, not_tried: wait,"),
)


def test_already_done_brings_no_receipt() -> None:
    assert codes(ALREADY) == []
    text = changed(ALREADY, ("already_done: look_up", "already_done: pay_accepted"))
    assert at(text, "already-done-without-receipt") == [
        (
            "53:50",
            (
                "already_done may not name the effect, and pending to paid by pay_accepted "
                "enters a status that requires receipt"
            ),
        )
    ]
    assert codes(text) == ["already-done-without-receipt"]


@pytest.mark.parametrize(
    "edit",
    [
        (", requires: [receipt]", ""),
        ("    records: {receipt: id}\n", ""),
        ("{http: 409, code: exists}", "{http: [200, 208], code: exists}"),
        ("  pending: {initial: true}", "  pending: {initial: true, requires: [receipt]}"),
        ("by: [payer, bank]}", "by: [payer, bank], when: receipt is not null}"),
    ],
)
def test_nothing_is_said_where_nothing_is_missing_or_the_reply_is_a_success(edit: tuple[str, str]) -> None:
    text = changed(ALREADY, ("already_done: look_up", "already_done: pay_accepted"), edit)
    assert "already-done-without-receipt" not in codes(text)


# --- what may change while the status stays ---------------------------------------------


LOCKED = (
    ("claims: {by: bump, lease: 10m, fence: claims, longest_pause: 2m}", "claims: {by: lock}"),
    ("\ncalls:\n", "\nsame_status: {allow: [tries, key_round, key_since]}\ncalls:\n"),
)


def test_a_queue_that_puts_rows_off_writes_when_they_are_due() -> None:
    ((_, message),) = at(changed(CALLING, *LOCKED), "bump-not-allowed")
    assert message.startswith("due_at is not among the columns that may change")
    assert message.endswith("but the queue payouts puts rows off there")
    at_once = changed(CALLING, *LOCKED, ("    backoff: {first: 1m, ceiling: 6h, jitter: 0.2}\n", ""))
    assert at(at_once, "bump-not-allowed") == []
