"""Spells names, values and times in PostgreSQL's SQL."""

from __future__ import annotations

import re
from datetime import timedelta

from pointsman.spec.lifecycle import Now, Setting

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")

_KEYWORDS = """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case
    cast char character check coalesce collate collation column concurrently constraint create cross
    current_catalog current_date current_role current_schema current_time current_timestamp current_user dec
    decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign
    freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect
    interval into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg json_query
    json_scalar json_serialize json_table json_value lateral leading least left like limit localtime
    localtimestamp merge_action national natural nchar none normalize not notnull null nullif numeric offset on
    only or order out outer overlaps overlay placing position precision primary real references returning right
    row select session_user setof similar smallint some substring symmetric system_user table tablesample then
    time timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where
    window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot
    xmlserialize xmltable
"""
KEYWORDS = frozenset(_KEYWORDS.split())
"""The keywords of PostgreSQL 15 to 18 that quote_ident() quotes, as they cannot be a name everywhere."""


def identifier(name: str) -> str:
    """`name` as an identifier, in quotes if PostgreSQL would otherwise fold or refuse it."""
    if _PLAIN.match(name) and name not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str | None, name: str) -> str:
    """`name` in `schema`; without one the search path decides."""
    return identifier(name) if schema is None else f"{identifier(schema)}.{identifier(name)}"


def literal(text: str) -> str:
    r"""`text` as a constant, whatever ``standard_conforming_strings`` says, on one line.

    A backslash, and a character that does not show (line ends, controls,
    directions, zero widths), is escaped: ``E'two\nlines'``.
    """
    escaped = "".join(_escaped(character) for character in text)
    return f"'{escaped}'" if escaped.replace("''", "'") == text else f"E'{escaped}'"


_ESCAPES = {"'": "''", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    point = ord(character)
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def setting(value: Setting) -> str:
    """The value that a write puts into a column, as an SQL expression."""
    match value:
        case None:
            return "NULL"
        case Now():
            return "now()"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return literal(value)


_UNITS = (("hours", 3_600_000_000), ("minutes", 60_000_000), ("seconds", 1_000_000), ("milliseconds", 1_000))


def interval(span: timedelta) -> str:
    """A span of time, exact to the microsecond. Never in days, whose length depends on the time zone."""
    microseconds = span // timedelta(microseconds=1)
    for unit, size in _UNITS:
        if microseconds % size == 0:
            return f"interval '{microseconds // size} {unit}'"
    return f"interval '{microseconds} microseconds'"


def dollar_quoted(body: str) -> str:
    """`body` between two dollar tags that do not occur in it."""
    tag, number = "$pointsman$", 1
    while tag in body:
        tag, number = f"$pointsman{number}$", number + 1
    return f"{tag}{body}{tag}"
