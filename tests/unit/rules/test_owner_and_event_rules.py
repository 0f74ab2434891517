"""The rules about who moves rows, and about events from outside."""

from tests.unit.rules.specs import CALLING, PLAIN, at, changed, codes

OWNED = changed(
    PLAIN,
    ("statuses:", "actors: {shop: handler}\nstatuses:"),
    ("event: sent}", "event: sent, by: shop}"),
)


def test_once_an_actor_is_declared_every_transient_status_needs_an_owner() -> None:
    assert at(OWNED, "ownerless-status") == [
        ("6:3", "nothing moves rows on from sent: no actor, no queue, no event from outside")
    ]


def test_an_event_from_outside_counts_as_an_owner() -> None:
    text = OWNED + "events:\n  arrived: {otherwise: {pending: refuse, paid: ignore}}\n"
    assert codes(text) == []


def test_a_resting_status_needs_no_owner() -> None:
    assert codes(changed(OWNED, ("  sent:    {}", "  sent:    {resting: true}"))) == []


def test_a_transition_to_itself_does_not_count_as_moving_rows_on() -> None:
    text = OWNED + "  - {from: sent, to: sent, event: pinged, by: shop}\n"
    assert codes(text) == ["ownerless-status"]


def test_a_worker_that_finds_one_status_of_a_transition_in_its_queue_is_enough() -> None:
    text = changed(
        CALLING,
        ("from: pending, to: failed,", "from: [held, pending], to: failed,"),
        ("\nclaims:", "\n  - {from: held, to: pending, event: released, by: clerk}\nclaims:"),
        ("  failed:  {terminal: true}", "  failed:  {terminal: true}\n  held:    {initial: true, resting: true}"),
    )
    assert codes(text) == []


REFUND = """\
pointsman: 1
lifecycle: order
table:
  name: orders
  columns:
    reason:      {type: text, nullable: true}
    refunded_at: {type: timestamptz, nullable: true}
actors: {shop: handler}
statuses:
  placed:   {initial: true, resting: true}
  packed:   {resting: true}
  refunded: {terminal: true}
transitions:
  - {from: placed, to: packed,   event: packed,   by: shop}
  - {from: packed, to: refunded, event: refunded, by: shop}
events:
  refunded: {keep_in: refunded_at, otherwise: {placed: keep, refunded: ignore}}
"""


def test_an_event_is_answered_where_a_transition_takes_it_or_otherwise_does() -> None:
    assert codes(REFUND) == []
    assert at(changed(REFUND, ("placed: keep, refunded: ignore", "placed: keep")), "unanswered-event") == [
        ("17:36", "refunded may come in refunded, and nothing says what happens then")
    ]


def test_an_event_whose_condition_may_fail_needs_an_answer_too() -> None:
    text = changed(REFUND, ("event: refunded, by: shop", "event: refunded, by: shop, when: reason = 'broken'"))
    ((place, message),) = at(text, "unanswered-event")
    assert place == "17:36"
    assert message.startswith("refunded may come in packed when none of its conditions holds (for example with reason ")
    assert codes(changed(text, ("refunded: ignore", "refunded: ignore, packed: refuse"))) == []


def _either(first: str, second: str) -> str:
    """The event leads to two statuses, by two conditions."""
    line = "  - {from: packed, to: refunded, event: refunded, by: shop}\n"
    two = line.replace("shop}", f'shop, when: "{first}"}}') + line.replace("to: refunded", "to: lost").replace(
        "shop}", f'shop, when: "{second}"}}'
    )
    return changed(
        REFUND,
        (line, two),
        ("  refunded: {terminal: true}", "  refunded: {terminal: true}\n  lost:     {terminal: true}"),
        ("refunded: ignore", "refunded: ignore, lost: ignore"),
    )


def test_conditions_that_cover_every_row_leave_nothing_to_answer() -> None:
    assert codes(_either("reason is null", "reason is not null")) == []
    assert codes(_either("reason is null", "reason = 'broken'")) == ["unanswered-event"]


def test_what_the_event_brings_is_not_null_in_its_conditions() -> None:
    text = _either("reason in ('a', 'b')", "reason not in ('a', 'b')")
    assert codes(text) == ["unanswered-event"]
    assert codes(changed(text, ("keep_in:", "carries: {reason: reason}, keep_in:"))) == []


def test_what_was_kept_comes_back_only_where_the_row_does() -> None:
    text = changed(
        REFUND,
        ("  refunded: {terminal: true}", "  refunded: {resting: true}"),
        ("events:\n", "  - {from: refunded, to: packed, event: reinstated, by: shop}\nevents:\n"),
    )
    assert [place for place, _ in at(text, "kept-event-comes-back")] == [("12:3")]
    cleared = changed(text, ("{resting: true}\ntrans", "{resting: true, on_entry: {refunded_at: null}}\ntrans"))
    assert codes(cleared) == []


def test_an_answer_is_unused_only_where_a_transition_takes_the_event_always() -> None:
    text = changed(REFUND, ("refunded: ignore", "refunded: ignore, packed: refuse"))
    assert at(text, "unused-answer") == [
        ("17:80", "refunded is answered by refuse in packed, where a transition takes it always")
    ]


def test_an_event_may_not_be_kept_where_no_way_leads_to_a_status_that_takes_it() -> None:
    text = changed(REFUND, ("refunded: ignore", "refunded: keep"))
    assert [message for _, message in at(text, "kept-nowhere")] == [
        "refunded is kept in refunded, and no way leads from there to a status where it applies"
    ]


def test_a_column_that_is_never_null_keeps_an_event_for_every_row() -> None:
    text = changed(REFUND, ("refunded_at: {type: timestamptz, nullable: true}", "refunded_at: {type: timestamptz}"))
    assert [message for _, message in at(text, "kept-nowhere")] == [
        "refunded_at keeps refunded, and is never null: every row looks as if it kept one"
    ]


def test_the_column_that_keeps_an_event_must_be_allowed_to_change_and_what_the_event_carries_need_not() -> None:
    text = changed(
        REFUND,
        ("refunded: {keep_in:", "refunded: {carries: {reason: reason}, keep_in:"),
        ("events:", "same_status: {allow: [reason]}\nevents:"),
    )
    (message,) = [message for _, message in at(text, "bump-not-allowed")]
    assert message.startswith("refunded_at is not among the columns that may change while the status stays")
    assert message.endswith("but a kept refunded is written there")


# --- early events, and who polls what -----------------------------------------------


def test_an_early_event_that_has_a_column_may_not_be_ignored() -> None:
    text = changed(REFUND, ("placed: keep", "placed: ignore"))
    assert at(text, "early-event-dropped") == [
        (
            "17:56",
            "refunded is ignored in placed, from where a row can come to a status that takes it: an early one is lost",
        )
    ]
    assert codes(text) == ["early-event-dropped"]
    assert codes(changed(REFUND, ("placed: keep", "placed: refuse"))) == []


def test_an_event_that_was_applied_may_be_ignored_on_the_way_round() -> None:
    text = changed(
        REFUND,
        ("  refunded: {terminal: true}", "  refunded: {resting: true, on_entry: {refunded_at: null}}\n  mended: {}"),
        ("events:\n", "  - {from: refunded, to: mended, event: returned, by: shop}\nevents:\n"),
        ("\nevents:\n", "\n  - {from: mended, to: packed, event: mended, by: shop}\nevents:\n"),
        ("refunded: ignore", "refunded: ignore, mended: ignore"),
    )
    assert codes(text) == []
    # Once a row can come there without the event, it may be an early one.
    straight = changed(text, ("events:\n", "  - {from: placed, to: mended, event: broken, by: shop}\nevents:\n"))
    assert [message for _, message in at(straight, "early-event-dropped")] == [
        "refunded is ignored in mended, from where a row can come to a status that takes it: an early one is lost"
    ]


def test_a_queue_is_polled_by_a_worker() -> None:
    for kind in ("admin", "handler", "webhook"):
        text = changed(CALLING, ("{payer: worker,", f"{{payer: {kind},"))
        told = f"payer polls the queue payouts and is of the kind {kind}: "
        assert at(text, "queue-polled-by-no-worker") == [
            ("45:13", told + "nothing makes it come back for a row that waits")
        ]


def test_rows_may_not_rest_where_a_queue_makes_a_call() -> None:
    text = changed(CALLING, ("  pending: {initial: true}", "  pending: {initial: true, resting: true}"))
    assert at(text, "resting-in-calling-queue") == [
        (
            "44:16",
            (
                "rows may rest in pending, and the queue payouts calls pay for them: "
                "one whose call is never made or settled breaks no property"
            ),
        )
    ]
    assert codes(text) == ["resting-in-calling-queue"]
