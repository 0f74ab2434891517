"""The diagram in Mermaid, for Markdown pages."""

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
"""With more statuses the direction is left to right, because labels side by side would cover each other."""
_EMPHASIS = re.compile(r"[\\*_$~`]")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_, \u00a1-\U0010ffff]|(?<=direction)\s", re.IGNORECASE)


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
    """`text` with every character that Mermaid could interpret written as a numbered entity.

    Underscores stay: a name begins with a letter, so an underscore in it cannot
    open an emphasis. Blanks stay, except after "direction": Mermaid drops every
    line that holds ``direction TB`` and reads it as that statement
    (findings/mermaid-direction-in-a-label-takes-its-line.sh).
    """
    return _NOT_PLAIN.sub(_entity, text)


def _entity(found: re.Match[str]) -> str:
    return f"#{ord(found[0])};"


def _id(name: str) -> str:
    # The prefix keeps names apart from Mermaid's words, such as `end`, `state` and `note`.
    return f"s_{name}"


def _box(status: Status, under: Notes) -> Box:
    lines = [f"<b>{escaped(status.name)}</b>"]
    if under.stored is not None:
        # Mermaid decodes entities in a state's label before it reads Markdown, so emphasis marks need backslashes.
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
        # Mermaid decodes entities in an arrow's label after it reads Markdown.
        lines.append(_small(f"when {way.condition}").replace("_", "#95;"))
    if way.actors:
        lines.append(_small(", ".join(actor.name for actor in way.actors)))
    return lines


def _small(text: str) -> str:
    return f"<small>{escaped(text)}</small>"
