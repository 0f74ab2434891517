"""Finds the constraint or index of the live table that corresponds to one of the spec."""

from __future__ import annotations

from pointsman.auditing.check import AuditContext
from pointsman.live.table import LiveCheck, LiveIndex
from pointsman.sql.quoting import identifier
from pointsman.sql.schema import CheckConstraint, Index


def check_for(subject: AuditContext, check: CheckConstraint) -> LiveCheck | None:
    """The live CHECK of the same name, else one of the same meaning, else None."""
    named = subject.live.check.get(check.name)
    same = (live for live in subject.live.checks if subject.meaning.same(check.expression, live.expression))
    return named or next(same, None)


def index_for(subject: AuditContext, index: Index) -> LiveIndex | None:
    """The live index of the same name, else a usable one of the same meaning, else None."""
    named = subject.live.index.get(index.name)
    same = (live for live in subject.live.indexes if live.usable and is_same_index(subject, index, live))
    return named or next(same, None)


def is_same_index(subject: AuditContext, index: Index, live: LiveIndex) -> bool:
    """True if `live` serves the same queries as `index` and, not being unique, refuses no row."""
    plain = live.method == "btree" and live.plain and not live.unique
    keys = live.keys == tuple(identifier(column) for column in index.columns)
    return plain and keys and live.predicate is not None and subject.meaning.same(index.where, live.predicate)


def unreadable(subject: AuditContext, expression: str) -> bool:
    """True if the server cannot read an expression of the spec: a column is missing, or its type does not compare."""
    return expression not in subject.meaning.canonical


def type_keeps_statuses(subject: AuditContext) -> bool:
    """True if the status column is an enum without a label beyond the spec's values."""
    live = subject.live.column.get(subject.table.status_column)
    values = {status.value for status in subject.lifecycle.statuses}
    return live is not None and live.labels is not None and set(live.labels) <= values
