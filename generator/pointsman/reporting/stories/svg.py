"""A story as a sequence diagram in SVG without external resources: for a page, a report, or a mail."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from pointsman.reporting.stories import ink
from pointsman.reporting.stories.lettering import even, width, wrap
from pointsman.reporting.stories.record import to_record
from pointsman.reporting.stories.scene import Player, PlayerKind, Scene, StoryMessage, scene
from pointsman.reporting.stories.steps import RowNow, StoryStep, ending, one_line, setting, steps, title
from pointsman.world.story import Story

_TEXT = 13.0
_SMALL = 11.5
_BOLD = 1.1
"""The width of bold text as a multiple of that of regular text."""
_EDGE = 24.0
"""The space between the frame and its content."""
_AIR = 14.0
"""The space between one step and the next."""
_REPEAT = 8
"""In stories of more steps the players are named at the foot too."""
_LOOKS = {PlayerKind.ACTOR: ("actor", "frame", "ink"), PlayerKind.ROW: ("rowtint", "row", "row")}
_LOOKS[PlayerKind.PROVIDER] = ("providertint", "provider", "provider")


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The measures of the picture: the players' lifelines are `pitch` apart."""

    drawn: Scene
    pitch: float

    @property
    def wide(self) -> float:
        return max(self.pitch * len(self.drawn.players) + 2 * _EDGE, 480)

    def x(self, player: int) -> float:
        return self.wide / 2 + (player - (len(self.drawn.players) - 1) / 2) * self.pitch

    @property
    def room(self) -> float:
        """The width for text on a lifeline that must not touch its neighbours."""
        return self.pitch - 28


def svg(story: Story, *, witness: bool = False) -> str:
    """The picture, ending in a newline.

    It has a ground of its own, light or dark as the reader prefers. Text is
    broken and never cut. Faults and wrong steps have a sign and a word beside
    their colour. For screen readers the description tells every step.
    """
    sheet = _sheet(story)
    top = _document(story, title(story, witness=witness))
    SubElement(top, "style").text = ink.style()
    ground, threads, front = (SubElement(top, "g") for _ in range(3))
    y = _heading(front, sheet, story, witness=witness)
    first = y
    y = _players(front, sheet, y) + _AIR
    y = _effects(front, sheet, sheet.drawn.start, y)
    y = _messages(front, sheet, story, y)
    _lifelines(threads, sheet, first, y)
    if story.length > _REPEAT:
        y = _players(front, sheet, y)
    y = _verdict(front, sheet, story, y + _AIR, witness=witness) + _EDGE
    ink.box(ground, 0.5, 0.5, sheet.wide - 1, y - 1, "f-ground s-frame", round=10)
    top.set("viewBox", f"0 0 {ink.number(sheet.wide)} {ink.number(y)}")
    top.set("width", ink.number(sheet.wide))
    top.set("height", ink.number(y))
    return tostring(top, encoding="unicode") + "\n"


# --- for screen readers ---------------------------------------------------------------


def _document(story: Story, name: str) -> Element:
    # Two pictures on one page must not share an id.
    own = hashlib.sha256(json.dumps(to_record(story)).encode()).hexdigest()[:12]
    top = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "pms", "role": "img"})
    top.set("aria-labelledby", f"title-{own} desc-{own}")
    SubElement(top, "title", id=f"title-{own}").text = name
    SubElement(top, "desc", id=f"desc-{own}").text = _told(story)
    return top


def _told(story: Story) -> str:
    lines = [_sentence(step) for step in steps(story)]
    return " ".join([*lines, *([f"{ending(story).capitalize()}."] if story.loop is not None else [])])


def _sentence(step: StoryStep) -> str:
    who = f"Step {step.number}: {step.actor}: {step.says}" if step.number else "Start"
    mark = f" ({step.mark})" if step.mark else ""
    rows = (row for row in step.rows if row.touched or not step.number)
    words = (*(f"{row.part} {', '.join((row.status, *row.changes))}" for row in rows), *step.provider)
    return f"{who}{mark}. " + " ".join(f"{part}." for part in words)


# --- the parts of the picture, from the top --------------------------------------


def _sheet(story: Story) -> _Sheet:
    """The measures for `story`: lifelines are further apart if messages between neighbours are long, up to a limit."""
    drawn = scene(story)
    near = [message for message in drawn.messages if abs(message.source - message.target) < 2]
    widest = max((width(message.step.says, _TEXT) for message in near), default=0.0)
    names = [width(player.name, _TEXT * _BOLD) + 50 for player in drawn.players]
    effects = [width(words, _SMALL * _BOLD) + 46 for message in drawn.messages for words in message.step.provider]
    return _Sheet(drawn, min(max(176.0, widest / 2 + 70, *names, *effects), 264.0))


def _heading(on: Element, sheet: _Sheet, story: Story, *, witness: bool) -> float:
    room = sheet.wide - 2 * _EDGE
    lines = wrap(title(story, witness=witness), room, 17 * _BOLD)
    below = wrap(setting(story), room, _SMALL)
    ink.text(on, _EDGE, _EDGE - 4, lines, "f-ink", size=17, weight=600, anchor="start")
    y = _EDGE + ink.height(lines, 17)
    ink.text(on, _EDGE, y, below, "f-quiet", size=_SMALL, anchor="start")
    return y + ink.height(below, _SMALL) + 16


def _players(on: Element, sheet: _Sheet, y: float) -> float:
    names = [wrap(player.name, sheet.room - 20, _TEXT * _BOLD) for player in sheet.drawn.players]
    high = max(ink.height(lines) for lines in names) + 14
    for place, (player, lines) in enumerate(zip(sheet.drawn.players, names, strict=True)):
        _player(on, sheet, place, (player, lines), (y, high))
    return y + high


def _player(
    on: Element, sheet: _Sheet, place: int, who: tuple[Player, tuple[str, ...]], band: tuple[float, float]
) -> None:
    (player, lines), (y, high) = who, band
    tint, line, ink_name = _LOOKS[player.kind]
    ink.box(on, sheet.x(place) - sheet.room / 2, y, sheet.room, high, f"f-{tint} s-{line}", round=6)
    start = y + (high - ink.height(lines)) / 2
    ink.text(on, sheet.x(place), start, lines, f"f-{ink_name}", weight=600)


def _lifelines(on: Element, sheet: _Sheet, start: float, end: float) -> None:
    for place in range(len(sheet.drawn.players)):
        ink.path(on, f"M{ink.number(sheet.x(place))} {ink.number(start + 8)}V{ink.number(end)}", "s-thread")


def _messages(on: Element, sheet: _Sheet, story: Story, y: float) -> float:
    began: float | None = None
    for message in sheet.drawn.messages:
        if story.loop == message.step.number - 1:
            began = y
            y += 30
        y = _message(on, sheet, message, y)
    if began is not None:
        _loop(on, sheet, began, y - 4)
        y += _AIR
    return y


def _loop(on: Element, sheet: _Sheet, start: float, end: float) -> None:
    """A frame round the steps that repeat for ever, its name in the corner."""
    ink.box(on, 10, start, sheet.wide - 20, end - start, "s-quiet", round=6, dash="6 4")
    ink.box(on, 10, start, 92, 21, "f-quiet", round=6)
    ink.text(on, 56, start + 2.5, ("for ever",), "f-ground", size=_SMALL, weight=600)


def _verdict(on: Element, sheet: _Sheet, story: Story, y: float, *, witness: bool) -> float:
    """The result of the story, on a band across all lifelines."""
    look = "good" if witness else "wrong"
    room = sheet.wide - 2 * _EDGE
    words = [one_line(story.says) or one_line(story.prop)]
    if story.loop is not None:
        words.append(ending(story))
    lines = tuple(line for part in words for line in wrap(part, room - 60, _TEXT * _BOLD))
    high = ink.height(lines) + 18
    ink.box(on, _EDGE, y, room, high, f"f-{look}tint s-{look}", round=6)
    sign = ink.good_sign if witness else ink.wrong_sign
    sign(on, _EDGE + 14, y + 9 + _TEXT * ink.LINE / 2 - 7, look)
    ink.text(on, _EDGE + 38, y + 9, lines, "f-ink", weight=600, anchor="start")
    return y + high


# --- one step --------------------------------------------------------------------


def _message(on: Element, sheet: _Sheet, message: StoryMessage, y: float) -> float:
    way = _to_itself if message.source == message.target else _to_another
    return _effects(on, sheet, message.step, way(on, sheet, message, y))


def _to_another(on: Element, sheet: _Sheet, message: StoryMessage, y: float) -> float:
    start, end = sheet.x(message.source), sheet.x(message.target)
    middle, step = (start + end) / 2, message.step
    room = min(abs(end - start) - 44, 420)
    y = _mark(on, step, (middle, room), y)
    lines = even(step.says, room, _TEXT)
    ink.clearing(on, middle, y, lines, _TEXT)
    ink.text(on, middle, y, lines, "f-ink")
    y += ink.height(lines) + 7
    ink.arrow(on, start, end + (-2 if end > start else 2), y, _look(step), dash=bool(step.fault))
    _badge(on, start, y, step)
    return y + 12


def _to_itself(on: Element, sheet: _Sheet, message: StoryMessage, y: float) -> float:
    """An arrow that comes back, and beside it the step's words; on the left of the rightmost lifeline."""
    x, step = sheet.x(message.source), message.step
    left = message.source == len(sheet.drawn.players) - 1 > 0
    room = sheet.pitch - 68
    lines = even(step.says, room, _TEXT)
    wide = max([*(width(line, _TEXT) for line in lines), _mark_width(step, room)])
    middle = x + (-1 if left else 1) * (44 + wide / 2)
    end = _mark(on, step, (middle, room), y)
    ink.clearing(on, middle, end, lines, _TEXT)
    ink.text(on, x + (-44 if left else 44), end, lines, "f-ink", anchor="end" if left else "start")
    end = max(end + ink.height(lines), y + 30)
    top = (y + end) / 2 - 11
    ink.hook(on, x, top, 22, _look(step), left=left, dash=bool(step.fault))
    _badge(on, x, top, step)
    return end + 8


def _mark_lines(step: StoryStep, room: float) -> tuple[str, ...]:
    return wrap(step.mark, room - 36, _SMALL * _BOLD)


def _mark_width(step: StoryStep, room: float) -> float:
    lines = _mark_lines(step, room)
    return max(width(line, _SMALL * _BOLD) for line in lines) + 36 if lines else 0.0


def _mark(on: Element, step: StoryStep, place: tuple[float, float], y: float) -> float:
    """The sign and the word of a fault or of a wrong step, above its label."""
    if not step.mark:
        return y
    (middle, room), look = place, _look(step)
    lines, wide = _mark_lines(step, room), _mark_width(step, room)
    high = ink.height(lines, _SMALL) + 6
    ink.box(on, middle - wide / 2, y, wide, high, f"f-{look}tint s-{look}", round=min(high / 2, 11))
    sign = ink.wrong_sign if step.wrong else ink.warning_sign
    sign(on, middle - wide / 2 + 8, y + high / 2 - 7, look)
    ink.text(on, middle + 9, y + 3, lines, f"f-{look}", size=_SMALL, weight=600)
    return y + high + 4


def _badge(on: Element, x: float, y: float, step: StoryStep) -> None:
    """The number of the step, where its arrow begins."""
    words = (str(step.number),)
    wide = max(20.0, width(words[0], _SMALL) + 10)
    ink.box(on, x - wide / 2, y - 10, wide, 20, f"f-{_look(step)}", round=10)
    ink.text(on, x, y - 8.3, words, "f-ground", size=_SMALL, weight=700)


def _look(step: StoryStep) -> str:
    if step.wrong:
        return "wrong"
    return "fault" if step.fault else "ink"


def _effects(on: Element, sheet: _Sheet, step: StoryStep, y: float) -> float:
    """The changes of the step on the lifelines that they belong to, side by side: none is wider than its lane."""
    ends = [_row(on, sheet, row, y, start=not step.number) for row in step.rows]
    if step.provider:
        ends.append(_provider(on, sheet, step, y))
    return max([y, *ends]) + _AIR


def _row(on: Element, sheet: _Sheet, row: RowNow, y: float, *, start: bool) -> float:
    x = sheet.x(sheet.drawn.column(row))
    if row.moved or start:
        lines = wrap(row.status, sheet.room - 24, _TEXT * _BOLD) or ("",)
        wide = max(width(line, _TEXT * _BOLD) for line in lines) + 24
        high = ink.height(lines) + 6
        ink.box(on, x - wide / 2, y, wide, high, "f-rowtint s-row", round=min(high / 2, 12))
        ink.text(on, x, y + 3, lines, "f-row", weight=600)
        y += high + 3
    lines = tuple(line for change in row.changes for line in even(change, sheet.room, _SMALL))
    ink.clearing(on, x, y, lines, _SMALL)
    ink.text(on, x, y, lines, "f-quiet", size=_SMALL)
    return y + ink.height(lines, _SMALL)


def _provider(on: Element, sheet: _Sheet, step: StoryStep, y: float) -> float:
    x = sheet.x(sheet.drawn.of(PlayerKind.PROVIDER, "provider"))
    lines = tuple(line for change in step.provider for line in wrap(change, sheet.room - 16, _SMALL * _BOLD))
    wide = max(width(line, _SMALL * _BOLD) for line in lines) + 16
    high = ink.height(lines, _SMALL) + 8
    ink.box(on, x - wide / 2, y, wide, high, "f-providertint s-provider", round=3)
    ink.text(on, x, y + 4, lines, "f-provider", size=_SMALL, weight=600)
    return y + high
