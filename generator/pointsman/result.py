"""The result of one run of a verb. Every renderer reads it, and the exit code follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from pointsman.spec.finding import Finding, Severity


class Exit(IntEnum):
    """The exit codes. A run with failing findings and incomplete parts ends with FINDINGS, not INCOMPLETE."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    UNLOADABLE = 3
    INCOMPLETE = 4
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell of a grid.

    `tone` is the cell's meaning, for which a renderer has a look: moves, bump, refused, quiet, strong, good, bad.
    """

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table for a person."""

    header: tuple[str, ...]
    rows: tuple[tuple[GridCell, ...], ...]
    title: str = ""
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    """Plain text, printed unchanged."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Text in some language (a file, a diff, a query), printed unchanged."""

    text: str
    language: str = ""


Block = Grid | Prose | Code


@dataclass(frozen=True)
class Result:
    """The findings of a verb and its report.

    `blocks` is the report for a person, `data` the same for a machine (JSON
    values only); formats for findings leave both out. `incomplete` holds one
    sentence for each thing that could not be checked. `unloadable`: the spec has
    mistakes, which are the findings. `interrupted`: Ctrl-C ended the run, and the
    result holds what was known by then.
    """

    verb: str
    findings: tuple[Finding, ...] = ()
    blocks: tuple[Block, ...] = ()
    data: Mapping[str, object] = field(default_factory=dict)
    summary: str = ""
    incomplete: tuple[str, ...] = ()
    unloadable: bool = False
    interrupted: bool = False
    fails_from: Severity = Severity.WARNING

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that fail the run: those of the severity `fails_from` or a graver one."""
        order = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
        heavy = order[: order.index(self.fails_from) + 1]
        return tuple(finding for finding in self.findings if finding.severity in heavy)

    @property
    def exit_code(self) -> Exit:
        """The exit code of this result."""
        if self.interrupted:
            return Exit.INTERRUPTED
        if self.unloadable:
            return Exit.UNLOADABLE
        if self.failing:
            return Exit.FINDINGS
        return Exit.INCOMPLETE if self.incomplete else Exit.OK
