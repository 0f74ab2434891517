"""The rules about what follows a reply, what a reply is taken for, and how an effect is found again."""

import pytest

from pointsman.spec.finding import Severity
from tests.unit.rules.specs import CALLING, at, changed, codes, findings

# --- done, and the status ------------------------------------------------------

STUCK = changed(
    CALLING,
    ("  failed:  {terminal: true}", "  stuck:   {resting: true}\n  failed:  {terminal: true}"),
    ("to: paid,   event: pay_accepted,", "to: stuck,  event: pay_accepted,"),
    ("\nclaims:", "\n  - {from: stuck, to: paid, event: confirmed, by: clerk, when: receipt is not null}\nclaims:"),
)


def test_a_reply_of_done_may_not_enter_a_status_that_does_not_mean_it() -> None:
    what = "is done, and pending to stuck by pay_accepted enters a status that does not say so"
    assert at(STUCK, "done-is-not-meant") == [
        ("54:22", f"accepted means that pay {what}"),
        ("55:26", f"settled_done means that pay {what}"),
    ]
    assert codes(changed(STUCK, ("  stuck:   {resting: true}", "  stuck:   {resting: true, means: {pay: done}}"))) == []


def test_a_transition_that_takes_the_call_for_not_done_is_told_by_another_rule() -> None:
    text = changed(STUCK, ("  stuck:   {resting: true}", "  stuck:   {resting: true, means: {pay: not_done}}"))
    assert set(codes(text)) == {"reply-contradicts-transition"}


def test_where_no_status_means_it_that_is_said_once_and_only_if_the_spec_speaks_of_the_call() -> None:
    text = changed(CALLING, (", means: {pay: done}", ""))
    assert at(text, "done-is-not-meant") == [
        ("16:3", "no status means that pay is done, not even paid, which a row enters once it is accepted")
    ]
    assert [finding.severity for finding in findings(text)] == [Severity.WARNING]
    assert "done-is-not-meant" not in codes(changed(text, (", needs: {pay: not_done}", "")))


# --- wait, alarm, and no end -----------------------------------------------------

SPEAKING = changed(
    CALLING,
    (
        "      - {refused: [",
        (
            "      - {already_done: [{http: 409, code: exists}]}\n"
            "      - {refused_for_now: [{http: 400, code: no_money}]}\n"
            "      - {misused: [{type: idempotency_error}]}\n"
            "      - {refused: ["
        ),
    ),
    (
        "refused: given_up, not_tried: wait,",
        "already_done: look_up, refused: given_up, refused_for_now: again, misused: alarm, not_tried: wait,",
    ),
)


@pytest.mark.parametrize(
    ("edit", "place"),
    [
        (("already_done: look_up", "already_done: wait"), "55:50"),
        (("refused: given_up", "refused: wait"), "55:68"),
        (("refused_for_now: again", "refused_for_now: wait"), "55:95"),
    ],
)
def test_a_definite_reply_may_not_give_the_attempt_back(edit: tuple[str, str], place: str) -> None:
    assert codes(SPEAKING) == []
    text = changed(SPEAKING, edit)
    reply = edit[0].partition(":")[0]
    assert at(text, "refusal-gives-back") == [
        (
            place,
            (
                f"the queue payouts waits when pay is {reply}, which gives the attempt back: "
                "a row that is answered so each time is tried for ever"
            ),
        )
    ]
    assert codes(text) == ["refusal-gives-back"]


def test_an_answer_to_a_reply_that_cannot_come_is_only_unused() -> None:
    text = changed(CALLING, ("not_tried: wait,", "not_tried: wait, refused_for_now: wait, misused: again,"))
    assert codes(text) == ["unused-reply", "unused-reply"]


@pytest.mark.parametrize("step", ["again", "wait", "settle", "look_up"])
def test_a_misuse_must_raise_an_alarm(step: str) -> None:
    text = changed(SPEAKING, ("misused: alarm", f"misused: {step}"))
    assert at(text, "misuse-unheard") == [
        (
            "55:111",
            (f"that pay was misused is a defect of ours, and the queue payouts answers {step}: no alarm is raised"),
        )
    ]
    assert codes(text) == ["misuse-unheard"]


@pytest.mark.parametrize("step", ["again", "wait", "alarm"])
def test_after_its_last_attempt_a_row_has_to_end(step: str) -> None:
    text = changed(CALLING, ("exhausted: settle", f"exhausted: {step}"))
    assert [message for _, message in at(text, "unlimited-attempts")] == [
        f"the queue payouts calls pay and goes on after its last attempt: exhausted is answered by {step}"
    ]


# --- lines that catch a part of another --------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "cut"),
    [
        ("{refused: [{http: [400, 404]}]}", "{misused: [{type: idempotency_error}]}", True),
        ("{refused: [{http: [400, 404]}]}", "{refused_for_now: [{http: [404, 423], code: locked}]}", True),
        ("{refused: [{http: 400, type: invalid}]}", "{misused: [{type: invalid, code: key_reused}]}", True),
        ("{accepted: [{http: 2xx}]}", "{already_done: [{http: [200, 409], code: exists}]}", True),
        # One outcome, or nothing in common, or each asks for what the other does not.
        ("{refused: [{http: [400, 404]}]}", "{refused: [{type: idempotency_error}]}", False),
        ("{refused: [{http: 400}]}", "{refused_for_now: [{http: [409, 423], code: locked}]}", False),
        ("{refused: [{http: 400, code: gone}]}", "{misused: [{type: idempotency_error}]}", False),
        ("{misused: [{type: invalid}]}", "{refused: [{http: 400}]}", False),
        # A success says nothing of an error, and after a reply that tells nothing there is another attempt.
        ("{accepted: [{http: 2xx}]}", "{misused: [{type: idempotency_error}]}", False),
        ("{not_tried: [{http: [401, 409]}]}", "{misused: [{type: idempotency_error}]}", False),
        ("{unknown: [{http: 503}]}", "{misused: [{type: idempotency_error}]}", False),
    ],
)
def test_a_line_that_takes_some_replies_of_a_narrower_one_is_found(first: str, second: str, cut: bool) -> None:
    start, end = CALLING.index("      - {accepted"), CALLING.index("      - {unknown: [{http")
    text = f"{CALLING[:start]}      - {first}\n      - {second}\n{CALLING[end:]}"
    assert [place for place, _ in at(text, "shadowed-outcome")] == (
        ["39:" + str(second.index("[") + 10)] if cut else []
    )


def test_a_line_that_is_cut_says_what_it_is_taken_for() -> None:
    text = changed(
        CALLING,
        ("      - {not_tried: [", "      - {misused: [{type: idempotency_error}]}\n      - {not_tried: ["),
        ("not_tried: wait,", "not_tried: wait, misused: alarm,"),
    )
    assert at(text, "shadowed-outcome") == [
        (
            "40:20",
            (
                "pay is refused by some of the replies that this calls misused: "
                "an earlier line catches them by their HTTP status"
            ),
        )
    ]
    assert codes(text) == ["shadowed-outcome"]


# --- what a look-up asks by -----------------------------------------------------------


@pytest.mark.parametrize(
    ("marks", "query", "unsent"),
    [
        ('{reference: "{id}"}', "?reference={id}", None),
        ('{metadata.row: "{id}"}', "?transfer_group={id}", "transfer_group"),
        ('{reference: "{cents}", metadata.row: "{id}"}', "?limit=100&reference={id}", "reference"),
        ('{metadata.row: "{id}"}', "?metadata[row]={id}&limit=100", None),
        ('{metadata.row: "{id}"}', "?labelSelector=row={id}", None),
        ('{metadata.row: "{id}"}', "?query={id}", None),
        ('{metadata.row: "{id}"}', "?limit=100", None),
        ('{metadata.row: "{id}"}', "?idempotency_key=pay-{id}-{key_round}", None),
        ('{metadata.row: "{id}"}', "?receipt={receipt}", None),
        ('{metadata.row: "{id}"}', "/{id}", None),
    ],
)
def test_a_look_up_asks_by_what_is_sent(marks: str, query: str, unsent: str | None) -> None:
    text = changed(CALLING, ('{reference: "{id}"}', marks), ("GET /payouts?reference={id}", f"GET /payouts{query}"))
    told = (
        f"the look-up of pay asks by {unsent}, which is not sent with the call: "
        "it finds nothing, and what was done counts as not done"
    )
    assert at(text, "effect-without-mark") == ([("35:24", told)] if unsent else [])


def test_a_request_that_names_the_row_itself_is_known_by_that() -> None:
    text = changed(
        CALLING,
        ('{reference: "{id}"}', '{metadata.row: "{id}"}'),
        ("request: POST /payouts", "request: POST /rows/{id}/payouts"),
    )
    assert codes(text) == []
