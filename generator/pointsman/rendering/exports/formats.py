"""The formats that a system can be exported to, and how each says in a comment that it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pointsman.rendering.exports import dot_of_system, json_of_system, promela, tla
from pointsman.world.system import System
from pointsman.writing.output import Output


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format: what a comment opens and closes with, and what writes the files.

    `render` takes the system and the line that is to be the first of each file.
    It raises `UsageError` where the system cannot be said in this format.
    """

    name: str
    summary: str
    opening: str
    closing: str
    render: Callable[[System, str], tuple[Output, ...]]


FORMATS: tuple[ExportFormat, ...] = (
    ExportFormat("promela", "for Spin: a model for safety and one for liveness", "/*", "*/", promela.render),
    ExportFormat(
        "tla", "TLA+ for TLC: a module for safety and one for liveness, with configurations", "\\*", "", tla.render
    ),
    ExportFormat("dot", "a picture of who can move a row from which status to which", "//", "", dot_of_system.render),
    ExportFormat("json", "everything, by a schema, for other tools", "", "", json_of_system.render),
)
