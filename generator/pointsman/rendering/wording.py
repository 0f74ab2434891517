"""Sentences about a lifecycle that all targets share, and escaping of a spec author's text for a comment."""

from __future__ import annotations

from collections.abc import Iterable

from pointsman.spec.lifecycle import Lifecycle, Status, StatusKind, Transition

_STAY = {
    StatusKind.TRANSIENT: "something must move it on",
    StatusKind.RESTING: "a row may stay here, and can still move",
    StatusKind.TERMINAL: "there is no way out",
}


def visible(text: str) -> str:
    """`text` on one line, with every character that is not printable written as ``\\u....``.

    A character that reverses the direction of text could make a comment look
    like code; a byte order mark is an error in Go.
    """
    return "".join(c if c.isprintable() else escape(c) for c in " ".join(text.split()))


def escape(letter: str) -> str:
    """`letter` as ``\\u....`` or ``\\U........``, which mean the same in Python and Go."""
    code = ord(letter)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def sentence(text: str | None) -> str:
    """A summary of the spec with a blank before it and a full stop after it; empty without a summary."""
    line = visible(text or "")
    if not line:
        return ""
    return f" {line}" if line[-1] in ".!?…" else f" {line}."


def standing(status: Status) -> str:
    """``Initial and transient: something must move it on.``"""
    kind = f"{'initial and ' if status.initial else ''}{status.kind}"
    return f"{kind.capitalize()}: {_STAY[status.kind]}."


def ways(transitions: Iterable[Transition]) -> dict[tuple[str, str], tuple[Transition, ...]]:
    """Transitions by their pair of statuses, in the order given."""
    found: dict[tuple[str, str], list[Transition]] = {}
    for transition in transitions:
        found.setdefault(transition.pair, []).append(transition)
    return {pair: tuple(taken) for pair, taken in found.items()}


def targets(lifecycle: Lifecycle, status: str) -> tuple[str, ...]:
    """The targets of the declared transitions from `status`, each once, in the order of the spec."""
    return tuple(dict.fromkeys(transition.target for transition in lifecycle.moves[status]))


def unknown_value(lifecycle: Lifecycle) -> str:
    """A text that no status of this lifecycle has as its value, for a generated test."""
    values = {status.value for status in lifecycle.statuses}
    text = "no such status"
    while text in values:
        text += "!"
    return text
