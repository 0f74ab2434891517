"""The page about the audit and its checks say the same."""

from __future__ import annotations

import re
from pathlib import Path

from pointsman.auditing.check import RowCheck
from pointsman.auditing.checks import CHECKS
from pointsman.auditing.run import CODES

PAGE = (Path(__file__).parents[3] / "docs" / "audit.md").read_text(encoding="utf-8")
CHECK_FILES = Path(__file__).parents[3] / "generator" / "pointsman" / "auditing" / "checks"


def test_every_check_has_a_section_in_the_order_of_the_list() -> None:
    assert tuple(re.findall(r"^### `([a-z-]+)`", PAGE, re.MULTILINE)) == CODES


def test_every_section_says_its_severity() -> None:
    severities = dict(re.findall(r"^### `([a-z-]+)`\n\n\*(\w+)\.\*", PAGE, re.MULTILINE))
    assert severities == {"table-missing": "error", **{check.code: str(check.severity) for check in CHECKS}}


def test_every_check_stands_in_the_file_of_its_name() -> None:
    files = {path.stem for path in CHECK_FILES.glob("*.py")} - {"__init__"}
    assert files == {check.code.replace("-", "_") for check in CHECKS}


def test_codes_are_distinct_words_joined_by_hyphens() -> None:
    assert len(set(CODES)) == len(CODES)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in CODES)


def test_checks_of_rows_come_before_checks_of_the_table() -> None:
    kinds = [isinstance(check, RowCheck) for check in CHECKS]
    assert kinds == sorted(kinds, reverse=True)
