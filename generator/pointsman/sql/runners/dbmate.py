"""dbmate: one file per version, with a part for up and one for down.

It sends a part whole, in a transaction of its own unless the part says
``transaction:false``.
"""

from __future__ import annotations

import re
from pathlib import Path

from pointsman.sql.runner import Numbered, Runner
from pointsman.sql.script import about, bare, complete, fits_one_transaction
from pointsman.sql.steps import Batch, MigrationFile
from pointsman.writing.output import Output


def _render(steps: tuple[Numbered, ...], _folder: Path) -> tuple[Output, ...]:
    return tuple(_file(each) for each in steps)


def _file(each: Numbered) -> Output:
    parts = (_part("up", each.step, each.step.up), _part("down", each.step, each.step.down))
    return Output(f"{each.number}_{each.name}.sql", "\n".join(parts))


def _part(direction: str, step: MigrationFile, batches: tuple[Batch, ...]) -> str:
    one = fits_one_transaction(batches)
    options = "" if one else " transaction:false"
    sql = bare(batches) if one else complete(batches)
    return f"-- migrate:{direction}{options}\n{about(step, batches, undo=direction == 'down')}{sql}"


DBMATE = Runner("dbmate", "NNN_name.sql with migrate:up and migrate:down", re.compile(r"(\d+)_.*\.sql\Z"), _render)
