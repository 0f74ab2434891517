"""Plain SQL files for psql, or for any program that sends a file as it is."""

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
        Output(f"{stem}.sql", about(step, step.up, undo=False) + complete(step.up)),
        Output(f"{stem}_down.sql", about(step, step.down, undo=True) + complete(step.down)),
    )


PLAIN = Runner("plain", "NNN_name.sql and NNN_name_down.sql, for psql -f", re.compile(r"(\d+)_.*\.sql\Z"), _render)
