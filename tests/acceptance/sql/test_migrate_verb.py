"""`pointsman migrate` as a person calls it: what it writes, what it refuses, what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pointsman.cli import main
from pointsman.result import Exit
from pointsman.sql.runners import RUNNERS
from tests.acceptance.sql.applying import SPEC, history

OLD, NEW = history(981), history(982)
NAMES = {
    "plain": [
        "982_seller_transfers_reversal_pending_index.sql",
        "982_seller_transfers_reversal_pending_index_down.sql",
    ],
    "golang-migrate": [
        "982_seller_transfers_reversal_pending_index.down.sql",
        "982_seller_transfers_reversal_pending_index.up.sql",
    ],
    "flyway": [
        "U982__seller_transfers_reversal_pending_index.sql",
        "U982__seller_transfers_reversal_pending_index.sql.conf",
        "V982__seller_transfers_reversal_pending_index.sql",
        "V982__seller_transfers_reversal_pending_index.sql.conf",
    ],
    "dbmate": ["982_seller_transfers_reversal_pending_index.sql"],
    "alembic": ["982_seller_transfers_reversal_pending_index.py"],
}


def migrate(folder: Path, *words: str | Path) -> int:
    return main(["migrate", *map(str, words), "--out", str(folder)])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("runner", NAMES)
def test_each_runner_gets_files_of_its_own_form(runner: str, tmp_path: Path) -> None:
    assert migrate(tmp_path, OLD, NEW, "--number", "982", "--runner", runner) == Exit.OK
    assert names(tmp_path) == NAMES[runner]


def test_the_files_of_every_runner_are_known_here() -> None:
    assert list(NAMES) == [runner.name for runner in RUNNERS]


@pytest.mark.parametrize("runner", NAMES)
def test_the_same_specs_give_the_same_bytes(runner: str, tmp_path: Path) -> None:
    words = (history(982), SPEC, "--number", "983", "--runner", runner, "--allow", "rows-may-break-check")
    for folder in ("one", "two"):
        assert migrate(tmp_path / folder, *words) == Exit.OK
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert not [name for name, text in one.items() if b"sha256" in text]


@pytest.mark.parametrize("runner", NAMES)
@pytest.mark.parametrize("number", ["982", "0982", "981", "5"])
def test_a_number_that_is_not_after_all_others_is_refused(
    runner: str, number: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert migrate(tmp_path, OLD, NEW, "--number", "982", "--runner", runner) == Exit.OK
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert migrate(tmp_path, OLD, NEW, "--number", number, "--runner", runner) == Exit.USAGE
    assert "use --number 983" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_numbers_keep_the_zeros_they_are_given(tmp_path: Path) -> None:
    assert migrate(tmp_path, history(982), SPEC, "--number", "00009", "--allow", "rows-may-break-check") == Exit.OK
    assert [name[:6] for name in names(tmp_path)][:3] == ["00009_", "00009_", "00010_"]


def test_nothing_to_do_is_said_and_needs_no_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate(tmp_path, SPEC, SPEC) == Exit.OK
    assert "Nothing to do" in capsys.readouterr().out
    assert names(tmp_path) == []


def test_a_danger_is_a_finding_with_its_query_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert migrate(tmp_path, NEW, OLD, "--number", "983") == Exit.FINDINGS
    said = capsys.readouterr().out
    assert "status-removed" in said
    assert "SELECT count(*) FROM seller_transfers WHERE status = 'reversal_pending';" in said
    assert "If it counts 0 rows, repeat with --allow status-removed." in said
    assert names(tmp_path) == []


def test_what_was_allowed_is_a_note_and_the_files_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert migrate(tmp_path, NEW, OLD, "--number", "983", "--allow", "status-removed") == Exit.OK
    said = capsys.readouterr().out
    assert "note status-removed" in said
    assert "repeat with" not in said
    assert names(tmp_path)[0] == "983_seller_transfers_drop_reversal_pending_index.sql"


def test_allowing_one_danger_does_not_allow_another(tmp_path: Path) -> None:
    assert (
        migrate(tmp_path, history(982), history(980), "--number", "983", "--allow", "status-removed") == Exit.FINDINGS
    )
    assert names(tmp_path) == []


@pytest.mark.parametrize("code", ["table-renamed", "anything"])
def test_only_what_the_rows_decide_can_be_allowed(
    code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert migrate(tmp_path, OLD, NEW, "--number", "982", "--allow", code) == Exit.USAGE
    assert f"--allow {code} is not possible; it takes status-removed" in capsys.readouterr().err


def test_a_dry_run_prints_the_files_and_writes_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate(tmp_path, OLD, NEW, "--number", "982", "--dry-run") == Exit.OK
    assert "CREATE INDEX CONCURRENTLY idx_seller_transfers_reversal_pending" in capsys.readouterr().out
    assert names(tmp_path) == []


def test_the_files_are_told_to_a_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate(tmp_path, OLD, NEW, "--number", "982", "--format", "json") == Exit.OK
    told = json.loads(capsys.readouterr().out)
    assert [Path(path).name for path in told["data"]["files"]] == NAMES["plain"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([OLD, NEW], "--number N"),
        ([OLD, NEW, "--number", "x"], "--number N"),
        ([OLD, NEW, "--number", "-1"], "'-1' is no number"),
        ([OLD, NEW, "--number", "9" * 5000], "is no number"),
        ([OLD, NEW, NEW, "--number", "1"], "as it was"),
        ([OLD, NEW, "--repair"], "one spec"),
        ([OLD, NEW, "--number", "1", "--dsn", "x"], "--repair"),
        ([OLD, NEW, "--number", "1", "--runner", "flywy"], "flyway"),
    ],
)
def test_wrong_usage_says_what_is_right(
    words: list[str | Path], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert migrate(tmp_path, *words) == Exit.USAGE
    assert says in capsys.readouterr().err
    assert names(tmp_path) == []


def test_a_spec_without_a_table_has_no_migrations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = tmp_path / "bare.yaml"
    bare.write_text("pointsman: 1\nlifecycle: x\nstatuses: {a: {initial: true}}\ntransitions: []\n", encoding="utf-8")
    assert migrate(tmp_path / "out", bare, "--number", "1") == Exit.USAGE
    assert "add `table:`" in capsys.readouterr().err


def test_a_spec_that_cannot_be_loaded_ends_with_its_own_code(tmp_path: Path) -> None:
    assert migrate(tmp_path, tmp_path / "missing.yaml", NEW, "--number", "1") == Exit.UNLOADABLE


def test_alembic_with_several_heads_is_told_to_merge_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}_x.py").write_text(f'revision: str = "{name}"\ndown_revision = None\n', encoding="utf-8")
    assert migrate(tmp_path, OLD, NEW, "--number", "1", "--runner", "alembic") == Exit.USAGE
    assert "several heads (a, b)" in capsys.readouterr().err


def test_alembics_first_revision_follows_the_one_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "0a_x.py").write_text("revision = '0a'\ndown_revision: str | None = None\n", encoding="utf-8")
    (tmp_path / "0b_x.py").write_text("revision = '0b'\ndown_revision: str | None = '0a'\n", encoding="utf-8")
    assert migrate(tmp_path, OLD, NEW, "--number", "982", "--runner", "alembic") == Exit.OK
    assert "down_revision = '0b'" in (tmp_path / NAMES["alembic"][0]).read_text(encoding="utf-8")
