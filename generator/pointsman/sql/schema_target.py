"""The target `sql`: the whole schema, and the queries beside it."""

from __future__ import annotations

from pointsman.spec import database_names
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle
from pointsman.sql.queries import Query, queries
from pointsman.sql.schema import table_of, wanted
from pointsman.sql.statements import CreateFunction, CreateIndex, CreateTable, CreateTrigger, Statement
from pointsman.writing.output import Output
from pointsman.writing.target import Target, TargetOptions, mark_line


def schema_statements(lifecycle: Lifecycle) -> tuple[Statement, ...]:
    """The statements that create the schema of `lifecycle` in an empty database, in order.

    Raises:
        UsageError: the lifecycle has no table, or a name that PostgreSQL would cut.
    """
    refuse_long_names(lifecycle)
    schema = wanted(lifecycle)
    made: list[Statement] = [CreateTable(schema, database_names.primary_key(table_of(lifecycle)))]
    made += [CreateIndex(schema.table, index, concurrently=False) for index in schema.indexes]
    if schema.rule is not None:
        made += [CreateFunction(schema.table, schema.rule), CreateTrigger(schema.table, schema.rule)]
    return tuple(made)


def schema_sql(lifecycle: Lifecycle) -> str:
    """The schema as one file, without its first line. Raises `UsageError` as `schema_statements` does."""
    return "\n\n".join(f"{statement.sql};" for statement in schema_statements(lifecycle)) + "\n"


def queries_sql(lifecycle: Lifecycle) -> str:
    """The queries as one file of named blocks, without its first line. Raises `UsageError` without a table."""
    return "\n".join(_block(query) for query in queries(lifecycle))


def refuse_long_names(lifecycle: Lifecycle) -> None:
    """Raises `UsageError` for a name that PostgreSQL would cut with no more than a notice."""
    for name, path in database_names.derived_names(lifecycle):
        size = len(name.encode())
        if size > database_names.LONGEST:
            raise UsageError(
                f"{lifecycle.place(*path)}: the name {name!r} has {size} bytes and PostgreSQL keeps "
                f"{database_names.LONGEST}: shorten the names that it is made from."
            )


def _block(query: Query) -> str:
    comments = "".join(f"-- {line}\n" for line in (f"name: {query.name}", query.summary, *query.legend))
    return f"{comments}{query.sql};\n"


def _render(lifecycle: Lifecycle, _options: TargetOptions) -> tuple[Output, ...]:
    first = mark_line(lifecycle, "--")
    blocks = queries_sql(lifecycle)
    about = "-- Statuses are literals so that each query can use its partial index; only $1 and $2 are parameters."
    listed = (Output("queries.sql", f"{first}\n{about}\n\n{blocks}"),) if blocks else ()
    return (Output("schema.sql", _header(lifecycle, first, queries=bool(listed)) + schema_sql(lifecycle)), *listed)


def _header(lifecycle: Lifecycle, first: str, *, queries: bool) -> str:
    schema = table_of(lifecycle).schema
    lines = [first]
    if queries:
        lines.append("-- The queries that go with it are in queries.sql.")
    if schema is not None:
        lines.append(f"-- The schema {schema} has to be there: others may live in it, so it is not made here.")
    return "".join(f"{line}\n" for line in lines) + "\n"


TARGET = Target("sql", "the PostgreSQL schema, and the queries of workers", _render, needs_table=True)
