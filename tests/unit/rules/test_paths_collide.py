"""paths-collide: which paths no object has both of, and which look so and are right."""

from __future__ import annotations

import pytest

from pointsman.linting.lint import lint
from pointsman.linting.rules.paths_collide import PAGING_WORDS
from pointsman.loading.load import load
from pointsman_conformance.provider.listing import PAGING
from tests.checkout import TOP
from tests.unit.rules.specs import CALLING, at, changed, findings

CODE = "paths-collide"
MARKS, RECORDS, LOOK_UP = 'marks: {reference: "{id}"}', "records: {receipt: id}", '"GET /payouts?reference={id}"'
ONE = '"GET /payouts/of/{id}"'
SPECS = sorted((TOP / "spec").glob("*.yaml"))


def spec(
    *marks: str, record: str = "id", receipt: str = "id", look_up: str = LOOK_UP, whens: tuple[str, ...] = ()
) -> str:
    """The calling spec with these paths, and a webhook of the payout for each `when`."""
    hooks = ", ".join(f"payout.is{n}: {{event: pay_accepted, when: {when}}}" for n, when in enumerate(whens))
    webhook = f"webhook: {{{hooks}}}\n    " if whens else ""
    sent = ", ".join(f'{mark}: "{{id}}"' for mark in marks)
    return changed(
        CALLING,
        (f"{LOOK_UP}, receipt: id", f"{look_up}, receipt: {receipt}"),
        (MARKS, f"marks: {{{sent}}}"),
        (RECORDS, f"{webhook}records: {{receipt: {record}}}"),
    )


def pointed_at(text: str, where: str) -> str:
    """The words of the line at a finding's place, from its column on."""
    line, column = map(int, where.split(":"))
    return text.splitlines()[line - 1][column - 1 :]


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


def test_a_recorded_field_inside_a_mark_is_found_at_the_later_place() -> None:
    text = spec("metadata", record="metadata.0")
    ((where, message),) = at(text, CODE)
    assert pointed_at(text, where).startswith("metadata.0}")
    assert message == (
        f"the recorded field metadata.0 of pay collides with the mark metadata in line {line_of(text, 'marks:')}: "
        "what is at metadata is one value, and has no metadata.0 in it"
    )


@pytest.mark.parametrize(
    ("text", "later", "words"),
    [
        (spec("a", "a.b"), 'a.b: "{id}"}', ("the mark a.b", "the mark a ")),
        (spec("a.b", "a"), 'a: "{id}"}', ("the mark a ", "the mark a.b")),
        (spec("row", "amount.value", receipt="amount"), "amount}", ("the receipt amount", "the mark amount.value")),
        (spec("row", receipt="id.text"), "id}", ("the recorded field id ", "the receipt id.text")),
        (spec("row", whens=("row.known",)), "row.known}", ("the `when` row.known of payout.is0", "the mark row")),
        (spec("row", whens=("a", "a.b")), "a.b}", ("the `when` a.b of payout.is1", "the `when` a of payout.is0")),
    ],
    ids=["marks", "marks backwards", "amount", "receipt and record", "when and mark", "two whens"],
)
def test_a_path_that_leads_through_the_value_of_another_is_found(text: str, later: str, words: tuple[str, str]) -> None:
    ((where, message),) = at(text, CODE)
    assert pointed_at(text, where).startswith(later)
    assert message.startswith(words[0])
    assert f" collides with {words[1]}" in message


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (spec("done", whens=("done",)), "the mark done"),
        (spec("row", record="done", whens=("done",)), "the `when` done of payout.is0"),
        (spec("row", receipt="done", whens=("done",)), "the receipt done"),
    ],
    ids=["mark", "record", "receipt"],
)
def test_a_when_at_the_path_of_a_mark_a_record_or_a_receipt_is_found(text: str, other: str) -> None:
    ((_, message),) = at(text, CODE)
    assert f" collides with {other} in line " in message
    assert message.endswith(": a `when` is true or false, and such a value names no effect")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (spec("data.0.row", look_up=ONE), "the mark data.0.row"),
        (spec("row", record="data.0.id", look_up=ONE), "the recorded field data.0.id"),
        (spec("row", receipt="data.0", look_up=ONE), "the receipt data.0"),
        (spec("row", receipt="data.0.id", record="data.0.id", look_up=ONE), "the receipt data.0.id"),
    ],
    ids=["mark", "record", "receipt", "once for a path"],
)
def test_a_path_that_makes_a_list_of_the_one_object_of_a_look_up_is_found(text: str, words: str) -> None:
    ((where, message),) = at(text, CODE)
    assert pointed_at(text, where).startswith(words.rpartition(" ")[2])
    asked = line_of(text, "look_up:")
    assert message.startswith(f"{words} of pay makes a list under data, and the look-up in line {asked} asks for")


@pytest.mark.parametrize("word", sorted(PAGING_WORDS))
def test_a_mark_that_chooses_the_page_of_a_list_is_a_warning(word: str) -> None:
    text = spec("row", word)
    (found,) = (finding for finding in findings(text) if finding.code == CODE)
    assert (found.severity, found.place.line) == ("warning", line_of(text, "marks:"))
    assert f"the mark {word} of pay " in found.message
    assert f"the look-up in line {line_of(text, 'look_up:')} " in found.message


def test_the_words_of_pages_are_those_that_the_kits_provider_keeps_in_no_object() -> None:
    assert PAGING_WORDS == PAGING


def test_two_paths_are_told_of_once_and_three_pairs_three_times() -> None:
    assert len(at(spec("id.row"), CODE)) == 1, "a record and a receipt at one path"
    assert len(at(spec("a", "a.b", "a.b.c"), CODE)) == 3


@pytest.mark.parametrize(
    "text",
    [
        spec("metadata.row", "metadata.text"),
        spec("a", "ab", "ab_c"),
        spec("items.0.x", "items.total", record="items.1.id", receipt="items.2"),
        spec("row", whens=("done", "done")),
        spec("id"),
        spec("limit.row", "metadata.limit"),
        spec("row", "limit", look_up=ONE),
        spec("data.0.row", record="ETag", receipt="ETag", look_up='"HEAD /payouts/{id}"'),
        spec("data.0.row"),
        spec("data.row", look_up=ONE),
        spec("data.0.row", "data.total", look_up=ONE),
        spec("data.00.row", look_up=ONE),
        spec("row", whens=("data.0.done",), look_up=ONE),
        changed(spec("data.0.row", look_up='"GET /payouts/{id}"'), ("POST /payouts", "POST /payouts/{id}")),
    ],
)
def test_paths_that_one_object_can_have_are_left_alone(text: str) -> None:
    assert at(text, CODE) == []


def test_a_webhook_that_is_about_another_object_is_left_alone() -> None:
    own = changed(spec("row", whens=("row.done",)), ("provider: bank", "provider: stripe"))
    other = changed(own, ("payout.is0", "transfer.reversed"))
    assert (len(at(own, CODE)), len(at(other, CODE))) == (1, 0)


@pytest.mark.parametrize("path", SPECS, ids=[path.stem for path in SPECS])
def test_the_specs_of_this_repository_have_no_such_paths(path: object) -> None:
    assert CODE not in {finding.code for finding in lint(load(str(path)))}


def test_all_seven_specs_are_looked_at() -> None:
    assert len(SPECS) == 7
