"""The definition of a table in PostgreSQL's catalogues, as frozen data that can be compared.

Definitions are PostgreSQL's own: it stores a condition in one form however the
condition was written, so two conditions are equal when their stored forms are.
The schema of a lifecycle is therefore not compared as text: `wanted` creates it
as a temporary table, reads its catalogue, and rolls back.

The order of columns and the names of schemas are not compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pointsman.database import Database, DatabaseRow
from pointsman.spec.lifecycle import Lifecycle
from pointsman.sql.schema import TableName, table_of
from pointsman.sql.schema_target import schema_statements


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One part of a table. `kind` is column, constraint, index, trigger or function; `facts` are compared."""

    kind: str
    name: str
    facts: tuple[tuple[str, str], ...]


Catalogue = tuple[Item, ...]
"""All items of one table, sorted."""


@dataclass(frozen=True, slots=True)
class CatalogueDifference:
    """An item in which two catalogues differ; None on the side that lacks it."""

    kind: str
    name: str
    wanted: Item | None
    found: Item | None


def read(database: Database, table: TableName) -> Catalogue | None:
    """The catalogue of `table`, read in the open transaction; None if the table does not exist.

    Raises:
        DatabaseError: the server refuses a query.
    """
    found = database.ask("select to_regclass(%s)::oid::bigint", (table.sql,))
    oid = found[0][0]
    if oid is None:
        return None
    return tuple(sorted(item for kind, query in _QUERIES for item in _items(kind, database.ask(query, {"table": oid}))))


def wanted(database: Database, lifecycle: Lifecycle) -> Catalogue:
    """The catalogue that the schema of `lifecycle` gives on this server.

    It is made in `pg_temp` and rolled back, so it needs the right to make
    temporary tables, and a server that can write.

    Raises:
        UsageError: the lifecycle has no table.
        DatabaseError: the server refuses a statement.
    """
    table = replace(table_of(lifecycle), schema="pg_temp")
    clone = replace(lifecycle, table=table)
    with database.transaction(read_only=False, keep=False):
        for statement in schema_statements(clone):
            database.execute(statement.sql)
        return read(database, TableName(table.name, "pg_temp")) or ()


def differences(wanted: Catalogue, found: Catalogue) -> tuple[CatalogueDifference, ...]:
    """The items that are missing, superfluous or different, sorted by kind and name."""
    left = {(item.kind, item.name): item for item in wanted}
    right = {(item.kind, item.name): item for item in found}
    names = sorted(left.keys() | right.keys())
    return tuple(
        CatalogueDifference(*name, left.get(name), right.get(name))
        for name in names
        if left.get(name) != right.get(name)
    )


# --- reading -------------------------------------------------------------------

_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
  coalesce(pg_get_expr(d.adbin, d.adrelid), '') as "default", a.attidentity::text as identity,
  coalesce((select c.collname from pg_collation c where c.oid = a.attcollation and c.collname <> 'default'), '')
    as collation
from pg_attribute a
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = %(table)s and a.attnum > 0 and not a.attisdropped
"""

# NOT NULL is a fact of its column; from PostgreSQL 18 on it is stored as a constraint too, under a made-up name.
_CONSTRAINTS = """
select conname, contype::text as type, pg_get_constraintdef(oid) as definition, convalidated as validated
from pg_constraint
where conrelid = %(table)s and contype in ('c', 'p', 'u', 'f', 'x')
"""

_INDEXES = """
select c.relname, am.amname as method, i.indisunique as unique, i.indisvalid as valid,
  array_to_string(array(
    select concat_ws(' ', pg_get_indexdef(i.indexrelid, k, false), o.opcname, i.indoption[k - 1])
    from generate_series(1, i.indnatts) as k
    left join pg_opclass o on o.oid = i.indclass[k - 1]
    order by k), ', ') as columns,
  i.indnkeyatts as keys, coalesce(pg_get_expr(i.indpred, i.indrelid), '') as predicate
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_am am on am.oid = c.relam
where i.indrelid = %(table)s
"""

_TRIGGERS = """
select t.tgname, t.tgenabled::text as enabled, t.tgtype::int as type, t.tgattr::text as columns,
  pg_get_triggerdef(t.oid) as condition, p.proname as function
from pg_trigger t
join pg_proc p on p.oid = t.tgfoid
where t.tgrelid = %(table)s and not t.tgisinternal
"""

_FUNCTIONS = """
select distinct p.proname, l.lanname as language, p.prosrc as source,
  coalesce(array_to_string(p.proconfig, ', '), '') as settings, p.prosecdef as definer
from pg_trigger t
join pg_proc p on p.oid = t.tgfoid
join pg_language l on l.oid = p.prolang
where t.tgrelid = %(table)s and not t.tgisinternal
"""

_FACTS = {
    "column": ("type", "required", "default", "identity", "collation"),
    "constraint": ("type", "definition", "validated"),
    "index": ("method", "unique", "valid", "columns", "keys", "predicate"),
    "trigger": ("enabled", "type", "columns", "condition", "function"),
    "function": ("language", "source", "settings", "definer"),
}

_QUERIES = (
    ("column", _COLUMNS),
    ("constraint", _CONSTRAINTS),
    ("index", _INDEXES),
    ("trigger", _TRIGGERS),
    ("function", _FUNCTIONS),
)

_WHEN = re.compile(r" WHEN (\(.*\)) EXECUTE (?:FUNCTION|PROCEDURE) ", re.DOTALL)


def _items(kind: str, rows: tuple[DatabaseRow, ...]) -> Iterator[Item]:
    for name, *values in rows:
        facts = zip(_FACTS[kind], (_text(value) for value in values), strict=True)
        yield Item(
            kind, str(name), tuple((fact, _condition(text) if fact == "condition" else text) for fact, text in facts)
        )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _condition(definition: str) -> str:
    """The WHEN of a trigger, cut from the whole definition, which PostgreSQL gives only with the schema's name."""
    found = _WHEN.search(definition)
    return found[1] if found else ""
