"""What a spec means, said a second time: slowly, from docs/spec-language.md, and without the code that is tested.

Only the frozen data of `pointsman.spec.lifecycle` is shared. A body is flattened into all its paths before one is read.
A body with fields is made of all of them at once. A pattern is matched character by character.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pointsman.spec.lifecycle import Call, Event, Lifecycle, Match, Queue, Webhook

MISSING = None
DIGITS = "0123456789"


@dataclass(frozen=True)
class Heard:
    """A response: its status, or 0 and the word of the silence."""

    status: int
    body: Any = ""
    headers: tuple[tuple[str, str], ...] = ()
    silence: str = ""


# --- paths -----------------------------------------------------------------------------------


def every_path(value: Any, so_far: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], Any]]:
    """Each path in a JSON value, with what it leads to; those to null are left out."""
    if value is not None:
        yield so_far, value
    if isinstance(value, list):
        for number in range(min(len(value), 1000)):
            yield from every_path(value[number], (*so_far, str(number)))
    if isinstance(value, dict):
        for name in value:
            yield from every_path(value[name], (*so_far, name))


def read(body: Any, path: str) -> Any:
    """What a dotted path leads to."""
    wanted = pieces(path)
    for found, value in every_path(body):
        if found == wanted:
            return value
    return MISSING


def pieces(path: str) -> tuple[str, ...]:
    """The parts between the dots."""
    found = [""]
    for character in path:
        if character == ".":
            found.append("")
        else:
            found[-1] += character
    return tuple(found)


def is_place(part: str) -> bool:
    """Whether a part is a number from 0 to 999 as one writes it."""
    return part in {str(number) for number in range(1000)}


def written(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The body in which each of these paths leads to its value. No path begins with another."""
    return {name: grown(below) for name, below in grouped([(pieces(path), fields[path]) for path in fields]).items()}


def grown(below: list[tuple[tuple[str, ...], Any]]) -> Any:
    """A list where all parts are places, else an object; the value itself where nothing follows."""
    if below[0][0] == ():
        return below[0][1]
    members = {part: grown(rest) for part, rest in grouped(below).items()}
    if not all(is_place(part) for part in members):
        return members
    size = max(int(part) for part in members) + 1
    return [members.get(str(place)) for place in range(size)]


def grouped(below: list[tuple[tuple[str, ...], Any]]) -> dict[str, list[tuple[tuple[str, ...], Any]]]:
    """The rest of each path, by its first part."""
    found: dict[str, list[tuple[tuple[str, ...], Any]]] = {}
    for path, value in below:
        found[path[0]] = [*found.get(path[0], []), (path[1:], value)]
    return found


def parameter(path: str) -> str:
    """A mark as a form has it."""
    text = ""
    for number, part in enumerate(pieces(path)):
        text += part if number == 0 else "[" + part + "]"
    return text


def holdable(value: Any) -> bool:
    """Whether a column can hold it."""
    return not (value is None or isinstance(value, list | dict))


def as_text(value: Any) -> str | None:
    """A value as a template or a mark has it."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return None if value is None else format(value) if isinstance(value, str) else repr(value)


# --- responses -------------------------------------------------------------------------------


def is_success(heard: Heard) -> bool:
    """One of the 200s."""
    return heard.status in range(200, 300)


def is_lost(heard: Heard) -> bool:
    """A body came that is no JSON object."""
    return heard.status > 0 and isinstance(heard.body, str) and heard.body.strip() != ""


def field_of(heard: Heard, path: str) -> Any:
    """Of the body, else of the headers."""
    found = read(heard.body, path) if isinstance(heard.body, dict) else MISSING
    if found is MISSING:
        for name, value in heard.headers:
            if name.upper() == path.upper():
                return value
    return found


def receipts(call: Call, heard: Heard) -> dict[str, Any] | None:
    """The columns that are filled, if all can be."""
    if heard.status == 0 or (is_success(heard) and is_lost(heard)):
        return None
    found = {column: field_of(heard, path) for column, path in call.records}
    return found if all(holdable(value) for value in found.values()) else None


def outcome(call: Call, heard: Heard) -> str:
    """The word for a response."""
    if is_success(heard) and is_lost(heard):
        return "unknown"
    found = "unknown"
    for line in reversed(call.outcomes):
        for match in line.matches:
            if describes(match, heard):
                found = line.outcome.value
    return "unknown" if found == "accepted" and receipts(call, heard) is None else found


def describes(match: Match, heard: Heard) -> bool:
    """Whether nothing in the match speaks against the response."""
    if match.silence is not None:
        return match.silence.value in ("unmatched", heard.silence)
    if heard.status == 0:
        return False
    against = []
    if match.http:
        against.append(heard.status not in {status for low, high in match.http for status in range(low, high + 1)})
    for name, wanted in (("code", match.code), ("type", match.type)):
        if wanted is not None:
            against.append(error_text(heard.body, name) != wanted)
    if match.message is not None:
        against.append(not is_like(error_text(heard.body, "message") or "", match.message))
    return not any(against)


def error_text(body: Any, name: str) -> str | None:
    """The text of an error's field: inside ``error``, or beside it."""
    for path in (("error", name), (name,)):
        for found, value in every_path(body) if isinstance(body, dict) else ():
            if found == path and isinstance(value, str) and (len(path) == 1 or isinstance(body["error"], dict)):
                return value
    return None


def is_like(text: str, pattern: str) -> bool:
    """Whether a pattern is over the whole text."""
    if pattern == "":
        return text == ""
    first, rest = pattern[0], pattern[1:]
    if first == "*":
        return any(is_like(text[start:], rest) for start in range(len(text) + 1))
    end = pattern.find("]", 3 if pattern[1:2] == "!" else 2)
    if first == "[" and end > 0:
        named, rest = pattern[1:end], pattern[end + 1 :]
        fits = text[:1] not in named[1:] if named[0] == "!" else text[:1] in named
        return text != "" and fits and is_like(text[1:], rest)
    return text != "" and first in ("?", text[0]) and is_like(text[1:], rest)


# --- look-ups --------------------------------------------------------------------------------


def shown(
    call: Call, row: Mapping[str, Any] | None, heard: Heard, others: frozenset[str]
) -> tuple[str, dict[str, Any]]:
    """The word for what a look-up shows, and the columns that it fills; ``no answer`` where it is none."""
    if call.look_up is None or is_lost(heard) or not (is_success(heard) or heard.status in (404, 410)):
        return "no answer", {}
    things = read(heard.body, "data") if isinstance(heard.body, dict) else MISSING
    if is_success(heard) and isinstance(things, list):
        return in_a_list(call, row, things, goes_on=read(heard.body, "has_more") is True)
    return alone(call, row, heard, others)


def in_a_list(
    call: Call, row: Mapping[str, Any] | None, things: list[Any], *, goes_on: bool
) -> tuple[str, dict[str, Any]]:
    """Ours first, then the others' where they count, then what is left."""
    mine = [] if row is None else [thing for thing in things if carries_marks(call, row, thing)]
    if mine == [] and row is not None and call.repeat.value == "already_done" and make_the_whole(call, row, things):
        mine = [things[0]]
    readable = [thing for thing in mine if can_be_recorded(call, thing)]
    if readable:
        return "found", {column: read(readable[0], path) for column, path in call.records}
    if mine:
        return "unreadable", {}
    return ("undecided" if goes_on else "absent"), {}


def carries_marks(call: Call, row: Mapping[str, Any], thing: Any) -> bool:
    """Whether an object has each mark with the row's values."""
    if not isinstance(thing, dict):
        return False
    for path, template in call.marks:
        wanted: str | None = template.text
        for column in template.columns:
            value = as_text(row.get(column))
            wanted = None if value is None or wanted is None else wanted.replace("{" + column + "}", value)
        value = read(thing, path)
        if wanted is None or not holdable(value) or as_text(value) != wanted:
            return False
    return True


def make_the_whole(call: Call, row: Mapping[str, Any], things: list[Any]) -> bool:
    """Whether what others did is all that was asked for."""
    asked = row.get(call.amount) if call.amount is not None else None
    if type(asked) is not int:
        return things != []
    amounts = [read(thing, "amount") for thing in things]
    return things != [] and sum(each for each in amounts if type(each) is int) >= asked


def can_be_recorded(call: Call, thing: Any) -> bool:
    """Whether an object in a list has all that is recorded, and the receipt."""
    assert call.look_up is not None
    return all(holdable(read(thing, path)) for path in (call.look_up.receipt, *dict(call.records).values()))


def alone(
    call: Call, row: Mapping[str, Any] | None, heard: Heard, others: frozenset[str]
) -> tuple[str, dict[str, Any]]:
    """One object, or that there is none."""
    assert call.look_up is not None
    receipt = field_of(heard, call.look_up.receipt)
    if receipt is MISSING and is_success(heard) and (heard.body == {} or isinstance(heard.body, str)):
        return "no answer", {}
    if receipt is MISSING:
        ours = bool(call.marks) and is_success(heard) and row is not None and carries_marks(call, row, heard.body)
        return ("unreadable" if ours else "absent"), {}
    anothers = holdable(receipt) and as_text(receipt) in others
    status = read(heard.body, "status") if isinstance(heard.body, dict) else MISSING
    if anothers and not (isinstance(status, str) and status[:6] == "cancel"):
        return "absent", {}
    filled = receipts(call, heard)
    return ("unreadable", {}) if filled is None or not holdable(receipt) else ("found", filled)


# --- events and queues -----------------------------------------------------------------------


def event_of(hook: Webhook, status: str) -> str:
    """The event that a webhook means."""
    meant = hook.event
    for name, event in hook.otherwise:
        if name == status:
            meant = event
    return meant


def tells(hook: Webhook, thing: Any) -> bool:
    """Whether a webhook is about the effect."""
    return True if hook.when is None else str(read(thing, hook.when)) == "True" and read(thing, hook.when) == 1 and (
        type(read(thing, hook.when)) is bool
    )  # fmt: skip


def becomes(lifecycle: Lifecycle, name: str, status: str) -> str:
    """What becomes of an event: ``moves``, or the word of its answer."""
    for transition in lifecycle.transitions:
        if transition.source == status and transition.event == name:
            return "moves"
    for event in lifecycle.events:
        if event.name == name:
            return answer(event, status)
    return "ignore"


def answer(event: Event, status: str) -> str:
    """The answer that an event from outside has where nothing moves."""
    words = [word.value for name, word in event.otherwise if name == status]
    return "refuse" if words in ([], ["keep"]) and (words == [] or event.keep_in is None) else words[0]


USUAL = {"already_done": "look_up", "not_tried": "wait", "misused": "alarm", "exhausted": "settle"}


def follows(queue: Queue, result: str) -> str:
    """A step's word or an event's name."""
    for word, said in queue.then:
        if word.value == result:
            return said
    return USUAL.get(result, "again")
