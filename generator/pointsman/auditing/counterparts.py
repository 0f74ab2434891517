"""Which constraint or index of the live table stands for one of the spec's."""

from __future__ import annotations

from pointsman.auditing.check import AuditContext
from pointsman.live.table import LiveCheck, LiveIndex
from pointsman.sql.quoting import identifier
from pointsman.sql.schema import CheckConstraint, Index


def check_for(subject: AuditContext, check: CheckConstraint) -> LiveCheck | None:
    """The CHECK of that name, or else one that means the same."""
    named = subject.live.check.get(check.name)
    same = (live for live in subject.live.checks if subject.meaning.same(check.expression, live.expression))
    return named or next(same, None)


def index_for(subject: AuditContext, index: Index) -> LiveIndex | None:
    """The index of that name, or else one that means the same and can be used."""
    named = subject.live.index.get(index.name)
    same = (live for live in subject.live.indexes if live.usable and is_same_index(subject, index, live))
    return named or next(same, None)


def is_same_index(subject: AuditContext, index: Index, live: LiveIndex) -> bool:
    """Whether `live` serves the queries that `index` is for, and refuses nothing."""
    plain = live.method == "btree" and live.plain and not live.unique
    keys = live.keys == tuple(identifier(column) for column in index.columns)
    return plain and keys and live.predicate is not None and subject.meaning.same(index.where, live.predicate)


def unreadable(subject: AuditContext, expression: str) -> bool:
    """Whether the server cannot read what the spec wants: a column is missing, or of a type that does not compare."""
    return expression not in subject.meaning.canonical


def type_keeps_statuses(subject: AuditContext) -> bool:
    """Whether the status column is an enum that has no label beyond the spec's values."""
    live = subject.live.column.get(subject.table.status_column)
    values = {status.value for status in subject.lifecycle.statuses}
    return live is not None and live.labels is not None and set(live.labels) <= values
