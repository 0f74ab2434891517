"""Ways in which a spec goes wrong: in its lines, in its words, in its nodes."""

import copy
import re
from typing import Any

from hypothesis import strategies as st

WORDS = (
    "", "null", "~", "true", "yes", "1", "-1", "1.5", "0x1f", ".nan", "now", "[]", "{}", "[a]", "{a: b}", "*stripe",
    "*nobody", "&x", "!!binary", "!x y", "<<", "?", "-", ":", "#", "|", ">", "%", "@", "`", "'", '"', "''", "...",
    "---", "\t", "\\", "{", "}", "[", "]", ",", "pending", "peding", "PENDING", "id", "amount_cents > 0", "a and",
    "24h", "0s", "é", "\u2028", "\x00", "\x85", "\ufeff", "𝔞", "a" * 64, "x" * 1001, "9" * 400,
)  # fmt: skip
"""What a slip of the keyboard, or malice, puts in the place of a word."""

LEAVES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**63, 1.5, "", " ", "pending", "peding", "no", "null", "1", "now", "id", "24h",
    "soon", "5xx", "é", "a b", "a\nb", "a" * 63, "a" * 64, "x" * 1001, "amount_cents > 0", "{id}", "{", "lock",
    "accepted", [], ["pending"], ["pending", "pending"], [[]], {}, {"a": 1}, {"pending": "keep"},
    {"http": 200}, {"by": "bump"},
)  # fmt: skip
"""What stands in the place of a node."""

KEYS = ("pointsman", "statuses", "from", "initial", "value", "summary", "by", "peding", "", "a b", "1", "x" * 64, "é")


@st.composite
def mutated_lines(draw: st.DrawFn, text: str) -> str:
    """`text` with some of its lines gone, doubled, moved, or indented otherwise."""
    lines = text.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(("delete", "double", "move", "indent", "dedent", "cut"))):
            case "delete":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "move":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
            case "indent":
                lines[at] = draw(st.sampled_from((" ", "  ", "\t", "- "))) + lines[at]
            case "dedent":
                lines[at] = lines[at].removeprefix(" ").removeprefix(" ")
            case "cut":
                lines = lines[: max(at, 1)]
        if not lines:
            return ""
    return "".join(lines)


@st.composite
def mutated_words(draw: st.DrawFn, text: str) -> str:
    """`text` with some of its words, or single characters, replaced or pushed apart."""
    for _ in range(draw(st.integers(1, 4))):
        words = list(re.finditer(r"\w+|[^\w\s]", text))
        if not words:
            return text
        word = words[draw(st.integers(0, len(words) - 1))]
        other = draw(st.sampled_from(WORDS))
        start, end = draw(st.sampled_from((word.span(), (word.start(),) * 2, (word.end(),) * 2)))
        text = text[:start] + other + text[end:]
    return text


@st.composite
def mutated_nodes(draw: st.DrawFn, data: Any) -> Any:
    """`data`, which is JSON values only, with some of its nodes gone, doubled, renamed or replaced."""
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(data))
        if not places:
            return data
        holder, key = places[draw(st.integers(0, len(places) - 1))]
        if isinstance(holder, list):
            _mutate_item(draw, holder, key)
        else:
            _mutate_entry(draw, holder, key)
    return data


def _mutate_item(draw: st.DrawFn, holder: list[Any], at: int) -> None:
    match draw(st.sampled_from(("delete", "double", "replace"))):
        case "delete":
            del holder[at]
        case "double":
            holder.insert(at, copy.deepcopy(holder[at]))
        case "replace":
            holder[at] = copy.deepcopy(draw(st.sampled_from(LEAVES)))


def _mutate_entry(draw: st.DrawFn, holder: dict[str, Any], key: str) -> None:
    match draw(st.sampled_from(("delete", "rename", "add", "replace", "wrap"))):
        case "delete":
            del holder[key]
        case "rename":
            holder[draw(st.sampled_from(KEYS))] = holder.pop(key)
        case "add":
            holder[draw(st.sampled_from(KEYS))] = copy.deepcopy(draw(st.sampled_from(LEAVES)))
        case "replace":
            holder[key] = copy.deepcopy(draw(st.sampled_from(LEAVES)))
        case "wrap":
            holder[key] = [holder[key]]


def _places(node: Any) -> Any:
    """Every list or mapping with every index or key in it."""
    if isinstance(node, list):
        for at, item in enumerate(node):
            yield node, at
            yield from _places(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield node, key
            yield from _places(value)
