"""Finds invalid indexes and rebuilds them while readers and writers go on.

A concurrent build that is interrupted leaves an index which writers keep up to
date and no query uses. REINDEX CONCURRENTLY leaves one named ``..._ccnew``, or
``..._ccold``, when it is interrupted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pointsman.database import Database, Timeouts
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle
from pointsman.sql.schema import Index, TableName, wanted
from pointsman.sql.statements import CreateIndex, DropIndex


class Why(StrEnum):
    """The origin of an invalid index."""

    UNFINISHED = "its build was interrupted"
    LEFT_OVER = "a rebuild was interrupted and left it behind"


@dataclass(frozen=True, slots=True)
class Invalid:
    """An invalid index of the table. `statements` repair it, one at a time and outside of a transaction."""

    name: str
    why: Why
    statements: tuple[str, ...]


class BuildRunningError(UsageError):
    """Another session is building an index on the table: an index that looks interrupted may be this one."""


def invalid_indexes(database: Database, lifecycle: Lifecycle) -> tuple[Invalid, ...]:
    """The invalid indexes that are the lifecycle's, or that a rebuild of one of them left.

    Raises:
        BuildRunningError: an index of the table is being built.
        UsageError: the table does not exist.
        DatabaseError: the server refuses a query.
    """
    schema = wanted(lifecycle)
    _refuse_while_building(database, schema.table)
    names = [str(name) for (name,) in database.read(_INVALID, (schema.table.sql,))]
    by_name = {index.name: index for index in schema.indexes}
    found = (_described(schema.table, name, by_name) for name in names)
    return tuple(invalid for invalid in found if invalid is not None)


def repair(database: Database, lifecycle: Lifecycle, done: Callable[[str], None]) -> tuple[Invalid, ...]:
    """Repair every invalid index, call `done` with each statement that was run, and return the still invalid ones.

    Raises:
        BuildRunningError, UsageError, DatabaseError: as `invalid_indexes` does; statements told to `done` have run.
    """
    # A build that times out leaves an invalid index, so there is no timeout.
    database.limit_session(Timeouts())
    for invalid in invalid_indexes(database, lifecycle):
        for statement in invalid.statements:
            database.execute(statement)
            done(statement)
    return invalid_indexes(database, lifecycle)


_INVALID = """
select c.relname
from pg_index i join pg_class c on c.oid = i.indexrelid
where i.indrelid = %s::regclass and not i.indisvalid
order by c.relname
"""

# The table of another role's build may be hidden from this role; its locks are not.
_BUILDS = """
select p.pid
from pg_stat_progress_create_index p
where p.pid <> pg_backend_pid() and p.datname = current_database() and coalesce(
  p.relid = %(table)s::regclass,
  exists (select from pg_locks l where l.pid = p.pid and l.relation = %(table)s::regclass))
"""

_LEFT_OVER = re.compile(r"(?P<name>.+)_cc(?:new|old)\d*\Z")

_CUT = 63 - len("_ccnew")


def _refuse_while_building(database: Database, table: TableName) -> None:
    if database.read("select to_regclass(%s)", (table.sql,))[0][0] is None:
        raise UsageError(f"The database has no table {table.sql}.")
    builds = database.read(_BUILDS, {"table": table.sql})
    if builds:
        raise BuildRunningError(
            f"Process {builds[0][0]} is building an index on {table.sql}: wait for it, then look again. "
            "Until it is done its index looks like one whose build was interrupted."
        )


def _described(table: TableName, name: str, by_name: dict[str, Index]) -> Invalid | None:
    drop = DropIndex(table, name).sql
    if name in by_name:
        return Invalid(name, Why.UNFINISHED, (drop, CreateIndex(table, by_name[name]).sql))
    left_over = _LEFT_OVER.match(name)
    # PostgreSQL cuts the name so that the suffix fits.
    if left_over and any(known == left_over["name"] or known[:_CUT] == left_over["name"] for known in by_name):
        return Invalid(name, Why.LEFT_OVER, (drop,))
    return None
