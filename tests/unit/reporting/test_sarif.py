import json
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator

from pointsman.reporting import Looks, render
from pointsman.reporting.sarif import uri
from pointsman.result import Result
from pointsman.spec.source import Place
from tests.unit.reporting.samples import HOSTILE, finding, results

TEXT = {"type": "string", "minLength": 1}


def closed(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    """An object with these properties and no others: SARIF allows additions only in property bags."""
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


def every(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


# The part of SARIF 2.1.0 that is written here: names, types, words and what is required, by sections 3.13 to 3.58 of
# the standard.
LEVEL = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = closed(("text",), text=TEXT)
LOCATION = closed(
    (),
    physicalLocation=closed(
        ("artifactLocation",),
        artifactLocation=closed((), uri={"type": "string", "format": "uri-reference"}),
        region=closed(
            ("startLine",), startLine={"type": "integer", "minimum": 1}, startColumn={"type": "integer", "minimum": 1}
        ),
    ),
)
RESULT = closed(
    ("message",),
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL,
    message=MESSAGE,
    locations=every(LOCATION),
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
    properties={"type": "object"},
)
RUN = closed(
    ("tool",),
    tool=closed(
        ("driver",),
        driver=closed(
            ("name",), name=TEXT, version=TEXT, rules={**every(closed(("id",), id=TEXT)), "uniqueItems": True}
        ),
    ),
    automationDetails=closed((), id=TEXT),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    invocations=every(
        closed(
            ("executionSuccessful",),
            executionSuccessful={"type": "boolean"},
            exitCode={"type": "integer"},
            toolExecutionNotifications=every(closed(("message",), level=LEVEL, message=MESSAGE)),
        )
    ),
    results=every(RESULT),
)
LOG = closed(("version", "runs"), **{"$schema": TEXT, "version": {"const": "2.1.0"}, "runs": every(RUN)})


def run(result: Result) -> Any:
    log = json.loads(render(result, "sarif", Looks()))
    Draft202012Validator(LOG).validate(log)
    assert len(log["runs"]) == 1
    return log["runs"][0]


@pytest.mark.parametrize("result", results().values(), ids=results())
def test_every_kind_of_result_is_a_log_of_the_standard(result: Result) -> None:
    made = run(result)
    assert len(made["results"]) == len(result.findings)
    assert made["invocations"][0]["exitCode"] == result.exit_code


def test_a_result_points_at_its_rule_its_place_and_its_fault() -> None:
    found = finding(facts=(("count", "3"),))
    made = run(Result("lint", (finding(code="zeta"), found)))
    result = made["results"][1]
    assert made["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "unreachable"
    assert result["level"] == "error"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "spec/x.yaml"},
        "region": {"startLine": 3, "startColumn": 5},
    }
    assert result["partialFingerprints"] == {"pointsman/v1": found.fingerprint}
    assert result["message"]["text"] == "Nothing leads here.\n\nAdd a transition to it."
    assert result["properties"] == {"subject": "status:lost", "facts": {"count": "3"}}


def test_a_run_that_could_not_look_at_everything_is_not_successful_and_says_why() -> None:
    invocation = run(results()["incomplete"])["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"].endswith("permission denied.")
    assert run(results()["error"])["invocations"][0]["executionSuccessful"] is True
    assert run(results()["unloadable"])["invocations"][0]["executionSuccessful"] is False


@pytest.mark.parametrize("words", [words for words in HOSTILE if words])
def test_hostile_words_come_back_as_they_were(words: str) -> None:
    made = run(Result("lint", (finding(words, help="", place=Place(words, 1, 1)),)))
    assert made["results"][0]["message"]["text"] == words


@pytest.mark.parametrize(
    ("file", "reference"),
    [
        ("spec/x.yaml", "spec/x.yaml"),
        ("my spec/50%#?.yaml", "my%20spec/50%25%23%3F.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
        ("<stdin>", "%3Cstdin%3E"),
        ("/abs/ö.yaml", "file:///abs/%C3%B6.yaml"),
    ],
)
def test_file_names_become_references(file: str, reference: str) -> None:
    assert uri(file) == reference
    assert unquote(reference).removeprefix("file://") == file
