"""dev.py, on a small project of its own whose build needs no network."""

import ast
import importlib.util
import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

DEV = Path(__file__).parents[2] / "dev.py"

GIVEN = "'--numprocesses', 'auto', '--maxprocesses', '8', '--dist', 'loadfile'"
"""What pytest is given before the words of the command line."""

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""

BACKEND = """
import zipfile

def get_requires_for_build_editable(config_settings=None):
    return []

def build_editable(folder, config_settings=None, metadata_directory=None):
    # A stand-in for the project and for pytest, which no lock here installs.
    name = "sample-1-py3-none-any.whl"
    info = "sample-1.dist-info"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("pytest.py", "import sys\\nprint('tests', sys.argv[1:])\\nsys.exit(7)\\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: sample\\nVersion: 1\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""

VENV = """
import os
import pathlib
import shutil
import subprocess
import sys

made, wanted = pathlib.Path(__file__).with_name("made"), sys.argv[1]
if made.exists():
    shutil.copytree(made, wanted, symlinks=True, copy_function=os.link)
else:
    del os.environ["PYTHONPATH"]
    subprocess.run([sys.executable, "-m", "venv", wanted], check=True)
    shutil.copytree(wanted, made, symlinks=True, copy_function=os.link)
"""
"""Stands before Python's own venv: the first environment is really made, and each later one is a copy of it."""

ABSENT = "absent==1 --hash=sha256:" + "0" * 64 + "\n"

PIP = {"PIP_RETRIES": "0", "PIP_DEFAULT_TIMEOUT": "20", "PIP_CONFIG_FILE": os.devnull}


def make_project(folder: Path, *, lock: str = "") -> Path:
    folder.mkdir()
    (folder / "dev.py").write_bytes(DEV.read_bytes())
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "requirements-dev.lock").write_text(lock)
    return folder


@pytest.fixture(scope="module", autouse=True)
def venv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a stand-in for venv, which every dev.py here finds first."""
    folder = tmp_path_factory.mktemp("venv")
    (folder / "venv").mkdir()
    (folder / "venv" / "__init__.py").touch()
    (folder / "venv" / "__main__.py").write_text(VENV)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        yield folder


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, **PIP, **more}


def dev(project: Path, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, project / "dev.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment(**more),
    )


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose environment was made by its first run."""
    project = make_project(tmp_path_factory.mktemp("bootstrap") / "ready")
    first = dev(project, "test", "-k", "a b")
    assert "Making .venv" in first.stdout, first.stderr
    assert first.stdout.endswith(f"tests [{GIVEN}, '-k', 'a b']\n"), first.stderr
    assert first.returncode == 7
    return project


def load_dev() -> ModuleType:
    specification = importlib.util.spec_from_file_location("dev_under_test", DEV)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["dev_under_test"] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def module() -> Iterator[ModuleType]:
    yield load_dev()
    del sys.modules["dev_under_test"]


class TestTheSecondRun:
    def test_installs_nothing_and_passes_arguments_and_exit_code_on(self, ready: Path) -> None:
        again = dev(ready, "test", "tests/one.py", "--", "-x")
        assert again.stdout == f"tests [{GIVEN}, 'tests/one.py', '--', '-x']\n"
        assert again.returncode == 7

    def test_installs_the_project_again_when_its_description_changed(self, ready: Path) -> None:
        with (ready / "pyproject.toml").open("a") as file:
            file.write("# changed\n")
        again = dev(ready, "test")
        assert again.stdout == f"Installing this project into .venv ...\ntests [{GIVEN}]\n"

    def test_makes_everything_again_when_the_lock_changed(self, ready: Path) -> None:
        (ready / ".venv" / "stray").touch()
        with (ready / "requirements-dev.lock").open("a") as file:
            file.write("# changed\n")
        assert "Making .venv" in dev(ready, "test").stdout
        assert not (ready / ".venv" / "stray").exists()

    def test_trusts_nothing_without_a_stamp(self, ready: Path) -> None:
        (ready / ".venv" / "ready").unlink()
        again = dev(ready, "test")
        assert "Making .venv" in again.stdout
        assert again.returncode == 7

    @pytest.mark.parametrize("stamp", [b"", b"half\n", b"\xff\xfe"])
    def test_takes_a_broken_stamp_for_none(self, stamp: bytes, tmp_path: Path, module: ModuleType) -> None:
        (tmp_path / "ready").write_bytes(stamp)
        assert len(module._stamped(module.Environment(tmp_path, tmp_path / "lock"))) < 2

    def test_ignores_variables_that_lead_to_another_python(self, ready: Path, tmp_path: Path) -> None:
        (tmp_path / "pytest.py").write_text("raise SystemExit('somebody else')")
        assert dev(ready, "test", PYTHONPATH=str(tmp_path)).returncode == 7


class TestWithoutANetwork:
    def test_it_says_so_and_leaves_nothing_that_is_trusted(self, tmp_path: Path) -> None:
        project = make_project(tmp_path / "p", lock=ABSENT)
        ran = dev(project, "test", PIP_INDEX_URL="http://127.0.0.1:1/simple", PIP_RETRIES="1")
        assert ran.returncode == 2
        assert "cannot be reached" in ran.stderr
        assert "run the same command again" in ran.stderr
        assert "Traceback" not in ran.stderr
        assert not (project / ".venv" / "ready").exists()

    def test_a_package_that_is_not_there_is_told_in_pips_words(self, tmp_path: Path) -> None:
        ran = dev(make_project(tmp_path / "p", lock=ABSENT), "test", PIP_NO_INDEX="1")
        assert ran.returncode == 2
        assert "absent" in ran.stderr
        assert "pip's own words are above" in ran.stderr


@pytest.fixture
def silent_index() -> Iterator[socket.socket]:
    """An index that accepts a connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


class TestInterrupted:
    @staticmethod
    def until_it_waits_for_packages(project: Path, index: socket.socket) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, project / "dev.py", "test"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(PIP_INDEX_URL=f"http://127.0.0.1:{index.getsockname()[1]}/simple"),
            start_new_session=True,
        )
        asked, _, _ = select.select([index], [], [], 60)
        assert asked
        return process

    def test_by_ctrl_c_it_stops_with_130_and_no_traceback(self, tmp_path: Path, silent_index: socket.socket) -> None:
        project = make_project(tmp_path / "p", lock=ABSENT)
        with self.until_it_waits_for_packages(project, silent_index) as process:
            os.killpg(process.pid, signal.SIGINT)
            _, said = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "Stopped." in said
        assert "Traceback" not in said
        assert not (project / ".venv" / "ready").exists()

    def test_when_killed_the_next_run_starts_from_nothing(self, tmp_path: Path, silent_index: socket.socket) -> None:
        project = make_project(tmp_path / "p", lock=ABSENT)
        with self.until_it_waits_for_packages(project, silent_index) as process:
            os.killpg(process.pid, signal.SIGKILL)
        (project / "requirements-dev.lock").write_text("")
        ran = dev(project, "test")
        assert "Making .venv" in ran.stdout
        assert ran.returncode == 7


class TestTwoAtOnce:
    def test_one_makes_the_environment_and_the_other_uses_it(self, tmp_path: Path) -> None:
        project = make_project(tmp_path / "p")
        command = [sys.executable, str(project / "dev.py"), "test"]
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as one,
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as other,
        ):
            told = one.communicate()[0] + other.communicate()[0]
        assert (one.returncode, other.returncode) == (7, 7)
        assert told.count("Making .venv") == 1
        assert told.count(f"tests [{GIVEN}]") == 2


class TestAnUnfitPython:
    @pytest.mark.parametrize("version", [(3, 6), (3, 10)])
    def test_too_old_is_refused_by_name(self, version: tuple[int, int]) -> None:
        pretend = (
            f"import runpy, sys; sys.version_info = {(*version, 9)}; runpy.run_path({str(DEV)!r}, {{}}, '__main__')"
        )
        ran = subprocess.run([sys.executable, "-c", pretend, "verify"], capture_output=True, text=True, check=False)
        assert ran.returncode == 2
        assert f"needs Python 3.11 or newer; this is Python {version[0]}.{version[1]}" in ran.stderr

    def test_an_old_one_can_read_the_refusal(self) -> None:
        ast.parse(DEV.read_text(encoding="utf-8"), feature_version=(3, 6))

    @pytest.mark.parametrize("lacking", ["venv", "ensurepip"])
    def test_one_without_venv_names_the_debian_package(
        self, lacking: str, module: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        find = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == lacking else find(name))
        monkeypatch.setattr(module, "prepare", lambda environment: module._check_venv())
        assert module.main(["verify"]) == 2
        major, minor = sys.version_info[:2]
        assert f"apt-get install python{major}.{minor}-venv" in capsys.readouterr().err


class TestUsage:
    @pytest.mark.parametrize("verb", ["verify", "test", "test-lowest", "lint", "secrets", "new"])
    def test_help_names_every_verb(self, verb: str, module: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
        assert module.main(["--help"]) == 0
        assert f"\n  {verb} " in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ([], "no such verb"),
            (["verfy"], "no such verb: 'verfy'"),
            (["verify", "x y"], "takes no arguments, got: 'x y'"),
        ],
    )
    def test_wrong_usage_is_told(
        self, arguments: list[str], said: str, module: ModuleType, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert module.main(arguments) == 2
        assert said in capsys.readouterr().err


class TestRunningSeveralCommands:
    def test_lint_asks_everything_and_then_names_what_failed(
        self, module: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(module, "prepare", lambda environment: None)
        monkeypatch.setattr(module, "LINT", (("false",), ("sh", "-c", "echo later"), ("sh", "-c", "kill $$")))
        assert module.main(["lint"]) == 1
        told = capfd.readouterr().out
        assert "later\n" in told
        assert textwrap.dedent(told).endswith("Failed: false; sh -c 'kill $$'\n")

    def test_a_program_that_is_not_installed_is_told(
        self, module: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(module, "prepare", lambda environment: None)
        monkeypatch.setattr(module, "VERIFY", ("no-such-program",))
        assert module.main(["verify"]) == 2
        assert "no-such-program is not installed" in capsys.readouterr().err
