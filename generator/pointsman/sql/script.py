"""A step as a script: comments for people and for linters, then SQL."""

from __future__ import annotations

from pointsman.sql.squawk import ignored
from pointsman.sql.steps import Batch, MigrationFile, RunMode

LOCK_TIMEOUT = "2s"
"""The longest wait of a statement for a lock. All sessions that come after it wait as long, readers too."""

STATEMENT_TIMEOUT = "30s"
"""The longest run of a statement that reads no rows."""

_ALONE = (
    "Run this file by itself and outside of a transaction: it is one statement. lock_timeout and statement_timeout",
    "have to be 0 for it, set for the connection: PGOPTIONS='-c lock_timeout=0 -c statement_timeout=0'.",
)

NOTHING = "-- There is nothing to undo.\n"


def about(step: MigrationFile, batches: tuple[Batch, ...], *, undo: bool) -> str:
    """The comments above the SQL of `batches`, a line each."""
    opening = ("Undoes the step of this number.",) if undo else step.about
    lines = [*opening]
    if any(batch.mode is RunMode.ALONE for batch in batches):
        lines += _ALONE
    for reason, rules in ignored(statement for batch in batches for statement in batch.statements):
        lines += [reason, f"squawk-ignore-file {', '.join(rules)}"]
    return "".join(f"-- {line}\n" for line in lines)


def timeouts(mode: RunMode) -> tuple[tuple[str, str], ...]:
    """The settings under which a transaction of this mode runs, and their values in SQL."""
    match mode:
        case RunMode.QUICK:
            return ("lock_timeout", f"'{LOCK_TIMEOUT}'"), ("statement_timeout", f"'{STATEMENT_TIMEOUT}'")
        case RunMode.LONG:
            return ("lock_timeout", f"'{LOCK_TIMEOUT}'"), ("statement_timeout", "0")
        case RunMode.ALONE:
            return ("lock_timeout", "0"), ("statement_timeout", "0")


def complete(batches: tuple[Batch, ...]) -> str:
    """The batches as SQL that opens and ends its own transactions."""
    return "\n".join(_with_transaction(batch) for batch in batches) if batches else NOTHING


def bare(batches: tuple[Batch, ...]) -> str:
    """The batches as SQL for a runner that opens the transaction; only for batches that `fits_one_transaction`."""
    return "".join(_inside(batch) for batch in batches) if batches else NOTHING


def fits_one_transaction(batches: tuple[Batch, ...]) -> bool:
    """True if a runner may run all batches in one transaction of its own."""
    return len(batches) <= 1 and all(batch.mode is not RunMode.ALONE for batch in batches)


def _with_transaction(batch: Batch) -> str:
    if batch.mode is RunMode.ALONE:
        return "".join(f"{statement.sql};\n" for statement in batch.statements)
    return f"BEGIN;\n{_inside(batch)}COMMIT;\n"


def _inside(batch: Batch) -> str:
    settings = "".join(f"SET LOCAL {name} = {value};\n" for name, value in timeouts(batch.mode))
    return settings + "".join(f"{statement.sql};\n" for statement in batch.statements)
