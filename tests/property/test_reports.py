"""Whatever a finding says, every format stays itself and says it."""

import json
from xml.etree.ElementTree import fromstring

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pointsman.reporting import Looks, render
from pointsman.reporting.record import result_schema
from pointsman.result import Result
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.source import Place
from tests.unit.reporting.test_annotations import commands

words = st.text(st.characters(exclude_categories=())) | st.text(alphabet=":#[]%\r\n\x1b<>&]! ,=", max_size=12)
findings = st.builds(
    Finding,
    code=words.filter(bool),
    severity=st.sampled_from(Severity),
    message=words,
    place=st.builds(Place, words.filter(bool), st.integers(1, 99), st.integers(1, 99)),
    help=words,
    subject=words,
    facts=st.lists(st.tuples(words, words), unique_by=lambda fact: fact[0], max_size=2).map(tuple),
)
results = st.builds(
    Result,
    verb=st.just("lint"),
    findings=st.lists(findings, max_size=3).map(tuple),
    summary=words,
    incomplete=st.lists(words, max_size=2).map(tuple),
    unloadable=st.booleans(),
    fails_from=st.sampled_from(Severity),
)
VALIDATOR = Draft202012Validator(result_schema())


@given(results)
def test_json_keeps_to_its_schema_and_says_every_word(result: Result) -> None:
    record = json.loads(render(result, "json", Looks()))
    VALIDATOR.validate(record)
    assert [found["message"] for found in record["findings"]] == [found.message for found in result.findings]
    assert record["summary"] == result.summary


@given(results)
def test_sarif_names_every_finding_and_its_rule(result: Result) -> None:
    run = json.loads(render(result, "sarif", Looks()))["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[found["ruleIndex"]] for found in run["results"]] == [found.code for found in result.findings]


@given(results)
def test_junit_is_red_exactly_when_the_exit_code_is(result: Result) -> None:
    top = fromstring(render(result, "junit", Looks()))  # noqa: S314 - we wrote it
    red = len(top.findall(".//failure")) + len(top.findall(".//error"))
    if result.unloadable and not result.failing:
        return  # a loader never gives up without an error
    assert (red > 0) == (result.exit_code != 0)


@given(results)
def test_the_runner_reads_one_command_for_each_finding_and_gap_and_none_from_words(result: Result) -> None:
    found = commands(render(result, "github", Looks()))
    assert len(found) == len(result.findings) + len(result.incomplete)


@given(results, st.booleans(), st.sampled_from([None, 20, 80]))
def test_text_holds_nothing_that_a_terminal_obeys(result: Result, unicode: bool, width: int | None) -> None:
    shown = render(result, "text", Looks(unicode=unicode, terminal=True, width=width))
    assert not any((ord(c) < 0x20 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in shown)
    assert unicode or shown.isascii()
