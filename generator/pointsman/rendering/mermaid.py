"""The diagram as Mermaid: a picture that a Markdown page can hold."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pointsman.rendering import templates
from pointsman.rendering.picture import Arrow, ArrowEvent, Notes, arrows, notes
from pointsman.spec.lifecycle import Lifecycle, Status, StatusKind
from pointsman.spec.names import lower_snake
from pointsman.writing.output import Output
from pointsman.writing.target import Target, TargetOptions, mark_line

_TEMPLATE = "mermaid.mmd.jinja"
_MANY = 16
"""From more statuses than this on the picture goes to the right: labels side by side would cover each other."""
_EMPHASIS = re.compile(r"[\\*_$~`]")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_, \u00a1-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Box:
    """A status: its identifier in the diagram, its escaped label, and its kind."""

    id: str
    label: str
    kind: StatusKind
    initial: bool


@dataclass(frozen=True, slots=True)
class MermaidArrow:
    """An arrow between two identifiers; `label` is escaped, and may be empty."""

    source: str
    target: str
    label: str


def render(lifecycle: Lifecycle, options: TargetOptions) -> tuple[Output, ...]:
    """``<lifecycle>.mmd``."""
    under = notes(lifecycle)
    values = {
        "lifecycle": lifecycle,
        "direction": "LR" if len(lifecycle.statuses) > _MANY else "TB",
        "boxes": [_box(status, under(status)) for status in lifecycle.statuses],
        "lines": [_line(arrow) for arrow in arrows(lifecycle)],
        "kinds": [kind for kind in StatusKind if any(status.kind is kind for status in lifecycle.statuses)],
    }
    text = templates.fill(mark_line(lifecycle, "%%"), _TEMPLATE, values, options.templates)
    return (Output(f"{lower_snake(lifecycle.name)}.mmd", text),)


TARGET = Target("mermaid", "a diagram in Mermaid, for Markdown pages", render)


def escaped(text: str) -> str:
    """`text` with everything that could mean something to Mermaid as a numbered entity.

    Underscores stay: a name begins with a letter, so that none of its own can
    open an emphasis.
    """
    return _NOT_PLAIN.sub(_entity, text)


def _entity(found: re.Match[str]) -> str:
    return f"#{ord(found[0])};"


def _id(name: str) -> str:
    # A name of its own kind: `end`, `state` and `note` are words of the language.
    return f"s_{name}"


def _box(status: Status, under: Notes) -> Box:
    lines = [f"<b>{escaped(status.name)}</b>"]
    if under.stored is not None:
        # In a state's label entities are decoded before Markdown is read, so this needs its backslashes too.
        lines.append(_small(_EMPHASIS.sub(r"\\\g<0>", under.stored)))
    lines += [_small(line) for line in under.queues]
    lines += [f"<i>{_small(f'keeps {event}')}</i>" for event in under.kept]
    return Box(_id(status.name), "<br/>".join(lines), status.kind, status.initial)


def _line(arrow: Arrow) -> MermaidArrow:
    lines = [line for way in arrow.ways for line in _way(way)]
    if lines and arrow.outside:
        lines.append(f"<i>{_small('from outside')}</i>")
    return MermaidArrow(_id(arrow.source), _id(arrow.target), "<br/>".join(lines))


def _way(way: ArrowEvent) -> list[str]:
    lines = [f"<b>{escaped(way.event)}</b>"] if way.event else []
    if way.condition:
        # In an arrow's label they are decoded afterwards.
        lines.append(_small(f"when {way.condition}").replace("_", "#95;"))
    if way.actors:
        lines.append(_small(", ".join(actor.name for actor in way.actors)))
    return lines


def _small(text: str) -> str:
    return f"<small>{escaped(text)}</small>"
