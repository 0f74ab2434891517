"""The keys of each record of the language fit the function that makes the record, in names and types.

`FixedKeys` calls that function with arguments gathered from the document, where
mypy cannot follow. Types are compared in a plain form: a union is the set of its
members, and a generic type is the tuple of its origin and its arguments.
"""

import inspect
from collections.abc import Callable
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import pytest

from pointsman.loading.language import schema
from pointsman.loading.load import load_text
from pointsman.loading.records import Converted, Field, FixedKeys, ListOf, MapOf, MapOfRecords, OneOrMany
from pointsman.loading.scalars import Choice, ColumnType, Flag, Predicate, ScalarShape, Text
from pointsman.loading.structure import Absent, Shape
from pointsman.spec.lifecycle import Backoff, Column, Event, Status, Table, Transition
from tests.language_page import records

RECORDS = {record.what: record for record in records()}
NAMED = {
    field.shape.record.what: field.shape.name_into
    for record in RECORDS.values()
    for field in record.fields
    if isinstance(field.shape, MapOfRecords)
}
"""The argument that takes the name of a record, by the record."""


def plain(hint: object) -> object:
    """A type in the form in which types are compared here."""
    if get_origin(hint) in (Union, UnionType):
        return frozenset(map(plain, get_args(hint)))
    return (get_origin(hint), *map(plain, get_args(hint))) if get_origin(hint) else hint


def result_of(function: Callable[..., object]) -> object:
    """The type that a function or a class gives."""
    return function if isinstance(function, type) else plain(get_type_hints(function)["return"])


def gives(shape: Shape[object]) -> object:
    """The type of a shape's values, as its code declares it."""
    match shape:
        case FixedKeys(make=make) | Converted(convert=make):
            return result_of(make)
        case MapOf(_, value):
            return (tuple, (tuple, str, gives(value)), ...)
        case MapOfRecords(_, below) | ListOf(below) | OneOrMany(below):
            return (tuple, gives(below), ...)
        case Choice(words):
            return type(words[0])
        case ScalarShape():
            return without(result_of(shape.scalar), Absent)
        case _:
            raise AssertionError(shape)


def without(union: object, member: object) -> object:
    """A union without one of its members."""
    assert isinstance(union, frozenset)
    rest = union - {member}
    return rest if len(rest) > 1 else next(iter(rest))


def arguments(record: FixedKeys[object]) -> dict[str, object]:
    """The types that the record's maker takes, by the names of its arguments."""
    if record.what == "transition":  # made from each status of `from`, with all else as it is
        kinds = get_type_hints(Transition) | get_type_hints(record.make)
        del kinds["source"], kinds["arguments"]
    elif record.what == "then":
        kinds = dict.fromkeys(record.keys, str)
    else:
        kinds = get_type_hints(record.make)
    return {name: plain(kind) for name, kind in kinds.items() if name != "return"}


def filled(record: FixedKeys[object], field: Field) -> dict[str, object]:
    """The arguments that a key fills, with the types of the values that it gives."""
    kind = gives(field.shape)
    if len(field.arguments) == 1:
        return {field.arguments[0]: kind}
    parts = kind[1:] if isinstance(kind, tuple) else tuple(map(plain, get_type_hints(kind).values()))
    return dict(zip(field.arguments, parts, strict=True)) if field.arguments else {}


def without_default(make: Callable[..., object]) -> set[str]:
    """The arguments that a maker cannot do without."""
    parameters = inspect.signature(make).parameters.values()
    return {one.name for one in parameters if one.default is one.empty and one.kind is not one.VAR_KEYWORD}


def fits(kind: object, wanted: object) -> bool:
    """True if every value of a type is of another type as well."""
    if isinstance(wanted, frozenset):
        return kind <= wanted if isinstance(kind, frozenset) else kind in wanted
    return kind == wanted


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_each_key_of_a_record_gives_what_the_maker_of_the_record_takes(record: FixedKeys[object]) -> None:
    wanted = arguments(record)
    given = [pair for field in record.fields for pair in filled(record, field).items()]
    given += [(record.word[0], gives(record.word[1]))] if record.word else []
    assert [(name, kind) for name, kind in given if not fits(kind, wanted[name])] == []


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_what_the_maker_of_a_record_cannot_do_without_is_always_given(record: FixedKeys[object]) -> None:
    always = {name for field in record.fields if field.required for name in filled(record, field)}
    if record.one_of:
        each = [set(filled(record, field)) for field in record.fields if field.key in record.one_of]
        always |= set.intersection(*each)
    always |= {NAMED[record.what]} if record.what in NAMED else set()
    always |= {"path"} if record.placed else set()
    needed = without_default(record.make)
    if record.what == "transition":
        needed |= without_default(Transition) - {"source"}
    assert needed <= always
    if record.word:
        assert needed - {NAMED.get(record.what)} <= {record.word[0]}
    if record.empty_ok:
        assert needed <= {NAMED.get(record.what)}


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (gives(Flag()), bool),
        (gives(Text()), str),
        (gives(ColumnType("type")), str),
        (gives(ListOf(Flag())), plain(tuple[bool, ...])),
        (gives(MapOf(Text(), Flag())), plain(tuple[tuple[str, bool], ...])),
    ],
)
def test_a_shape_gives_the_type_that_its_code_declares(kind: object, wanted: object) -> None:
    assert kind == wanted


def test_a_key_of_another_type_is_noticed() -> None:
    record = FixedKeys("backoff", Backoff, (Field("first", Text(), "A text where a time is wanted."),))
    ((name, kind),) = filled(record, record.fields[0]).items()
    assert not fits(kind, arguments(record)[name])
    assert not fits(gives(Predicate()), plain(get_type_hints(Column)["check"]))


# --- defaults ----------------------------------------------------------------------


def described(record: str, key: str) -> str:
    field = next(field for field in RECORDS[record].fields if field.key == key)
    return RECORDS[record].says(field)


@pytest.mark.parametrize(
    ("record", "key", "default"),
    [
        ("table", "primary_key", "`id`"),
        ("table", "status_column", "`status`"),
        ("table", "enforce", "[check, trigger]"),
        ("event", "delivery", "at_least_once"),
        ("backoff", "factor", "2 "),
        ("backoff", "jitter", "0 "),
    ],
)
def test_a_description_names_the_default_of_the_dataclass(record: str, key: str, default: str) -> None:
    assert f"; {default}" in described(record, key)
    assert "{default}" not in str(schema())


def test_a_spec_that_leaves_keys_out_gets_the_defaults_of_the_dataclasses() -> None:
    lifecycle = load_text(
        "{pointsman: 1, lifecycle: x, statuses: {a: {initial: true}, b: }, transitions: [], table: {name: t,"
        " columns: {c: {type: text}}}, events: {e: }}"
    )
    assert lifecycle.table == Table("t", columns=(Column("c", "text"),))
    assert lifecycle.statuses == (Status("a", initial=True), Status("b"))
    assert lifecycle.events == (Event("e"),)
    assert (lifecycle.status["b"].value, lifecycle.event["e"].value) == ("b", "e")
