"""The harm that follows when laws and premises are dropped one by one, as a table, as data, and as open questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pointsman.reporting.stories.record import to_record
from pointsman.result import Code, Grid, GridCell

if TYPE_CHECKING:
    from pointsman.checking.laws import Dropped
    from pointsman.world.story import Story


def table(lifecycle: str, dropped: Sequence[Dropped]) -> Grid:
    """Return a line for each wrong implementation and premise: the property that falls, its world, and its steps."""
    header = ("law or premise", "what is done instead", "falls", "steps", "world")
    return Grid(header, tuple(_line(one) for one in dropped), f"{lifecycle}, each law and premise dropped by itself")


def _line(one: Dropped) -> tuple[GridCell, ...]:
    wrong = "" if one.wrong == one.law else one.wrong
    beside = f"{wrong} with {one.beside}" if one.beside else wrong
    names = (GridCell(one.law), GridCell(beside))
    if one.verdict is None or one.scope is None:
        return (*names, GridCell(_nothing(one), "quiet"), GridCell(""), GridCell(""))
    steps = "" if one.verdict.steps is None else str(one.verdict.steps)
    return (*names, GridCell(one.verdict.prop, "bad"), GridCell(steps), GridCell(one.scope.world.name))


def _nothing(one: Dropped) -> str:
    if not one.possible:
        return "this lifecycle has no such step"
    return "unknown" if one.unknown else "nothing"


def runs(dropped: Sequence[Dropped]) -> Code:
    """Return the shortest run behind each line of the table, a step a line."""
    told = ((one, one.verdict.story) for one in dropped if one.verdict is not None and one.verdict.story is not None)
    return Code("\n".join(_run(one, story) for one, story in told))


def _run(one: Dropped, story: Story) -> str:
    head = f"{one.wrong}{f' with {one.beside}' if one.beside else ''}: {story.prop} falls: {story.says}"
    width = len(str(story.length))
    steps = [f"  {number:>{width}} {deed.actor}: {deed.says}" for number, deed in enumerate(story.deeds, 1)]
    if story.loop is not None:
        steps.append("    and so on for ever" if story.loop < story.length else "    and nothing more ever happens")
    return "\n".join([head, *steps, ""])


def to_data(dropped: Sequence[Dropped]) -> list[dict[str, object]]:
    """Return the lines of the table as JSON values, with their stories."""
    return [_record(one) for one in dropped]


def _record(one: Dropped) -> dict[str, object]:
    found: dict[str, object] = {
        "law": one.law,
        "wrong": one.wrong,
        "beside": one.beside,
        "possible": one.possible,
        "unknown": list(one.unknown),
        "property": None,
        "steps": None,
        "world": None,
        "rows": None,
        "workers": None,
        "attempts": None,
        "story": None,
    }
    if one.verdict is not None and one.scope is not None:
        scope, verdict = one.scope, one.verdict
        found |= {"property": verdict.prop, "steps": verdict.steps, "world": scope.world.name}
        found |= {"rows": scope.rows, "workers": scope.workers, "attempts": scope.attempts}
        found["story"] = None if verdict.story is None else to_record(verdict.story)
    return found


def undecided(lifecycle: str, dropped: Sequence[Dropped], stopped: str) -> tuple[str, ...]:
    """Return a sentence for each law whose harm is not known, and one where not all laws were dropped.

    `stopped` says why not all were dropped; it is empty where all were.
    """
    found = [
        f"{lifecycle}, without {one.wrong}: nothing fell, and not explored to the end: {', '.join(one.unknown)}."
        for one in dropped
        if one.verdict is None and one.unknown
    ]
    if stopped:
        found.append(f"{lifecycle}: only {len(dropped)} were dropped of the laws and premises: {stopped}.")
    return tuple(found)
