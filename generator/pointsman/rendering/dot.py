"""The diagram as DOT, and as SVG where Graphviz's `dot` program is installed.

The only module that imports the `graphviz` library. Labels are Graphviz's
HTML-like labels, so that one label can hold words of several weights; every word
is escaped for them.
"""

from __future__ import annotations

import html

import graphviz  # type: ignore[import-untyped]  # neither the library nor a stub package has types

from pointsman.rendering.picture import Arrow, ArrowEvent, Notes, arrows, kinds_of_actor, notes
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import ActorKind, Lifecycle, Status, StatusKind
from pointsman.spec.names import lower_snake
from pointsman.writing.output import Output
from pointsman.writing.target import Target, TargetOptions, mark_line

_FONT = "Helvetica,Arial,sans-serif"
_INK = "#22262e"
_QUIET = "#5a6170"
_FILL = {StatusKind.TRANSIENT: "#fff3d1", StatusKind.RESTING: "#dff2e4", StatusKind.TERMINAL: "#e8eaf0"}
_LINE = {StatusKind.TRANSIENT: "#b97f00", StatusKind.RESTING: "#2c7a4b", StatusKind.TERMINAL: "#565d70"}
_ACTOR = {
    ActorKind.WORKER: "#1b5bb5",
    ActorKind.HANDLER: "#00706a",
    ActorKind.WEBHOOK: "#8a2a9b",
    ActorKind.ADMIN: "#b23a10",
}
_GRAPH = {
    "rankdir": "TB",
    "bgcolor": "white",
    "fontname": _FONT,
    "fontsize": "10",
    "fontcolor": _QUIET,
    "labelloc": "b",
    "pad": "0.25",
    "nodesep": "0.4",
    "ranksep": "0.55",
}
_NODE = {
    "shape": "box",
    "style": "rounded,filled",
    "penwidth": "1.4",
    "fontname": _FONT,
    "fontsize": "12",
    "fontcolor": _INK,
    "margin": "0.16,0.08",
}
_EDGE = {
    "fontname": _FONT,
    "fontsize": "10",
    "fontcolor": _INK,
    "color": "#4b5262",
    "penwidth": "1.2",
    "arrowsize": "0.75",
}


def render(lifecycle: Lifecycle, options: TargetOptions) -> tuple[Output, ...]:  # noqa: ARG001 - drawn without a template
    """``<lifecycle>.dot``."""
    return (Output(f"{lower_snake(lifecycle.name)}.dot", dot(lifecycle)),)


TARGET = Target("dot", "a diagram in Graphviz's language; with --svg also drawn", render)


def dot(lifecycle: Lifecycle) -> str:
    """The diagram of `lifecycle` in DOT."""
    legend = {"label": _legend(lifecycle)}
    graph = graphviz.Digraph(lifecycle.name, graph_attr=_GRAPH | legend, node_attr=_NODE, edge_attr=_EDGE)
    under = notes(lifecycle)
    for status in lifecycle.statuses:
        graph.node(status.name, **_status(status, under(status)))
        if status.initial:
            # A status's name cannot start with an underscore, so no status has this one.
            graph.node(f"_to_{status.name}", label="", shape="circle", width="0.15", fillcolor=_INK, color=_INK)
            graph.edge(f"_to_{status.name}", status.name)
    for arrow in arrows(lifecycle):
        graph.edge(arrow.source, arrow.target, label=_arrow(arrow), style="dashed" if arrow.outside else "solid")
    return f"{mark_line(lifecycle, '//')}\n{graph.source.rstrip()}\n"


def svg(text: str) -> str:
    """The picture of a generated DOT text, with the mark of that text as its first line.

    Raises:
        UsageError: Graphviz's `dot` is not installed, or cannot draw the text.
    """
    mark = text.partition("\n")[0].removeprefix("//").strip()
    try:
        drawn = graphviz.Source(text).pipe(format="svg", encoding="utf-8")
    except graphviz.ExecutableNotFound as error:
        raise UsageError(
            "--svg needs Graphviz's program dot, which is not on the path. Install Graphviz (apt-get install"
            " graphviz, brew install graphviz), or leave --svg out: the .dot file is written without it"
        ) from error
    except graphviz.CalledProcessError as error:
        raise UsageError(f"dot cannot draw this diagram: {error}") from error
    return f"<!-- {mark} -->\n{drawn[drawn.index('<svg') :].rstrip()}\n"


def _status(status: Status, under: Notes) -> dict[str, str]:
    lines = [f"<b>{escape(status.name)}</b>"]
    if under.stored is not None:
        lines.append(_small(under.stored, _QUIET))
    lines += [_small(line, _ACTOR[ActorKind.WORKER]) for line in under.queues]
    lines += [f"<i>{_small(f'keeps {event}', _ACTOR[ActorKind.HANDLER])}</i>" for event in under.kept]
    return {
        "label": f"<{'<br/>'.join(lines)}>",
        "fillcolor": _FILL[status.kind],
        "color": _LINE[status.kind],
        "peripheries": "2" if status.terminal else "1",
    }


def _arrow(arrow: Arrow) -> str:
    """The label of an arrow, in a cell whose padding keeps it off the line."""
    lines = [line for way in arrow.ways for line in _way(way)]
    if not lines:
        return ""
    cell = f'<td align="left" balign="left">{"<br/>".join(lines)}</td>'
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="5"><tr>{cell}</tr></table>>'


def _way(way: ArrowEvent) -> list[str]:
    lines = [f"<b>{escape(way.event)}</b>"] if way.event else []
    if way.condition:
        lines.append(_small(f"when {way.condition}", _QUIET))
    lines += [_small(actor.name, _ACTOR[actor.kind]) for actor in way.actors]
    return lines


def _legend(lifecycle: Lifecycle) -> str:
    """The legend: one row with the kinds of status, of actor and of arrow that this diagram has."""
    there = {status.kind for status in lifecycle.statuses}
    boxes = [
        f'<td bgcolor="{_FILL[kind]}" color="{_LINE[kind]}" border="{border}">{kind}</td>'
        for kind, border in zip(StatusKind, (1, 1, 2), strict=True)
        if kind in there
    ]
    words = ["&#9679;&#8594; initial"]
    words += [f'<font color="{_ACTOR[kind]}">{kind}</font>' for kind in kinds_of_actor(lifecycle)]
    if any(arrow.outside for arrow in arrows(lifecycle)):
        words.append("- - - event from outside")
    cells = "".join(boxes) + "".join(f'<td border="0">{word}</td>' for word in words)
    return (
        f'<<table border="0" cellborder="1" cellspacing="6" cellpadding="4" style="rounded"><tr>{cells}</tr></table>>'
    )


def escape(text: str) -> str:
    """`text` for an HTML-like label. Backslashes are doubled: Graphviz reads ``\\N`` and ``\\G`` there as names."""
    return html.escape(text).replace("\\", "\\\\")


def _small(text: str, color: str) -> str:
    return f'<font point-size="9" color="{color}">{escape(text)}</font>'
