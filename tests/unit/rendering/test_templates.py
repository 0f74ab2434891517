"""A user's templates: before ours, in the sandbox, and never a traceback."""

from pathlib import Path

import pytest

from pointsman.loading.load import load
from pointsman.rendering import python, templates
from pointsman.spec.errors import UsageError
from pointsman.writing.target import TargetOptions, read_mark
from tests.guards import SELLER_TRANSFER

SELLER = load(SELLER_TRANSFER)
NAME = "python_guard.py.jinja"


def _rendered(folder: Path, text: str) -> str:
    (folder / NAME).write_text(text)
    (output,) = python.render(SELLER, TargetOptions(templates=folder))
    return output.text


def test_a_users_template_goes_before_ours(tmp_path: Path) -> None:
    assert _rendered(tmp_path, "STATUSES = {{ lifecycle.statuses | length }}\n").endswith("STATUSES = 6\n")


def test_a_users_template_cannot_lose_the_first_line(tmp_path: Path) -> None:
    text = _rendered(tmp_path, "STATUSES = 6\n")
    assert read_mark(text) is not None
    assert text.endswith("STATUSES = 6\n")


def test_our_other_templates_still_serve_where_the_folder_has_none(tmp_path: Path) -> None:
    (tmp_path / "mermaid.mmd.jinja").write_text("x")
    (output,) = python.render(SELLER, TargetOptions(templates=tmp_path))
    assert output == python.render(SELLER, TargetOptions())[0]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("a\n{% if %}", rf"{NAME}:2: this template cannot be read"),
        ("a\n\n{{ nothing }}", rf"{NAME}:3: this template cannot be filled: 'nothing' is undefined"),
        ("{{ lifecycle.__class__ }}", r"unsafe|undefined"),
        ("{{ ''.__class__.__mro__ }}", r"unsafe|undefined"),
        ("{% set _ = members.append(1) %}", r"unsafe|cannot be filled"),
        ("\n{{ 1 // 0 }}", rf"{NAME}:2: this template cannot be filled: ZeroDivisionError"),
        ("{% include 'no_such.jinja' %}", r"no_such.jinja"),
        ("{% include '../../../etc/passwd' %}", r"passwd"),
        ("{% for x in range(10000000) %}{% endfor %}", r"[Rr]ange"),
    ],
)
def test_what_is_wrong_with_a_template_is_said_with_its_file_and_line(tmp_path: Path, template: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _rendered(tmp_path, template)


def test_a_template_that_is_not_utf_8_is_said(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"cannot be filled|cannot be read"):
        python.render(SELLER, TargetOptions(templates=tmp_path))


def test_a_folder_of_templates_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder of templates"):
        python.render(SELLER, TargetOptions(templates=tmp_path / "none"))


def test_a_folder_without_any_template_of_ours_is_said(tmp_path: Path) -> None:
    (tmp_path / "python_guard.jinja").write_text("x")
    with pytest.raises(UsageError, match=r"one of these names: .*python_guard\.py\.jinja"):
        python.render(SELLER, TargetOptions(templates=tmp_path))


def test_every_template_has_a_target_that_fills_it() -> None:
    assert templates.names() == (
        "go_guard.go.jinja",
        "go_guard_test.go.jinja",
        "mermaid.mmd.jinja",
        "python_guard.py.jinja",
    )
