"""Compares the table with what the audit saw of it, and the audit's trigger with the one that the kit made.

The role of the implementation under test can hide no write. This is for what that rests on: a server that the user
named, whose roles are more than the kit made, or a fault of the kit. Every difference ends the run.
"""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.database import Database, DatabaseRow
from pointsman_conformance.core.history import Columns, Value
from pointsman_conformance.core.values import TableShape
from pointsman_conformance.testbed.audit import SCHEMA, TRIGGER

CLOSE = 0.001
"""The most seconds between two readings of the same timestamp: time passes in the database in whole microseconds."""

_AS_MADE = f"""
SELECT pg_catalog.to_regclass(%(table)s)::pg_catalog.oid, pg_catalog.pg_get_userbyid(c.relowner), c.relkind::text,
       t.tgenabled::text, t.tgtype, pg_catalog.pg_get_triggerdef(t.oid),
       p.prosrc, p.prosecdef, p.proconfig, pg_catalog.pg_get_userbyid(p.proowner),
       pg_catalog.to_regclass('{SCHEMA}.version')::pg_catalog.oid
FROM pg_catalog.pg_class AS c
LEFT JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = c.oid AND t.tgname = '{TRIGGER}'
LEFT JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
WHERE c.oid = pg_catalog.to_regclass(%(table)s)
"""  # noqa: S608 - our own names


def as_made(admin: Database, table: str) -> tuple[DatabaseRow, ...]:
    """The table of that name, quoted, and the audit's trigger and function, as the catalog has them now."""
    return admin.ask(_AS_MADE, {"table": table})


def difference(shape: TableShape, seen: Mapping[str, Columns], stored: Mapping[str, Columns]) -> str:
    """What of the rows `stored`, by key, is not as their last audited versions `seen`; empty where nothing is."""
    for key in sorted(seen.keys() | stored.keys()):
        if key not in stored:
            return f"row {key} is gone, and no DELETE of it was seen"
        if key not in seen:
            return f"row {key} is there, and no INSERT of it was seen"
        for name in shape.names:
            is_, was = stored[key].get(name), seen[key].get(name)
            if not _same(is_, was):
                return f"{name} of row {key} is {is_!r}, and was {was!r} after the last write that was seen"
    return ""


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one == other or abs(one - other) <= CLOSE
    return one == other
