"""Every spec in the repository gets a provider from its calls alone."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pointsman.linting.lint import lint
from pointsman.loading.load import load, load_text
from pointsman.spec import meaning
from pointsman.spec.lifecycle import Call, Lifecycle, Outcome, Repeat
from pointsman.spec.meaning import LookUpAnswer, LookUpResult
from pointsman_conformance.core.history import Effect, Value
from pointsman_conformance.core.plan import FaultKind
from pointsman_conformance.core.wire import Heard, HttpReply, received
from pointsman_conformance.reference.requests import effect_request, look_up_request
from tests.unit.provider.desk import SPECS, Desk, body, error, reply

LIFECYCLES = {path.stem: load(path) for path in sorted(SPECS.glob("*.yaml"))}
CALLS = [(name, call.name) for name, lifecycle in LIFECYCLES.items() for call in lifecycle.calls]
EVERY_CALL = pytest.mark.parametrize(("spec", "name"), CALLS, ids=[f"{spec}-{name}" for spec, name in CALLS])

TOKEN = "sk_test_hunter2"  # noqa: S105 - made up


def outcome_of(call: Call, heard: Heard) -> Outcome:
    return meaning.outcome_of(call, received(heard))


def shown(call: Call, row: Mapping[str, Value], heard: Heard, others: frozenset[str]) -> LookUpAnswer:
    answer = meaning.looked_up(call, row, received(heard), others)
    assert answer is not None
    return answer


def row_of(lifecycle: Lifecycle) -> dict[str, Value]:
    """A row that has something in every column but receipts."""
    table = lifecycle.table
    assert table is not None
    found: dict[str, Value] = {table.primary_key: "7"}
    for column in table.columns:
        if column.name.endswith("_cents"):
            found[column.name] = 1000
        elif column.type in {"integer", "bigint", "smallint"}:
            found[column.name] = column.default if isinstance(column.default, int) else 1
        elif column.type.startswith("timestamp"):
            found[column.name] = None
        else:
            found[column.name] = f"its_{column.name}"
    for call in lifecycle.calls:
        found.update(dict.fromkeys(dict(call.records)))
    return found


def ready(spec: str, name: str) -> tuple[Desk, Call, dict[str, Value]]:
    """A provider where all is there that the call stands on, and the row knows it."""
    lifecycle = LIFECYCLES[spec]
    call = lifecycle.call[name]
    desk, row = Desk(lifecycle), row_of(lifecycle)
    for other in lifecycle.calls:
        recorded = {column for column, _ in other.records}
        same = (
            other.look_up is not None
            and other.look_up.request.text == call.request.text.replace("DELETE", "GET").split("?", maxsplit=1)[0]
        )
        if other is not call and (recorded & set(call.request.columns) or same):
            receipt = desk.provider.put(other.name, "7", 1000, columns=row)
            row.update(dict.fromkeys(recorded, receipt))
    return desk, call, row


@EVERY_CALL
def test_the_request_of_the_spec_is_accepted_and_is_its_effect(spec: str, name: str) -> None:
    desk, call, row = ready(spec, name)
    heard = desk.send(effect_request(call, row, TOKEN))
    assert outcome_of(call, heard) is Outcome.ACCEPTED, heard
    made = desk.all(Effect)[-1]
    assert (made.call, made.row, made.request) == (name, "7", "rq_1")
    assert made.amount == (1000 if call.amount is not None else None)


@EVERY_CALL
def test_the_look_up_of_the_spec_finds_the_effect_and_nothing_before(spec: str, name: str) -> None:
    desk, call, row = ready(spec, name)
    known = frozenset(
        str(row[column]) for other in LIFECYCLES[spec].calls for column, _ in other.records if row[column]
    )
    ask = look_up_request(call, row, TOKEN)
    assert shown(call, row, desk.send(ask), known).result is LookUpResult.ABSENT
    first = desk.send(effect_request(call, row, TOKEN))
    told = shown(call, row, desk.send(ask), known)
    assert told.result is LookUpResult.FOUND
    for column, _ in call.records:
        assert isinstance(first, HttpReply)
        assert told.receipts[column] == desk.receipts[-1]


@EVERY_CALL
def test_a_second_send_is_what_repeat_says(spec: str, name: str) -> None:
    desk, call, row = ready(spec, name)
    made = len(desk.receipts)
    desk.send(effect_request(call, row, TOKEN))
    if call.key_generation is not None:
        row[call.key_generation] = 5
    again = outcome_of(call, desk.send(effect_request(call, row, TOKEN)))
    if call.repeat is Repeat.NEW_EFFECT:
        assert (again, len(desk.receipts)) == (Outcome.ACCEPTED, made + 2)
        return
    described = any(rule.outcome is Outcome.ALREADY_DONE for rule in call.outcomes)
    assert again is (Outcome.ALREADY_DONE if described else Outcome.REFUSED)
    assert len(desk.receipts) == made + 1


@pytest.mark.parametrize(
    ("spec", "name"), [(spec, name) for spec, name in CALLS if LIFECYCLES[spec].call[name].key is not None]
)
def test_the_same_key_again_makes_one_effect(spec: str, name: str) -> None:
    desk, call, row = ready(spec, name)
    made = len(desk.receipts)
    for _ in range(2):
        assert outcome_of(call, desk.send(effect_request(call, row, TOKEN))) is Outcome.ACCEPTED
    assert len(desk.receipts) == made + 1


@EVERY_CALL
@pytest.mark.parametrize("fault", [FaultKind.REFUSED, FaultKind.REFUSED_FOR_NOW])
def test_a_refusal_is_one_by_the_specs_own_outcomes_or_does_not_strike(spec: str, name: str, fault: FaultKind) -> None:
    desk, call, row = ready(spec, name)
    made = len(desk.receipts)
    heard = desk.send(effect_request(call, row, TOKEN), fault)
    if desk.tickets[-1].struck:
        assert outcome_of(call, heard).value == fault.value
        assert len(desk.receipts) == made
    else:
        assert not any(rule.outcome.value == fault.value for rule in call.outcomes)


@EVERY_CALL
@pytest.mark.parametrize("fault", [FaultKind.ERROR, FaultKind.THROTTLED, FaultKind.UNAUTHORIZED, FaultKind.BUSY])
def test_no_fault_is_taken_for_an_effect(spec: str, name: str, fault: FaultKind) -> None:
    desk, call, row = ready(spec, name)
    made = len(desk.receipts)
    heard = desk.send(effect_request(call, row, TOKEN), fault)
    if desk.tickets[-1].struck:
        assert outcome_of(call, heard) not in {Outcome.ACCEPTED, Outcome.ALREADY_DONE}
        assert len(desk.receipts) == made


@EVERY_CALL
def test_the_webhook_of_the_spec_tells_of_the_effect(spec: str, name: str) -> None:
    desk, call, row = ready(spec, name)
    desk.send(effect_request(call, row, TOKEN))
    if call.webhooks:
        hook = desk.provider.hooks[-1]
        assert (hook.type, hook.call, hook.row) == (call.webhooks[0].type, name, "7")


@EVERY_CALL
def test_what_is_made_by_hand_is_there(spec: str, name: str) -> None:
    desk, call, row = ready(spec, name)
    assert desk.provider.by_hand(name, "7", 1000 if call.amount is not None else None, row)
    made = desk.all(Effect)[-1]
    assert (made.who, made.call, made.row) == ("dashboard", name, "7")


def test_calls_on_one_path_are_told_apart_by_their_keys() -> None:
    desk = Desk(LIFECYCLES["ach_debit"])
    for key in ("ach-7-3-0", "ach-7-2-0", "ach-7-1-0"):
        mark = "INVOICE 7" if key == "ach-7-1-0" else "RETRY PYMT 7"
        desk.post("/ach_transfers", {"amount": "5", "statement_descriptor": mark}, key)
    assert [effect.call for effect in desk.all(Effect)] == ["send_third", "send_second", "send_first"]
    found = body(desk.get("/ach_transfers", {"idempotency_key": "ach-7-2-0"}))["data"]
    assert isinstance(found, list)
    assert [each["id"] for each in found] == [desk.receipts[1]]


def test_a_key_with_other_parameters_is_misused_as_the_spec_describes_it() -> None:
    lifecycle = LIFECYCLES["ach_debit"]
    desk, row = Desk(lifecycle), row_of(lifecycle)
    call = lifecycle.call["send_first"]
    desk.send(effect_request(call, row, TOKEN))
    heard = desk.send(effect_request(call, {**row, str(call.amount): 999}, TOKEN))
    assert outcome_of(call, heard) is Outcome.MISUSED


def test_an_answer_that_the_spec_does_not_call_stored_is_not_kept() -> None:
    lifecycle = LIFECYCLES["ach_debit"]
    desk, row = Desk(lifecycle), row_of(lifecycle)
    call = lifecycle.call["send_first"]
    assert outcome_of(call, desk.send(effect_request(call, row, TOKEN), FaultKind.REFUSED)) is Outcome.REFUSED
    assert outcome_of(call, desk.send(effect_request(call, row, TOKEN))) is Outcome.ACCEPTED


def test_an_object_that_was_deleted_is_gone() -> None:
    desk, call, row = ready("job_run", "delete_job")
    path = effect_request(call, row, TOKEN).path
    assert body(desk.get(path))["metadata"]
    desk.send(effect_request(call, row, TOKEN))
    assert error(desk.get(path))[0] == 404


def test_an_object_from_before_us_can_be_ended_if_a_row_knows_it() -> None:
    lifecycle = LIFECYCLES["subscription"]
    desk, row = Desk(lifecycle), row_of(lifecycle) | {"stripe_subscription_id": "sub_imported"}
    call = lifecycle.call["end_subscription"]
    assert outcome_of(call, desk.send(effect_request(call, row, TOKEN))) is Outcome.ALREADY_DONE
    desk.known["stripe_subscription_id", "sub_imported"] = "7"
    assert outcome_of(call, desk.send(effect_request(call, row, TOKEN))) is Outcome.ACCEPTED
    assert body(desk.get("/v1/subscriptions/sub_imported"))["canceled_at"]


def test_a_head_has_its_receipt_in_a_header() -> None:
    desk, call, row = ready("export_file", "put_file")
    desk.send(effect_request(call, row, TOKEN))
    assert desk.get("/exports/7", method="HEAD").headers["ETag"] == desk.receipts[-1]
    assert reply(desk.send(effect_request(call, row, TOKEN))).status == 412


def test_something_that_became_of_an_object_can_be_told() -> None:
    desk, call, row = ready("payout", "create_payout")
    assert desk.provider.tell("create_payout", "7", "payout.paid") is None
    desk.send(effect_request(call, row, TOKEN))
    told = desk.provider.tell("create_payout", "7", "payout.paid")
    assert told is not None
    assert (told.type, told.row, told.object["status"]) == ("payout.paid", "7", "paid")


# --- a provider that is not Stripe, with parts ---


@pytest.fixture
def elsewhere(tmp_path: Path) -> Desk:
    """The seller transfer at a provider that we know nothing of."""
    text = (SPECS / "seller_transfer.yaml").read_text(encoding="utf-8")
    path = tmp_path / "seller_transfer.yaml"
    path.write_text(text.replace("provider: stripe", "provider: acme").replace(" /v1/", " /pay/"), encoding="utf-8")
    return Desk(load(path))


def ask_back(desk: Desk, amount: int, key: str) -> Outcome:
    (receipt,) = (effect.receipt for effect in desk.all(Effect) if effect.call == "create_transfer")
    params = {"amount": str(amount), "metadata[row]": "7"}
    heard = desk.post(f"/pay/transfers/{receipt}/reversals", params, key)
    return outcome_of(desk.lifecycle.call["create_reversal"], heard)


def pay(desk: Desk) -> None:
    desk.post("/pay/transfers", {"amount": "1000", "metadata[row]": "7", "transfer_group": "7"}, "transfer-7-0")


def test_a_whole_is_undone_in_parts_and_never_more_than_that(elsewhere: Desk) -> None:
    pay(elsewhere)
    assert ask_back(elsewhere, 400, "reversal-7-0") is Outcome.ACCEPTED
    assert ask_back(elsewhere, 700, "reversal-7-1") is Outcome.REFUSED
    assert ask_back(elsewhere, 600, "reversal-7-2") is Outcome.ACCEPTED
    assert ask_back(elsewhere, 1, "reversal-7-3") is Outcome.ALREADY_DONE
    assert [hook.object["reversed"] for hook in elsewhere.provider.hooks if hook.type == "transfer.reversed"] == [
        False,
        True,
    ]


def test_a_part_by_hand_leaves_the_rest_there_too(elsewhere: Desk) -> None:
    pay(elsewhere)
    assert elsewhere.provider.by_hand("create_reversal", "7", 400)
    assert ask_back(elsewhere, 1000, "reversal-7-0") is Outcome.REFUSED
    assert elsewhere.provider.by_hand("create_reversal", "7", 1000)
    assert [effect.amount for effect in elsewhere.all(Effect)] == [1000, 400, 600]
    assert ask_back(elsewhere, 1000, "reversal-7-1") is Outcome.ALREADY_DONE


def test_lists_there_are_filtered_by_what_the_spec_asks_for(elsewhere: Desk) -> None:
    pay(elsewhere)
    elsewhere.post("/pay/transfers", {"amount": "5", "metadata[row]": "8", "transfer_group": "8"}, "transfer-8-0")
    found = body(elsewhere.get("/pay/transfers", {"transfer_group": "7"}))["data"]
    assert isinstance(found, list)
    assert [each["metadata"] for each in found] == [{"row": "7"}]


PAID = """\
pointsman: 1
lifecycle: payout
table: {{name: payouts, columns: {{cents: {{type: bigint}}, bank_id: {{type: text, nullable: true}}}}}}
statuses: {{open: {{initial: true}}, paid: {{terminal: true}}}}
transitions: [{{from: open, to: paid, event: paid}}]
calls:
  pay:
    provider: bank
    request: POST /payouts
    amount: {{column: cents}}
    repeat: new_effect
    marks: {{{mark}: "{{id}}"}}
    look_up: {{request: "{look_up}", receipt: {receipt}}}
    records: {{bank_id: {record}}}
    outcomes: [{{accepted: [{{http: 200}}]}}, {{unknown: [unmatched]}}]
"""


@pytest.mark.parametrize(
    ("mark", "look_up", "receipt", "record"),
    [
        ("items.0.ref", "GET /payouts?items[0][ref]={id}", "id", "id"),
        ("metadata.row", "GET /payouts?metadata[row]={id}", "reference", "id"),
        ("metadata.row", "GET /payouts?metadata[row]={id}", "parts.1.id", "parts.0.id"),
        ("metadata.row", "GET /payouts/of/{id}", "parts.total", "parts.0.id"),
        ("metadata.row", "HEAD /payouts/of/{id}", "X-Bank.Id", "X-Bank.Id"),
        ("idempotency_key", "GET /payouts?idempotency_key={id}", "id", "id"),
        ("status", "GET /payouts?status={id}", "id", "id"),
        ("limit", "GET /payouts/of/{id}", "id", "id"),
    ],
)
def test_an_effect_is_found_by_whatever_paths_the_spec_names(
    mark: str, look_up: str, receipt: str, record: str
) -> None:
    lifecycle = load_text(PAID.format(mark=mark, look_up=look_up, receipt=receipt, record=record))
    assert "paths-collide" not in {finding.code for finding in lint(lifecycle)}
    (call,) = lifecycle.calls
    desk = Desk(lifecycle)
    row: dict[str, Value] = {"id": "7", "cents": 1000}
    assert outcome_of(call, desk.send(effect_request(call, row, TOKEN))) is Outcome.ACCEPTED
    answer = shown(call, row, desk.send(look_up_request(call, row, TOKEN)), frozenset())
    assert answer.result is LookUpResult.FOUND
    assert answer.receipts == {"bank_id": desk.receipts[0]}


@pytest.mark.parametrize(
    ("mark", "look_up", "receipt", "record"),
    [
        ("reference", "GET /payouts?reference={id}", "reference.id", "id"),
        ("metadata", "GET /payouts?metadata={id}", "id", "metadata.0"),
        ("data.0.row", "GET /payouts/of/{id}", "id", "id"),
        ("metadata.row", "GET /payouts/of/{id}", "data.0.id", "data.0.id"),
        ("limit", "GET /payouts?limit=100", "id", "id"),
        ("expand", "GET /payouts", "id", "id"),
    ],
)
def test_no_effect_of_ours_is_known_by_paths_that_collide(mark: str, look_up: str, receipt: str, record: str) -> None:
    lifecycle = load_text(PAID.format(mark=mark, look_up=look_up, receipt=receipt, record=record))
    assert "paths-collide" in {finding.code for finding in lint(lifecycle)}
    (call,) = lifecycle.calls
    desk = Desk(lifecycle)
    row: dict[str, Value] = {"id": "7", "cents": 1000}
    desk.send(effect_request(call, row, TOKEN))
    answer = shown(call, row, desk.send(look_up_request(call, row, TOKEN)), frozenset())
    assert answer.result is not LookUpResult.FOUND
