"""A story in the Informal Trace Format (Apalache's ADR-015), which trace viewers and model-based tests read."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.reporting.stories.steps import title
from pointsman.world.story import Shown, Story

_DEED = ("action_taken", "actor")
"""The variables that name the step that led to a state."""

_Value = str | dict[str, str]


def itf(story: Story, *, witness: bool = False) -> dict[str, object]:
    """JSON values: the initial state, and the state after each step, ghost variables too.

    A variable whose values are all digits is a whole number, every other a text.
    ``action_taken`` and ``actor`` name the step that led to a state: ``init`` and
    the empty text for the first. The last state of a lasso is the one at ``loop`` again.
    """
    names = _names(story.variables)
    deeds = [("init", ""), *((deed.action, deed.actor) for deed in story.deeds)]
    states = [story.start, *(deed.state for deed in story.deeds)]
    types = {names[variable.name]: "Int" if _counts(variable) else "Str" for variable in story.variables}
    trace: dict[str, object] = {
        "#meta": {
            "format": "ITF",
            "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
            "source": f"{story.lifecycle} {story.digest}".strip(),
            "description": title(story, witness=witness),
            "varTypes": types | dict.fromkeys(_DEED, "Str"),
        },
        "params": [],
        "vars": [*_DEED, *names.values()],
        "states": [
            {"#meta": {"index": index}, **dict(zip(_DEED, deed, strict=True)), **_state(story, names, state)}
            for index, (deed, state) in enumerate(zip(deeds, states, strict=True))
        ],
    }
    if story.loop is not None:
        trace["loop"] = story.loop
    return trace


def _state(story: Story, names: Mapping[str, str], state: Mapping[str, int]) -> dict[str, _Value]:
    return {names[variable.name]: _value(variable, state[variable.name]) for variable in story.variables}


def _value(variable: Shown, value: int) -> _Value:
    if not _counts(variable):
        return variable.values[value]
    return {"#bigint": str(int(variable.values[value]) if _digits(variable) else value)}


def _counts(variable: Shown) -> bool:
    # Two values with the same words must stay different in the trace.
    return _digits(variable) or len(set(variable.values)) < len(variable.values)


def _digits(variable: Shown) -> bool:
    numbers = {int(word) for word in variable.values if word.isascii() and word.isdigit() and len(word) < 20}
    return len(numbers) == len(variable.values)


def _names(variables: tuple[Shown, ...]) -> dict[str, str]:
    """The name of each variable in the trace: its own, unless it is taken or has a meaning in the format."""
    found: dict[str, str] = {}
    taken = {*_DEED, *(variable.name for variable in variables)}
    for variable in variables:
        name = variable.name
        if name in _DEED or name.startswith(("#", "__")):
            name = f"v{name}" if name[0] in "#_" else f"{name}_"
            while name in taken:
                name += "_"
        taken.add(name)
        found[variable.name] = name
    return found
