"""What a run of a verb came to: one record that every renderer and the exit code read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from pointsman.spec.finding import Finding, Severity


class Exit(IntEnum):
    """The exit codes. One beats four: a fault that was found outweighs what was not looked at."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    UNLOADABLE = 3
    INCOMPLETE = 4
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell of a grid.

    `tone` says what it means, never how it looks: moves, bump, refused, quiet, strong, good, bad.
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
    """Plain text, printed as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Text in some language (a file, a diff, a query), printed as it stands."""

    text: str
    language: str = ""


Block = Grid | Prose | Code


@dataclass(frozen=True)
class Result:
    """What a verb found and what it has to say.

    `blocks` is for a person, `data` is the same for a machine (JSON values
    only); formats for findings leave both out. `incomplete` holds a sentence
    for each thing that could not be looked at. `interrupted` says that Ctrl-C
    ended the run, and that this is what there was by then.
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
        """The findings that weigh enough to fail the run."""
        order = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
        heavy = order[: order.index(self.fails_from) + 1]
        return tuple(finding for finding in self.findings if finding.severity in heavy)

    @property
    def exit_code(self) -> Exit:
        """The one exit code that this record means."""
        if self.interrupted:
            return Exit.INTERRUPTED
        if self.unloadable:
            return Exit.UNLOADABLE
        if self.failing:
            return Exit.FINDINGS
        return Exit.INCOMPLETE if self.incomplete else Exit.OK
