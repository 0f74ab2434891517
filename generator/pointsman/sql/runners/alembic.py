"""Alembic: a module per revision.

Alembic may run many revisions in one transaction. A step that must not share
one is put into an autocommit block, which ends the transaction before it.

Statements are given as `sqlalchemy.DDL`, which changes nothing in a text but
per cent signs; `sqlalchemy.text` would look for parameters in literals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pointsman.spec.errors import UsageError
from pointsman.sql.runner import Numbered, Runner
from pointsman.sql.script import timeouts
from pointsman.sql.steps import Batch, RunMode
from pointsman.writing.output import Output

LONGEST_REVISION = 32
"""The longest revision, in characters, that Alembic's own table holds."""

_REVISION = re.compile(r"^revision\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
_REVISES = re.compile(r"^down_revision\b[^=\n]*=\s*(.+)$", re.MULTILINE)
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")


def _render(steps: tuple[Numbered, ...], folder: Path) -> tuple[Output, ...]:
    outputs: list[Output] = []
    before = head(folder)
    for each in steps:
        outputs.append(Output(f"{each.number}_{each.name}.py", _module(each, before)))
        before = each.number
    return tuple(outputs)


def head(folder: Path) -> str | None:
    """The revision in `folder` that no other revises; None if there is no revision.

    Raises:
        UsageError: the folder has several such revisions.
    """
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))] if folder.is_dir() else []
    revisions = [found[1] for text in texts if (found := _REVISION.search(text))]
    revised = {name for text in texts if (found := _REVISES.search(text)) for name in _QUOTED.findall(found[1])}
    heads = [revision for revision in revisions if revision not in revised]
    if len(heads) > 1:
        raise UsageError(
            f"{folder} has several heads ({', '.join(heads)}): merge them first, with `alembic merge heads`."
        )
    return heads[0] if heads else None


def _module(each: Numbered, before: str | None) -> str:
    if len(each.number) > LONGEST_REVISION:
        raise UsageError(
            f"The number {each.number} is too long for Alembic, which keeps {LONGEST_REVISION} characters."
        )
    about = "\n".join(each.step.about)
    return (
        f'"""{each.name}: {about}"""\n\n'
        "from alembic import op\n"
        "from sqlalchemy import DDL\n\n"
        f"revision = {each.number!r}\n"
        f"down_revision = {before!r}\n"
        "branch_labels = None\n"
        "depends_on = None\n\n\n"
        f"def upgrade() -> None:\n{_body(each.step.up)}\n\n"
        f"def downgrade() -> None:\n{_body(each.step.down)}"
    )


def _body(batches: tuple[Batch, ...]) -> str:
    return "".join(line for batch in batches for line in _batch(batch, single=len(batches) == 1)) or "    pass\n"


def _batch(batch: Batch, *, single: bool) -> Iterator[str]:
    own = [f"{statement.sql}" for statement in batch.statements]
    settings = timeouts(batch.mode)
    if batch.mode is RunMode.QUICK and single:
        yield from _executed([f"SET LOCAL {name} = {value}" for name, value in settings], 1)
        yield from _executed(own, 1)
        # Later revisions may run in the same transaction.
        yield from _executed([f"SET LOCAL {name} TO DEFAULT" for name, _ in settings], 1)
        return
    yield "    with op.get_context().autocommit_block():\n"
    if batch.mode is RunMode.ALONE:
        yield from _executed([f"SET {name} = {value}" for name, value in settings], 2)
        yield from _executed(own, 2)
        yield from _executed([f"RESET {name}" for name, _ in settings], 2)
    else:
        local = [f"SET LOCAL {name} = {value}" for name, value in settings]
        yield from _executed(["BEGIN", *local, *own, "COMMIT"], 2)


def _executed(statements: list[str], depth: int) -> Iterator[str]:
    indent = "    " * depth
    for statement in statements:
        lines = [repr(line) for line in statement.replace("%", "%%").splitlines(keepends=True)]
        if len(lines) == 1:
            yield f"{indent}op.execute(DDL({lines[0]}))\n"
        else:
            inner = "".join(f"{indent}        {line}\n" for line in lines)
            yield f"{indent}op.execute(\n{indent}    DDL(\n{inner}{indent}    )\n{indent})\n"


ALEMBIC = Runner("alembic", "NNN_name.py, a revision after the folder's head", re.compile(r"(\d+)_.*\.py\Z"), _render)
