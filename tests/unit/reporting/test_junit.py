from xml.etree.ElementTree import Element, fromstring

import pytest

from pointsman.reporting import Looks, render
from pointsman.result import Result
from pointsman.spec.source import Place
from tests.unit.reporting.samples import HOSTILE, finding, results


def suites(result: Result) -> Element:
    shown = render(result, "junit", Looks())
    assert shown.isascii()
    return fromstring(shown)  # noqa: S314 - we wrote it


def counts(element: Element) -> tuple[int, int, int]:
    return int(element.attrib["tests"]), int(element.attrib["failures"]), int(element.attrib["errors"])


@pytest.mark.parametrize("result", results().values(), ids=results())
def test_a_run_is_green_exactly_when_its_exit_code_is_nought(result: Result) -> None:
    top = suites(result)
    bad = len(top.findall(".//failure")) + len(top.findall(".//error"))
    assert (bad == 0) == (result.exit_code == 0)
    assert counts(top)[1] + counts(top)[2] == bad
    assert counts(top)[0] == len(top.findall(".//testcase")) > 0
    assert [sum(numbers) for numbers in zip(*(counts(suite) for suite in top), strict=True)] == list(counts(top))


def test_there_is_a_suite_for_each_file_and_a_failing_case_for_each_finding() -> None:
    top = suites(results()["twice"])
    assert [suite.attrib["name"] for suite in top] == ["spec/x.yaml", "spec/y.yaml"]
    assert [counts(suite) for suite in top] == [(2, 2, 0), (1, 1, 0)]
    case = top[0][0]
    assert case.attrib == {
        "classname": "spec/x.yaml",
        "name": "unreachable: status:lost",
        "file": "spec/x.yaml",
        "line": "3",
    }
    assert case[0].attrib == {"type": "unreachable", "message": "Nothing leads here."}
    assert case[0].text == "spec/x.yaml:3:5: error unreachable: Nothing leads here.\nAdd a transition to it."


def test_cases_of_one_suite_have_names_of_their_own() -> None:
    names = [case.attrib["name"] for case in suites(results()["twice"])[0]]
    assert names == ["unreachable: status:lost", "unreachable: status:lost (2)"]


def test_a_clean_run_is_one_passing_case() -> None:
    top = suites(results()["clean"])
    assert counts(top) == (1, 0, 0)
    assert len(top[0][0]) == 0


def test_a_finding_that_does_not_fail_the_run_is_a_passing_case_with_words() -> None:
    case = suites(results()["note"])[0][0]
    assert [child.tag for child in case] == ["system-out"]
    assert "Nothing leads here." in (case[0].text or "")


def test_what_was_not_looked_at_is_an_error_and_not_a_skip() -> None:
    top = suites(results()["both"])
    assert counts(top) == (2, 1, 1)
    assert top.findall(".//skipped") == []


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_leave_the_document_whole(words: str) -> None:
    hostile = finding(words, code=words, help=words, subject=words, place=Place(words, 1, 1))
    top = suites(Result("lint", (hostile,), incomplete=(words,)))
    assert counts(top) == (2, 1, 1)
    assert {element.tag for element in top.iter()} == {"testsuites", "testsuite", "testcase", "failure", "error"}
