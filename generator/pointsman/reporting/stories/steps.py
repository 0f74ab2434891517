"""A story step by step, in text that is safe to show; the table and both diagrams are made from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pointsman.reporting.visible import visible
from pointsman.world.story import Shown, Story, TraceStep
from pointsman.world.system import Side


@dataclass(frozen=True, slots=True)
class RowNow:
    """A row after a step: its status in words, whether the step moved it, and the other changes (``retry_count 1``)."""

    part: str
    status: str
    moved: bool
    changes: tuple[str, ...]

    @property
    def touched(self) -> bool:
        """Whether the step changed the row at all."""
        return self.moved or bool(self.changes)


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One step of a story; number 0 is the start, which has no actor.

    `provider` and `worker` list the changes at the provider and in the worker.
    """

    number: int
    actor: str
    says: str
    rows: tuple[RowNow, ...]
    provider: tuple[str, ...] = ()
    worker: tuple[str, ...] = ()
    fault: str = ""
    wrong: str = ""

    @property
    def mark(self) -> str:
        """The fault and the wrong implementation, in words: ``fault: crash``; empty for an ordinary step."""
        marks = [f"fault: {self.fault}"] if self.fault else []
        return ", ".join([*marks, *([f"wrong: {self.wrong}"] if self.wrong else [])])


def title(story: Story, *, witness: bool = False) -> str:
    """``each-effect-at-most-once falls in 6 steps: two transfers for one row``. A witness `is reached` instead."""
    verb = "is reached" if witness else "falls"
    count = f"in {story.length} step{'' if story.length == 1 else 's'}" if story.length else "at the start"
    says = one_line(story.says)
    return f"{one_line(story.prop)} {verb} {count}" + (f": {says}" if says else "")


def setting(story: Story) -> str:
    """The world that it happens in: ``seller_transfer; rows 1, workers 2; without stable-key``."""
    scope = ", ".join(f"{name} {size}" for name, size in story.scope.items())
    without = f"without {', '.join(story.without)}" if story.without else ""
    return "; ".join(one_line(part) for part in (story.lifecycle, scope, without) if part)


def ending(story: Story) -> str:
    """A sentence on how a run goes on for ever after the last step; empty if the story ends there."""
    if story.loop is None:
        return ""
    if story.loop >= story.length:
        return "nothing more ever happens"
    return f"and so on for ever, from step {story.loop + 1}"


def steps(story: Story) -> tuple[StoryStep, ...]:
    """The start, and then a step for each deed. Ghost variables, which only properties read, are left out."""
    seen = tuple(variable for variable in story.variables if variable.side is not Side.GHOST)
    start = StoryStep(0, "", "start", _rows(seen, story.start, frozenset()))
    return (start, *(_step(number, deed, seen) for number, deed in enumerate(story.deeds, start=1)))


def one_line(text: str) -> str:
    """`text` on one line, with control characters escaped."""
    return visible(" ".join(text.split())).replace("\ufffe", r"\ufffe").replace("\uffff", r"\uffff")


def _step(number: int, deed: TraceStep, seen: tuple[Shown, ...]) -> StoryStep:
    changed = tuple(variable for variable in seen if variable.name in deed.changed)
    provider = tuple(variable for variable in changed if variable.side is Side.PROVIDER)
    rows = _parts(seen)
    return StoryStep(
        number,
        one_line(deed.actor) or "unknown",
        one_line(deed.says) or one_line(deed.action),
        _rows(seen, deed.state, frozenset(deed.changed)),
        provider=tuple(_at_provider(variable, deed.state, rows) for variable in provider),
        worker=_at_workers(seen, deed),
        fault=one_line(deed.fault or ""),
        wrong=one_line(deed.wrong or ""),
    )


def _parts(seen: Iterable[Shown], side: Side = Side.ROW) -> tuple[str, ...]:
    return tuple(dict.fromkeys(variable.part for variable in seen if variable.side is side))


def _rows(seen: tuple[Shown, ...], state: Mapping[str, int], changed: frozenset[str]) -> tuple[RowNow, ...]:
    of = [variable for variable in seen if variable.side is Side.ROW]
    return tuple(
        _row(part, [variable for variable in of if variable.part == part], state, changed) for part in _parts(of)
    )


def _row(part: str, of: list[Shown], state: Mapping[str, int], changed: frozenset[str]) -> RowNow:
    status = next((variable for variable in of if _is_status(variable)), of[0])
    changes = (variable for variable in of if variable is not status and variable.name in changed)
    return RowNow(
        one_line(part),
        _value(status, state),
        status.name in changed,
        tuple(f"{one_line(variable.label)} {_value(variable, state)}".strip() for variable in changes),
    )


def _is_status(variable: Shown) -> bool:
    """True if the variable is a row's status, by its label or name. A row without one shows its first variable."""
    return variable.label == "status" or variable.name == "status" or variable.name.endswith("_status")


def _at_provider(variable: Shown, state: Mapping[str, int], rows: tuple[str, ...]) -> str:
    which = f" for {one_line(variable.part)}" if len(rows) > 1 and variable.part in rows else ""
    return f"{one_line(variable.label)}{which}: {_value(variable, state)}"


def _at_workers(seen: tuple[Shown, ...], deed: TraceStep) -> tuple[str, ...]:
    several = len(_parts(seen, Side.WORKER)) > 1
    return tuple(
        (f"{one_line(variable.part)}: " if several and variable.part != deed.actor else "")
        + f"{one_line(variable.label)} {_value(variable, deed.state)}".strip()
        for variable in seen
        if variable.side is Side.WORKER and variable.name in deed.changed
    )


def _value(variable: Shown, state: Mapping[str, int]) -> str:
    return one_line(variable.values[state[variable.name]])
