"""Whatever the system is, an export says no less and no more."""

import json
from datetime import timedelta

from hypothesis import given, settings
from jsonschema import Draft202012Validator

from pointsman.rendering.exports import json_of_system, tla
from pointsman.rendering.exports.dot_of_system import arrows, dot, moves
from pointsman.rendering.exports.possible import possible
from pointsman.world.system import System, value_of
from tests.json_reader import acted_out
from tests.naive_system import State, explore
from tests.systems import systems
from tests.tla_reader import Module, read_module, value

MARK = "\\* a test"
VALIDATOR = Draft202012Validator(json_of_system.system_schema())
FEWER = settings(max_examples=40, deadline=timedelta(seconds=20))


def modules(system: System) -> tuple[Module, ...]:
    """The module for safety and the one for liveness."""
    return tuple(read_module(each.text) for each in tla.render(system, MARK) if each.path.endswith(".tla"))


def behaviour(system: System, before: str = "") -> dict[State, list[tuple[str, State]]]:
    """Each state, with the commands enabled there and where they lead."""
    return {
        state: [(before + edge.action.name, edge.target) for edge in edges]
        for state, edges in explore(system).edges.items()
    }


@FEWER
@given(systems())
def test_the_module_for_safety_has_the_states_and_commands_of_the_system(system: System) -> None:
    assert modules(system)[0].explored() == behaviour(system, "A_")


@FEWER
@given(systems())
def test_every_action_says_of_every_variable_once_what_becomes_of_it(system: System) -> None:
    for module in modules(system):
        for name in module.definitions["Command"]:
            module.after(name, module.initial())  # raises where one does not


@FEWER
@given(systems())
def test_the_types_and_invariants_are_those_of_the_system(system: System) -> None:
    module = modules(system)[0]
    assert module.types() == {f"v_{variable.name}": variable.size - 1 for variable in system.variables}
    for number, invariant in enumerate(system.invariants, 1):
        (formula,) = module.definitions[f"Invariant_{number}"]
        for state in explore(system).states:
            holding = value(formula, dict(zip(module.variables, state, strict=True)))
            assert holding != value_of(invariant.bad, dict(zip(system.variable, state, strict=True)))


@FEWER
@given(systems())
def test_a_system_keeps_to_the_schema_and_acts_as_it_did(system: System) -> None:
    (output,) = json_of_system.render(system, MARK)
    read = json.loads(output.text)
    VALIDATOR.validate(read)
    assert acted_out(read) == behaviour(system)


@FEWER
@given(systems())
def test_no_move_that_happens_is_missing_from_the_picture(system: System) -> None:
    for position, variable in enumerate(system.variables):
        drawn = {(action.name, *move) for action in system.actions for move in moves(system, variable, action)}
        for state, edges in explore(system).edges.items():
            for edge in edges:
                move = (state[position], edge.target[position])
                assert move[0] == move[1] or (edge.action.name, *move) in drawn


@FEWER
@given(systems())
def test_no_value_that_an_expression_has_is_missing(system: System) -> None:
    domains = {variable.name: frozenset(range(variable.size)) for variable in system.variables}
    asked = [action.guard for action in system.actions] + [e for action in system.actions for _, e in action.updates]
    for state in list(explore(system).states)[:20]:
        values = dict(zip(system.variable, state, strict=True))
        for expr in asked:
            assert value_of(expr, values) in possible(expr, {n: frozenset({v}) for n, v in values.items()})
            assert value_of(expr, values) in possible(expr, domains)


@FEWER
@given(systems())
def test_words_stay_in_their_labels(system: System) -> None:
    text = dot(system, MARK)
    assert text.startswith(f"{MARK}\ndigraph commands {{\n")
    assert text.count("\n  value_") == system.variables[0].size + len(arrows(system, system.variables[0]))
