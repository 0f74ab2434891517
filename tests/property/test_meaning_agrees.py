"""What a spec means, and its slow twin that was written from the page of the language: over random cases they agree."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pointsman.loading.load import load
from pointsman.spec import meaning
from pointsman.spec.lifecycle import (
    Call,
    CallResult,
    EarlyEvent,
    Event,
    Lifecycle,
    LookUp,
    Match,
    NextStep,
    Outcome,
    OutcomeRule,
    Queue,
    Repeat,
    Silence,
    Template,
    Webhook,
)
from pointsman.spec.meaning import ReceivedResponse
from pointsman_conformance.core.history import Response
from pointsman_conformance.core.wire import HttpReply
from pointsman_conformance.provider.replies import judged
from tests import naive_meaning as naive
from tests.checkout import TOP
from tests.naive_meaning import Heard

LIFECYCLES = [load(path) for path in sorted((TOP / "spec").glob("*.yaml"))]
MANY = settings(max_examples=300, deadline=None)

# --- bodies and paths ------------------------------------------------------------------------

parts = st.sampled_from(["id", "data", "row", "0", "1", "2", "01", "999", "1000", "", "metadata"])
paths = st.lists(parts, min_size=1, max_size=4).map(".".join)
leaves = st.sampled_from([None, True, False, 0, 7, 1.5, "", "7", "a", "po_1"])
values: st.SearchStrategy[Any] = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(parts, inner, max_size=3), max_leaves=8
)
bodies = st.dictionaries(parts, values, max_size=4)


@MANY
@given(values, paths)
def test_a_path_names_the_same_value(body: Any, path: str) -> None:
    assert meaning.field(body, path) == naive.read(body, path)
    assert type(meaning.field(body, path)) is type(naive.read(body, path))


def is_apart(found: list[str]) -> bool:
    """No path begins with another."""
    taken = [path.split(".") for path in found]
    return not any(one is not other and other[: len(one)] == one for one in taken for other in taken)


@MANY
@given(
    st.dictionaries(paths, leaves.filter(lambda leaf: leaf is not None), max_size=4).filter(
        lambda fields: is_apart(list(fields))
    ),
    st.randoms(),
)
@example({"data.0.id": "a", "data.row": 7}, None)
@example({"data.2.id": "a", "data.0": 7}, None)
def test_the_same_body_is_made_in_any_order_and_each_path_names_its_value(fields: dict[str, Any], random: Any) -> None:
    order = list(fields)
    if random is not None:
        random.shuffle(order)
    body: dict[str, meaning.Json] = {}
    for path in order:
        meaning.put_field(body, path, fields[path])
    assert body == naive.written(fields)
    assert {path: meaning.field(body, path) for path in fields} == fields


@MANY
@given(paths)
def test_a_mark_becomes_the_same_parameter(path: str) -> None:
    assert meaning.parameter(path) == naive.parameter(path)


# --- responses -------------------------------------------------------------------------------

words = st.sampled_from(["declined", "no_funds", "idempotency_error"])
messages = st.text("abc.", max_size=4)
patterns = st.text("ab.*?", max_size=5) | st.sampled_from(
    ["[ab]*", "[!a]b", "*[c.]", "[!]a]*", "[]a]", "a[", "[a", "[!b"]
)
fields_of_error = st.fixed_dictionaries(
    {}, optional={"code": words | st.none() | st.just(404), "type": words, "message": messages}
)
told = st.dictionaries(st.sampled_from(["id", "metadata", "data"]), values, max_size=2)
object_bodies = st.builds(
    lambda base, error, wrapped: {**base, **error, **wrapped},
    told | st.just({"id": "po_1", "charges": {"data": [{"id": "ch_1"}]}}) | bodies,
    fields_of_error | st.just({}),
    st.fixed_dictionaries({}, optional={"error": fields_of_error | st.sampled_from([None, "text", [], 4])}),
)
texts = st.sampled_from(["", " ", '{"id": "po', "not found"])
statuses = st.sampled_from([200, 201, 204, 208, 299, 300, 303, 400, 401, 402, 404, 409, 410, 418, 429, 500, 503, 599])
names_of_headers = st.sampled_from(["ID", "etag", "Row", "data"])
headers = st.dictionaries(names_of_headers, st.sampled_from(["h1", "h2"]), max_size=2).map(
    lambda told: tuple(told.items())
)
silences = st.builds(partial(Heard, 0, "", ()), silence=st.sampled_from(["timeout", "connection"]))
responses = st.builds(Heard, statuses, object_bodies | texts, headers) | silences

ranges = st.sampled_from(
    [(200, 200), (200, 299), (208, 208), (400, 400), (400, 499), (402, 404), (409, 409), (500, 599)]
)
matches = st.builds(
    Match, st.lists(ranges, max_size=2).map(tuple), st.none() | words, st.none() | words, st.none() | patterns
) | st.builds(Match, silence=st.sampled_from(Silence))
lines = st.builds(OutcomeRule, st.sampled_from(Outcome), st.lists(matches, min_size=1, max_size=3).map(tuple))
field_names = st.sampled_from(["id", "charges.data.0.id", "metadata.row", "data.0", "etag", "data.1.id"])
marks = st.sampled_from([("metadata.row", "{id}"), ("row", "r-{id}"), ("data.0", "{id}{cents}"), ("metadata", "x")])


def template(text: str) -> Template:
    return Template(text, tuple(name for name in ("id", "cents") if "{" + name + "}" in text))


random_calls = st.builds(
    lambda outcomes, records, receipt, marked, repeat, amount: Call(
        "pay",
        "bank",
        Template("POST /payouts"),
        repeat,
        amount,
        tuple((path, template(text)) for path, text in marked),
        look_up=None if receipt is None else LookUp(Template("GET /payouts"), receipt),
        records=tuple(zip(("charge", "entry"), records, strict=False)),
        outcomes=tuple(outcomes),
    ),
    st.lists(lines, max_size=5),
    st.lists(field_names, max_size=2),
    st.none() | field_names | field_names,
    st.lists(marks, max_size=2, unique=True),
    st.sampled_from(Repeat),
    st.sampled_from([None, "cents"]),
)
calls = random_calls | st.sampled_from([call for lifecycle in LIFECYCLES for call in lifecycle.calls])


def received(heard: Heard) -> ReceivedResponse:
    if heard.status == 0:
        return ReceivedResponse(silence=Silence(heard.silence))
    return ReceivedResponse(heard.status, heard.body, dict(heard.headers))


@MANY
@given(calls, responses)
def test_a_response_is_the_same_outcome(call: Call, heard: Heard) -> None:
    assert meaning.outcome_of(call, received(heard)) == naive.outcome(call, heard)
    assert meaning.receipts_of(call, received(heard)) == naive.receipts(call, heard)


@MANY
@given(messages | st.text("ab]!*?[", max_size=5), patterns)
def test_a_pattern_fits_the_same_messages(message: str, pattern: str) -> None:
    assert meaning.fits_pattern(message, pattern) is naive.is_like(message, pattern)


@MANY
@given(calls, responses)
def test_the_forms_of_a_response_in_the_kit_are_read_as_the_twin_reads_them(call: Call, heard: Heard) -> None:
    """The laws' by a history, which has no headers, and the provider's, which knows no silence."""
    bare = replace(heard, headers=())
    recorded = Response(
        at=0, request="rq_1", status=heard.status or None, silence=heard.silence or None, body=heard.body
    )
    assert meaning.outcome_of(call, recorded.received()) == naive.outcome(call, bare)
    if heard.status:
        line = judged(call, HttpReply(heard.status, heard.body))
        without_receipts = replace(call, records=())
        assert (line.outcome if line is not None else "unknown") == naive.outcome(without_receipts, bare)


# --- look-ups --------------------------------------------------------------------------------

looking_calls = calls.filter(lambda call: call.look_up is not None)
row_values = st.sampled_from([None, 7, "7", 500, True])
rows = st.sampled_from([{"id": 7, "cents": 500}, {"id": 7, "cents": 500}, None]) | st.fixed_dictionaries(
    {"id": row_values, "cents": row_values, "amount_cents": row_values}
)
charges: st.SearchStrategy[dict[str, Any] | None] = st.sampled_from(
    [None, {"data": []}, {"data": [{"id": "ch_1"}]}, {"data": [{"id": ["ch_1"]}]}]
)
things = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["po_1", "po_2", None, {}, 7]),
        "amount": st.sampled_from([500, 499, 1, "500", True, None]),
        "metadata": st.sampled_from(
            [{"row": "7"}, {"row": 7}, {"row": "8"}, {}, "x", None, {"row": True}, {"row": ""}]
        ),
        "row": st.sampled_from(["r-7", "7", None]),
        "data": st.sampled_from([["7500"], ["7"], [], None, {"0": "7500"}]),
        "charges": charges,
        "status": st.sampled_from(["canceled", "cancelling", "paid", None, 4]),
    },
)  # fmt: skip
likely = st.fixed_dictionaries(
    {"id": st.sampled_from(["po_1", "po_2"]), "metadata": st.just({"row": "7"}), "row": st.just("r-7")},
    optional={"charges": charges, "data": st.just(["7500"]), "amount": st.just(500)},
)
lists = st.builds(
    lambda found, more: {"data": found, **more},
    st.lists(things | likely | likely | leaves, max_size=3),
    st.fixed_dictionaries({}, optional={"has_more": st.sampled_from([True, False, None, "true", 1])}),
)
looked = st.builds(
    Heard,
    st.sampled_from([200, 201, 200, 201, 200, 201, 404, 410, 409]),
    lists | st.builds(dict, lists) | things | likely | bodies | texts,
    headers,
)
others = st.frozensets(st.sampled_from(["po_1", "7", "h1", "ch_1"]), max_size=2)


@settings(max_examples=1000, deadline=None)
@given(looking_calls, rows, looked, others)
def test_a_look_up_shows_the_same(call: Call, row: dict[str, Any] | None, heard: Heard, known: frozenset[str]) -> None:
    answer = meaning.looked_up(call, row, received(heard), known)
    word, filled = naive.shown(call, row, heard, known)
    assert (answer.result if answer is not None else "no answer") == word
    assert dict(answer.receipts if answer is not None else {}) == filled


@settings(max_examples=300, deadline=None)
@given(looking_calls, rows, looked, others)
def test_nothing_of_ours_that_is_there_is_ever_called_absent(
    call: Call, row: dict[str, Any] | None, heard: Heard, known: frozenset[str]
) -> None:
    answer = meaning.looked_up(call, row, received(heard), known)
    if row is None or not call.marks or answer is None or not isinstance(heard.body, dict) or heard.status > 299:
        return
    listed = heard.body.get("data")
    there = listed if isinstance(listed, list) else []
    if any(naive.carries_marks(call, row, thing) for thing in there):
        assert answer.result in {meaning.LookUpResult.FOUND, meaning.LookUpResult.UNREADABLE}


# --- events and queues -----------------------------------------------------------------------

STATUSES = ("open", "paid", "sent")
status_names = st.sampled_from(STATUSES)
event_names = st.sampled_from(["made", "arrived", "cancelled"])
hooks = st.builds(
    Webhook,
    st.just("payout.updated"),
    event_names,
    st.none() | paths,
    st.dictionaries(status_names, event_names, max_size=3).map(lambda told: tuple(told.items())),
)


@MANY
@given(hooks, status_names, bodies)
@example(Webhook("payout.updated", "made", "id"), "open", {"id": 1})
@example(Webhook("payout.updated", "made", "id"), "open", {"id": True})
def test_a_webhook_means_the_same(hook: Webhook, status: str, thing: dict[str, Any]) -> None:
    assert meaning.event_of(hook, status) == naive.event_of(hook, status)
    assert meaning.tells(hook, thing) is naive.tells(hook, thing)


events = st.builds(
    lambda otherwise, keep_in: Event("cancelled", "cancelled", otherwise=tuple(otherwise.items()), keep_in=keep_in),
    st.dictionaries(status_names, st.sampled_from(EarlyEvent), max_size=3),
    st.sampled_from([None, "cancelled_at"]),
)
pairs = st.lists(st.tuples(status_names, status_names, event_names), max_size=4)


@MANY
@given(events, pairs, event_names, status_names)
def test_the_same_becomes_of_an_event(event: Event, moves: list[tuple[str, str, str]], name: str, status: str) -> None:
    template = LIFECYCLES[0].transitions[0]
    lifecycle = Lifecycle(
        "payout",
        tuple(replace(LIFECYCLES[0].statuses[0], name=each, value=each) for each in STATUSES),
        tuple(replace(template, source=source, target=target, event=by) for source, target, by in moves),
        events=(event,),
    )
    taken = meaning.transitions_by(lifecycle, status, name)
    word = "moves" if taken else meaning.early_event(lifecycle.event.get(name), status)
    assert word == naive.becomes(lifecycle, name, status)


@MANY
@given(
    st.dictionaries(st.sampled_from(CallResult), st.sampled_from([*NextStep, "made", "given_up"]), max_size=6),
    st.sampled_from(CallResult),
)
def test_the_same_follows_a_result(then: dict[CallResult, str], result: CallResult) -> None:
    queue = Queue("payouts", STATUSES, then=tuple((word, str(said)) for word, said in then.items()))
    word = naive.follows(queue, result.value)
    is_step = word in {"again", "wait", "alarm", "settle", "look_up"}
    assert meaning.after(queue, result) == word
    assert (meaning.step_after(queue, result), meaning.event_after(queue, result)) == (
        (word, None) if is_step else (None, word)
    )


def test_the_twin_shares_no_code_with_the_meaning() -> None:
    text = (TOP / "tests" / "naive_meaning.py").read_text(encoding="utf-8")
    ours = ("from pointsman", "import pointsman")
    assert [line for line in text.splitlines() if line.startswith(ours)] == [
        "from pointsman.spec.lifecycle import Call, Event, Lifecycle, Match, Queue, Webhook"
    ]
