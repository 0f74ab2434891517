"""The public API of both packages: its names, their words, what importing them costs, and the verbs on it."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import pointsman
import pointsman_conformance
from pointsman import (
    Lifecycle,
    UsageError,
)
from pointsman.cli import main
from pointsman_conformance.processes.relay import boot
from tests.checkout import TOP

PACKAGES = (pointsman, pointsman_conformance)
HEAVY = ("networkx", "yaml", "sqlglot", "numpy", "rich", "psycopg", "jinja2", "graphviz", "hypothesis")
SELLER = TOP / "spec" / "seller_transfer.yaml"
SEVEN = {
    "lint": "pointsman.api.linting.lint",
    "check": "pointsman.api.checking.check_each",
    "generate": "pointsman.api.generating.generate",
    "migrate": "pointsman.api.migrating.migrate",
    "audit": "pointsman.api.auditing.audit",
    "conform": "pointsman_conformance.api.conform",
}
"""The function of the API that each verb stands on; `load` is under all of them."""
WORDS = {
    "lint": (),
    "check": (),
    "generate": ("--target", "python"),
    "migrate": ("--number", "1"),
    "audit": ("--dsn", "postgresql://127.0.0.1:1/none"),
    "conform": ("--driver", "book"),
}


# --- names ---------------------------------------------------------------------------


def imports_for_type_checkers(package: ModuleType) -> dict[str, tuple[str, ...]]:
    """What a package imports under TYPE_CHECKING: names by module."""
    assert package.__file__ is not None
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    (guarded,) = (node for node in tree.body if isinstance(node, ast.If))
    found = (node for node in guarded.body if isinstance(node, ast.ImportFrom))
    return {node.module: tuple(alias.name for alias in node.names) for node in found if node.module}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_what_type_checkers_see_is_what_a_program_gets(package: ModuleType) -> None:
    seen = imports_for_type_checkers(package)
    assert seen == package._HOMES
    assert sorted(name for names in seen.values() for name in names) == sorted(package.__all__)
    for module, names in seen.items():
        for name in names:
            assert getattr(package, name) is getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_no_public_name_is_the_name_of_a_module_too(package: ModuleType) -> None:
    found = [name for name in package.__all__ if importlib.util.find_spec(f"{package.__name__}.{name}")]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_a_name_that_is_not_there_is_told_as_python_tells_it(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'nonsense'"):
        package.nonsense  # noqa: B018 - looking is what is tested
    assert set(package.__all__) <= set(dir(package))


def test_a_relay_starts_without_installed_packages() -> None:
    """The relay of the pipe driver runs with ``python -I -S``, where only the kit's own folder can be imported."""
    command = boot(0, ["true"])
    importing = [word.replace("; main()", "") for word in command]
    done = subprocess.run(importing, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_importing_a_package_loads_no_library(package: ModuleType) -> None:
    program = f"import sys, {package.__name__}; print(*sorted({HEAVY!r} & sys.modules.keys()))".replace(
        repr(HEAVY), repr(set(HEAVY))
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_loading_a_spec_does_not_pay_for_the_other_functions() -> None:
    program = (
        f"import sys; from pointsman import load, lint; lint(load({str(SELLER)!r})); "
        "print(*(name for name in ('numpy', 'rich', 'psycopg', 'jinja2', 'graphviz') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# --- words ---------------------------------------------------------------------------


def public_names() -> Iterator[tuple[ModuleType, str]]:
    yield from ((package, name) for package in PACKAGES for name in package.__all__)


TYPES = [pytest.param(*found, id=found[1]) for found in public_names() if found[1][0].isupper()]
FUNCTIONS = [pytest.param(*found, id=found[1]) for found in public_names() if found[1][0].islower()]


def undocumented(kind: type) -> list[str]:
    """The public attributes of a class that neither their own docstring nor the docstring of the class describes."""
    fields = [field.name for field in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []
    about = kind.__doc__ or ""
    listed = set(re.findall(r"`(\w+)`", about)) | set(re.findall(r"^\s+(\w+): ", about, re.MULTILINE))
    own = {name: value for name, value in vars(kind).items() if not name.startswith("_")}
    methods = [name for name, value in own.items() if isinstance(value, property) or inspect.isfunction(value)]
    cached = [name for name, value in own.items() if type(value).__name__ == "cached_property"]
    silent = [name for name in (*methods, *cached) if not inspect.getdoc(own[name])]
    return [*silent, *(field for field in fields if field not in listed)]


@pytest.mark.parametrize(("package", "name"), TYPES)
def test_every_attribute_of_every_public_type_is_described(package: ModuleType, name: str) -> None:
    kind = getattr(package, name)
    assert isinstance(kind, type)
    assert kind.__doc__
    assert not kind.__doc__.startswith(f"{kind.__name__}(")  # what dataclasses write by themselves
    assert undocumented(kind) == []


@pytest.mark.parametrize(("package", "name"), FUNCTIONS)
def test_every_public_function_describes_its_arguments_its_result_and_its_errors(
    package: ModuleType, name: str
) -> None:
    function = getattr(package, name)
    assert inspect.isfunction(function)
    about = inspect.getdoc(function) or ""
    described = set(re.findall(r"^ {4}(\w+): ", about.partition("Args:")[2].partition("Returns:")[0], re.MULTILINE))
    assert described == set(inspect.signature(function).parameters)
    assert "\nReturns:\n" in about
    assert "\nExample::\n" in about
    assert "\nRaises:\n" in about or function.__name__ == "lint"
    assert inspect.signature(function).return_annotation is not inspect.Signature.empty


# --- the command line stands on it -------------------------------------------------------


@pytest.mark.parametrize("verb", SEVEN)
def test_a_verb_calls_its_function_of_the_api(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def asked(*given: object, **named: object) -> object:
        raise UsageError("the API was asked")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(SEVEN[verb], asked)
    assert main([verb, str(SELLER), *WORDS[verb]]) == 2
    assert "the API was asked" in capsys.readouterr().err


@pytest.mark.parametrize("verb", SEVEN)
def test_a_verb_loads_its_spec_by_the_api(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def asked(spec: object) -> Lifecycle:
        raise UsageError(f"the API was asked for {spec}")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pointsman.api.loading.load", asked)
    assert main([verb, str(SELLER), *WORDS[verb]]) == 2
    assert f"the API was asked for {SELLER}" in capsys.readouterr().err
