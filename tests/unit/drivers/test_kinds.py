"""The kinds of drivers: the kit's own in one tuple, and those that other packages add."""

import importlib
import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from pointsman.cli import main
from pointsman.result import Exit
from pointsman.spec.errors import SpecError, UsageError
from pointsman_conformance.configuration import conform_entries
from pointsman_conformance.drivers import kinds
from pointsman_conformance.drivers.kinds import DRIVERS, added, driver_kind, driver_words
from tests.checkout import TOP

SPEC = str(TOP / "spec" / "seller_transfer.yaml")

_MODULE = """
from dataclasses import replace
from pointsman_conformance.drivers.kinds.book import KIND as BOOK
from pointsman_conformance.drivers.kinds.kind import DriverNeed

PROBE = replace(BOOK, word="probe", shown="a probe", needs=frozenset({DriverNeed.COMMAND}))
OTHER = replace(BOOK, word="another")
PIPE = replace(BOOK, word="pipe")
"""

_ENTRY_POINTS = """
[pointsman.drivers]
probe = probe_driver:PROBE
missing = probe_driver_that_is_not_there:KIND
renamed = probe_driver:OTHER
pipe = probe_driver:PIPE
"""


@pytest.fixture
def _added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that adds the drivers of `_ENTRY_POINTS`, installed."""
    folder = tmp_path / "site"
    described = folder / "probe-1.0.dist-info"
    described.mkdir(parents=True)
    (folder / "probe_driver.py").write_text(_MODULE)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(_ENTRY_POINTS)
    monkeypatch.delitem(sys.modules, "probe_driver", raising=False)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(tmp_path)


def test_every_module_of_a_kind_is_in_the_tuple() -> None:
    folder = Path(kinds.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "added", "kind"}
    listed = [importlib.import_module(f"{kinds.__name__}.{name}").KIND for name in sorted(modules)]
    assert {kind.word for kind in listed} == {kind.word for kind in DRIVERS}
    assert len(DRIVERS) == len(modules)


def test_every_kind_is_on_the_page() -> None:
    page = (TOP / "docs" / "conform.md").read_text(encoding="utf-8")
    assert [kind.word for kind in DRIVERS if f"\n| `{kind.word}` | " not in page] == []


def test_the_tuple_is_read_without_a_database_or_hypothesis() -> None:
    program = (
        "import sys, pointsman_conformance.drivers.kinds, pointsman_conformance.verbs.asking;"
        "print([name for name in ('psycopg', 'hypothesis', 'pointsman_conformance.testbed',"
        " 'pointsman_conformance.mutants', 'pointsman_conformance.search') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_an_unknown_word_comes_with_the_one_that_was_probably_meant() -> None:
    with pytest.raises(
        UsageError, match=r"no driver 'pip'\. Did you mean 'pipe'\? There are: black-box, pipe, http, book"
    ):
        driver_kind("pip")


@pytest.mark.usefixtures("_added")
def test_a_driver_of_another_package_judges_an_implementation(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--driver", "probe", "--role", "reversal_worker", "--law", "stable-key", "--", "anything"]
    assert main(["conform", SPEC, *words]) == Exit.OK
    assert "(a probe)" in capsys.readouterr().out


@pytest.mark.usefixtures("_added")
def test_what_a_driver_of_another_package_needs_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conform", SPEC, "--driver", "probe"]) == Exit.USAGE
    assert "--driver probe needs the command that starts it" in capsys.readouterr().err


@pytest.mark.usefixtures("_added")
def test_help_names_the_drivers_of_other_packages_and_loads_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conform", "--help"]) == Exit.OK
    text = " ".join(capsys.readouterr().out.split())
    assert "missing: added by another package; probe: added by another package" in text
    assert "probe_driver" not in sys.modules


@pytest.mark.usefixtures("_added")
@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("missing", "the driver 'missing' comes from 'probe_driver_that_is_not_there:KIND', which cannot be loaded"),
        ("renamed", "the driver 'renamed' comes from 'probe_driver:OTHER', which is no DriverKind of that word"),
    ],
)
def test_a_broken_driver_of_another_package_is_a_message(
    word: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["conform", SPEC, "--driver", word, "--", "true"]) == Exit.USAGE
    assert f"pointsman: {says}" in capsys.readouterr().err
    Path("pointsman.toml").write_text(
        f'[[conform]]\nname = "w"\nspec = "a.yaml"\ndriver = "{word}"\ncommand = ["true"]\n'
    )
    with pytest.raises(SpecError) as caught:
        conform_entries(Path("pointsman.toml"))
    (found,) = caught.value.findings
    assert found.message.startswith(says)
    assert found.place.line == 4


def test_a_driver_that_ends_the_process_when_imported_is_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("quits", "probe_that_quits:KIND", "pointsman.drivers")

    def quits(_: EntryPoint) -> None:
        raise SystemExit(0)

    monkeypatch.setattr(EntryPoint, "load", quits)
    monkeypatch.setattr(added, "_added", lambda: EntryPoints((entry,)))
    with pytest.raises(UsageError, match="probe_that_quits:KIND', which cannot be loaded: SystemExit: 0"):
        added.added_kind("quits")


@pytest.mark.usefixtures("_added")
def test_pointsman_toml_may_name_a_driver_of_another_package() -> None:
    Path("pointsman.toml").write_text(
        '[[conform]]\nname = "w"\nspec = "a.yaml"\ndriver = "probe"\ncommand = ["true"]\n'
    )
    (entry,) = conform_entries(Path("pointsman.toml"))
    assert entry.implementation.driver == "probe"


@pytest.mark.usefixtures("_added")
def test_a_driver_of_the_kits_own_cannot_be_replaced() -> None:
    assert driver_words().count("pipe") == 1
    assert driver_kind("pipe") is next(kind for kind in DRIVERS if kind.word == "pipe")
