"""The keys of each record of the language fit the function that makes the record: their names and their types.

`FixedKeys` calls that function with arguments gathered from the document, where
mypy cannot follow.
"""

import inspect
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

import pytest

from pointsman.loading.load import load_text
from pointsman.loading.language import SPEC, schema
from pointsman.loading.records import Converted, Field, FixedKeys, ListOf, MapOf, MapOfRecords, OneOrMany
from pointsman.loading.scalars import Choice, Duration, Flag, Number, ScalarShape
from pointsman.loading.structure import Absent, Shape
from pointsman.spec.lifecycle import Backoff, Lifecycle, Table
from tests.bad_specs import GOOD
from tests.language_page import records

RECORDS = list(records())


def is_union(hint: object) -> bool:
    return get_origin(hint) in (Union, UnionType)


def kinds(hint: object) -> set[object]:
    """The members of a union, or the one type."""
    return set(get_args(hint)) if is_union(hint) else {hint}


def result_of(function: Callable[..., object]) -> object:
    """The type that a function or a class gives."""
    return function if isinstance(function, type) else get_type_hints(function)["return"]


def gives(shape: Shape[object]) -> set[object]:
    """The types that a shape's values may have, as its code declares them."""
    match shape:
        case FixedKeys(make=make) | Converted(convert=make):
            return {result_of(make)}
        case MapOf(_, value):
            (kind,) = gives(value) if len(gives(value)) == 1 else {Union[tuple(gives(value))]}  # noqa: UP007 - as data
            return {tuple[tuple[str, kind], ...]}  # type: ignore[valid-type] - a type made as data
        case MapOfRecords(_, record):
            (kind,) = gives(record)
            return {tuple[kind, ...]}  # type: ignore[valid-type] - a type made as data
        case ListOf(of) | OneOrMany(of):
            (kind,) = gives(of)
            return {tuple[kind, ...]}  # type: ignore[valid-type] - a type made as data
        case Choice(words):
            return {type(words[0])}
        case _:
            return kinds(get_type_hints(type(shape).scalar)["return"]) - {Absent}  # type: ignore[attr-defined] - a ScalarShape
