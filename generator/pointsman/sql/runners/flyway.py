"""Flyway: a versioned script, its undo script, and a configuration for each.

Flyway opens a transaction around a script unless the script's configuration
says otherwise. It would also replace ``${...}`` in a script, within literals
too: this is switched off, since a stored value may contain it.
"""

from __future__ import annotations

import re
from pathlib import Path

from pointsman.sql.runner import Numbered, Runner
from pointsman.sql.script import about, bare, complete, fits_one_transaction
from pointsman.sql.steps import Batch, MigrationFile
from pointsman.writing.output import Output


def _render(steps: tuple[Numbered, ...], _folder: Path) -> tuple[Output, ...]:
    return tuple(output for each in steps for output in _files(each))


def _files(each: Numbered) -> tuple[Output, ...]:
    version = f"{each.number}__{each.name}.sql"
    return (
        *_script(f"V{version}", each.step, each.step.up, undo=False),
        *_script(f"U{version}", each.step, each.step.down, undo=True),
    )


def _script(name: str, step: MigrationFile, batches: tuple[Batch, ...], *, undo: bool) -> tuple[Output, Output]:
    one = fits_one_transaction(batches)
    sql = bare(batches) if one else complete(batches)
    settings = f"executeInTransaction={'true' if one else 'false'}\nplaceholderReplacement=false\n"
    return Output(name, about(step, batches, undo=undo) + sql), Output(f"{name}.conf", settings)


FLYWAY = Runner(
    "flyway",
    "VNNN__name.sql, UNNN__name.sql and a .conf for each; concurrent indexes need postgresql.transactional.lock=false",
    re.compile(r"[VU](\d+)__.*\.sql\Z"),
    _render,
)
