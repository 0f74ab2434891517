"""A system's JSON, acted out by the words of its schema and by nothing else of ours."""

from collections.abc import Callable
from typing import Any

from tests.naive_system import State

Value = Callable[[State], int]


def value(expr: Any, state: dict[str, int]) -> int:
    """What an expression of the JSON comes to, by the words of its schema."""
    return _reader(expr, list(state))(tuple(state.values()))


def acted_out(system: Any) -> dict[State, list[tuple[str, State]]]:
    """Each state that can be reached, with the commands enabled there and where they lead."""
    names = [variable["name"] for variable in system["variables"]]
    actions = [
        (
            action["name"],
            _reader(action["guard"], names),
            [(names.index(name), _reader(expr, names)) for name, expr in action["updates"].items()],
        )
        for action in system["actions"]
    ]
    waiting = [tuple(variable["initial"] for variable in system["variables"])]
    found: dict[State, list[tuple[str, State]]] = {}
    for state in waiting:
        if state in found:
            continue
        found[state] = [(name, _after(state, updates)) for name, guard, updates in actions if guard(state)]
        waiting += (target for _, target in found[state])
    return found


def _after(state: State, updates: list[tuple[int, Value]]) -> State:
    after = list(state)
    for position, new in updates:
        after[position] = new(state)
    return tuple(after)


def _reader(expr: Any, names: list[str]) -> Value:  # noqa: PLR0911 - a case for each kind of expression
    """What an expression comes to, as a function of the values of `names`: taken apart once, and not in each state."""
    match expr:
        case {"const": number}:
            return lambda _: int(number)
        case {"var": name}:
            position = names.index(name)
            return lambda state: state[position]
        case {"equal": [left, right]}:
            one, other = _reader(left, names), _reader(right, names)
            return lambda state: int(one(state) == other(state))
        case {"less": [left, right]}:
            one, other = _reader(left, names), _reader(right, names)
            return lambda state: int(one(state) < other(state))
        case {"not": of}:
            negated = _reader(of, names)
            return lambda state: int(negated(state) == 0)
        case {"all": parts}:
            each = [_reader(part, names) for part in parts]
            return lambda state: int(all(part(state) for part in each))
        case {"some": parts}:
            either = [_reader(part, names) for part in parts]
            return lambda state: int(any(part(state) for part in either))
        case {"if": condition, "then": then, "else": otherwise}:
            asked, one, other = (_reader(part, names) for part in (condition, then, otherwise))
            return lambda state: one(state) if asked(state) else other(state)
        case {"plus": [left, right]}:
            one, other = _reader(left, names), _reader(right, names)
            return lambda state: one(state) + other(state)
    raise AssertionError(expr)
