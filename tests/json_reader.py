"""A system's JSON, acted out by the words of its schema and by nothing else of ours."""

from typing import Any

from tests.naive_system import State


def value(expr: Any, state: dict[str, int]) -> int:  # noqa: PLR0911 - a case for each kind of expression
    """What an expression of the JSON comes to, by the words of its schema."""
    match expr:
        case {"const": number}:
            return int(number)
        case {"var": name}:
            return state[name]
        case {"equal": [left, right]}:
            return int(value(left, state) == value(right, state))
        case {"less": [left, right]}:
            return int(value(left, state) < value(right, state))
        case {"not": of}:
            return int(value(of, state) == 0)
        case {"all": parts}:
            return int(0 not in [value(part, state) for part in parts])
        case {"some": parts}:
            return int(any(value(part, state) for part in parts))
        case {"if": condition, "then": then, "else": otherwise}:
            return value(then, state) if value(condition, state) else value(otherwise, state)
        case {"plus": [left, right]}:
            return value(left, state) + value(right, state)
    raise AssertionError(expr)


def acted_out(system: Any) -> dict[State, list[tuple[str, State]]]:
    """Each state that can be reached, with the commands enabled there and where they lead."""
    names = [variable["name"] for variable in system["variables"]]
    waiting = [tuple(variable["initial"] for variable in system["variables"])]
    found: dict[State, list[tuple[str, State]]] = {}
    for state in waiting:
        if state in found:
            continue
        before = dict(zip(names, state, strict=True))
        found[state] = []
        for action in system["actions"]:
            if value(action["guard"], before):
                after = before | {name: value(expr, before) for name, expr in action["updates"].items()}
                found[state].append((action["name"], tuple(after.values())))
        waiting += (target for _, target in found[state])
    return found
