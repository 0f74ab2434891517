"""Colours, for a light and a dark ground, and shapes for the SVG of a story."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from pointsman.reporting.stories.lettering import width

LINE = 1.4
"""The height of a line of text as a multiple of the font's size."""

_LIGHT = {
    "ground": "#ffffff",
    "frame": "#d1d9e0",
    "ink": "#1f2328",
    "quiet": "#59636e",
    "thread": "#c8d1da",
    "actor": "#f6f8fa",
    "row": "#0969da",
    "rowtint": "#ddf4ff",
    "provider": "#8250df",
    "providertint": "#fbefff",
    "fault": "#bc4c00",
    "faulttint": "#fff1e5",
    "wrong": "#cf222e",
    "wrongtint": "#ffebe9",
    "good": "#1a7f37",
    "goodtint": "#dafbe1",
}
_DARK = {
    "ground": "#0d1117",
    "frame": "#3d444d",
    "ink": "#f0f6fc",
    "quiet": "#9198a1",
    "thread": "#3d444d",
    "actor": "#151b23",
    "row": "#58a6ff",
    "rowtint": "#10233f",
    "provider": "#bc8cff",
    "providertint": "#241a3d",
    "fault": "#f0883e",
    "faulttint": "#331c0a",
    "wrong": "#ff7b72",
    "wrongtint": "#3c1518",
    "good": "#3fb950",
    "goodtint": "#12301b",
}
_FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', Helvetica, Arial, sans-serif"


def style() -> str:
    """The style sheet. Every rule begins with our own class, so that it styles nothing else on a page."""
    dark = "".join(_rules(_DARK))
    return f".pms text{{font-family:{_FONT}}}{''.join(_rules(_LIGHT))}@media (prefers-color-scheme:dark){{{dark}}}"


def _rules(colors: dict[str, str]) -> list[str]:
    return [f".pms .f-{name}{{fill:{color}}}.pms .s-{name}{{stroke:{color}}}" for name, color in colors.items()]


def text(on: Element, x: float, y: float, lines: tuple[str, ...], look: str, **how: str | float) -> None:
    """Add `lines` below each other, the first in the band that begins at `y`. `how`: size, weight, anchor."""
    size = float(how.get("size", 13))
    attributes = {
        "class": look,
        "font-size": number(size),
        "font-weight": str(how.get("weight", 400)),
        "text-anchor": str(how.get("anchor", "middle")),
    }
    for place, line in enumerate(lines):
        at = {"x": number(x), "y": number(y + size * (LINE * place + 1.05))}
        SubElement(on, "text", attributes | at).text = line


def clearing(on: Element, x: float, y: float, lines: tuple[str, ...], size: float) -> None:
    """Add a rectangle of the ground's colour behind centred text, so that no lifeline runs through it."""
    for place, line in enumerate(lines):
        wide = width(line, size) + 8
        box(on, x - wide / 2, y + place * size * LINE, wide, size * LINE, "f-ground")


def height(lines: tuple[str, ...], size: float = 13) -> float:
    """The height of `lines` of this font size, in pixels."""
    return len(lines) * size * LINE


def box(on: Element, x: float, y: float, wide: float, high: float, look: str, **how: str | float) -> None:
    """A rectangle. `how`: round (the radius), dash."""
    attributes = {"class": look, "x": number(x), "y": number(y), "width": number(wide), "height": number(high)}
    attributes["rx"] = number(float(how.get("round", 0)))
    if "s-" not in look:
        attributes["stroke"] = "none"
    if "f-" not in look:
        attributes["fill"] = "none"
    if "dash" in how:
        attributes["stroke-dasharray"] = str(how["dash"])
    SubElement(on, "rect", attributes)


def path(on: Element, draw: str, look: str, **how: str | float) -> None:
    """A path, filled only where `look` says so. `how`: wide (the stroke), dash."""
    attributes = {"class": look, "d": draw, "stroke-width": number(float(how.get("wide", 1.5)))}
    attributes |= {"stroke-linecap": "round", "stroke-linejoin": "round"}
    if "f-" not in look:
        attributes["fill"] = "none"
    if "dash" in how:
        attributes["stroke-dasharray"] = str(how["dash"])
    SubElement(on, "path", attributes)


def arrow(on: Element, start: float, end: float, y: float, look: str, *, dash: bool) -> None:
    """A level arrow with a filled head."""
    back = -9 if end > start else 9
    path(on, f"M{number(start)} {number(y)}H{number(end + back)}", f"s-{look}", **({"dash": "5 4"} if dash else {}))
    _head(on, end, y, back, look)


def hook(on: Element, x: float, y: float, high: float, look: str, **how: bool) -> None:
    """An arrow from a lifeline back to itself. `how`: left (the side that it is drawn on), dash."""
    out = -36 if how["left"] else 36
    draw = f"M{number(x)} {number(y)}h{out}v{number(high)}h{number(-out * 0.75)}"
    path(on, draw, f"s-{look}", **({"dash": "5 4"} if how["dash"] else {}))
    _head(on, x, y + high, -9 if out < 0 else 9, look)


def _head(on: Element, x: float, y: float, back: int, look: str) -> None:
    path(on, f"M{number(x)} {number(y)}l{back} -4.5v9z", f"f-{look} s-{look}", wide=1)


def warning_sign(on: Element, x: float, y: float, look: str) -> None:
    """A triangle with an exclamation mark, 14 wide and 13 high: a fault."""
    path(on, f"M{number(x + 7)} {number(y)}l7 13h-14z", f"f-{look} s-{look}", wide=1.5)
    path(on, f"M{number(x + 7)} {number(y + 4.4)}v3.6m0 2.6v0.2", "s-ground", wide=1.7)


def wrong_sign(on: Element, x: float, y: float, look: str) -> None:
    """A disc with a cross, 14 wide and high: a step of a wrong implementation, or a violated property."""
    path(on, f"M{number(x)} {number(y + 7)}a7 7 0 1 1 14 0a7 7 0 1 1 -14 0z", f"f-{look}", wide=0)
    path(on, f"M{number(x + 4.4)} {number(y + 4.4)}l5.2 5.2m0 -5.2l-5.2 5.2", "s-ground", wide=1.7)


def good_sign(on: Element, x: float, y: float, look: str) -> None:
    """A disc with a tick, 14 wide and high: the state of a witness is reached."""
    path(on, f"M{number(x)} {number(y + 7)}a7 7 0 1 1 14 0a7 7 0 1 1 -14 0z", f"f-{look}", wide=0)
    path(on, f"M{number(x + 3.8)} {number(y + 7.2)}l2.3 2.4l4.2 -4.8", "s-ground", wide=1.7)


def number(value: float) -> str:
    """`value` with at most one decimal, the same on every machine."""
    return f"{value:.1f}".removesuffix(".0")
