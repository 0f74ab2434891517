"""The published schemas say what the table of shapes says, and a JSON Schema library agrees with both."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pointsman_conformance import protocol
from pointsman_conformance.core.shapes import problems
from pointsman_conformance.core.wire import Json
from pointsman_conformance.protocol.messages import BY_CMD, CAPABILITIES, MESSAGES, schema
from tests.unit.protocol.samples import ANSWERS, MESSAGE_SAMPLES

PUBLISHED = Path(protocol.__file__).parent / "protocol.schema.json"

# JSON as it can come from outside: what the messages hold, with pieces exchanged, dropped and added.
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, 1.0, -1.0, "", "1", "applied", "start", "a\n"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["row", "at", "x"]), inner, max_size=2),
    max_leaves=4,
)


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schema()["$defs"]})


VALIDATORS = {name: validator(name) for message in MESSAGES for name in (message.cmd, f"{message.cmd}.answer")}


def test_the_published_schema_is_that_of_the_messages() -> None:
    """Run with POINTSMAN_UPDATE_PAGES=1 to write it anew."""
    told = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("POINTSMAN_UPDATE_PAGES"):
        PUBLISHED.write_text(told, encoding="utf-8")
    assert PUBLISHED.read_text(encoding="utf-8") == told


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_every_message_and_every_capability_has_a_sample() -> None:
    assert {each["cmd"] for each in MESSAGE_SAMPLES} == set(BY_CMD)
    assert set(ANSWERS) == set(BY_CMD)
    needed = {message.needs for message in MESSAGES if message.needs}
    assert needed == set(CAPABILITIES)


@pytest.mark.parametrize("sample", MESSAGE_SAMPLES, ids=lambda sample: sample["cmd"])
def test_a_good_message_is_good_to_both(sample: dict[str, Any]) -> None:
    assert list(problems(BY_CMD[sample["cmd"]].request, sample)) == []
    Draft202012Validator(schema()).validate(sample)


@pytest.mark.parametrize(("cmd", "sample"), [(cmd, each) for cmd, samples in ANSWERS.items() for each in samples])
def test_a_good_answer_is_good_to_both(cmd: str, sample: dict[str, Any]) -> None:
    assert list(problems(BY_CMD[cmd].reply, sample)) == []
    VALIDATORS[f"{cmd}.answer"].validate(sample)


@st.composite
def changed(draw: st.DrawFn, sample: Any) -> Any:
    """`sample` with one thing at a random place exchanged, taken away or added."""
    copy = json.loads(json.dumps(sample))
    holder: Any = copy
    while True:
        if not holder:
            break
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = draw(st.sampled_from(keys))
        if isinstance(holder[key], dict | list) and draw(st.booleans()):
            holder = holder[key]
            continue
        match draw(st.sampled_from(["exchange", "take", "add"])):
            case "exchange":
                holder[key] = draw(VALUES)
            case "take":
                del holder[key]
            case _ if isinstance(holder, dict):
                holder[draw(st.sampled_from(["unknown", "answer", "writes", "seq"]))] = draw(VALUES)
            case _:
                holder.append(draw(VALUES))
        break
    return copy


CASES = [(each["cmd"], each) for each in MESSAGE_SAMPLES] + [
    (f"{cmd}.answer", each) for cmd, samples in ANSWERS.items() for each in samples
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(CASES).flatmap(lambda case: st.tuples(st.just(case[0]), changed(case[1]) | VALUES)))
def test_the_shapes_and_the_schema_refuse_the_same(case: tuple[str, Any]) -> None:
    name, value = case
    message = BY_CMD[name.removesuffix(".answer")]
    shape = message.reply if name.endswith(".answer") else message.request
    assert (list(problems(shape, value)) == []) == VALIDATORS[name].is_valid(value)


def test_a_message_says_where_the_wrong_thing_is() -> None:
    wrong: list[Json] = [{"row": "1", "old": None, "new": {"status": []}}]
    told: Json = {"seq": 1, "answer": "applied", "writes": wrong, "mood": "good"}
    assert list(problems(BY_CMD["observe"].reply, told)) == [
        "the answer to observe has no field 'mood'; it has seq, answer, message, writes",
        "writes[0].new.status must be a number, a text, true, false or null, not []",
    ]
