"""The Python guard: one module that needs the standard library only.

The text is formatted, for any lifecycle, as `ruff format` and `black` format it
at their default width of 88 columns.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pointsman.rendering import templates
from pointsman.rendering.wording import escape, sentence, standing, targets, visible
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle, StatusKind, Transition
from pointsman.spec.names import lower_snake, upper_snake
from pointsman.writing.output import Output
from pointsman.writing.target import Target, TargetOptions, mark_line

_WIDTH = 88
_TEMPLATE = "python_guard.py.jinja"


@dataclass(frozen=True, slots=True)
class Member:
    """A status for the template: its name in Python, its line, its docstring, and its row of `TRANSITIONS`."""

    name: str
    line: str
    doc: str
    table_row: str


@dataclass(frozen=True, slots=True)
class PythonConstant:
    """A constant: its name, its whole text, and the docstring under it."""

    name: str
    text: str
    doc: str


def render(lifecycle: Lifecycle, options: TargetOptions) -> tuple[Output, ...]:
    """``<lifecycle>_guard.py``."""
    _refuse_collisions(lifecycle)
    values = {
        "lifecycle": lifecycle,
        "doc": _module_doc(lifecycle),
        "exports": _exports(lifecycle),
        "stored": _subscript("StatusValue: TypeAlias = Literal", [literal(s.value) for s in lifecycle.statuses]),
        "members": [_member(lifecycle, position) for position in range(len(lifecycle.statuses))],
        "kinds": _kinds(lifecycle),
        "moves": _tuple(0, "MOVES: Final[tuple[Move, ...]] = ", [_move(t) for t in lifecycle.transitions]),
        "queue_names": _subscript("QueueName: TypeAlias = Literal", [literal(q.name) for q in lifecycle.queues]),
        "queues": [_queue(lifecycle, position) for position in range(len(lifecycle.queues))],
        "bump_columns": _bump_columns(lifecycle),
    }
    text = templates.fill(mark_line(lifecycle, "#"), _TEMPLATE, values, options.templates)
    return (Output(f"{lower_snake(lifecycle.name)}_guard.py", text),)


TARGET = Target("python", "a Python module: statuses, tables, can_transition and assert_transition", render)


def literal(text: str) -> str:
    """`text` as a Python string: double quotes unless it holds more of those than of single ones."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(letter, quote) for letter in text) + quote


def _escaped(letter: str, quote: str) -> str:
    if letter in {"\\", quote}:
        return "\\" + letter
    if letter.isprintable():
        return letter
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(letter) or escape(letter)


def _module_doc(lifecycle: Lifecycle) -> str:
    title = f"The lifecycle {lifecycle.name}: which status may follow which."
    summary = _wrapped(sentence(lifecycle.summary).strip(), indent=0)
    return f'"""{title}\n\n{summary}\n"""' if summary else f'"""{title}"""'


def _docstring(text: str, indent: int = 0) -> str:
    """A whole docstring, quotes included. `text` ends in a full stop."""
    return f'{" " * indent}"""{_wrapped(text, indent)}"""'


def _wrapped(text: str, indent: int) -> str:
    safe = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    lines = textwrap.wrap(safe, _WIDTH - indent - 4, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines)


def _member(lifecycle: Lifecycle, position: int) -> Member:
    status = lifecycle.statuses[position]
    name = upper_snake(status.name)
    return Member(
        name=name,
        line=_assigned(name, literal(status.value)),
        doc=_docstring(standing(status) + sentence(status.summary), indent=4),
        table_row=_tuple(8, f"Status.{name}: ", _statuses(targets(lifecycle, status.name)), ","),
    )


def _assigned(name: str, text: str) -> str:
    """A member of the enumeration. A value that is too long for the name's line gets a line of its own."""
    line = f"    {name} = {text}"
    if _width(line) > _WIDTH >= max(8 + _width(text), len(f"    {name} = (")):
        return f"    {name} = (\n        {text}\n    )"
    return line


def _statuses(names: Iterable[str]) -> list[str]:
    return [f"Status.{upper_snake(name)}" for name in names]


def _kinds(lifecycle: Lifecycle) -> list[PythonConstant]:
    initial = [s.name for s in lifecycle.statuses if s.initial]
    found = [_set("INITIAL", initial, _docstring("A new row starts in one of these."))]
    for kind, doc in (
        (StatusKind.TERMINAL, "No way out."),
        (StatusKind.RESTING, "A row may stay in one of these, and can still move."),
        (StatusKind.TRANSIENT, "Something must move a row on from each of these."),
    ):
        found.append(_set(kind.upper(), [s.name for s in lifecycle.statuses if s.kind is kind], _docstring(doc)))
    return found


def _set(name: str, statuses: Sequence[str], doc: str) -> PythonConstant:
    head = f"{name}: Final[frozenset[Status]] = frozenset("
    if not statuses:
        return PythonConstant(name, f"{head})", doc)
    members = _statuses(statuses)
    inner = f"{head}{{{', '.join(members)}}})"
    if len(inner) <= _WIDTH:
        return PythonConstant(name, inner, doc)
    lines = "".join(f"        {member},\n" for member in members)
    return PythonConstant(name, f"{head}\n    {{\n{lines}    }}\n)", doc)


def _queue(lifecycle: Lifecycle, position: int) -> PythonConstant:
    queue = lifecycle.queues[position]
    name = f"{upper_snake(queue.name)}_QUEUE"
    worker = f", for {queue.worker}" if queue.worker else ""
    return PythonConstant(
        name,
        _tuple(0, f"{name}: Final = ", _statuses(queue.statuses)),
        _docstring(f"The statuses whose rows the queue {queue.name} holds{worker}.{sentence(queue.summary)}"),
    )


def _bump_columns(lifecycle: Lifecycle) -> str | None:
    if lifecycle.same_status is None:
        return None
    return _tuple(0, "BUMP_COLUMNS: Final[tuple[str, ...]] = ", [literal(column) for column in lifecycle.same_status])


def _move(transition: Transition) -> str:
    # The move is laid out for its place in MOVES: four columns in, with a comma after it.
    source, target = _statuses(transition.pair)
    event = "None" if transition.event is None else literal(transition.event)
    by = _tuple(8, "", [literal(actor) for actor in transition.by], ",").strip().removesuffix(",")
    parts = [source, target, event, by]
    if transition.when_text is not None:
        parts.append(literal(visible(transition.when_text)))
    return _fit(4, "Move(", parts, "),").strip().removesuffix(",")


def _exports(lifecycle: Lifecycle) -> list[str]:
    found = [
        "INITIAL",
        "LIFECYCLE",
        "MOVES",
        "Move",
        "RESTING",
        "Status",
        "StatusValue",
        "TERMINAL",
        "TRANSIENT",
        "TRANSITIONS",
    ]
    found += ["TransitionError", "assert_transition", "can_transition"]
    if lifecycle.same_status is not None:
        found.append("BUMP_COLUMNS")
    if lifecycle.queues:
        found += ["QUEUES", "QueueName", *(f"{upper_snake(queue.name)}_QUEUE" for queue in lifecycle.queues)]
    return sorted(found, key=_export_order)


def _export_order(name: str) -> tuple[int, str]:
    """Constants, classes, functions: the order that linters ask of `__all__`."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def _tuple(indent: int, opening: str, parts: Sequence[str], closing: str = "") -> str:
    """``opening(a, b)closing`` on one line or several; a tuple of one keeps its comma."""
    flat = f"{' ' * indent}{opening}({', '.join(parts)},){closing}"
    if len(parts) == 1 and "\n" not in flat and _width(flat) <= _WIDTH:
        return flat
    return _fit(indent, f"{opening}(", parts, f"){closing}", flat=len(parts) != 1)


def _fit(indent: int, opening: str, parts: Sequence[str], closing: str, *, flat: bool = True) -> str:
    """``opening a, b closing`` on one line if it fits, else each part on a line and a comma after the last."""
    blank = " " * indent
    line = f"{blank}{opening}{', '.join(parts)}{closing}"
    if not parts or (flat and "\n" not in line and _width(line) <= _WIDTH):
        return line
    lines = "".join(f"{blank}    {part},\n" for part in parts)
    return f"{blank}{opening}\n{lines}{blank}{closing}"


def _subscript(head: str, parts: Sequence[str]) -> str:
    """``head[...]``. A single part gets no comma, which would make it a tuple."""
    if len(parts) != 1:
        return _fit(0, f"{head}[", parts, "]")
    flat = f"{head}[{parts[0]}]"
    return flat if _width(flat) <= _WIDTH else f"{head}[\n    {parts[0]}\n]"


def _width(line: str) -> int:
    return len(line) if line.isascii() else sum(_columns(letter) for letter in line)


def _columns(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _refuse_collisions(lifecycle: Lifecycle) -> None:
    for kind, named in (("statuses", lifecycle.statuses), ("queues", lifecycle.queues)):
        seen: dict[str, str] = {}
        for name in (thing.name for thing in named):
            other = seen.setdefault(upper_snake(name), name)
            if other != name:
                raise UsageError(
                    f"the {kind} {other!r} and {name!r} are both {upper_snake(name)} in Python; rename one of them"
                )
