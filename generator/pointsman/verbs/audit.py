"""`pointsman audit`: which rows, indexes and constraints of a live table contradict the spec. It only reads."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from pointsman.result import Grid, GridCell, Result
from pointsman.spec.errors import UsageError

if TYPE_CHECKING:
    from pointsman.api.auditing import AuditOptions, AuditReport, StatusCount
    from pointsman.spec.lifecycle import Lifecycle

HELP = "hold a live table against its spec: rows, indexes, constraints, trigger (reads only)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `audit`."""
    parser.add_argument("spec", metavar="SPEC", help="the spec; - reads standard input")
    parser.add_argument(
        "--dsn",
        help="the database: a DSN, or env:NAME for a variable that holds one, which keeps a password out of the list "
        "of processes (default: env:DATABASE_URL, else libpq's own PGHOST and so on)",
    )
    parser.add_argument("--only", action="append", default=[], metavar="CODE", help="this check; may be repeated")
    parser.add_argument("--skip", action="append", default=[], metavar="CODE", help="not this check; may be repeated")
    parser.add_argument(
        "--examples", type=int, default=5, metavar="N", help="keys to show for each finding (default: 5)"
    )
    parser.add_argument(
        "--sample", type=float, metavar="PERCENT", help="read a part of the table; the audit is then incomplete"
    )
    parser.add_argument(
        "--overdue-after", metavar="TIME", help="when a due row counts as overdue, such as 30m (default: by the spec)"
    )
    parser.add_argument(
        "--statement-timeout", default="1m", metavar="TIME", help="the longest a query may take (default: 1m)"
    )
    parser.add_argument(
        "--lock-timeout", default="2s", metavar="TIME", help="the longest wait for a lock (default: 2s)"
    )


def run(arguments: argparse.Namespace) -> Result:
    """Load the spec, connect, compare.

    Raises:
        SpecError: the spec cannot be loaded.
        UsageError: an option makes no sense, or there is no such database.
    """
    from pointsman.api.auditing import audit
    from pointsman.api.loading import load
    from pointsman.reporting.deliver import say

    options = _options(arguments)
    lifecycle = load(arguments.spec)
    report = audit(lifecycle, arguments.dsn, options, tell=None if arguments.quiet else say)
    data: dict[str, object] = {
        "server_version": report.server_version,
        "table": report.table,
        "checks": list(report.checks),
        "rows": {"by_status": [{"status": each.status, "rows": each.rows} for each in report.rows or ()]},
    }
    grids = (_grid(lifecycle, report.rows),) if report.rows is not None else ()
    return Result("audit", report.findings, grids, data, _summary(report, arguments.sample), report.incomplete)


def _options(arguments: argparse.Namespace) -> AuditOptions:
    from pointsman.api.auditing import AuditOptions

    return AuditOptions(
        only=tuple(arguments.only),
        skip=tuple(arguments.skip),
        sample=arguments.sample,
        examples=arguments.examples,
        overdue_after=_time(arguments, "overdue_after") if arguments.overdue_after is not None else None,
        statement_timeout=_time(arguments, "statement_timeout"),
        lock_timeout=_time(arguments, "lock_timeout"),
    )


def _time(arguments: argparse.Namespace, option: str) -> timedelta:
    from pointsman.api.loading import duration

    text: str = getattr(arguments, option)
    span = duration(text)
    if span is None:
        raise UsageError(f"--{option.replace('_', '-')} {text!r} is no span of time: write 90s, 30m or 2h.")
    return span


def _grid(lifecycle: Lifecycle, counted: Iterable[StatusCount]) -> Grid:
    counts = {each.status: each.rows for each in counted}
    rows = [(GridCell(status.name), GridCell(f"{counts.get(status.name, 0):,}")) for status in lifecycle.statuses]
    if None in counts:
        rows.append((GridCell("(unknown to the spec)", "bad"), GridCell(f"{counts[None]:,}", "bad")))
    return Grid(("status", "rows"), tuple(rows), title=f"Rows of {lifecycle.name}")


def _summary(report: AuditReport, sample: float | None) -> str:
    if report.table is None:
        return "Nothing was looked at."
    if report.rows is None:
        return f"{report.table}: no rows were read."
    total = sum(each.rows for each in report.rows)
    rows = f"{total:,} rows" + (f" of a sample of {sample:g} %" if sample is not None else "")
    return f"{report.table}: {rows} read."
