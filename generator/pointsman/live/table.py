"""A live table as frozen data: its columns, indexes, CHECKs and triggers, read from the catalogue.

Every role can read the catalogue, even a role that may not read the table.
Reading the catalogue takes no lock on the table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from pointsman.database import Database, DatabaseRow
from pointsman.sql.quoting import qualified

READABLE = {"r": "table", "p": "partitioned table"}
"""The kinds of relation that hold rows, their own or those of their partitions, by ``pg_class.relkind``."""

KINDS = {"v": "view", "m": "materialized view", "f": "foreign table", **READABLE}


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """A column. `type` is PostgreSQL's spelling; `base` is the type below a domain.

    `required` is true for NOT NULL. `labels` are an enum's labels in the enum's
    order; `length` is the limit of a varchar or char in characters.
    `foreign_code` is true if the default calls code that did not come with the
    server.
    """

    name: str
    type: str
    base: str
    required: bool
    default: str | None
    labels: tuple[str, ...] | None
    length: int | None
    foreign_code: bool

    @property
    def is_text(self) -> bool:
        """True if the column compares with any text without a cast."""
        return self.base in {"text", "character varying", "character", "name"}

    @property
    def is_time(self) -> bool:
        """True if the column compares with the database's clock."""
        return self.base in {"timestamp with time zone", "timestamp without time zone", "date"}


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """A CHECK constraint. `enforced` is false for NOT ENFORCED, which the database only records (PostgreSQL 18)."""

    name: str
    expression: str
    columns: tuple[str, ...]
    validated: bool
    enforced: bool
    foreign_code: bool


@dataclass(frozen=True, slots=True)
class LiveIndex:
    """An index. `plain` is true if every key is ascending, nulls last, with default operators and collation.

    `usable` is true if queries may use the index, `maintained` if writes update
    it, `building` if a session is building it now (a role without the right to
    see other sessions always reads false). `predicate` is the WHERE of a partial
    index.
    """

    name: str
    method: str
    keys: tuple[str, ...]
    plain: bool
    unique: bool
    usable: bool
    maintained: bool
    building: bool
    predicate: str | None
    definition: str
    foreign_code: bool


@dataclass(frozen=True, slots=True)
class LiveTrigger:
    """A trigger of a user, not one of a constraint, and the source of its function.

    `enabled` is the catalogue's letter: O, A, R (fires on a replica only) or D
    (disabled). `every_update` is true if the trigger fires after every update of
    a row, whatever columns the statement sets. `when` is the trigger's
    condition, empty without one.
    """

    name: str
    enabled: str
    every_update: bool
    when: str
    definition: str
    source: str

    @property
    def fires(self) -> bool:
        """True if the trigger fires in an ordinary session."""
        return self.enabled in {"O", "A"}


@dataclass(frozen=True)
class LiveTable:
    """One table. `rows` is the planner's estimate, None before the first ANALYZE; `size` is in bytes.

    `keys` are the column names of each valid unique index without a predicate.
    """

    schema: str
    name: str
    kind: str
    rows: int | None
    size: int
    columns: tuple[LiveColumn, ...]
    keys: tuple[tuple[str, ...], ...]
    checks: tuple[LiveCheck, ...]
    indexes: tuple[LiveIndex, ...]
    triggers: tuple[LiveTrigger, ...]

    @property
    def sql(self) -> str:
        """The table's name in SQL, with its schema."""
        return qualified(self.schema, self.name)

    @cached_property
    def column(self) -> dict[str, LiveColumn]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def check(self) -> dict[str, LiveCheck]:
        """The CHECKs by name."""
        return {check.name: check for check in self.checks}

    @cached_property
    def index(self) -> dict[str, LiveIndex]:
        """The indexes by name."""
        return {index.name: index for index in self.indexes}

    @cached_property
    def trigger(self) -> dict[str, LiveTrigger]:
        """The triggers by name."""
        return {trigger.name: trigger for trigger in self.triggers}


def find(database: Database, name: str, schema: str | None) -> LiveTable | None:
    """The relation called `name` in `schema`, or without a schema the one on the search path; None if there is none.

    Raises:
        DatabaseError: the catalogue cannot be read.
    """
    found = database.read(_RELATION, {"name": name, "schema": schema})
    if not found:
        return None
    oid, schema_name, kind = found[0]
    rows, size = database.read(_SIZE, {"oid": oid})[0]
    of = {"oid": oid}
    enforced = "con.conenforced" if database.version >= 180000 else "true"
    return LiveTable(
        schema=str(schema_name),
        name=name,
        kind=str(kind),
        rows=None if rows is None else int(cast("int", rows)),
        size=int(cast("int", size)),
        columns=tuple(_column(row) for row in database.read(_COLUMNS, of)),
        keys=tuple(_texts(row[0]) for row in database.read(_KEYS, of)),
        checks=tuple(_check(row) for row in database.read(_CHECKS.replace("CON_ENFORCED", enforced), of)),
        indexes=tuple(_index(row) for row in database.read(_INDEXES, of)),
        triggers=tuple(_trigger(row) for row in database.read(_TRIGGERS, of)),
    )


def elsewhere(database: Database, name: str) -> tuple[str, ...]:
    """The schemas that have a table called `name`, at most five, for a message."""
    return tuple(str(row[0]) for row in database.read(_ELSEWHERE, {"name": name}))


def _column(row: DatabaseRow) -> LiveColumn:
    name, type_, base, required, default, labels, length, foreign = row
    return LiveColumn(
        str(name), str(type_), str(base), bool(required), _text(default),
        None if labels is None else _texts(labels), cast("int | None", length), bool(foreign),
    )  # fmt: skip


def _check(row: DatabaseRow) -> LiveCheck:
    name, expression, columns, validated, enforced, foreign = row
    return LiveCheck(str(name), str(expression), _texts(columns), bool(validated), bool(enforced), bool(foreign))


def _index(row: DatabaseRow) -> LiveIndex:
    name, method, keys, plain, unique, usable, maintained, building, predicate, definition, foreign = row
    return LiveIndex(
        str(name), str(method), _texts(keys), bool(plain), bool(unique), bool(usable), bool(maintained), bool(building),
        _text(predicate), str(definition), bool(foreign),
    )  # fmt: skip


def _trigger(row: DatabaseRow) -> LiveTrigger:
    name, enabled, every_update, definition, source = row
    # The catalogue prints a trigger's condition only within the whole definition.
    when = re.search(r" WHEN \((.*)\) EXECUTE (?:FUNCTION|PROCEDURE) ", str(definition), re.DOTALL)
    return LiveTrigger(
        str(name), str(enabled), bool(every_update), when[1] if when else "", str(definition), str(source)
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in cast("list[object]", value))


_RELATION = """
select c.oid, n.nspname, c.relkind
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relname = %(name)s and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and case when %(schema)s::text is null then pg_catalog.pg_table_is_visible(c.oid) else n.nspname = %(schema)s end
"""

# A partitioned table has no pages of its own: its partitions' rows and pages are added up.
_SIZE = """
with recursive part as (
  select %(oid)s::oid as oid
  union all
  select i.inhrelid from pg_catalog.pg_inherits i join part on i.inhparent = part.oid)
select case when bool_or(c.reltuples >= 0) then sum(greatest(c.reltuples, 0))::bigint end,
       coalesce(sum(c.relpages::bigint), 0)::bigint * current_setting('block_size')::bigint
from part join pg_catalog.pg_class c using (oid) where c.relkind <> 'p'
"""


# An expression that calls code which did not come with the server is never sent to the planner, because the
# planner may run that code: see live/expressions.py.
def _foreign_code(catalogue: str, oid: str) -> str:
    # S608: both arguments come from the queries below.
    return f"""exists (
         select from pg_catalog.pg_depend d
         where d.classid = '{catalogue}'::regclass and d.objid = {oid}
           and (d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
                or d.refclassid = 'pg_type'::regclass
                   and exists (select from pg_catalog.pg_type y where y.oid = d.refobjid and y.typtype <> 'e')))"""  # noqa: S608 - see above


_COLUMNS = """
select a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
       pg_catalog.format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null),
       a.attnotnull, pg_catalog.pg_get_expr(def.adbin, def.adrelid),
       case when t.typtype = 'e' then
         array(select e.enumlabel::text from pg_catalog.pg_enum e where e.enumtypid = t.oid order by e.enumsortorder)
       end,
       case when a.atttypid in ('varchar'::regtype, 'bpchar'::regtype) and a.atttypmod > 4 then a.atttypmod - 4 end,
       FOREIGN_CODE
from pg_catalog.pg_attribute a
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef def on def.adrelid = a.attrelid and def.adnum = a.attnum
where a.attrelid = %(oid)s and a.attnum > 0 and not a.attisdropped
order by a.attnum
""".replace("FOREIGN_CODE", _foreign_code("pg_attrdef", "def.oid"))

_KEYS = """
select array(select a.attname::text from unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
             join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
             where k.place <= i.indnkeyatts order by k.place)
from pg_catalog.pg_index i
where i.indrelid = %(oid)s and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
order by i.indisprimary desc, i.indexrelid
"""

_CHECKS = """
select con.conname, pg_catalog.pg_get_expr(con.conbin, con.conrelid),
       array(select a.attname::text from pg_catalog.pg_attribute a
             where a.attrelid = con.conrelid and a.attnum = any (con.conkey) order by a.attnum),
       con.convalidated, CON_ENFORCED,
       FOREIGN_CODE
from pg_catalog.pg_constraint con
where con.conrelid = %(oid)s and con.contype = 'c'
order by con.conname
""".replace("FOREIGN_CODE", _foreign_code("pg_constraint", "con.oid"))

_INDEXES = """
select c.relname, m.amname,
       array(select pg_catalog.pg_get_indexdef(i.indexrelid, k, false)
             from generate_series(1, i.indnkeyatts) k order by k),
       not exists (
         select from unnest(i.indoption::int2[], i.indclass::oid[], i.indcollation::oid[], i.indkey::int2[])
                as k (sorting, class, coll, attnum)
         join pg_catalog.pg_opclass o on o.oid = k.class
         left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
         where k.sorting <> 0 or not o.opcdefault or k.coll <> coalesce(a.attcollation, k.coll)),
       i.indisunique, i.indisvalid and i.indisready, i.indisready,
       exists (select from pg_catalog.pg_stat_progress_create_index b where b.index_relid = i.indexrelid),
       pg_catalog.pg_get_expr(i.indpred, i.indrelid), pg_catalog.pg_get_indexdef(i.indexrelid),
       FOREIGN_CODE
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_am m on m.oid = c.relam
where i.indrelid = %(oid)s
order by c.relname
""".replace("FOREIGN_CODE", _foreign_code("pg_class", "i.indexrelid"))

# A tgtype of 17 is AFTER UPDATE ... FOR EACH ROW.
_TRIGGERS = """
select t.tgname, t.tgenabled, t.tgtype = 17 and t.tgattr::text = '', pg_catalog.pg_get_triggerdef(t.oid), p.prosrc
from pg_catalog.pg_trigger t
join pg_catalog.pg_proc p on p.oid = t.tgfoid
where t.tgrelid = %(oid)s and not t.tgisinternal
order by t.tgname
"""

_ELSEWHERE = """
select n.nspname
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relname = %(name)s and c.relkind in ('r', 'p') order by 1 limit 5
"""
