"""Whatever words a story holds, every form stays itself; and a record gives the same story back."""

import json
from typing import Any
from xml.etree.ElementTree import fromstring

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pointsman.reporting.stories.itf import itf
from pointsman.reporting.stories.mermaid import mermaid
from pointsman.reporting.stories.record import from_record, story_schema, to_record
from pointsman.reporting.stories.svg import svg
from pointsman.reporting.stories.table import grid
from pointsman.world.story import Story
from tests.stories import stories

VALIDATOR = Draft202012Validator(story_schema())
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(stories())
def test_a_record_gives_the_same_story_back(story: Story) -> None:
    assert from_record(json.loads(json.dumps(to_record(story))), "kept.json") == story


@given(stories())
def test_a_record_keeps_to_its_schema(story: Story) -> None:
    VALIDATOR.validate(to_record(story))


@given(stories(), st.data())
def test_a_spoiled_record_is_refused_in_a_sentence_or_keeps_to_the_schema(story: Story, data: st.DataObject) -> None:
    record = json.loads(json.dumps(to_record(story)))
    spoil(record, data)
    refused = refusal(record)
    if refused is None:
        VALIDATOR.validate(record)
    else:
        assert refused.startswith("kept.json")
        assert refused.endswith(".")


def refusal(data: object) -> str | None:
    """What is said against `data`; None where it is taken."""
    try:
        from_record(data, "kept.json")
    except ValueError as error:
        return f"a {type(error).__name__}" if type(error) is not ValueError else str(error)
    return None


def spoil(value: Any, data: st.DataObject) -> None:
    """Put anything in the place of some value, however deep, or take it away."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not keys:
        return
    key = data.draw(st.sampled_from(keys))
    if isinstance(value[key], dict | list) and value[key] and data.draw(st.booleans()):
        spoil(value[key], data)
    elif data.draw(st.booleans()):
        del value[key]
    else:
        value[key] = data.draw(ANYTHING)


@given(ANYTHING)
def test_what_is_no_record_at_all_is_refused_in_a_sentence(value: object) -> None:
    assert (refusal(value) or "").startswith("kept.json")


@given(stories())
def test_a_picture_is_one_xml_document_and_the_same_each_time(story: Story) -> None:
    drawn = svg(story)
    assert drawn == svg(story)
    top = fromstring(drawn)  # noqa: S314 - we wrote it
    assert {element.tag.split("}")[1] for element in top.iter()} <= {
        "svg",
        "title",
        "desc",
        "style",
        "g",
        "text",
        "rect",
        "path",
    }


@given(stories())
def test_a_mermaid_diagram_has_a_line_for_each_thing_that_it_says_and_none_from_words(story: Story) -> None:
    first, *lines = mermaid(story).splitlines()
    assert first == "sequenceDiagram"
    assert all(line.startswith("    ") for line in lines)
    assert sum("->>" in line or "--x" in line for line in lines) == story.length
    assert sum(line.strip() == "end" for line in lines) == (story.loop is not None and story.loop < story.length)


@given(stories())
def test_a_table_has_a_line_for_the_start_each_step_and_the_loop(story: Story) -> None:
    shown = grid(story)
    assert len(shown.rows) == 1 + story.length + (story.loop is not None)
    assert {len(row) for row in shown.rows} == {len(shown.header)}
    assert not any("\n" in cell.text for row in shown.rows for cell in row)


@given(stories())
def test_every_state_of_a_trace_has_every_variable_and_nothing_else(story: Story) -> None:
    trace: Any = json.loads(json.dumps(itf(story)))
    assert len(set(trace["vars"])) == len(story.variables) + 2
    assert not any(name.startswith(("#", "__")) for name in trace["vars"])
    for index, state in enumerate(trace["states"]):
        assert state.pop("#meta") == {"index": index}
        assert list(state) == trace["vars"]
    assert len(trace["states"]) == story.length + 1
    if story.loop is not None:
        ours = [{n: v for n, v in s.items() if n not in ("action_taken", "actor")} for s in trace["states"]]
        assert ours[trace["loop"]] == ours[-1]
