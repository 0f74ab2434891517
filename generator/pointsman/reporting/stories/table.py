"""A story as a table of steps, for people."""

from __future__ import annotations

from pointsman.reporting.stories.steps import RowNow, StoryStep, ending, setting, steps, title
from pointsman.result import Grid, GridCell
from pointsman.world.story import Story

__all__ = ["grid", "title"]


def grid(story: Story, *, witness: bool = False) -> Grid:
    """A line for the start, one for each step, and one for the loop of a run that goes on for ever.

    The columns are ``#``, who, does, row and provider; and worker, if a step
    changes a worker's variables. `title` stands above, the world below.
    """
    told = steps(story)
    workers = any(step.worker for step in told)
    header = ("#", "who", "does", "row", "provider", *(("worker",) if workers else ()))
    lines = [_line(step)[: len(header)] for step in told]
    if end := ending(story):
        blank = GridCell("")
        lines.append((blank, blank, GridCell(end, "strong"), blank, blank, blank)[: len(header)])
    return Grid(header, tuple(lines), title(story, witness=witness), setting(story))


def _line(step: StoryStep) -> tuple[GridCell, ...]:
    return (
        GridCell(str(step.number), "quiet"),
        GridCell(step.actor, "bad" if step.mark else ""),
        _does(step),
        GridCell("; ".join(_row(row, several=len(step.rows) > 1) for row in step.rows), _row_tone(step)),
        GridCell(", ".join(step.provider)),
        GridCell(", ".join(step.worker), "quiet"),
    )


def _does(step: StoryStep) -> GridCell:
    if step.mark:
        return GridCell(f"{step.says} ({step.mark})", "bad")
    return GridCell(step.says, "" if step.number else "quiet")


def _row(row: RowNow, *, several: bool) -> str:
    words = ", ".join((row.status, *row.changes))
    return f"{row.part}: {words}" if several else words


def _row_tone(step: StoryStep) -> str:
    if any(row.moved for row in step.rows):
        return "moves"
    return "" if any(row.changes for row in step.rows) else "quiet"
