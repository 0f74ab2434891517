"""golang-migrate: a pair of files per version.

It sends a file whole, as one query of several statements, and opens no
transaction. PostgreSQL then runs all statements of the query in one transaction,
unless they open their own; so a file that must run outside of a transaction has
one statement, and the other files open their transactions.
"""

from __future__ import annotations

import re
from pathlib import Path

from pointsman.sql.runner import Numbered, Runner
from pointsman.sql.script import about, complete
from pointsman.writing.output import Output


def _render(steps: tuple[Numbered, ...], _folder: Path) -> tuple[Output, ...]:
    return tuple(output for each in steps for output in _files(each))


def _files(each: Numbered) -> tuple[Output, ...]:
    step, stem = each.step, f"{each.number}_{each.name}"
    return (
        Output(f"{stem}.up.sql", about(step, step.up, undo=False) + complete(step.up)),
        Output(f"{stem}.down.sql", about(step, step.down, undo=True) + complete(step.down)),
    )


GOLANG_MIGRATE = Runner(
    "golang-migrate", "NNN_name.up.sql and NNN_name.down.sql", re.compile(r"(\d+)_.*\.(?:up|down)\.sql\Z"), _render
)
