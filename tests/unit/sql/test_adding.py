"""New files come all together or not at all, and never over something."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pointsman.spec.errors import UsageError
from pointsman.writing.adding import add
from pointsman.writing.output import Output

BOTH = (Output("1_a.sql", "a\n"), Output("1_a_down.sql", "down\n"))


def test_files_are_written_and_nothing_else_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "migrations"
    assert add(BOTH, folder) == (folder / "1_a.sql", folder / "1_a_down.sql")
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"1_a.sql": "a\n", "1_a_down.sql": "down\n"}


def test_a_file_that_is_there_is_not_touched_and_nothing_is_added(tmp_path: Path) -> None:
    (tmp_path / "1_a_down.sql").write_text("mine")
    with pytest.raises(UsageError, match=r"1_a_down\.sql is there already, and nothing was written"):
        add(BOTH, tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"1_a_down.sql": "mine"}


def test_a_failure_half_way_takes_back_what_was_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original, calls = os.link, []

    def link(source: Path, target: Path, **words: bool) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        original(source, target, **words)

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(KeyboardInterrupt):
        add(BOTH, tmp_path)
    assert len(calls) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_links_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(source: Path, target: Path, **words: bool) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", link)
    add(BOTH, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1_a.sql", "1_a_down.sql"]
    with pytest.raises(UsageError, match="there already"):
        add(BOTH, tmp_path)
    assert sorted(path.read_text() for path in tmp_path.iterdir()) == ["a\n", "down\n"]


def test_a_folder_that_is_a_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "migrations").write_text("")
    with pytest.raises(UsageError, match="migrations"):
        add(BOTH, tmp_path / "migrations")
