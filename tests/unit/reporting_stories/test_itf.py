"""Read back by the real package itf-py, as the tools that take traces would."""

import json
from dataclasses import replace
from typing import Any

import pytest
from itf_py import trace_from_json  # type: ignore[import-untyped]  # it ships no types

from pointsman.reporting.stories.itf import itf
from pointsman.world.story import Shown, Story
from pointsman.world.system import Side
from tests.unit.reporting.samples import HOSTILE
from tests.unit.reporting_stories import samples


def read(story: Story) -> Any:
    """The trace as itf-py has it, after a way through text."""
    return trace_from_json(json.loads(json.dumps(itf(story))))


def one_variable(name: str, *values: str) -> Story:
    return replace(samples.empty(), variables=(Shown(name, "x", "row 1", Side.ROW, values),), start={name: 0})


def test_there_is_a_state_for_the_start_and_for_each_step() -> None:
    trace = read(samples.two_transfers())
    assert [state.meta["index"] for state in trace.states] == list(range(7))
    assert trace.params == []
    assert all(set(state.values) == set(trace.vars) for state in trace.states)


def test_words_are_texts_and_digits_are_whole_numbers() -> None:
    values = read(samples.two_transfers()).states[1].values
    assert values["r1_status"] == "pending"
    assert values["r1_retry_count"] == 1
    assert read(samples.two_transfers()).meta["varTypes"]["r1_retry_count"] == "Int"


def test_no_number_is_a_plain_json_number() -> None:
    for state in json.loads(json.dumps(itf(samples.two_transfers())))["states"]:
        assert not any(isinstance(value, int) for name, value in state.items() if name != "#meta")


def test_the_deed_that_led_to_a_state_is_told_in_it() -> None:
    told = [(s.values["action_taken"], s.values["actor"]) for s in read(samples.stuck()).states]
    assert told == [("init", ""), ("claim", "transfer_worker"), ("fail", "transfer_worker")]


def test_a_lasso_says_where_its_loop_begins_and_ends_in_that_state() -> None:
    trace = read(samples.starved())
    ours = [{k: v for k, v in s.values.items() if k not in ("actor", "action_taken")} for s in trace.states]
    assert trace.loop == 2
    assert ours[2] == ours[-1]


def test_a_story_that_ends_has_no_loop() -> None:
    assert "loop" not in itf(samples.two_transfers())


@pytest.mark.parametrize("name", ["__x", "#x", "actor", "action_taken"])
def test_a_name_that_means_something_to_a_reader_gets_another(name: str) -> None:
    trace = read(one_variable(name, "on"))
    assert len(trace.vars) == len(set(trace.vars)) == 3
    assert not trace.vars[-1].startswith(("#", "__"))


def test_two_variables_called_tag_and_value_are_still_two_variables() -> None:
    story = one_variable("tag", "a")
    value = replace(story.variables[0], name="value")
    trace = read(replace(story, variables=(*story.variables, value), start={"tag": 0, "value": 0}))
    assert trace.states[0].values["tag"] == "a"
    assert trace.states[0].values["value"] == "a"


@pytest.mark.parametrize(("values", "start"), [(("same", "same"), 1), (("1", "2"), 2), (("1", "01"), "01")])
def test_two_values_are_never_told_alike(values: tuple[str, str], start: int | str) -> None:
    assert read(replace(one_variable("x", *values), start={"x": 1})).states[0].values["x"] == start


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_come_back_as_they_were(words: str) -> None:
    assert read(samples.hostile(words)).states[1].values["actor"] == words
