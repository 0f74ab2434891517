"""Stories as JSON by a published schema: counterexamples are written so, and read back to be played."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from pointsman.world.story import Shown, Story, TraceStep
from pointsman.world.system import Side

_SCHEMA = Path(__file__).parent / "story.schema.json"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

VERSION = 1
"""The version of the record. It rises when a key goes away or changes its meaning."""


def to_record(story: Story) -> dict[str, object]:
    """The story as JSON values. The state after a step holds only the variables that changed."""
    return {
        "pointsman_story": VERSION,
        "lifecycle": story.lifecycle,
        "digest": story.digest,
        "prop": story.prop,
        "says": story.says,
        "scope": dict(story.scope),
        "without": list(story.without),
        "variables": [_variable(variable) for variable in story.variables],
        "start": {variable.name: story.start[variable.name] for variable in story.variables},
        "deeds": [_deed(deed) for deed in story.deeds],
        "loop": story.loop,
    }


def from_record(data: object, where: str) -> Story:
    """The story that `data` (JSON values) holds; `where` names the file, for messages.

    Raises:
        ValueError: `data` is no such record; the message is a sentence that says where and why.
    """
    top = _object(data, where)
    if "pointsman_story" not in top:
        raise ValueError(f"{where} is not a saved story: it has no key 'pointsman_story'.")
    version = _whole(top["pointsman_story"], f"{where}: pointsman_story")
    if version != VERSION:
        raise ValueError(f"{where} is a story of version {_short(version)}; this program reads version {VERSION}.")
    _keys(top, where, _TOP)
    variables = _variables(top["variables"], f"{where}: variables")
    start = _values(top["start"], f"{where}: start", variables)
    _complete(start, f"{where}: start", variables)
    deeds = _deeds(top["deeds"], f"{where}: deeds", variables, start)
    story = Story(
        lifecycle=_text(top["lifecycle"], f"{where}: lifecycle"),
        digest=_text(top["digest"], f"{where}: digest"),
        prop=_text(top["prop"], f"{where}: prop"),
        says=_text(top["says"], f"{where}: says"),
        scope=_scope(top["scope"], f"{where}: scope"),
        without=_texts(top["without"], f"{where}: without"),
        variables=tuple(variables.values()),
        start=start,
        deeds=deeds,
        loop=None if top["loop"] is None else _whole(top["loop"], f"{where}: loop"),
    )
    _closes(story, where)
    return story


def story_schema() -> dict[str, object]:
    """The JSON Schema of `to_record`."""
    schema: dict[str, object] = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return schema


# --- writing -----------------------------------------------------------------

_TOP = (
    "pointsman_story",
    "lifecycle",
    "digest",
    "prop",
    "says",
    "scope",
    "without",
    "variables",
    "start",
    "deeds",
    "loop",
)
_VARIABLE = ("name", "label", "part", "side", "values")
_DEED = ("action", "actor", "says", "changed")
_MARKS = ("fault", "wrong")


def _variable(variable: Shown) -> dict[str, object]:
    return {
        "name": variable.name,
        "label": variable.label,
        "part": variable.part,
        "side": variable.side.value,
        "values": list(variable.values),
    }


def _deed(deed: TraceStep) -> dict[str, object]:
    found: dict[str, object] = {
        "action": deed.action,
        "actor": deed.actor,
        "says": deed.says,
        "changed": {name: deed.state[name] for name in deed.changed},
    }
    marks = {"fault": deed.fault, "wrong": deed.wrong}
    return found | {name: value for name, value in marks.items() if value is not None}


# --- reading -----------------------------------------------------------------


def _variables(data: object, where: str) -> dict[str, Shown]:
    found: dict[str, Shown] = {}
    for place, entry in enumerate(_array(data, where)):
        variable = _shown(entry, f"{where}[{place}]")
        if variable.name in found:
            raise ValueError(f"{where}[{place}]: there are two variables called {variable.name!r}.")
        found[variable.name] = variable
    return found


def _shown(data: object, where: str) -> Shown:
    entry = _object(data, where)
    _keys(entry, where, _VARIABLE)
    name = _text(entry["name"], f"{where}.name")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{where}.name: {_short(name)} is not an identifier.")
    side = _text(entry["side"], f"{where}.side")
    if side not in set(Side):
        raise ValueError(f"{where}.side: {_short(side)} is none of {', '.join(Side)}.")
    values = _texts(entry["values"], f"{where}.values")
    if not values:
        raise ValueError(f"{where}.values is empty: a variable has at least one value.")
    label, part = _text(entry["label"], f"{where}.label"), _text(entry["part"], f"{where}.part")
    return Shown(name, label, part, Side(side), values)


def _deeds(data: object, where: str, variables: Mapping[str, Shown], start: Mapping[str, int]) -> tuple[TraceStep, ...]:
    found: list[TraceStep] = []
    before = start
    for place, entry in enumerate(_array(data, where)):
        found.append(_read_deed(entry, f"{where}[{place}]", variables, before))
        before = found[-1].state
    return tuple(found)


def _read_deed(data: object, where: str, variables: Mapping[str, Shown], before: Mapping[str, int]) -> TraceStep:
    entry = _object(data, where)
    _keys(entry, where, _DEED, _MARKS)
    changed = _values(entry["changed"], f"{where}.changed", variables)
    same = next((name for name, value in changed.items() if before[name] == value), None)
    if same is not None:
        raise ValueError(f"{where}.changed: {same} was {changed[same]} before, so the step did not change it.")
    return TraceStep(
        action=_text(entry["action"], f"{where}.action"),
        actor=_text(entry["actor"], f"{where}.actor"),
        says=_text(entry["says"], f"{where}.says"),
        state={**before, **changed},
        changed=tuple(changed),
        fault=_text(entry["fault"], f"{where}.fault") if "fault" in entry else None,
        wrong=_text(entry["wrong"], f"{where}.wrong") if "wrong" in entry else None,
    )


def _values(data: object, where: str, variables: Mapping[str, Shown]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, value in _object(data, where).items():
        if name not in variables:
            raise ValueError(f"{where}: {_short(name)} is not one of the story's variables.")
        found[name] = _whole(value, f"{where}.{name}")
        if found[name] >= len(variables[name].values):
            raise ValueError(
                f"{where}.{name}: {_short(value)} is beyond its last value, {len(variables[name].values) - 1}."
            )
    return found


def _complete(start: Mapping[str, int], where: str, variables: Mapping[str, Shown]) -> None:
    lacking = next((name for name in variables if name not in start), None)
    if lacking is not None:
        raise ValueError(f"{where} gives no value to {lacking}.")


def _closes(story: Story, where: str) -> None:
    if story.loop is None:
        return
    if story.loop > story.length:
        raise ValueError(f"{where}: loop: there is no step {story.loop}; the last is {story.length}.")
    states = (story.start, *(deed.state for deed in story.deeds))
    if states[story.loop] != states[-1]:
        raise ValueError(f"{where}: loop: after the last step the world is not as it was after step {story.loop}.")


def _scope(data: object, where: str) -> dict[str, str]:
    return {name: _text(value, f"{where}: {_short(name)}") for name, value in _object(data, where).items()}


def _texts(data: object, where: str) -> tuple[str, ...]:
    return tuple(_text(value, f"{where}[{place}]") for place, value in enumerate(_array(data, where)))


def _keys(entry: Mapping[str, object], where: str, needed: tuple[str, ...], may: tuple[str, ...] = ()) -> None:
    for name in needed:
        if name not in entry:
            raise ValueError(f"{where} has no key {name!r}.")
    for name in entry:
        if name not in needed and name not in may:
            raise ValueError(f"{where}: {_short(name)} is no key of a story of version {VERSION}.")


def _object(data: object, where: str) -> dict[str, object]:
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise ValueError(f"{where} is {_what(data)}, not an object.")
    return cast("dict[str, object]", data)


def _array(data: object, where: str) -> list[object]:
    if not isinstance(data, list):
        raise ValueError(f"{where} is {_what(data)}, not an array.")  # noqa: TRY004 - bad data is always a ValueError
    return cast("list[object]", data)


def _text(data: object, where: str) -> str:
    if not isinstance(data, str):
        raise ValueError(f"{where} is {_what(data)}, not a text.")  # noqa: TRY004 - bad data is always a ValueError
    return data


def _whole(data: object, where: str) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or data < 0:
        raise ValueError(f"{where} is {_what(data)}, not a whole number from 0 on.")
    return data


def _what(data: object) -> str:
    if isinstance(data, dict):
        return "an object"
    if isinstance(data, list):
        return "an array"
    if data is None or isinstance(data, bool):
        return {None: "null", True: "true", False: "false"}[data]
    return _short(data)


def _short(value: object) -> str:
    try:
        shown = repr(value)
    except ValueError:  # an int of very many digits
        return "a very large number"
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
