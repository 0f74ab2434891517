"""A path of a call collides with another path of it, or with a word of lists, so that no object has both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call, Lifecycle, LookUp
from pointsman.spec.meaning import index_of, parameter, parts_of, request_parts
from pointsman.spec.provider_objects import object_of_request, object_of_webhook
from pointsman.spec.source import Place

PAGING_WORDS = frozenset({"limit", "starting_after", "ending_before", "expand"})
"""Parameters that choose the page of a list: the kit's provider takes none of them for a field of an object."""

_LIST = "data"
"""The field of a look-up's answer under which a list stands."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A path that a call names: words for it, its place, whether it is a `when`, and its object.

    `thing` is empty for the call's own object, and the name of another one that a webhook is known to be about.
    """

    path: str
    words: str
    place: Place
    is_when: bool = False
    thing: str = ""


def _check(subject: LintContext) -> Iterator[Finding]:
    for call in subject.lifecycle.calls:
        named = sorted(_named(subject.lifecycle, call), key=lambda each: each.place)
        yield from _pairs(call, named)
        if call.look_up is not None:
            asked = subject.lifecycle.place("calls", call.name, "look_up", "request", value=True)
            if _asks_for_one(call, call.look_up):
                yield from _in_lists(call, call.look_up, named, asked)
            else:
                yield from _paging(subject.lifecycle, call, asked)


def _named(lifecycle: Lifecycle, call: Call) -> Iterator[_Named]:
    for mark, _ in call.marks:
        yield _Named(mark, f"the mark {mark}", lifecycle.place("calls", call.name, "marks", mark))
    for column, field in call.records:
        place = lifecycle.place("calls", call.name, "records", column, value=True)
        yield _Named(field, f"the recorded field {field}", place)
    if call.look_up is not None:
        place = lifecycle.place("calls", call.name, "look_up", "receipt", value=True)
        yield _Named(call.look_up.receipt, f"the receipt {call.look_up.receipt}", place)
    own = object_of_request(call, call.request.text)
    for hook in call.webhooks:
        if hook.when is not None:
            known = object_of_webhook(call, hook)
            place = lifecycle.place("calls", call.name, "webhook", hook.type, "when", value=True)
            thing = "" if known is None or known is own else known.name
            yield _Named(hook.when, f"the `when` {hook.when} of {hook.type}", place, is_when=True, thing=thing)


# --- two paths ----------------------------------------------------------------------


def _pairs(call: Call, named: list[_Named]) -> Iterator[Finding]:
    """A finding at the later of two places, for each two paths; `named` is in the order of the spec."""
    told: set[tuple[str, str]] = set()
    for first, second in combinations(named, 2):
        short, long = sorted((first.path, second.path), key=lambda path: len(parts_of(path)))
        collision = _collision(first, second, short, long)
        if collision is not None and (short, long) not in told:
            told.add((short, long))
            why, advice = collision
            yield RULE.finding(
                second.place,
                f"{second.words} of {call.name} collides with {first.words} in line {first.place.line}: {why}",
                advice,
                f"call:{call.name}:{short}:{long}",
            )


def _collision(first: _Named, second: _Named, short: str, long: str) -> tuple[str, str] | None:
    """Why no object has both, and what to do; None where an object can. `short` has no more parts than `long`."""
    if first.thing != second.thing:
        return None
    if short == long:
        if first.is_when == second.is_when:
            return None
        why = "a `when` is true or false, and such a value names no effect"
        return why, "Name a field that is true or false in the `when`, and a field that names the effect in the other."
    if parts_of(long)[: len(parts_of(short))] != parts_of(short):
        return None
    return f"what is at {short} is one value, and has no {long} in it", "Name another path for one of the two."


# --- a path and a list ----------------------------------------------------------------


def _in_lists(call: Call, look_up: LookUp, named: list[_Named], asked: Place) -> Iterator[Finding]:
    """Paths that make a list of the one object that the look-up asks for. The answer to HEAD has no body to read."""
    below = [each for each in named if not each.is_when and parts_of(each.path)[0] == _LIST]
    is_head = request_parts(look_up.request.text)[0] == "HEAD"
    if is_head or not all(_is_in_list(each.path) for each in below):
        return
    for each in {one.path: one for one in reversed(below)}.values():
        yield RULE.finding(
            each.place,
            f"{each.words} of {call.name} makes a list under {_LIST}, and the look-up in line {asked.line} asks for "
            f"one object: the answer is read as a list, in which nothing has {each.path}",
            f"Name a path that does not begin with `{_LIST}` and a number, or let the look-up ask for a list.",
            f"call:{call.name}:{each.path}:list",
        )


def _is_in_list(path: str) -> bool:
    parts = parts_of(path)
    return len(parts) > 1 and index_of(parts[1]) is not None


def _asks_for_one(call: Call, look_up: LookUp) -> bool:
    """Whether the look-up's address ends in a name with a column in it, and is not that of the call's own list."""
    _, path, _ = request_parts(look_up.request.text)
    sent, collection, _ = request_parts(call.request.text)
    is_own_list = sent == "POST" and collection == path
    return "{" in path.rsplit("/", 1)[-1] and not is_own_list


def _paging(lifecycle: Lifecycle, call: Call, asked: Place) -> Iterator[Finding]:
    """Marks by which a look-up that asks for a list knows no object. One object is known by its receipt."""
    for mark, _ in call.marks:
        if parameter(mark) in PAGING_WORDS:
            yield RULE.finding(
                lifecycle.place("calls", call.name, "marks", mark),
                f"the mark {mark} of {call.name} is a word that chooses the page of a list: for the look-up in line "
                f"{asked.line} no object comes back with it",
                f"Send the mark under another name, such as `metadata.{mark}`.",
                f"call:{call.name}:{mark}:paging",
                severity=Severity.WARNING,
            )


RULE = Rule(
    "paths-collide",
    Severity.ERROR,
    "A path of a call collides with another path of it, or with a word of lists, so that no object has both.",
    _check,
)
