"""A picture of a system's commands: a node for each value of one variable, an arrow for each change of it.

The default is the system's first variable, the status of row 1. An arrow's label
names the actors and their commands. Faults are dashed; commands of wrong
implementations are red. An arrow shows that the guards allow the change, not
that a run reaches it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.rendering import templates
from pointsman.rendering.dot import escape
from pointsman.rendering.exports.possible import PossibleValues, possible
from pointsman.rendering.wording import visible
from pointsman.spec.names import lower_snake
from pointsman.world.system import GuardedCommand, System, Variable
from pointsman.writing.output import Output

_TEMPLATE = "exports/commands.dot.jinja"


@dataclass(frozen=True, slots=True)
class SystemArrow:
    """An arrow from one value to another, for honest commands, faults or wrong commands. `lines` are escaped."""

    source: int
    target: int
    style: str
    color: str
    lines: tuple[str, ...]


def render(system: System, mark: str) -> tuple[Output, ...]:
    """``<lifecycle>.commands.dot``."""
    return (Output(f"{lower_snake(system.lifecycle)}.commands.dot", dot(system, mark)),)


def dot(system: System, mark: str, name: str | None = None) -> str:
    """The picture of variable `name`, by default of the first. `mark` is the first line, a comment."""
    variable = system.variable[name] if name else system.variables[0]
    values = {
        "title": _plain(f"{system.lifecycle}, {system.world}: {variable.label}"),
        "nodes": [_plain(value) for value in variable.values],
        "initial": variable.initial,
        "arrows": arrows(system, variable),
    }
    return templates.fill(mark, _TEMPLATE, values)


def arrows(system: System, variable: Variable) -> tuple[SystemArrow, ...]:
    """The arrows between the values of `variable`, each with all actors that can take it."""
    found: dict[tuple[int, int, str, str], dict[str, list[str]]] = {}
    for action in system.actions:
        style = "dashed" if action.fault else "solid"
        color = "#b3261e" if action.wrong else "#4b5262"
        for source, target in moves(system, variable, action):
            actors = found.setdefault((source, target, style, color), {}).setdefault(action.says, [])
            if action.actor not in actors:
                actors.append(action.actor)
    return tuple(
        SystemArrow(*key, tuple(_plain(f"{', '.join(actors)}: {says}") for says, actors in said.items()))
        for key, said in found.items()
    )


def moves(system: System, variable: Variable, action: GuardedCommand) -> Iterator[tuple[int, int]]:
    """The pairs of values between which `action` can move `variable`, judged by its guard and updates alone."""
    update = dict(action.updates).get(variable.name)
    if update is None:
        return
    every: dict[str, PossibleValues] = {each.name: frozenset(range(each.size)) for each in system.variables}
    for source in range(variable.size):
        domains = every | {variable.name: frozenset({source})}
        if possible(action.guard, domains) != {0}:
            yield from ((source, target) for target in sorted(possible(update, domains)) if target != source)


def _plain(text: str) -> str:
    return escape(visible(text))
