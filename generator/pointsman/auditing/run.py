"""Runs the audit: compares a lifecycle with the table of an open database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from pointsman.auditing.check import AuditContext, Contradiction, RowCheck, TableCheck, finding
from pointsman.auditing.checks import CHECKS
from pointsman.auditing.meaning import Meaning, read_meaning
from pointsman.auditing.rows import Hit, Rows, StatusCount
from pointsman.database import Database, DatabaseError
from pointsman.live.table import KINDS, READABLE, LiveTable, elsewhere, find
from pointsman.spec.finding import Finding, Severity, by_place, shown
from pointsman.spec.lifecycle import Lifecycle, Table
from pointsman.sql.schema import table_of, wanted

TABLE_MISSING = "table-missing"
"""The code of the only finding that comes from no check: without a table nothing can be checked."""

MOST_TOLD = 3
"""The most examples that a message names; the finding's facts hold all."""

CODES: tuple[str, ...] = (TABLE_MISSING, *(check.code for check in CHECKS))


@dataclass(frozen=True, slots=True)
class AuditScope:
    """The extent of an audit.

    `codes` are the checks to run. `sample` is the share of the table to read in
    per cent; None is the whole table. `examples` is the number of keys to fetch
    for each finding. `overdue_after` replaces the spec's bound for rows that are
    due.
    """

    codes: frozenset[str] = frozenset(CODES)
    sample: float | None = None
    examples: int = 5
    overdue_after: timedelta | None = None


@dataclass(frozen=True)
class Report:
    """The result of an audit: findings, and in `incomplete` a sentence for each part that could not be read.

    `statuses` is None if no row was read, `live` is None if there is no table.
    """

    findings: tuple[Finding, ...]
    incomplete: tuple[str, ...] = ()
    statuses: tuple[StatusCount, ...] | None = None
    live: LiveTable | None = None


def audit(
    lifecycle: Lifecycle, database: Database, scope: AuditScope | None = None, say: Callable[[str], None] | None = None
) -> Report:
    """Compare the live table with `lifecycle`. Before a long step `say` gets a sentence about it.

    Raises:
        UsageError: the lifecycle has no table.
    """
    scope = scope or AuditScope()
    table = table_of(lifecycle)
    try:
        live = find(database, table.name, table.schema)
        if live is None or live.kind not in READABLE:
            others = elsewhere(database, table.name)
            return Report((_no_table(lifecycle, table, live, others),))
    except DatabaseError as error:
        return Report((), (f"The catalogue could not be read: {error}.",))
    schema, incomplete = wanted(lifecycle), []
    try:
        meaning = read_meaning(database, live, table, schema)
    except DatabaseError as error:
        meaning = Meaning({}, table.status_column)
        incomplete.append(_not_compared(error))
    subject = AuditContext(lifecycle, table, live, schema, meaning, scope.overdue_after)
    findings = _look_at_table(subject, scope)
    rows = _look_at_rows(database, subject, scope, say)
    return Report(by_place((*findings, *rows.findings)), (*incomplete, *rows.incomplete), rows.statuses, live)


# --- the catalogue ---------------------------------------------------------------


def _look_at_table(subject: AuditContext, scope: AuditScope) -> list[Finding]:
    checks = (check for check in CHECKS if isinstance(check, TableCheck) and check.code in scope.codes)
    return [found for check in checks for found in check.findings(subject)]


def _not_compared(error: DatabaseError) -> str:
    return f"CHECKs, indexes and defaults were not compared with the spec: {error}."


def _no_table(lifecycle: Lifecycle, table: Table, live: LiveTable | None, others: tuple[str, ...]) -> Finding:
    where = f" in the schema {table.schema!r}" if table.schema is not None else " on the search path"
    if live is not None:
        message = f"{live.sql} is a {KINDS[live.kind]}, not a table."
    else:
        message = f"There is no table {table.name!r}{where}."
    known = f" There is one in {', '.join(repr(name) for name in others)}: write it as `schema:`." if others else ""
    return Finding(
        TABLE_MISSING,
        Severity.ERROR,
        message,
        lifecycle.place("table", "name"),
        f"Correct the name, connect to the database that has the table, or create it from the generated schema.{known}",
        subject=f"table:{table.name}",
    )


# --- the rows --------------------------------------------------------------------


def _look_at_rows(
    database: Database, subject: AuditContext, scope: AuditScope, say: Callable[[str], None] | None
) -> Report:
    checks = [check for check in CHECKS if isinstance(check, RowCheck) and check.code in scope.codes]
    asked = [(check, probe) for check in checks for probe in check.probes(subject)]
    if not checks:
        return Report(())
    if say is not None:
        say(f"Reading {_how_much(subject.live, scope.sample)} of {subject.live.sql}.")
    rows = Rows(database, subject, examples=scope.examples, sample=scope.sample)
    try:
        counted = rows.count(probe for _, probe in asked)
    except DatabaseError as error:
        return Report((), (_not_read(subject.live, error),))
    by_probe = {id(probe): check for check, probe in asked}
    findings = tuple(_found(by_probe[id(hit.probe)], subject, hit, scope.sample) for hit in counted.hits)
    return Report(findings, (*counted.failed, *_of_a_sample(scope.sample)), counted.statuses)


def _found(check: RowCheck, subject: AuditContext, hit: Hit, sample: float | None) -> Finding:
    share = "" if sample is None else f" in a sample of {sample:g} %"
    values = ", ".join(f"{_value(value)}: {count:,}" for value, count in hit.values)
    told = f" ({values})" if values else _examples(subject, hit)
    facts = {
        "count": str(hit.count),
        "examples": ", ".join(example.key for example in hit.examples),
        "query": hit.query,
    }
    if values:
        facts["values"] = values
    found = Contradiction(
        hit.probe.subject,
        f"{hit.probe.says}: {hit.count:,}{share}{told}.",
        hit.probe.place,
        hit.probe.help,
        tuple(facts.items()),
    )
    return finding(check, found)


def _examples(subject: AuditContext, hit: Hit) -> str:
    if not hit.examples:
        return ""
    key = subject.table.primary_key if subject.has(subject.table.primary_key) else "ctid"
    return f", such as {key} {', '.join(str(example) for example in hit.examples[:MOST_TOLD])}"


def _value(value: str | None) -> str:
    return "null" if value is None else shown(value)


def _how_much(live: LiveTable, sample: float | None) -> str:
    rows = "an unknown number of rows" if live.rows is None else f"about {live.rows:,} rows"
    share = "" if sample is None else f"{sample:g} % of "
    return f"{share}{rows} ({live.size / 1_000_000:,.0f} MB)"


def _not_read(live: LiveTable, error: DatabaseError) -> str:
    if error.timed_out:
        advice = "Give it longer with --statement-timeout, or read a part with --sample."
        return f"The rows were not looked at: reading {_how_much(live, None)} took too long ({error}). {advice}"
    if error.denied:
        return f"The rows were not looked at: {error}. Grant SELECT on {live.sql} to the role."
    return f"The rows were not looked at: {error}."


def _of_a_sample(sample: float | None) -> tuple[str, ...]:
    return () if sample is None else (f"Only {sample:g} % of the table was read; other rows may break the spec too.",)
