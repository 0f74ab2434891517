"""The Go guard and its test: one package that needs the standard library only.

The text is formatted as `gofmt` formats it. `gofmt` aligns columns of
neighbouring lines, so no two neighbouring lines have columns: every constant
and every entry of a map has a comment line above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pointsman.rendering import templates
from pointsman.rendering.wording import escape, sentence, standing, unknown_value, visible, ways
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle, Queue, Status, StatusKind, Transition
from pointsman.spec.names import camel, lower_snake, plain
from pointsman.writing.output import Output
from pointsman.writing.target import Target, TargetOption, TargetOptions, mark_line

_GUARD, _TEST = "go_guard.go.jinja", "go_guard_test.go.jinja"
_KEYWORDS = frozenset(
    (
        "break",
        "case",
        "chan",
        "const",
        "continue",
        "default",
        "defer",
        "else",
        "fallthrough",
        "for",
        "func",
        "go",
        "goto",
        "if",
        "import",
        "interface",
        "map",
        "package",
        "range",
        "return",
        "select",
        "struct",
        "switch",
        "type",
        "var",
    )
)
_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class GoMove:
    """A declared move: the constant of its target, the stored values, and a comment with events and actors."""

    target: str
    from_value: str
    to_value: str
    comment: str


@dataclass(frozen=True, slots=True)
class GoStatus:
    """A status for the template: its constant, its Go string, its comment, and its moves."""

    name: str
    value: str
    comment: str
    moves: tuple[GoMove, ...]


@dataclass(frozen=True, slots=True)
class GoStatusList:
    """A function that returns statuses: its name, its comment, and the constants."""

    name: str
    comment: str
    statuses: tuple[str, ...]


def render(lifecycle: Lifecycle, options: TargetOptions) -> tuple[Output, ...]:
    """``<lifecycle>_guard.go`` and ``<lifecycle>_guard_test.go``."""
    name = camel(lifecycle.name)
    constants = tuple(_constant(lifecycle, status) for status in lifecycle.statuses)
    listings = (*_kinds(lifecycle), *(_queue(lifecycle, queue) for queue in lifecycle.queues))
    _refuse_collisions(constants, listings)
    values = {
        "lifecycle": lifecycle,
        "summary": _comment(sentence(lifecycle.summary)),
        "package": _package(lifecycle, options),
        "name": name,
        "type": f"{name}Status",
        "table": f"{name[0].lower()}{name[1:]}Transitions",
        "constants": constants,
        "listings": listings,
        "queues": listings[-len(lifecycle.queues) :] if lifecycle.queues else (),
        "unknown": literal(unknown_value(lifecycle)),
    }
    mark = mark_line(lifecycle, "//")
    stem = f"{lower_snake(lifecycle.name)}_guard"
    return (
        Output(f"{stem}.go", templates.fill(mark, _GUARD, values, options.templates)),
        Output(f"{stem}_test.go", templates.fill(mark, _TEST, values, options.templates)),
    )


TARGET = Target(
    "go",
    "a Go file with statuses, map and CanTransition, and its test of the full matrix",
    render,
    options=(TargetOption("package", "the name of the Go package; otherwise the lifecycle's, in small letters"),),
)


def literal(text: str) -> str:
    """`text` as a Go string."""
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def _escaped(letter: str) -> str:
    if letter in {"\\", '"'}:
        return "\\" + letter
    if letter.isprintable():
        return letter
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(letter) or escape(letter)


def _comment(text: str) -> str:
    # gofmt turns these pairs into typographic quotes in a comment on a declaration.
    return text.replace("``", "“").replace("''", "”")


def _constant(lifecycle: Lifecycle, status: Status) -> GoStatus:
    name = _status(lifecycle, status.name)
    standing_of = standing(status)
    return GoStatus(
        name=name,
        value=literal(status.value),
        comment=_comment(f"{name} is {standing_of[0].lower()}{standing_of[1:]}{sentence(status.summary)}"),
        moves=tuple(
            GoMove(
                _status(lifecycle, target),
                literal(lifecycle.status[source].value),
                literal(lifecycle.status[target].value),
                "; ".join(_way(transition) for transition in taken),
            )
            for (source, target), taken in ways(lifecycle.moves[status.name]).items()
        ),
    )


def _way(transition: Transition) -> str:
    event = transition.event or "without an event"
    condition = f" when {visible(transition.when_text)}" if transition.when_text else ""
    by = f", by {' or '.join(transition.by)}" if transition.by else ""
    return f"{event}{condition}{by}"


def _status(lifecycle: Lifecycle, name: str) -> str:
    return f"{camel(lifecycle.name)}Status{camel(name)}"


def _kinds(lifecycle: Lifecycle) -> tuple[GoStatusList, ...]:
    name = camel(lifecycle.name)

    def listing(word: str, what: str, found: Iterable[Status]) -> GoStatusList:
        function = f"{word}{name}Statuses"
        return GoStatusList(function, f"{function} returns {what}", tuple(_status(lifecycle, s.name) for s in found))

    def of(kind: StatusKind) -> list[Status]:
        return [status for status in lifecycle.statuses if status.kind is kind]

    initial = [status for status in lifecycle.statuses if status.initial]
    return (
        listing("All", "every status, in the order of the spec.", lifecycle.statuses),
        listing("Initial", "the statuses that a new row starts in.", initial),
        listing("Terminal", "the statuses without a way out.", of(StatusKind.TERMINAL)),
        listing("Resting", "the statuses in which a row may stay, and can still move.", of(StatusKind.RESTING)),
        listing("Transient", "the statuses that something must move a row on from.", of(StatusKind.TRANSIENT)),
    )


def _queue(lifecycle: Lifecycle, queue: Queue) -> GoStatusList:
    name = f"{camel(lifecycle.name)}Queue{camel(queue.name)}"
    worker = f", for {queue.worker}" if queue.worker else ""
    text = f"{name} returns the statuses whose rows the queue {queue.name} holds{worker}.{sentence(queue.summary)}"
    return GoStatusList(name, _comment(text), tuple(_status(lifecycle, status) for status in queue.statuses))


def _package(lifecycle: Lifecycle, options: TargetOptions) -> str:
    given = options.given.get("package")
    if given is None:
        name = plain(lifecycle.name)
        # `main` is a program, and the go command skips a package called `documentation`.
        return f"{name}guard" if name in _KEYWORDS | {"main", "documentation"} else name
    if not _PACKAGE.fullmatch(given) or given in _KEYWORDS or given == "documentation" or given.endswith("_test"):
        raise UsageError(f"{given!r} cannot be the name of a Go package; use small letters, such as 'guard'")
    return given


def _refuse_collisions(constants: tuple[GoStatus, ...], listings: tuple[GoStatusList, ...]) -> None:
    seen: set[str] = set()
    for name in (*(constant.name for constant in constants), *(listing.name for listing in listings)):
        if name in seen:
            raise UsageError(f"two names of this spec are both {name} in Go; rename one of them")
        seen.add(name)
