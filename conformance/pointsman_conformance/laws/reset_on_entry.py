"""reset-on-entry: starts a new leg with its own count."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.spec.lifecycle import Now, Setting
from pointsman.spec.meaning import text_of
from pointsman_conformance.core.history import Value
from pointsman_conformance.laws.judgement import Breach, Element, Judgements, Met
from pointsman_conformance.laws.parts import TOLERANCE, RowVersion, WriteKind, number
from pointsman_conformance.laws.reading import Reading


def judge(reading: Reading) -> Judgements:
    """A declared move of the subject sets what entering its target sets."""
    for version in reading.versions:
        if version.ours and version.sort is WriteKind.MOVE and version.transitions and version.after is not None:
            yield from _judge(reading, version, version.after)


def _judge(reading: Reading, version: RowVersion, target: str) -> Iterator[Met | Breach]:
    brought = _brought(reading, version)
    new = version.write.new or {}
    for column, setting in reading.lifecycle.status[target].on_entry:
        if column in brought:
            continue
        element = Element(f"{target}.{column}", ("statuses", target, "on_entry", column))
        if _holds(reading, version, setting, new.get(column)):
            yield Met(element)
            continue
        says = (
            f"the row entered {target} from {version.before} with {column} {_shown(new.get(column))}; "
            f"the spec sets it to {_word(setting)} on entry"
        )
        yield Breach(element, says, (version.place,), version.row)


def _brought(reading: Reading, version: RowVersion) -> frozenset[str]:
    """The columns that the move's event, or the answer that it is about, fills."""
    events = {transition.event for transition in version.transitions}
    carried = {column for event in reading.lifecycle.events if event.name in events for column, _ in event.carries}
    return frozenset(carried | {column for call in reading.lifecycle.calls for column, _ in call.records})


def _holds(reading: Reading, version: RowVersion, setting: Setting, value: Value) -> bool:
    if not isinstance(setting, Now):
        return value is None if setting is None else value == setting or text_of(value) == text_of(setting)
    when = number(value)
    if when is None or when > version.at + TOLERANCE:
        return False
    # A transaction that was begun before its copy stood still has an old "now".
    return when >= version.at - TOLERANCE or reading.paused(version.who, 0, version.place)


def _shown(value: Value) -> str:
    return "null" if value is None else str(value)


def _word(setting: Setting) -> str:
    if isinstance(setting, Now):
        return "now"
    return "null" if setting is None else str(setting)
