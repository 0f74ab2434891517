"""The stories that `pointsman check --stories` saved, as planned runs that are played first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pointsman.reporting.stories.record import from_record
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.premises import PREMISES
from pointsman.world.story import Story
from pointsman_conformance.search.planned import PlannedRun
from pointsman_conformance.search.stories import from_story


class StoryError(UsageError):
    """A folder has no stories, or a file in it is no story; the message names the folder or file."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A story from the file `name`.json. `tour` is None if it cannot be played; then `left_out` has the reason.

    Otherwise `left_out` has a sentence for each step of the story that no plan can contain.
    """

    name: str
    tour: PlannedRun | None
    left_out: tuple[str, ...] = ()


def saved_stories(folder: Path, lifecycle: Lifecycle) -> tuple[Saved, ...]:
    """Every story in `folder`, by name, for implementations of `lifecycle`; ITF traces (`.itf.json`) are skipped.

    Raises:
        StoryError: the folder cannot be read or has no story, or files in it, all of which are named, are no stories.
    """
    read, wrong = [], []
    for path in _files(folder):
        try:
            read.append((path.stem, _read(path)))
        except ValueError as problem:
            wrong.append(str(problem))
    if wrong:
        raise StoryError("\n".join(wrong))
    if not read:
        raise StoryError(
            f"{folder} holds no story: `pointsman check SPEC --stories {folder}` saves what it finds there."
        )
    return tuple(_saved(name, story, lifecycle) for name, story in read)


def _files(folder: Path) -> Iterator[Path]:
    try:
        found = sorted(folder.iterdir())
    except OSError as problem:
        raise StoryError(f"{folder} cannot be read: {problem.strerror or problem}") from None
    for path in found:
        if path.name.endswith(".json") and not path.name.endswith(".itf.json"):
            yield path


def _read(path: Path) -> Story:
    """The story of one file. Raises ValueError, whose message names the file, if it has none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ValueError(f"{path} cannot be read: {problem.strerror or problem}") from None
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"{path} is no JSON: {problem}") from None
    return from_record(data, str(path))


def _saved(name: str, story: Story, lifecycle: Lifecycle) -> Saved:
    why = _unplayable(story, lifecycle)
    if why is not None:
        return Saved(name, None, (why,))
    try:
        acted = from_story(story, lifecycle)
    except LookupError as problem:
        if story.digest == lifecycle.source.digest:
            raise
        return Saved(name, None, (f"the spec has changed since it was told, and it does not fit any more: {problem}",))
    moved = () if story.digest == lifecycle.source.digest else ("the spec has changed since it was told",)
    return Saved(name, PlannedRun(f"the story {name}", acted.plan, rank=0), (*moved, *acted.left_out))


_PREMISES = {premise.id: premise.sentence for premise in PREMISES}


def _unplayable(story: Story, lifecycle: Lifecycle) -> str | None:
    if story.lifecycle != lifecycle.name:
        return f"it is told of {story.lifecycle}, not of {lifecycle.name}"
    for name in story.without:
        if name in _PREMISES:
            return f"it happens only where {name} does not hold, which no implementation can help ({_PREMISES[name]})"
    return None
