"""`pointsman audit`: which rows, indexes and constraints of a live table contradict the spec. It only reads."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from pointsman.result import Grid, GridCell, Result
from pointsman.spec.errors import UsageError
from pointsman.spec.finding import did_you_mean

if TYPE_CHECKING:
    from pointsman.auditing.run import AuditScope, Report
    from pointsman.spec.lifecycle import Lifecycle

HELP = "hold a live table against its spec: rows, indexes, constraints, trigger (reads only)"


def configure(parser: argparse.ArgumentParser) -> None:
    """A spec, a database, and how closely to look."""
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
    """Load, connect, look."""
    from pointsman.auditing.run import audit
    from pointsman.database import Timeouts, connect, resolve_dsn
    from pointsman.loading.load import load
    from pointsman.reporting.deliver import say

    scope = _scope(arguments)
    timeouts = Timeouts(_time(arguments, "statement_timeout"), _time(arguments, "lock_timeout"))
    lifecycle = load(arguments.spec)
    with connect(resolve_dsn(arguments.dsn), timeouts=timeouts) as database:
        report = audit(lifecycle, database, scope, None if arguments.quiet else say)
        version = database.version
    data: dict[str, object] = {
        "server_version": version,
        "table": report.live.sql if report.live is not None else None,
        "checks": sorted(scope.codes),
        "rows": {"by_status": [{"status": each.status, "rows": each.rows} for each in report.statuses or ()]},
    }
    grids = (_grid(lifecycle, report),) if report.statuses is not None else ()
    return Result("audit", report.findings, grids, data, _summary(report, arguments.sample), report.incomplete)


def _scope(arguments: argparse.Namespace) -> AuditScope:
    from pointsman.auditing.run import CODES, AuditScope

    only, skip = _known(arguments.only, CODES), _known(arguments.skip, CODES)
    sample: float | None = arguments.sample
    if sample is not None and not 0 < sample <= 100:
        raise UsageError(f"--sample {sample:g} is no share of a table: give more than 0 and at most 100 per cent.")
    if not 0 <= arguments.examples <= 1000:
        raise UsageError("--examples takes a number from 0 to 1000.")
    return AuditScope(
        codes=(frozenset(only) or frozenset(CODES)) - frozenset(skip),
        sample=sample,
        examples=arguments.examples,
        overdue_after=_time(arguments, "overdue_after") if arguments.overdue_after is not None else None,
    )


def _known(codes: Iterable[str], known: tuple[str, ...]) -> tuple[str, ...]:
    for code in codes:
        if code not in known:
            raise UsageError(f"There is no check {code!r}.{did_you_mean(code, known)} There are {', '.join(known)}.")
    return tuple(codes)


def _time(arguments: argparse.Namespace, option: str) -> timedelta:
    from pointsman.loading.scalars import duration

    text: str = getattr(arguments, option)
    span = duration(text)
    if span is None:
        raise UsageError(f"--{option.replace('_', '-')} {text!r} is no span of time: write 90s, 30m or 2h.")
    return span


def _grid(lifecycle: Lifecycle, report: Report) -> Grid:
    counts = {each.status: each.rows for each in report.statuses or ()}
    rows = [(GridCell(status.name), GridCell(f"{counts.get(status.name, 0):,}")) for status in lifecycle.statuses]
    if None in counts:
        rows.append((GridCell("(unknown to the spec)", "bad"), GridCell(f"{counts[None]:,}", "bad")))
    return Grid(("status", "rows"), tuple(rows), title=f"Rows of {lifecycle.name}")


def _summary(report: Report, sample: float | None) -> str:
    if report.live is None:
        return "Nothing was looked at."
    if report.statuses is None:
        return f"{report.live.sql}: no rows were read."
    total = sum(each.rows for each in report.statuses)
    rows = f"{total:,} rows" + (f" of a sample of {sample:g} %" if sample is not None else "")
    return f"{report.live.sql}: {rows} read."
