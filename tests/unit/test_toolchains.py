import pytest

from tests.toolchains import need

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
