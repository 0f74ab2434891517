"""Makes the mutants of a spec: each is the whole file with one small change that a human error could make.

`OPERATORS` is data: the name of a change, the places that it fits, and the replacements.
"""

import functools
import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from pointsman.loading.yaml_nodes import read_bytes
from pointsman.spec.source import Listing, Mapped, Node, Source
from tests.documents import json_values

Place = tuple[str | int, ...]
OUTCOMES = ("accepted", "already_done", "refused", "refused_for_now", "misused", "not_tried", "unknown")
STEPS = ("again", "wait", "alarm", "settle", "look_up")
KINDS = ("worker", "handler", "webhook", "admin")
ANSWERS = ("keep", "ignore", "refuse")


class Word(Enum):
    """Values that JSON has no spelling for: `now` without quotes, and a removed entry."""

    NOW = "now"
    GONE = "gone"


GONE = Word.GONE


@dataclass(frozen=True)
class Mutant:
    """A spec with one change. `line` is the changed line of the original, from 1; `text` is the whole mutant.

    `spec` is the original, which all its mutants share; the text is written when it is asked for.
    """

    name: str
    operator: str
    line: int
    spec: Any = field(repr=False, compare=False)
    place: Place = field(repr=False)
    value: Any = field(repr=False, compare=False)

    @property
    def text(self) -> str:
        """The whole mutant, as YAML."""
        return written(_changed(self.spec, self.place, self.value))


@dataclass(frozen=True)
class Other:
    """A replacement of a value, and the words that distinguish it from other replacements."""

    value: Any
    says: str = ""


Others = Callable[[Any, Any], Iterable[Other]]
"""Takes the present value and the whole document, and gives its replacements."""


@dataclass(frozen=True)
class Operator:
    """One kind of error, at every place that fits `pattern`: keys with dots between, ``*`` for any key."""

    name: str
    pattern: str
    others: Others


# --- replacements ------------------------------------------------------


def gone(_value: Any, _spec: Any) -> Iterator[Other]:
    """Remove the value."""
    yield Other(GONE)


def words(*known: Any) -> Others:
    """Each of these words that differs from the present value."""
    return lambda value, _: (Other(word, f"to {word}") for word in known if word != value)


def names_of(kind: str) -> Others:
    """Each other name that is declared under this key of the document."""
    return lambda value, spec: (Other(name, f"to {name}") for name in spec.get(kind, {}) if name != value)


def other_status(value: Any, spec: Any) -> Iterator[Other]:
    """Each other status, if the value is a single status."""
    return (Other(name, f"to {name}") for name in spec["statuses"] if isinstance(value, str) and name != value)


def events(value: Any, spec: Any) -> Iterator[Other]:
    """Each other event of the lifecycle."""
    return (Other(name, f"to {name}") for name in event_names(spec) if name != value)


def events_and_steps(value: Any, spec: Any) -> Iterator[Other]:
    """Each other answer that a queue may have: what a worker does next, and each event."""
    return (Other(name, f"to {name}") for name in (*STEPS, *event_names(spec)) if name != value)


def event_names(spec: Any) -> tuple[str, ...]:
    """The events of the lifecycle, as its transitions name them."""
    return tuple(dict.fromkeys(move["event"] for move in spec["transitions"] if "event" in move))


def columns_of(*types: str) -> Others:
    """Each other declared column of one of these types."""

    def others(value: Any, spec: Any) -> Iterator[Other]:
        for name, column in spec["table"]["columns"].items():
            if name != value and column["type"] in types:
                yield Other(name, f"to {name}")

    return others


def with_flag(key: str, *unless: str) -> Others:
    """The value with this flag added, unless one of these flags is set."""

    def others(record: Any, _: Any) -> Iterator[Other]:
        if key not in record and not any(name in record for name in unless):
            yield Other({**record, key: True}, f"with {key}")

    return others


def without_place(name: str) -> Others:
    """A template without the placeholder of `name`: a column, or a key of the call that names a column."""

    def others(text: str, _: Any) -> Iterator[Other]:
        for column in re.findall(r"\{(\w+)\}", text):
            if (name == "generation") == (column.startswith("key_")):
                yield Other(text.replace("{" + column + "}", "x"), f"without {column}")

    return others


def two_swapped(items: list[Any], _: Any) -> Iterator[Other]:
    """The list with two of its items swapped."""
    for one, two in itertools.combinations(range(len(items)), 2):
        swapped = {one: items[two], two: items[one]}
        yield Other([swapped.get(at, item) for at, item in enumerate(items)], f"{one} and {two}")


def another_word(line: Any, _: Any) -> Iterator[Other]:
    """The line of outcomes with another outcome."""
    word = next(iter(line))
    for other in OUTCOMES:
        if other != word:
            yield Other({other if key == word else key: value for key, value in line.items()}, f"to {other}")


def swapped_statuses(queues: Any, _: Any) -> Iterator[Other]:
    """The queues, with the statuses of two of them swapped."""
    for one, two in itertools.combinations(queues, 2):
        swapped = {one: queues[two]["statuses"], two: queues[one]["statuses"]}
        changed = {name: {**queue, "statuses": swapped.get(name, queue["statuses"])} for name, queue in queues.items()}
        yield Other(changed, f"{one} and {two}")


def swapped_ways(settle: Any, _: Any) -> Iterator[Other]:
    """Settling by the second way first."""
    if "otherwise" in settle:
        yield Other({"first": settle["otherwise"], "otherwise": settle["first"]})


def by_the_second_way(settle: Any, _: Any) -> Iterator[Other]:
    """Settling by the second way alone."""
    if "otherwise" in settle:
        yield Other({"first": settle["otherwise"]}, "the second")


def another_kind(kind: Any, _: Any) -> Iterator[Other]:
    """Each other kind of actor, if the value is a kind alone."""
    if isinstance(kind, str):
        yield from (Other(other, f"to {other}") for other in KINDS if other != kind)


def emptied(value: Any, _: Any) -> Iterator[Other]:
    """Null instead of `now`."""
    if value is Word.NOW:
        yield Other(None)


def reversed_order(order: Any, _: Any) -> Iterator[Other]:
    """The order reversed, and the last column alone."""
    if isinstance(order, list) and len(order) > 1:
        yield Other(order[::-1], "the other way round")
        yield Other(order[-1:], f"by {order[-1]} alone")


def lengthened(_value: Any, spec: Any) -> Iterator[Other]:
    """The premise made as long as the lease, which then does not cover it."""
    if "lease" in spec.get("claims", {}):
        yield Other(spec["claims"]["lease"], "to the lease")


def shortened_lease(_value: Any, spec: Any) -> Iterator[Other]:
    """The lease made as long as `longest_pause`, without `settles_within`; and one second."""
    yield Other(spec["claims"]["longest_pause"], "to the longest pause")
    yield Other("1s", "to 1s")


OPERATORS: tuple[Operator, ...] = (
    # the table
    Operator("drop a default", "table.columns.*.default", gone),
    Operator("drop nullable", "table.columns.*.nullable", gone),
    Operator("let a column be null", "table.columns.*", with_flag("nullable")),
    # actors and statuses
    Operator("drop an actor", "actors.*", gone),
    Operator("change an actor's kind", "actors.*", another_kind),
    Operator("drop a flag", "statuses.*.initial", gone),
    Operator("drop a flag", "statuses.*.terminal", gone),
    Operator("drop a flag", "statuses.*.resting", gone),
    Operator("let rows rest", "statuses.*", with_flag("resting", "terminal")),
    Operator("let rows start", "statuses.*", with_flag("initial")),
    Operator("drop a requirement", "statuses.*.requires.*", gone),
    Operator("drop an entry write", "statuses.*.on_entry.*", gone),
    Operator("empty on entry", "statuses.*.on_entry.*", emptied),
    Operator("drop a meaning", "statuses.*.means.*", gone),
    Operator("turn a meaning round", "statuses.*.means.*", words("done", "not_done")),
    Operator("drop a status", "statuses.*", gone),
    # transitions
    Operator("remove a transition", "transitions.*", gone),
    Operator("close a way", "transitions.*.from.*", gone),
    Operator("redirect a transition", "transitions.*.to", other_status),
    Operator("start a transition elsewhere", "transitions.*.from", other_status),
    Operator("drop a transition's event", "transitions.*.event", gone),
    Operator("change a transition's event", "transitions.*.event", events),
    Operator("take an actor away", "transitions.*.by.*", gone),
    Operator("let any actor move it", "transitions.*.by", gone),
    Operator("drop a need", "transitions.*.needs.*", gone),
    Operator("turn a need round", "transitions.*.needs.*", words("done", "not_done")),
    Operator("drop what is left open", "transitions.*.leaves_open.*", gone),
    Operator("drop a condition", "transitions.*.when", gone),
    # writes and events
    Operator("drop a same-status column", "same_status.allow.*", gone),
    Operator("drop an event", "events.*", gone),
    Operator("drop an answer", "events.*.otherwise.*", gone),
    Operator("change an answer", "events.*.otherwise.*", words(*ANSWERS)),
    Operator("drop keep_in", "events.*.keep_in", gone),
    Operator("drop what is carried", "events.*.carries.*", gone),
    Operator("change the delivery", "events.*.delivery", words("at_least_once", "at_most_once", "exactly_once")),
    # claims and settling
    Operator("drop the claims", "claims", gone),
    Operator("claim otherwise", "claims.by", words("bump", "lock")),
    Operator("drop the lease", "claims.lease", gone),
    Operator("shorten the lease", "claims.lease", shortened_lease),
    Operator("drop the fence", "claims.fence", gone),
    Operator("change the fence", "claims.fence", columns_of("integer", "smallint", "bigint")),
    Operator("drop a premise", "claims.longest_pause", gone),
    Operator("drop a premise", "calls.*.settles_within", gone),
    Operator("lengthen a premise", "claims.longest_pause", lengthened),
    Operator("lengthen a premise", "calls.*.settles_within", lengthened),
    Operator("drop settle", "settle", gone),
    Operator("swap the ways to settle", "settle", swapped_ways),
    Operator("settle in one way", "settle.otherwise", gone),
    Operator("settle in one way", "settle", by_the_second_way),
    # calls
    Operator("drop a call", "calls.*", gone),
    Operator("drop the amount", "calls.*.amount", gone),
    Operator("change repeat", "calls.*.repeat", words("new_effect", "already_done")),
    Operator("drop a mark", "calls.*.marks.*", gone),
    Operator("drop the key", "calls.*.key", gone),
    Operator("drop the generation from the key", "calls.*.key", without_place("generation")),
    Operator("drop the row from the key", "calls.*.key", without_place("row")),
    Operator("drop key_generation", "calls.*.key_generation", gone),
    Operator("drop key_first_used", "calls.*.key_first_used", gone),
    Operator("drop key_lifetime", "calls.*.key_lifetime", gone),
    Operator("shorten key_lifetime", "calls.*.key_lifetime", words("5m", "1s")),
    Operator("drop look_up", "calls.*.look_up", gone),
    Operator("drop a webhook", "calls.*.webhook.*", gone),
    Operator("change a webhook's event", "calls.*.webhook.*.event", events),
    Operator("change a webhook's event", "calls.*.webhook.*.otherwise.*", events),
    Operator("drop a webhook's field", "calls.*.webhook.*.when", gone),
    Operator("drop a webhook's field", "calls.*.webhook.*.otherwise.*", gone),
    Operator("drop a receipt", "calls.*.records.*", gone),
    Operator("drop an outcome", "calls.*.outcomes.*", gone),
    Operator("drop a reply of an outcome", "calls.*.outcomes.*.*.*", gone),
    Operator("reorder outcomes", "calls.*.outcomes", two_swapped),
    Operator("change an outcome", "calls.*.outcomes.*", another_word),
    Operator("drop stored", "calls.*.outcomes.*.stored", gone),
    Operator("store an answer", "calls.*.outcomes.*", with_flag("stored")),
    # queues
    Operator("drop a queue", "queues.*", gone),
    Operator("drop a status of a queue", "queues.*.statuses.*", gone),
    Operator("swap the statuses of two queues", "queues", swapped_statuses),
    Operator("drop the worker", "queues.*.worker", gone),
    Operator("change the worker", "queues.*.worker", names_of("actors")),
    Operator("drop due", "queues.*.due", gone),
    Operator("change due", "queues.*.due", columns_of("timestamptz")),
    Operator("drop order", "queues.*.order", gone),
    Operator("change order", "queues.*.order", reversed_order),
    Operator("drop the index", "queues.*.index", gone),
    Operator("drop the call", "queues.*.call", gone),
    Operator("change the call", "queues.*.call", names_of("calls")),
    Operator("drop attempts", "queues.*.attempts", gone),
    Operator("drop the limit", "queues.*.attempts.limit", gone),
    Operator("change the limit", "queues.*.attempts.limit", words(1, 1000)),
    Operator("count elsewhere", "queues.*.attempts.column", columns_of("integer", "smallint")),
    Operator("drop the backoff", "queues.*.backoff", gone),
    Operator("drop what follows", "queues.*.then.*", gone),
    Operator("change what follows", "queues.*.then.*", events_and_steps),
)  # fmt: skip
"""Every operator, in the order of the language's page."""


# --- making them ---------------------------------------------------------------------------


def mutants(path: Path) -> tuple[Mutant, ...]:
    """Every mutant of the spec at `path`."""
    return _mutants(path.read_bytes(), path.name)


@functools.lru_cache(maxsize=8)
def _mutants(spec: bytes, name: str) -> tuple[Mutant, ...]:
    """The mutants of a spec, which several tests ask for."""
    source = read_bytes(spec, name)
    assert source.root is not None
    values = _values(source.root)
    return tuple(mutant for operator in OPERATORS for mutant in _by(operator, source, values))


def original(path: Path) -> str:
    """The spec itself, written as its mutants are."""
    root = read_bytes(path.read_bytes(), path.name).root
    assert root is not None
    return written(_values(root))


def _by(operator: Operator, source: Source, spec: Any) -> Iterator[Mutant]:
    for place, value in _fitting(spec, operator.pattern.split(".")):
        for other in operator.others(value, spec):
            name = " ".join(filter(None, (f"{operator.name}:", _called(spec, place), other.says)))
            yield Mutant(name, operator.name, source.place(*place).line, spec, place, other.value)


def _fitting(node: Any, pattern: list[str], place: Place = ()) -> Iterator[tuple[Place, Any]]:
    if not pattern:
        yield place, node
        return
    first, *rest = pattern
    for key, below in _below(node):
        if first in {"*", key}:
            yield from _fitting(below, rest, (*place, key))


def _below(node: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)


def _changed(node: Any, place: Place, value: Any) -> Any:
    """`node` with `value` at a place. A list or mapping that a removal leaves empty is removed too.

    What lies beside the place is shared with `node`, and not copied.
    """
    if not place:
        return value
    first, *rest = place
    below = _changed(node[first], tuple(rest), value)
    entries = [
        (key, below if key == first else other) for key, other in _below(node) if key != first or below is not GONE
    ]
    if not entries:
        return GONE
    return dict(entries) if isinstance(node, dict) else [other for _, other in entries]


def _called(spec: Any, place: Place) -> str:
    """The name of a place, which stays the same when other lines are added or removed: a transition by its statuses."""
    node, found = spec, list[str]()
    for key in place:
        node = node[key]
        found.append(_key(node, key, found))
    return ".".join(found)


def _key(node: Any, key: str | int, before: list[str]) -> str:
    if before == ["transitions"]:
        sources = node["from"] if isinstance(node["from"], list) else [node["from"]]
        return f"{'|'.join(sources)}>{node['to']}" + (f" by {node['event']}" if "event" in node else "")
    if isinstance(key, str):
        return key
    return node if isinstance(node, str) else f"{key}" + (f" {next(iter(node))}" if before[-1] == "outcomes" else "")


# --- writing them ------------------------------------------------------------------------------


def written(value: Any, indent: str = "") -> str:
    """A document as YAML: JSON, but for `now`, and with a line for each entry of the outer levels."""
    if value is Word.NOW:
        return "now"
    if isinstance(value, dict) and len(indent) < 6:
        inner = indent + "  "
        lines = [f"{inner}{_quoted(key)}: {written(below, inner)}" for key, below in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(k)}: {written(v, indent)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(item, indent) for item in value) + "]"
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


@functools.cache
def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _values(node: Node) -> Any:
    """The values of a document, with `Word.NOW` for `now` without quotes."""
    if isinstance(node, Mapped):
        return {entry.key.text: _values(entry.value) for entry in node.entries}
    if isinstance(node, Listing):
        return [_values(item) for item in node.items]
    return Word.NOW if node.plain and node.text == "now" else json_values(node)
