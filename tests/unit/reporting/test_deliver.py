import os
from pathlib import Path

import pytest

from pointsman.reporting.deliver import can_deliver, deliver
from pointsman.spec.errors import UsageError


def test_a_report_replaces_the_one_before_it(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    deliver("old and longer\n", str(file))
    deliver("new → \udc80\n", str(file))
    assert file.read_bytes() == b"new \xe2\x86\x92 \\udc80\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_report_that_cannot_be_finished_leaves_the_old_one_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.json"
    deliver("old\n", str(file))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError, match="No space left"):
        deliver("new\n", str(file))
    assert file.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [file]


def test_permissions_and_links_stay_as_they_were(tmp_path: Path) -> None:
    file, link = tmp_path / "real", tmp_path / "link"
    file.write_text("old")
    file.chmod(0o640)
    link.symlink_to(file)
    deliver("new\n", str(link))
    assert link.is_symlink()
    assert file.read_text() == "new\n"
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_new_report_has_the_permissions_of_a_new_file(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        deliver("new\n", str(tmp_path / "report"))
    finally:
        os.umask(old)
    assert (tmp_path / "report").stat().st_mode & 0o777 == 0o640


def test_what_is_no_file_is_written_to_and_not_replaced() -> None:
    before = Path(os.devnull).stat().st_mode
    deliver("x\n", os.devnull)
    assert Path(os.devnull).stat().st_mode == before


@pytest.mark.parametrize("name", ["missing/report.json", "."])
def test_a_place_that_cannot_be_written_is_refused_before_the_run(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="--output"):
        can_deliver(str(tmp_path / name))
    assert list(tmp_path.iterdir()) == []
