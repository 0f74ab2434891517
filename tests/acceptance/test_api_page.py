"""The pages for Python do what they say: their programs run and print what the page prints; every name is listed."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

import pointsman
import pointsman_conformance
from pointsman_conformance.postgres import OVERRIDE, PostgresServer
from tests.checkout import TOP

PAGE = TOP / "docs" / "api.md"
README = TOP / "README.md"
_BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```$(?:\n\n^```text\n(?P<output>.*?)^```$)?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class PythonBlock:
    """A block of Python, the number of its first line in the page, and the output that the page gives behind it."""

    code: str
    line: int
    output: str


def python_blocks(text: str) -> Iterator[PythonBlock]:
    """The blocks of Python in a page, in order. A block without a block of text behind it prints nothing."""
    for found in _BLOCK.finditer(text):
        yield PythonBlock(found["code"], text.count("\n", 0, found.start("code")) + 1, found["output"] or "")


def printed(block: PythonBlock, namespace: dict[str, object]) -> str:
    """What the block prints when it is run in `namespace`; a traceback gives the line of the page."""
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile("\n" * (block.line - 1) + block.code, "page", "exec"), namespace)  # noqa: S102 - the page is ours
    return out.getvalue()


def test_the_program_of_the_page_prints_what_the_page_prints(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run with POINTSMAN_UPDATE_PAGES=1 to write today's output into the page."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(OVERRIDE, postgres.maintenance)
    text = PAGE.read_text(encoding="utf-8")
    blocks = list(python_blocks(text))
    assert len(blocks) > 7
    namespace: dict[str, object] = {"__name__": "page"}
    if os.environ.get("POINTSMAN_UPDATE_PAGES"):
        ran = iter(blocks)
        PAGE.write_text(_BLOCK.sub(lambda found: _rewritten(found, printed(next(ran), namespace)), text), "utf-8")
        return
    for block in blocks:
        assert printed(block, namespace) == block.output, f"{PAGE.name}:{block.line}"


def _rewritten(found: re.Match[str], output: str) -> str:
    shown = f"\n\n```text\n{output}```" if output else ""
    return f"```python\n{found['code']}```{shown}"


def test_the_program_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TOP)
    (block,) = python_blocks(README.read_text(encoding="utf-8"))
    assert printed(block, {"__name__": "page"}) == ""


def test_the_program_of_the_page_calls_all_seven_functions() -> None:
    code = "\n".join(block.code for block in python_blocks(PAGE.read_text(encoding="utf-8")))
    calls = ("load_text", "lint", "check", "generate", "migrate", "audit", "conform")
    assert [name for name in calls if not re.search(rf"\b{name}\(", code)] == []


@pytest.mark.parametrize("package", [pointsman, pointsman_conformance], ids=lambda package: package.__name__)
def test_the_page_lists_the_public_names_and_no_others(package: object) -> None:
    name, names = package.__name__, package.__all__  # type: ignore[attr-defined] # a module has both
    text = PAGE.read_text(encoding="utf-8")
    section = text.partition(f"\nFrom `{name}`:\n")[2].partition("\nFrom ")[0]
    first_cells = re.findall(r"^\| (`[^|]*`) \|", section, re.MULTILINE)
    listed = [word for cell in first_cells for word in re.findall(r"`(\w+)`", cell)]
    assert sorted(listed) == sorted(names)
    assert len(set(listed)) == len(listed)
