"""Markdown whose console blocks are run: what a page prints is what the commands print.

In a block ```` ```console ```` a line ``$ command`` is run by bash in one folder for
the whole page; lines ``> more`` right behind it belong to it. What follows, up to
the next ``$``, is its output. A line ``...`` stands for lines that are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LEFT_OUT = "..."


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a page with the output that the page claims; `line` counts from 1."""

    command: str
    output: tuple[str, ...]
    line: int


def steps(text: str) -> Iterator[Step]:
    """The commands of a page, in their order."""
    for block in _BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1)) + 1
        lines = block[1].splitlines()
        starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            more = tuple(takewhile(lambda line: line.startswith("> "), lines[start + 1 : end]))
            command = "\n".join(line[2:] for line in (lines[start], *more))
            yield Step(command, tuple(lines[start + 1 + len(more) : end]), first + start)


def agrees(claimed: tuple[str, ...], printed: tuple[str, ...]) -> bool:
    """Whether `printed` is what a page claims, with any lines where it has ``...``."""
    if _LEFT_OUT not in claimed:
        return claimed == printed
    pattern = "".join("(?:.*\n)*?" if line == _LEFT_OUT else re.escape(line) + "\n" for line in claimed)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


def rewritten(text: str, run: Callable[[str], tuple[str, ...]]) -> str:
    """The page with what its commands print today; a ``...`` stays where the rest still fits."""

    def block(found: re.Match[str]) -> str:
        lines: list[str] = []
        for step in steps(found[0]):
            printed = run(step.command)
            lines += [
                f"$ {step.command}".replace("\n", "\n> "),
                *(step.output if agrees(step.output, printed) else printed),
            ]
        return "```console\n" + "\n".join(lines) + "\n```"

    return _BLOCK.sub(block, text)
