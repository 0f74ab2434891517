from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.toolchains import c_compiler, need

NOWHERE = "a-program-that-nobody-installed"


def test_a_program_on_the_path_is_found() -> None:
    assert need("sh").endswith("/sh")


def test_a_missing_program_skips_on_a_users_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=f"{NOWHERE} is not on the path; the matrix is compiled"):
        need(NOWHERE, why="the matrix is compiled")


def test_a_missing_program_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="a failure and not a skip"):
        need(NOWHERE)


@pytest.mark.parametrize(("installed", "chosen"), [(["gcc"], "gcc"), (["tcc"], "tcc"), (["gcc", "tcc"], "tcc")])
def test_the_quickest_compiler_of_c_that_is_installed_is_taken(
    installed: Sequence[str], chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in installed:
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert c_compiler() == str(tmp_path / chosen)


def test_without_a_compiler_of_c_both_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="gcc is not on the path; tcc would do too"):
        c_compiler()
