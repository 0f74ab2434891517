"""The JSON keeps to its schema, and holds all that a program needs to run the system."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from pointsman.rendering.exports.json_of_system import render, system_schema
from pointsman.world.system import System, Variable, value_of
from tests.json_reader import value
from tests.naive_system import explore
from tests.systems import seeded_system

MARK = "from a test"
VALIDATOR = Draft202012Validator(system_schema())


def written(system: System) -> Any:
    """The object as another program gets it."""
    (output,) = render(system, MARK)
    return json.loads(output.text)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(system_schema())


def test_properties_groups_and_faults_are_told() -> None:
    system = seeded_system(9)
    read = written(system)
    assert [action["fair"] for action in read["actions"]] == [action.fair for action in system.actions]
    assert [action["fault"] for action in read["actions"]] == [action.fault for action in system.actions]
    for state in explore(system).states:
        values = dict(zip(system.variable, state, strict=True))
        told = [value(each["bad"], values) for each in read["invariants"]]
        told += [value(each["pending"], values) for each in read["responses"]]
        told += [value(each["wanted"], values) for each in read["witnesses"]]
        ours = [each.bad for each in system.invariants]
        ours += [each.pending for each in system.responses]
        ours += [each.wanted for each in system.witnesses]
        assert told == [value_of(expr, values) for expr in ours]
    assert read["responses"][0]["trigger"] is None
    assert read["responses"][1]["trigger"] is not None
    assert read["generated"] == MARK


@pytest.mark.parametrize(
    "wrong",
    [
        {"const": "1"},
        {"const": 1, "var": "x"},
        {"equal": [{"const": 1}]},
        {"xor": [{"const": 1}, {"const": 1}]},
        {"if": {"const": 1}, "then": {"const": 1}},
        {},
    ],
)
def test_the_schema_refuses_what_is_no_expression(wrong: object) -> None:
    read = written(seeded_system(1))
    read["actions"][0]["guard"] = wrong
    with pytest.raises(ValidationError):
        VALIDATOR.validate(read)


def test_the_text_is_ascii_whatever_the_words_are() -> None:
    variable = Variable("x", ("ü", "\u2028"), "the\nx", "row 1")
    (output,) = render(System("walk", "by hand", (variable,), ()), MARK)
    assert output.path == "walk.system.json"
    assert output.text.isascii()
    assert json.loads(output.text)["variables"][0]["values"] == ["ü", "\u2028"]
