"""Tables for a person: aligned, in colour, and folded where the screen is narrow."""

from __future__ import annotations

from io import StringIO

from rich.box import Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pointsman.reporting import Looks
from pointsman.reporting.folding import fold, panels, wrap
from pointsman.reporting.paint import STYLES, paint
from pointsman.reporting.visible import legible
from pointsman.result import Grid, GridCell

_LINES = "    \n  │ \n ─┼ \n  │ \n ─┼ \n ─┼ \n  │ \n    \n"
_ASCII = "    \n  | \n -+ \n  | \n -+ \n -+ \n  | \n    \n"
"""Lines between the columns, below the header and between rows; no frame, which would only cost width."""

_BESIDE = 3
"""Columns of a screen between two columns of the table."""


def drawn(grid: Grid, looks: Looks) -> str:
    """`grid` as text. A table wider than the screen is split into panels that repeat its first column."""
    header = tuple(_safe(word, looks) for word in grid.header)
    rows = [tuple(GridCell(_safe(cell.text, looks), cell.tone) for cell in row) for row in grid.rows]
    texts = [header, *(tuple(cell.text for cell in row) for row in rows)]
    room = None if looks.width is None else looks.width + _BESIDE
    parts = [_panel(header, rows, panel, looks) for panel in panels(texts, room, _BESIDE)]
    title = paint(wrap(_safe(grid.title, looks), looks.width), "title", color=looks.color)
    legend = paint(wrap(_safe(grid.legend, looks), looks.width), "legend", color=looks.color)
    return "\n".join(part.rstrip("\n") + "\n" for part in (title, *parts, legend) if part)


def _safe(text: str, looks: Looks) -> str:
    return legible(text, unicode=looks.unicode, keep="\n")


def _panel(header: tuple[str, ...], rows: list[tuple[GridCell, ...]], panel: dict[int, int], looks: Looks) -> str:
    folded = [[fold(row[column].text, width) for column, width in panel.items()] for row in rows]
    table = Table(
        box=Box(_LINES) if looks.unicode else Box(_ASCII, ascii=True),
        show_edge=False,
        pad_edge=False,
        show_lines=any("\n" in text for row in folded for text in row),
        header_style=STYLES["strong"],
        border_style=STYLES["quiet"],
    )
    for column, width in panel.items():
        table.add_column(Text(fold(header[column], width)), width=width, no_wrap=True)
    for row, texts in zip(rows, folded, strict=True):
        table.add_row(*(_text(row[column], text, panel[column]) for column, text in zip(panel, texts, strict=True)))
    return _printed(table, sum(panel.values()) + _BESIDE * (len(panel) - 1), looks)


def _text(cell: GridCell, folded: str, width: int) -> Text:
    """The cell in its colour; if it is bold, only its first line is."""
    style = STYLES[cell.tone] if cell.tone else ""
    first = len(fold(cell.text.split("\n", 1)[0], width))
    return Text().append(folded[:first], style).append(folded[first:], style.replace("bold ", ""))


def _printed(table: Table, width: int, looks: Looks) -> str:
    # Every setting is given here that the console would otherwise take from the environment.
    console = Console(
        file=StringIO(),
        width=width,
        height=100,
        force_terminal=looks.color,
        force_jupyter=False,
        force_interactive=False,
        color_system="standard" if looks.color else None,
        no_color=not looks.color,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )
    with console.capture() as captured:
        console.print(table, soft_wrap=False)
    return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())
