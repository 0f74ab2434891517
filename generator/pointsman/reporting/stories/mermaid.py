"""A story as a Mermaid sequence diagram, which a Markdown page can hold."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from pointsman.reporting.stories.scene import PlayerKind, Scene, StoryMessage, scene
from pointsman.reporting.stories.steps import StoryStep, ending, one_line, title
from pointsman.world.story import Story

_WIDE = 44
"""Characters of a line: Mermaid breaks no line by itself."""
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_,.'() -]|\bend\b", re.IGNORECASE)


def mermaid(story: Story, *, witness: bool = False) -> str:
    """The diagram, ending in a newline: a numbered arrow for each step, a note for each new status and effect."""
    drawn = scene(story)
    lines = [
        f"accTitle: {_escaped(title(story, witness=witness))}",
        *(f"participant p{place} as {_text(player.name)}" for place, player in enumerate(drawn.players)),
        "autonumber",
        *_notes(drawn, drawn.start),
    ]
    for message in drawn.messages:
        if story.loop == message.step.number - 1:
            lines.append("loop for ever")
        lines += _message(drawn, message)
    if story.loop is not None:
        lines.append("end" if story.loop < story.length else _across(drawn, ending(story)))
    if says := one_line(story.says):
        lines.append(_across(drawn, says))
    return "sequenceDiagram\n" + "".join(f"    {line}\n" for line in lines)


def _message(drawn: Scene, message: StoryMessage) -> Iterator[str]:
    step = message.step
    arrow = "--x" if step.fault else "->>"
    words = f"{step.mark}: {step.says}" if step.mark else step.says
    yield f"p{message.source}{arrow}p{message.target}: {_text(words)}"
    yield from _notes(drawn, step)


def _notes(drawn: Scene, step: StoryStep) -> Iterator[str]:
    for row in step.rows:
        if row.moved or not step.number:
            yield f"Note over p{drawn.column(row)}: {_text(row.status)}"
    if step.provider:
        words = "<br/>".join(_text(change) for change in step.provider)
        yield f"Note over p{drawn.of(PlayerKind.PROVIDER, 'provider')}: {words}"


def _across(drawn: Scene, words: str) -> str:
    last = len(drawn.players) - 1
    return f"Note over p0{f',p{last}' if last else ''}: {_text(words)}"


def _text(text: str) -> str:
    """`text` in lines of at most `_WIDE`; a blank for an empty text, which Mermaid refuses."""
    return "<br/>".join(_escaped(line) for line in textwrap.wrap(text, _WIDE)) or "#32;"


def _escaped(text: str) -> str:
    """`text` with Mermaid's special characters, and the word `end`, as numbered entities."""
    return _NOT_PLAIN.sub(lambda found: "".join(_letter(letter) for letter in found[0]), text)


def _letter(letter: str) -> str:
    return letter if letter.isalpha() and not letter.isascii() else f"#{ord(letter)};"
