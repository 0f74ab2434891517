import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pointsman.reporting import Looks, render
from pointsman.reporting.record import VERSION, result_schema
from pointsman.result import Code, Exit, Result
from pointsman.spec.finding import Severity
from tests.unit.reporting.samples import HOSTILE, finding, results

VALIDATOR = Draft202012Validator(result_schema())


def record(result: Result) -> Any:
    shown = render(result, "json", Looks())
    assert shown.isascii()
    assert shown.endswith("}\n")
    return json.loads(shown)


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(result_schema())


@pytest.mark.parametrize("result", results().values(), ids=results())
def test_every_kind_of_result_keeps_to_the_schema(result: Result) -> None:
    made = record(result)
    VALIDATOR.validate(made)
    assert made["exit_code"] == result.exit_code
    assert len(made["findings"]) == len(result.findings)


@pytest.mark.parametrize("words", HOSTILE)
def test_words_come_back_as_they_were(words: str) -> None:
    made = record(Result("lint", (finding(words, facts=(("query", words),)),), summary=words))
    VALIDATOR.validate(made)
    assert made["findings"][0]["message"] == words
    assert made["findings"][0]["facts"] == {"query": words}
    assert made["summary"] == words


def test_what_a_verb_has_to_say_beside_findings_is_data_and_not_blocks() -> None:
    made = record(Result("show", blocks=(Code("x"),), data={"statuses": ["a"], "n": 1}))
    assert made["data"] == {"statuses": ["a"], "n": 1}
    assert "blocks" not in made


def test_the_schema_refuses_what_no_record_may_be() -> None:
    good = record(results()["error"])
    for spoil in ({"exit_code": 2}, {"findings": None}, {"result": 2}, {"verb": ""}, {"extra": 1}):
        assert not VALIDATOR.is_valid(good | spoil)


def test_schema_and_code_name_the_same_words() -> None:
    schema: Any = result_schema()
    assert schema["properties"]["result"]["const"] == VERSION
    assert schema["$defs"]["finding"]["properties"]["severity"]["enum"] == [str(each) for each in Severity]
    ends = {Exit.USAGE}
    assert set(schema["properties"]["exit_code"]["enum"]) == {int(code) for code in Exit if code not in ends}
