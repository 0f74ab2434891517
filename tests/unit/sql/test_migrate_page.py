"""The page about migrations names what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.sql import dangers
from pointsman.sql.runners import RUNNERS

PAGE = (Path(__file__).parents[3] / "docs" / "migrate.md").read_text(encoding="utf-8")
CODES = (*dangers.ALLOWED, dangers.TABLE_RENAMED, dangers.STATUS_COLUMN_RENAMED, dangers.PRIMARY_KEY_CHANGED)


@pytest.mark.parametrize("code", CODES)
def test_every_finding_has_a_place_on_the_page(code: str) -> None:
    assert f"`{code}`" in PAGE


@pytest.mark.parametrize("runner", [runner.name for runner in RUNNERS])
def test_every_runner_has_a_row_on_the_page(runner: str) -> None:
    assert f"| `{runner}` |" in PAGE
