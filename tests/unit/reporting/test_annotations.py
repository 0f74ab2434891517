import re

import pytest

from pointsman.reporting import Looks, render
from pointsman.result import Result
from pointsman.spec.finding import Severity
from pointsman.spec.source import Place
from tests.unit.reporting.samples import HOSTILE, finding, results

COMMAND = re.compile(r"::(?P<command>[a-z-]+)(?: (?P<properties>[^:]*))?::(?P<data>.*)")


def commands(shown: str) -> list[tuple[str, dict[str, str], str]]:
    """What the runner would read: it takes every line that begins with two colons, blanks before them or not."""
    found = []
    for line in re.split(r"[\r\n]", shown):
        if line.lstrip().startswith("::"):
            match = COMMAND.fullmatch(line)
            assert match is not None
            pairs = (pair.split("=", 1) for pair in (match["properties"] or "").split(",") if pair)
            found.append((match["command"], {key: back(value) for key, value in pairs}, back(match["data"])))
        else:
            assert "##[" not in line
    return found


def back(text: str) -> str:
    """What the runner makes of escaped text."""
    for escaped, character in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(escaped, character)
    return text


def github(result: Result) -> list[tuple[str, dict[str, str], str]]:
    return commands(render(result, "github", Looks()))


def test_a_finding_marks_its_line() -> None:
    assert github(results()["error"])[0] == (
        "error",
        {"file": "spec/x.yaml", "line": "3", "col": "5", "title": "unreachable"},
        "Nothing leads here.\nAdd a transition to it.",
    )


def test_severities_become_the_commands_of_the_runner() -> None:
    found = tuple(finding(severity=severity) for severity in Severity)
    assert [command for command, _, _ in github(Result("lint", found))] == ["error", "warning", "notice"]


def test_what_was_not_looked_at_is_a_warning() -> None:
    assert github(results()["incomplete"])[0][0] == "warning"


def test_the_log_gets_a_summary() -> None:
    assert render(results()["clean"], "github", Looks()) == "pointsman lint: 6 statuses, 7 transitions.\n"
    assert render(results()["clean"], "github", Looks(brief=True)) == ""


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_give_no_command_of_their_own(words: str) -> None:
    hostile = finding(words, code=words, help=words, place=Place(words, 1, 1))
    found = github(Result("lint", (hostile,), summary=words, incomplete=(words,)))
    assert [command for command, _, _ in found] == ["error", "warning"]
    assert set(found[0][1]) == {"file", "line", "col", "title"}


def test_signs_that_the_runner_reads_come_back_as_they_were() -> None:
    found = github(Result("lint", (finding("100%0A of a:b,c\nnext", place=Place("a:b,c%.yaml", 1, 2), help=""),)))
    assert found[0][1]["file"] == "a:b,c%.yaml"
    assert found[0][2] == "100%0A of a:b,c\nnext"
