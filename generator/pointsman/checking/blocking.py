"""Finds why a transition never fires: the part of its guard that holds in no reachable state."""

from __future__ import annotations

from pointsman.checking.explore import Explorer, watched
from pointsman.world.system import All, Const, Equal, Expr, GuardedCommand, IsZero, Less, Plus, Some, System, Var


def what_blocks(explorer: Explorer, system: System, transition: int) -> str:
    """A phrase on why the transition of that number never fires: the parts of a guard that no state satisfies."""
    commands = [action for action in system.actions if f"transition:{transition}" in action.covers]
    if not commands:
        return "no actor of this world can take it"
    lacking = [(command, _lacks(explorer, command)) for command in commands]
    command, parts = min(lacking, key=lambda pair: len(pair[1]))
    if not parts:
        return f"{command.actor} could, but no state meets all parts of its guard at once"
    words = " and ".join(_said(system, part) for part in parts[:3])
    return f"for {command.actor}, it is never so that {words}"


def _lacks(explorer: Explorer, command: GuardedCommand) -> list[Expr]:
    """The parts of the guard that hold in no state that was reached."""
    parts = command.guard.parts if isinstance(command.guard, All) else (command.guard,)
    return [part for part in parts if not watched(explorer.space, part).values(explorer.seen.order).any()]


def _said(system: System, expr: Expr) -> str:  # noqa: PLR0911 - a case for each kind of expression
    match expr:
        case Equal(Var(name), Const(value)):
            variable = system.variable[name]
            return f"{variable.label} is {variable.values[value]}"
        case IsZero(of):
            return f"not ({_said(system, of)})"
        case All(parts):
            return " and ".join(_said(system, part) for part in parts)
        case Some(parts):
            return " or ".join(_said(system, part) for part in parts)
        case Less(left, right):
            return f"{_said(system, left)} is below {_said(system, right)}"
        case Equal(left, right):
            return f"{_said(system, left)} is {_said(system, right)}"
        case Var(name):
            return system.variable[name].label
        case Plus(of, amount):
            return f"{_said(system, of)} + {amount}"
        case Const(value):
            return str(value)
        case _:
            return "a condition holds"
