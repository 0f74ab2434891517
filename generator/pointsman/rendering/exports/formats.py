"""The formats that a system can be exported to, with the comment signs of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pointsman.rendering.exports import dot_of_system, json_of_system, promela, tla
from pointsman.world.system import System
from pointsman.writing.output import Output


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format: the opening and closing signs of its comments, and the function that writes its files.

    `render` takes the system and the first line of each file. It raises
    `UsageError` where the system cannot be written in this format.
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
