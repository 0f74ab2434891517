"""The rules about queues, calls, keys and what is known after a reply."""

import pytest

from pointsman.spec.finding import Severity
from tests.unit.rules.specs import CALLING, at, changed, codes, findings


def test_the_spec_that_these_tests_change_has_no_findings() -> None:
    assert codes(CALLING) == []


# --- what is known after a reply -----------------------------------------------


@pytest.mark.parametrize(
    ("reply", "edit"),
    [
        ("unknown", ("unknown: again", "unknown: given_up")),
        ("not_tried", ("not_tried: wait", "not_tried: given_up")),
    ],
)
def test_a_reply_that_does_not_tell_may_not_choose_not_done(reply: str, edit: tuple[str, str]) -> None:
    ((_, message),) = at(changed(CALLING, edit), "unknown-taken-as-not-done")
    assert message == (
        f"after {reply} it is unknown whether pay is done, and pending to failed by given_up takes it for not done"
    )


def test_nor_may_it_choose_done() -> None:
    text = changed(CALLING, ("unknown: again", "unknown: pay_accepted"))
    assert [message for _, message in at(text, "reply-contradicts-transition")] == [
        "unknown does not tell whether pay is done, and pending to paid by pay_accepted takes it for done"
    ]
    assert codes(text) == ["reply-contradicts-transition"]


def test_an_accepted_call_may_not_be_booked_as_not_done() -> None:
    text = changed(CALLING, ("accepted: pay_accepted, refused", "accepted: given_up, refused"))
    assert [message for _, message in at(text, "reply-contradicts-transition")] == [
        "accepted means that pay is done, and pending to failed by given_up takes it for not done"
    ]


def test_giving_up_after_the_last_attempt_has_to_settle_first() -> None:
    text = changed(CALLING, ("exhausted: settle", "exhausted: given_up"))
    assert at(text, "gives-up-without-settling") == [
        (
            "52:99",
            "after its last attempt the queue payouts takes given_up without finding out whether pay is done",
        )
    ]


CLOSED = "  - {from: pending, to: failed, event: closed, by: %s}\nclaims:"
NEWS = "    records: {receipt: id}\n"
HOOK = NEWS + "    webhook: {payout.returned: {event: closed}}\n"


def leaving(*moves: str, statuses: str = "") -> str:
    """The calling spec with more statuses and transitions, a line each."""
    added = "".join(f"  - {{{move}}}\n" for move in moves)
    return changed(
        CALLING, ("  failed:  {terminal: true}\n", f"  failed:  {{terminal: true}}\n{statuses}"),
        ("\nclaims:", f"\n{added}claims:"),
    )  # fmt: skip


def blind(text: str) -> list[str]:
    """What the rule says of the spec; no other rule may say anything about unknown outcomes."""
    return [message for _, message in at(text, "gives-up-without-settling")]


@pytest.mark.parametrize("actor", ["clerk", "shop", "[bank, shop]"])
def test_a_person_or_a_handler_may_not_close_a_row_blindly(actor: str) -> None:
    text = CALLING.replace("\nclaims:", "\n" + CLOSED % actor, 1)
    assert "gives-up-without-settling" in codes(text)
    assert at(text, "gives-up-without-settling")[0][0] == "21:12"
    needing = (CLOSED % "clerk").replace("by: clerk}", "by: clerk, needs: {pay: not_done}}")
    assert codes(CALLING.replace("\nclaims:", "\n" + needing, 1)) == []


def test_a_webhook_may_close_a_row_where_its_news_is_of_this_call() -> None:
    text = CALLING.replace("\nclaims:", "\n" + CLOSED % "bank", 1)
    assert blind(text) == ["pending to failed by closed may be taken while it is unknown whether pay is done"]
    assert blind(changed(text, (NEWS, HOOK))) == []


def test_news_that_carries_the_receipt_of_the_call_is_of_this_call() -> None:
    events = "events:\n  closed: {carries: {%s: id}, otherwise: {paid: ignore, failed: ignore}}\nclaims:"
    text = CALLING.replace("\nclaims:", "\n" + CLOSED % "bank", 1)
    assert blind(changed(text, ("\nclaims:", "\n" + events % "receipt"))) == []
    assert blind(changed(text, ("\nclaims:", "\n" + events % "tries"))) != []


def test_the_whole_way_of_a_row_that_leaves_is_followed_over_transient_statuses() -> None:
    text = leaving(
        "from: pending, to: called_off, event: call_off, by: shop",
        "from: called_off, to: told, event: tell, by: teller",
        "from: told, to: failed, event: credited, by: teller",
        statuses="  called_off: {}\n  told: {}\n",
    ).replace("actors: {payer: worker,", "actors: {payer: worker, teller: worker,")
    (message,) = blind(text)
    assert message == (
        "pending to called_off by call_off may be taken while it is unknown whether pay is done, "
        "and nothing finds out on the row's way to failed"
    )
    assert blind(changed(text, ("event: tell, by: teller", "event: tell, by: teller, needs: {pay: not_done}"))) == []
    assert blind(changed(text, ("  told: {}", "  told: {means: {pay: done}}"))) == []


def test_a_row_that_is_held_and_released_into_its_queue_is_not_given_up() -> None:
    held = "from: pending, to: on_hold, event: hold, by: clerk"
    released = "from: on_hold, to: pending, event: release, by: clerk"
    assert blind(leaving(held, released, statuses="  on_hold: {resting: true}\n")) == []
    closed = "from: on_hold, to: failed, event: drop, by: clerk"
    assert blind(leaving(held, released, closed, statuses="  on_hold: {resting: true}\n")) != []
    settled = closed + ", needs: {pay: not_done}"
    assert blind(leaving(held, released, settled, statuses="  on_hold: {resting: true}\n")) == []


def test_a_row_that_is_held_and_never_released_is_given_up() -> None:
    moves = (
        "from: pending, to: on_hold, event: hold, by: clerk",
        "from: on_hold, to: asleep, event: rest, by: clerk",
        "from: asleep, to: on_hold, event: wake, by: clerk",
    )
    assert blind(leaving(*moves, statuses="  on_hold: {resting: true}\n  asleep: {resting: true}\n")) != []


@pytest.mark.parametrize(
    ("status", "entry"),
    [("  pending: {initial: true", ", on_entry: {key_since: null}}"), ("  on_hold: {resting: true", "")],
)
def test_a_hold_that_forgets_the_key_is_no_hold(status: str, entry: str) -> None:
    held = "from: pending, to: on_hold, event: hold, by: clerk"
    released = "from: on_hold, to: pending, event: release, by: clerk"
    text = leaving(held, released, statuses="  on_hold: {resting: true}\n")
    assert blind(text) == []
    assert blind(changed(text, (f"{status}}}", status + (entry or ", on_entry: {key_since: null}}")))) != []


def test_used_up_attempts_may_lead_to_where_a_person_finds_out() -> None:
    text = changed(
        leaving(
            "from: pending, to: unclear, event: unclear, by: payer",
            "from: unclear, to: paid, event: pay_found, by: clerk",
            "from: unclear, to: failed, event: pay_missing, by: clerk, needs: {pay: not_done}",
            statuses="  unclear: {resting: true}\n",
        ),
        ("exhausted: settle", "exhausted: unclear"),
    )
    assert blind(text) == []
    assert blind(changed(text, ("by: clerk, needs: {pay: not_done}}\nclaims", "by: clerk}\nclaims"))) == [
        "after its last attempt the queue payouts takes unclear without finding out whether pay is done"
    ]


def test_a_reply_that_tells_nothing_may_not_give_a_row_up_either() -> None:
    left = leaving("from: pending, to: dropped, event: drop, by: payer", statuses="  dropped: {terminal: true}\n")
    text = changed(left, ("unknown: again", "unknown: drop"))
    assert blind(text) == ["pending to dropped by drop may be taken while it is unknown whether pay is done"]


def test_settled_absent_may_not_be_taken_by_others_than_the_worker() -> None:
    text = changed(CALLING, ("by: [payer, clerk, shop], needs", "by: [clerk, shop], needs"))
    assert {(f.code, f.subject) for f in findings(text)} == {
        ("worker-not-allowed", "queue:payouts:refused:pending>failed"),
        ("worker-not-allowed", "queue:payouts:settled_absent:pending>failed"),
    }


def test_every_outcome_and_what_follows_from_settling_wants_an_answer() -> None:
    text = changed(
        CALLING,
        ("not_tried: wait, unknown: again, exhausted: settle,\n           ", ""),
        ("settled_done: pay_accepted, settled_absent: given_up", "misused: alarm"),
    )
    assert at(text, "outcome-without-answer") == [
        ("52:5", "the queue payouts does not say what follows not_tried, unknown and exhausted")
    ]
    assert [place for place, _ in at(text, "unused-reply")] == ["52:55"]


def test_unknown_wants_an_answer_even_where_no_outcome_says_unknown() -> None:
    text = changed(
        CALLING,
        ("      - {unknown: [{http: 5xx}, timeout, connection, unmatched]}\n", ""),
        ("unknown: again, ", ""),
    )
    assert codes(text) == ["no-unmatched", "outcome-without-answer"]


# --- settling --------------------------------------------------------------------


def test_settling_by_look_up_wants_a_look_up_and_by_resending_wants_a_key() -> None:
    without = changed(CALLING, ('    look_up: {request: "GET /payouts?reference={id}", receipt: id}\n', ""))
    assert [message for _, message in at(without, "cannot-settle")] == [
        "after exhausted the queue payouts is to settle, but pay has no look_up"
    ]
    unsaid = changed(CALLING, ("settle: {first: resend_same_key, otherwise: look_up}\n", ""))
    assert [message for _, message in at(unsaid, "cannot-settle")] == [
        "after exhausted the queue payouts is to settle, but the spec does not say how"
    ]


def test_a_call_that_repeats_as_already_done_may_be_sent_again_without_a_key() -> None:
    text = changed(
        CALLING,
        ("repeat: new_effect", "repeat: already_done"),
        ("    amount: {column: cents}\n", ""),
        ('    key: "pay-{id}-{key_round}"\n    key_generation: key_round\n    key_first_used: key_since\n', ""),
        ("    key_lifetime: 24h\n", ""),
        ("settle: {first: resend_same_key, otherwise: look_up}", "settle: {first: resend_same_key}"),
    )
    assert codes(text) == []
    assert codes(changed(text, ("repeat: already_done", "repeat: new_effect"))) == ["call-without-key", "cannot-settle"]


def test_without_a_key_a_partial_amount_is_a_warning_and_a_new_effect_an_error() -> None:
    keyless = changed(
        CALLING,
        ('    key: "pay-{id}-{key_round}"\n    key_generation: key_round\n    key_first_used: key_since\n', ""),
        ("    key_lifetime: 24h\n", ""),
        ("settle: {first: resend_same_key, otherwise: look_up}", "settle: {first: look_up}"),
    )
    assert [(f.code, f.severity) for f in findings(keyless)] == [("call-without-key", Severity.ERROR)]
    partial = changed(keyless, ("repeat: new_effect", "repeat: already_done"))
    assert [(f.code, f.severity) for f in findings(partial)] == [("call-without-key", Severity.WARNING)]


# --- times -----------------------------------------------------------------------


@pytest.mark.parametrize(("lease", "found"), [("3m30s", True), ("3m31s", False)])
def test_the_lease_must_be_longer_than_pause_and_settling_together(lease: str, found: bool) -> None:
    text = changed(CALLING, ("lease: 10m", f"lease: {lease}"))
    assert bool(at(text, "lease-too-short")) is found


@pytest.mark.parametrize(("lease", "found"), [("24h", True), ("23h", False)])
def test_the_lease_must_be_shorter_than_the_keys_lifetime(lease: str, found: bool) -> None:
    text = changed(CALLING, ("lease: 10m", f"lease: {lease}"))
    assert bool(at(text, "lease-outlives-key")) is found


def test_each_time_that_is_not_declared_is_named_with_its_path() -> None:
    text = changed(
        CALLING,
        ("lease: 10m, ", ""),
        (", longest_pause: 2m", ""),
        ("    settles_within: 90s\n", ""),
        ("    key_lifetime: 24h\n", ""),
    )
    assert [f.subject for f in findings(text)] == [
        "premise:claims.lease",
        "premise:claims.longest_pause",
        "premise:calls.pay.key_lifetime",
        "premise:calls.pay.settles_within",
    ]


def test_a_row_lock_needs_neither_lease_nor_fence() -> None:
    text = changed(CALLING, ("{by: bump, lease: 10m, fence: claims, longest_pause: 2m}", "{by: lock}"))
    assert codes(text) == []


RESENDING = changed(
    CALLING,
    ('    look_up: {request: "GET /payouts?reference={id}", receipt: id}\n', ""),
    ("settle: {first: resend_same_key, otherwise: look_up}", "settle: {first: resend_same_key}"),
    ('    marks: {reference: "{id}"}\n', ""),
)


@pytest.mark.parametrize(
    ("limit", "backoff", "outlived"),
    [
        # Four leases of 10m, then 16m, 32m, 64m, 128m, 256m, 360m, 360m: 1,256m; 1,499m with jitter.
        ("8", "{first: 1m, ceiling: 6h, jitter: 0.2}", False),
        ("10", "{first: 1m, ceiling: 6h, jitter: 0.2}", False),
        ("11", "{first: 1m, ceiling: 6h, jitter: 0.2}", True),
        ("11", "{first: 1m, ceiling: 6h}", False),
        ("12", "{first: 1m, ceiling: 6h}", True),
        # The lease is longer than every pause.
        ("143", "{first: 1s, factor: 1}", False),
        ("144", "{first: 1s, factor: 1}", True),
        ("1000000", "{first: 1s, factor: 1}", True),
        ("12", "{first: 1m, factor: 1000}", True),
    ],
)
def test_retries_may_not_outlive_the_key_where_nothing_is_looked_up(limit: str, backoff: str, outlived: bool) -> None:
    text = changed(RESENDING, ("limit: 12", f"limit: {limit}"), ("{first: 1m, ceiling: 6h, jitter: 0.2}", backoff))
    assert bool(at(text, "key-outlived-without-look-up")) is outlived


def test_the_retry_horizon_is_told_in_hours() -> None:
    patient = changed(RESENDING, ("limit: 12", "limit: 144"))
    text = changed(patient, ("{first: 1m, ceiling: 6h, jitter: 0.2}", "{first: 1s, factor: 1}"))
    ((place, message),) = at(text, "key-outlived-without-look-up")
    assert place == "49:5"
    assert "up to 24h3m30s after its first use, and the provider remembers it for 24h" in message


def test_attempts_without_a_limit_outlive_every_key() -> None:
    text = changed(RESENDING, ("{column: tries, limit: 12}", "{column: tries}"))
    assert "without end" in at(text, "key-outlived-without-look-up")[0][1]


# --- outcomes --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("{refused: [{http: 400, code: gone}]}", True),
        ("{refused: [{http: [400, 404]}]}", False),
        ("{refused: [{http: [400, 402]}]}", True),
        ("{refused: [{http: 4xx}]}", False),
        ("{refused: [{code: gone}]}", False),
        ("{refused: [{http: 200, message: '*no*'}]}", True),
    ],
)
def test_a_reply_that_an_earlier_line_catches_is_pointed_at(line: str, caught: bool) -> None:
    text = changed(CALLING, ("      - {unknown: [{http", f"      - {line}\n      - {{unknown: [{{http"))
    assert bool(at(text, "shadowed-outcome")) is caught


def test_nothing_comes_after_unmatched() -> None:
    first = "      - {accepted: [{http: 200}]}\n"
    text = changed(CALLING, (first, "      - {unknown: [unmatched]}\n" + first))
    # Every reply that a later line describes: 200, 400 and 402, 409 and 429, 5xx and the three silences.
    assert [place for place, _ in at(text, "shadowed-outcome")] == [
        "39:21", "40:20", "41:22", "42:20", "42:33", "42:42", "42:54",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("{refused: [timeout]}", True),
        ("{not_tried: [connection]}", True),
        ("{refused: [{http: 503}]}", True),
        ("{refused_for_now: [{http: [422, 500]}]}", True),
        ("{refused: [{http: 500, code: declined}]}", False),
        ("{misused: [{http: 501}]}", False),
    ],
)
def test_silence_and_a_servers_failure_tell_nothing(line: str, found: bool) -> None:
    text = changed(CALLING, ("      - {unknown: [{http", f"      - {line}\n      - {{unknown: [{{http"))
    assert bool(at(text, "silence-taken-as-answer")) is found


# --- rows and columns --------------------------------------------------------------


def test_a_condition_that_rules_out_null_writes_what_is_required() -> None:
    text = changed(CALLING, ("    records: {receipt: id}\n", ""))
    assert at(text, "unwritten-requirement") == [
        ("16:40", "paid requires receipt, and nothing writes it on the way pending to paid by pay_accepted")
    ]
    assert codes(changed(text, ("by: [payer, bank]}", "by: [payer, bank], when: receipt is not null}"))) == []
    assert codes(changed(text, ("by: [payer, bank]}", "by: [payer, bank], when: cents > 0}"))) == [
        "unwritten-requirement"
    ]
    assert codes(changed(text, ("{type: text, nullable: true}", "{type: text}"))) == []
    assert codes(changed(text, ("{type: text, nullable: true}", "{type: text, nullable: true, default: none}"))) == []


def test_a_default_that_an_entry_empties_is_no_promise() -> None:
    text = changed(
        CALLING,
        ("    records: {receipt: id}\n", ""),
        ("{type: text, nullable: true}", "{type: text, nullable: true, default: none}"),
        ("  pending: {initial: true}", "  pending: {initial: true, on_entry: {receipt: null}}"),
    )
    assert codes(text) == ["unwritten-requirement"]


def test_what_the_status_before_requires_is_there() -> None:
    text = changed(
        CALLING,
        ("    records: {receipt: id}\n", ""),
        ("  pending: {initial: true}", "  pending: {initial: true, requires: [receipt]}"),
    )
    assert codes(text) == []


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("{initial: true}", True),
        ("{initial: true, on_entry: {due_at: now}}", True),  # a new row has no default
        ("{initial: true, requires: [due_at]}", False),
        ("{initial: true, requires: [due_at], on_entry: {due_at: null}}", True),
    ],
)
def test_a_row_in_a_queue_must_become_due(status: str, found: bool) -> None:
    text = changed(
        CALLING,
        ("due_at:    {type: timestamptz, default: now}", "due_at:    {type: timestamptz, nullable: true}"),
        ("  pending: {initial: true}", f"  pending: {status}"),
    )
    assert bool(at(text, "never-due")) is found


def test_two_queues_over_one_status_are_told_once_for_each_further_queue() -> None:
    text = (
        CALLING
        + "  again:\n    statuses: [pending]\n    worker: payer\n    due: due_at\n    order: due_at\n    index: i\n"
    )
    assert at(text, "overlapping-queues") == [
        ("55:16", "the queues payouts and again both hold pending, so two workers can claim one row")
    ]


def test_a_counter_is_carried_over_only_where_something_has_counted_before() -> None:
    before = changed(
        CALLING,
        ("  pending: {initial: true}", "  asked:   {initial: true, resting: true}\n  pending: {}"),
        ("transitions:\n", "transitions:\n  - {from: asked, to: pending, event: approved, by: clerk}\n"),
    )
    assert codes(before) == []
    after = changed(
        CALLING,
        ("  failed:  {terminal: true}", "  failed:  {resting: true}\n  closed:  {terminal: true}"),
        ("transitions:\n", "transitions:\n  - {from: failed, to: pending, event: tried_again, by: clerk}\n"),
    ).replace("\nclaims:", "\n  - {from: failed, to: closed, event: closed, by: clerk}\nclaims:", 1)
    assert codes(after) == ["attempts-carried-over"]


def test_names_are_measured_in_bytes_as_the_database_makes_them_up() -> None:
    long = "x" * 46
    text = CALLING.replace("  paid: ", f"  {long}: ").replace("to: paid,", f"to: {long},")
    assert codes(text) == []  # payouts_ + 46 + _requires = 63
    text = CALLING.replace("  paid: ", f"  {long}x: ").replace("to: paid,", f"to: {long}x,")
    ((place, message),) = at(text, "truncated-name")
    assert place.startswith("16:")
    assert "which has 64 bytes" in message
