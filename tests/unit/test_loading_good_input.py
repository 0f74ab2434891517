"""What looks odd and is a spec all the same."""

from datetime import timedelta

import pytest

from pointsman.loading.load import load_text
from pointsman.spec.condition import parse
from pointsman.spec.lifecycle import Bounds, EffectState, Lifecycle, Now, Picture, Property, PropertyKind
from pointsman.spec.source import Place
from tests.bad_specs import GOOD
from tests.lifecycles import HOSTILE_VALUES, NAMES


def spec(text: str) -> Lifecycle:
    return load_text(text, "good.yaml")


def two(first: str, second: str = "other", body: str = "{initial: true}") -> str:
    """A spec of two statuses, as short as one can be."""
    return (
        f"pointsman: 1\nlifecycle: x\nstatuses:\n  {first}: {body}\n  {second}: {{terminal: true}}\n"
        f"transitions:\n  - {{from: {first}, to: {second}}}\n"
    )


@pytest.mark.parametrize("name", ["yes", "no", "y", "n", "on", "off", "Yes", "NO", "On", "OFF"])
def test_words_that_older_yaml_turned_into_booleans_are_names(name: str) -> None:
    assert spec(two(name)).statuses[0].name == name


@pytest.mark.parametrize("name", ["null", "true", "False", "NULL"])
def test_words_of_yaml_are_names_in_quotes(name: str) -> None:
    assert spec(two(f"'{name}'")).statuses[0].name == name


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("true", "NULL")])
def test_words_of_other_languages_are_names(name: str) -> None:
    assert spec(two(name, "something_else")).statuses[0].name == name


def test_a_name_may_have_63_characters() -> None:
    assert spec(two("n" * 63)).statuses[0].name == "n" * 63


@pytest.mark.parametrize("value", HOSTILE_VALUES)
def test_a_stored_value_may_be_any_printable_text(value: str) -> None:
    quoted = "'" + value.replace("'", "''") + "'"
    assert spec(two("a", body=f"{{initial: true, value: {quoted}}}")).statuses[0].value == value


@pytest.mark.parametrize("value", ["1", "null", "true", "1.5", "~", "0x10", "2024-01-01"])
def test_a_stored_value_in_quotes_is_the_text(value: str) -> None:
    assert spec(two("a", body=f'{{initial: true, value: "{value}"}}')).statuses[0].value == value


def test_statuses_and_transitions_alone_are_a_spec() -> None:
    lifecycle = spec(two("a", "b"))
    assert (lifecycle.table, lifecycle.actors, lifecycle.queues, lifecycle.same_status) == (None, (), (), None)
    assert [transition.pair for transition in lifecycle.transitions] == [("a", "b")]


def test_a_status_needs_no_body() -> None:
    text = "pointsman: 1\nlifecycle: x\nstatuses:\n  a:\n  b: {}\n  c: ~\ntransitions: []\n"
    assert [status.name for status in spec(text).statuses] == ["a", "b", "c"]


def test_a_byte_order_mark_and_other_line_ends_change_neither_the_spec_nor_its_places() -> None:
    plain, other = spec(GOOD), load_text("\ufeff" + GOOD.replace("\n", "\r\n"), "good.yaml")
    assert other == plain
    assert other.place("statuses", "paid") == plain.place("statuses", "paid") == Place("good.yaml", 12, 3)


def test_line_ends_do_not_change_the_digest() -> None:
    assert load_text(GOOD.replace("\n", "\r\n")).source.digest == load_text(GOOD).source.digest


def test_document_marks_around_the_one_document_are_allowed() -> None:
    assert spec(f"---\n{GOOD}...\n") == spec(GOOD)


def test_an_alias_repeats_a_value() -> None:
    text = GOOD.replace("note: {type: text, nullable: true}", "note: &n {type: text, nullable: true}\n    more: *n")
    table = spec(text).table
    assert table is not None
    assert [column.name for column in table.columns] == ["amount", "note", "more", "due"]


def test_now_without_quotes_is_the_clock_and_in_quotes_a_text() -> None:
    text = GOOD.replace("note: {type: text, nullable: true}", "note: {type: text, default: 'now'}")
    table = spec(text).table
    assert table is not None
    assert (table.column["note"].default, table.column["due"].default) == ("now", Now.NOW)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("250ms", timedelta(milliseconds=250)),
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("2w1d", timedelta(days=15)),
        ("3650d", timedelta(days=3650)),
    ],
)
def test_durations(written: str, meant: timedelta) -> None:
    claims = spec(GOOD + f"claims: {{by: lock, lease: {written}}}\n").claims
    assert claims is not None
    assert claims.lease == meant


def test_a_summary_of_several_lines_becomes_one() -> None:
    assert spec(GOOD + "summary: >\n  One order,\n  paid once.\n").summary == "One order, paid once."


def test_a_list_in_from_makes_a_transition_of_each_with_one_place() -> None:
    text = two("a").replace("{from: a,", "{from: [a, other],")
    transitions = spec(text.replace("{terminal: true}", "{}")).transitions
    assert [(one.pair, one.path) for one in transitions] == [
        (("a", "other"), ("transitions", 0)),
        (("other", "other"), ("transitions", 0)),
    ]


# --- what `check` explores and proves --------------------------------------------


def properties(body: str) -> tuple[Property, ...]:
    """The properties of a spec that has a call, too."""
    call = "calls: {pay: {provider: p, request: r, repeat: new_effect, outcomes: [{accepted: [timeout]}]}}\n"
    return spec(GOOD + call + f"properties: {{{body}}}\n").properties


def test_a_spec_need_not_say_what_check_explores() -> None:
    assert (spec(GOOD).bounds, spec(GOOD).properties) == (None, ())


def test_what_a_spec_does_not_say_of_its_scope_stays_open() -> None:
    assert spec(GOOD + "check: {rows: 1, workers: 4, attempts: 6}\n").bounds == Bounds(1, 4, 6)
    assert spec(GOOD + "check: {workers: 2}\n").bounds == Bounds(workers=2)
    assert spec(GOOD + "check: {worlds: arrivals}\n").bounds == Bounds(worlds=("arrivals",))


@pytest.mark.parametrize("kind", [kind for kind in PropertyKind if kind is not PropertyKind.LEADS_TO])
def test_a_picture_has_all_the_parts_that_are_given(kind: PropertyKind) -> None:
    picture = "{status: [open, paid], where: note is not null, effects: {pay: not_done}}"
    assert properties(f"p: {{summary: ' a\n  b', {kind}: {picture}}}") == (
        Property(
            "p",
            kind,
            Picture(("open", "paid"), parse("note is not null"), "note is not null", (("pay", EffectState.NOT_DONE),)),
            summary="a b",
        ),
    )


def test_a_way_has_a_picture_at_each_end() -> None:
    assert properties("p: {leads_to: {from: {status: open}, to: {effects: {pay: done}}}}") == (
        Property("p", PropertyKind.LEADS_TO, Picture(("open",)), then=Picture(effects=(("pay", EffectState.DONE),))),
    )


def test_properties_keep_their_order_and_may_speak_of_the_primary_key() -> None:
    found = properties("z: {never: {where: id < 0}}, a: {reachable: {status: paid}}")
    assert [one.name for one in found] == ["z", "a"]
