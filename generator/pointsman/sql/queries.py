"""The queries of an honest worker: claim, last look and sweep, with literal statuses.

With a status as parameter PostgreSQL could not use the partial index once it has
a generic plan. So statuses are literals, and only keys, fences and the number of
rows are parameters (``$1``, ``$2``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from pointsman.spec import condition
from pointsman.spec.database_names import is_swept
from pointsman.spec.lifecycle import Call, ClaimBy, Claims, Lifecycle, Queue, Setting, Table, Transition
from pointsman.sql.quoting import identifier, interval, qualified, setting
from pointsman.sql.schema import statuses_are, table_of


@dataclass(frozen=True, slots=True)
class Query:
    """A named query, without a semicolon. `legend` explains its parameters and its extra column, one line each."""

    name: str
    summary: str
    legend: tuple[str, ...]
    sql: str


def queries(lifecycle: Lifecycle) -> tuple[Query, ...]:
    """Every query of `lifecycle`: of each queue its claim and its last look, of each kept event its sweeps.

    Without `claims:` in the spec, queues have no queries.

    Raises:
        UsageError: the lifecycle has no table.
    """
    table = table_of(lifecycle)
    return (*_queue_queries(lifecycle, table), *_sweeps(lifecycle, table))


def _queue_queries(lifecycle: Lifecycle, table: Table) -> Iterator[Query]:
    claims = lifecycle.claims
    if claims is None:
        return
    for queue in lifecycle.queues:
        if claims.by is ClaimBy.LOCK:
            yield _lock(lifecycle, table, queue)
        else:
            yield _bump(lifecycle, table, queue, claims)
            yield _last_look(lifecycle, table, queue, claims)


# --- claims --------------------------------------------------------------------


def _lock(lifecycle: Lifecycle, table: Table, queue: Queue) -> Query:
    rows = _due_rows(lifecycle, table, queue, f"t.*, {_settle_only(queue)} AS {_settle_name(table)}")
    summary = f"Locks due rows of the queue {queue.name} until the transaction ends, oldest first."
    return Query(f"claim_{queue.name}", summary, _claim_legend(table), rows)


def _bump(lifecycle: Lifecycle, table: Table, queue: Queue, claims: Claims) -> Query:
    key, settle, rows = identifier(table.primary_key), _settle_name(table), _free("claimable", {table.name})
    limited = queue.attempts is not None and queue.attempts.limit is not None
    found = _due_rows(lifecycle, table, queue, f"t.{key}, {_settle_only(queue)} AS {settle}" if limited else f"t.{key}")
    # RETURNING sees the new count; only the CTE has the count from before the claim.
    told = f"(SELECT c.{settle} FROM {rows} AS c WHERE c.{key} = t.{key})" if limited else "false"  # noqa: S608 - all quoted
    sql = _of_found(
        table, rows, found, _bumps(queue, claims, lifecycle.call_of(queue)), _in_queue(lifecycle, table, queue)
    )
    summary = f"Claims due rows of the queue {queue.name}, oldest first."
    return Query(f"claim_{queue.name}", summary, _claim_legend(table), f"{sql}, {told} AS {settle}")


_JOINT = ",\n    "


def _of_found(table: Table, rows: str, found: str, writes: Iterator[str], here: str) -> str:
    """An UPDATE of the rows whose keys `found` locks, and of no others.

    The keys go through an array. For a join the planner would guess a tenth of the
    queue for the unknown LIMIT, and might read the whole table instead of looking
    so many keys up.
    """
    key = identifier(table.primary_key)
    return (
        f"WITH {rows} AS MATERIALIZED (\n{_indented(found)}\n)\n"  # noqa: S608 - all quoted
        f"UPDATE {_name(table)} AS t\n"
        f"SET {_JOINT.join(writes)}\n"
        f"WHERE t.{key} = ANY (ARRAY(SELECT c.{key} FROM {rows} AS c)) AND {here}\n"
        "RETURNING t.*"
    )


def _claim_legend(table: Table) -> tuple[str, ...]:
    return (
        "$1: how many at most",
        f"{_settle_name(table)}: the attempts are used up; this claim may only settle",
    )


def _bumps(queue: Queue, claims: Claims, call: Call | None) -> Iterator[str]:
    """The assignments of a claim: fence, lease, attempt, and the time of the key's first use."""
    if claims.fence is not None:
        fence = identifier(claims.fence)
        yield f"{fence} = t.{fence} + 1"
    if queue.due is not None and claims.lease is not None:
        yield f"{identifier(queue.due)} = now() + {interval(claims.lease)}"
    if queue.attempts is not None:
        count = identifier(queue.attempts.column)
        yield _unless_settling(queue, count, f"t.{count} + 1")
    if call is not None and call.key_first_used is not None:
        since = identifier(call.key_first_used)
        yield _unless_settling(queue, since, f"coalesce(t.{since}, now())")


def _unless_settling(queue: Queue, column: str, value: str) -> str:
    if queue.attempts is None or queue.attempts.limit is None:
        return f"{column} = {value}"
    return f"{column} = CASE WHEN {_settle_only(queue)} THEN t.{column} ELSE {value} END"


def _due_rows(lifecycle: Lifecycle, table: Table, queue: Queue, columns: str) -> str:
    conditions = [_in_queue(lifecycle, table, queue)]
    if queue.due is not None:
        conditions.append(f"t.{identifier(queue.due)} <= now()")
    return (
        f"SELECT {columns}\n"
        f"FROM {_name(table)} AS t\n"
        f"WHERE {' AND '.join(conditions)}\n"
        f"ORDER BY {', '.join(f't.{identifier(column)}' for column in _order(table, queue))}\n"
        "LIMIT $1\n"
        "FOR NO KEY UPDATE SKIP LOCKED"
    )


def _order(table: Table, queue: Queue) -> tuple[str, ...]:
    """The queue's order; without one, the oldest first, and the key decides between equals."""
    return queue.order or tuple(column for column in (queue.due, table.primary_key) if column is not None)


def _settle_only(queue: Queue) -> str:
    if queue.attempts is None or queue.attempts.limit is None:
        return "false"
    return f"t.{identifier(queue.attempts.column)} >= {queue.attempts.limit}"


def _settle_name(table: Table) -> str:
    return _free("settle_only", {column.name for column in table.columns} | {table.primary_key, table.status_column})


# --- the last look ---------------------------------------------------------------


def _last_look(lifecycle: Lifecycle, table: Table, queue: Queue, claims: Claims) -> Query:
    call = lifecycle.call_of(queue)
    settles = call.settles_within if call is not None and call.settles_within is not None else timedelta(0)
    margin = settles + (claims.longest_pause or timedelta(0))
    conditions = [f"t.{identifier(table.primary_key)} = $1", _in_queue(lifecycle, table, queue)]
    if claims.fence is not None:
        conditions.append(f"t.{identifier(claims.fence)} = $2")
    if queue.due is not None:
        # The wall clock: now() is the transaction's start, by which more of the lease would seem to be left.
        conditions.append(f"t.{identifier(queue.due)} - clock_timestamp() > {interval(margin)}")
    joined = "\n  AND ".join(conditions)
    legend = [f"$1: its {table.primary_key}"]
    if claims.fence is not None:
        legend.append(f"$2: its {claims.fence}, as the claim returned it")
    summary = "The row, if its claim still stands and leaves time to send. No row: send nothing."
    sql = f"SELECT t.*\nFROM {_name(table)} AS t\nWHERE {joined}"
    return Query(f"last_look_{queue.name}", summary, tuple(legend), sql)


# --- sweeps ----------------------------------------------------------------------


def _sweeps(lifecycle: Lifecycle, table: Table) -> Iterator[Query]:
    for event in lifecycle.events:
        if event.keep_in is None or not is_swept(lifecycle, event):
            continue
        takers = [transition for transition in lifecycle.transitions if transition.event == event.name]
        for transition in takers:
            name = f"sweep_{event.name}"
            if len(takers) > 1:
                name += f"_{transition.source}_to_{transition.target}"
            yield _sweep(lifecycle, table, transition, name, event.keep_in)


def _sweep(lifecycle: Lifecycle, table: Table, transition: Transition, name: str, keep_in: str) -> Query:
    key, rows, kept = identifier(table.primary_key), _free("kept", {table.name}), f"t.{identifier(keep_in)}"
    here = statuses_are(lifecycle, (transition.source,), f"t.{identifier(table.status_column)}")
    conditions = [here, f"{kept} IS NOT NULL"]
    if transition.when is not None:
        conditions.append(f"({condition.to_sql(transition.when, lambda column: f't.{identifier(column)}')})")
    found = (
        f"SELECT t.{key}\nFROM {_name(table)} AS t\nWHERE {' AND '.join(conditions)}\n"
        f"ORDER BY {kept}, t.{key}\nLIMIT $1\nFOR NO KEY UPDATE SKIP LOCKED"
    )
    sql = _of_found(table, rows, found, _entry(lifecycle, table, transition.target, keep_in), here)
    summary = f"Applies {transition.event} where it was kept: {transition.source} to {transition.target}, oldest first."
    return Query(name, summary, ("$1: how many at most",), sql)


def _entry(lifecycle: Lifecycle, table: Table, target: str, keep_in: str) -> Iterator[str]:
    """The assignments of the transition: the status, its `on_entry:`, and null for the kept event."""
    status = lifecycle.status[target]
    settings: dict[str, Setting] = {keep_in: None, **dict(status.on_entry)}
    yield f"{identifier(table.status_column)} = {setting(status.value)}"
    for column, value in settings.items():
        yield f"{identifier(column)} = {setting(value)}"


# --- parts -----------------------------------------------------------------------


def _name(table: Table) -> str:
    return qualified(table.schema, table.name)


def _in_queue(lifecycle: Lifecycle, table: Table, queue: Queue) -> str:
    return statuses_are(lifecycle, queue.statuses, f"t.{identifier(table.status_column)}")


def _free(wish: str, taken: set[str]) -> str:
    """`wish`, with underscores appended until it is not in `taken`."""
    while wish in taken:
        wish += "_"
    return wish


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
