import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pointsman.reporting.stories.record import from_record, story_schema, to_record
from tests.unit.reporting_stories import samples


def record() -> Any:
    return json.loads(json.dumps(to_record(samples.starved())))


@pytest.mark.parametrize("story", samples.STORIES.values(), ids=samples.STORIES)
def test_a_story_comes_back_as_it_was(story: samples.Make) -> None:
    assert from_record(json.loads(json.dumps(to_record(story()))), "kept.json") == story()


def test_the_schema_is_a_schema_and_closed_everywhere() -> None:
    schema: Any = story_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["deed"]["additionalProperties"] is False
    assert schema["$defs"]["variable"]["additionalProperties"] is False


def test_of_a_state_only_what_changed_is_kept() -> None:
    assert record()["deeds"][0]["changed"] == {"r2_retry_count": 1}


def spoiled(*path: str | int, value: object) -> Any:
    data = copy.deepcopy(record())
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "kept.json is an array, not an object."),
        (None, "kept.json is null, not an object."),
        ({}, "kept.json is not a saved story: it has no key 'pointsman_story'."),
        (spoiled("pointsman_story", value=2), "kept.json is a story of version 2; this program reads version 1."),
        (
            spoiled("pointsman_story", value=True),
            "kept.json: pointsman_story is true, not a whole number from 0 on.",
        ),
        ({"pointsman_story": 1}, "kept.json has no key 'lifecycle'."),
        (spoiled("more", value=1), "kept.json: 'more' is no key of a story of version 1."),
        (spoiled("says", value=3), "kept.json: says is 3, not a text."),
        (spoiled("scope", "rows", value=2), "kept.json: scope: 'rows' is 2, not a text."),
        (spoiled("variables", 1, "name", value="a b"), "kept.json: variables[1].name: 'a b' is not an identifier."),
        (
            spoiled("variables", 1, "name", value="r1_retry_count"),
            "kept.json: variables[1]: there are two variables called 'r1_retry_count'.",
        ),
        (
            spoiled("variables", 0, "side", value="left"),
            "kept.json: variables[0].side: 'left' is none of row, provider, worker, ghost.",
        ),
        (
            spoiled("variables", 0, "values", value=[]),
            "kept.json: variables[0].values is empty: a variable has at least one value.",
        ),
        (spoiled("start", value={}), "kept.json: start gives no value to r1_retry_count."),
        (spoiled("start", "r1_status", value=4), "kept.json: start.r1_status: 4 is beyond its last value, 3."),
        (spoiled("start", "r1_status", value=1.0), "kept.json: start.r1_status is 1.0, not a whole number from 0 on."),
        (
            spoiled("deeds", 0, "changed", "x", value=1),
            "kept.json: deeds[0].changed: 'x' is not one of the story's variables.",
        ),
        (
            spoiled("deeds", 0, "changed", "r1_status", value=0),
            "kept.json: deeds[0].changed: r1_status was 0 before, so the step did not change it.",
        ),
        (spoiled("deeds", 0, "fault", value=None), "kept.json: deeds[0].fault is null, not a text."),
        (spoiled("loop", value=7), "kept.json: loop: there is no step 7; the last is 6."),
        (
            spoiled("loop", value=1),
            "kept.json: loop: after the last step the world is not as it was after step 1.",
        ),
    ],
)
def test_bad_data_is_refused_in_a_sentence_that_says_where(data: object, message: str) -> None:
    with pytest.raises(ValueError, match="kept") as refused:
        from_record(data, "kept.json")
    assert str(refused.value) == message
