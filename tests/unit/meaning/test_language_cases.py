"""The cases of docs/spec-language.md are what the meaning says."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pointsman.loading.load import load_text
from pointsman.spec import meaning
from pointsman.spec.lifecycle import CallResult, Queue, Silence
from pointsman.spec.meaning import Json, ReceivedResponse
from tests.language_page import PAGE

TEXT = PAGE.read_text(encoding="utf-8")
CASES = re.compile(r"<!-- cases: ([a-z -]+) -->\n\|[^\n]*\n\|[-|]+\n(.*?)<!-- end -->", re.DOTALL)
TABLES = {name: [line.strip("|").split("|") for line in rows.splitlines()] for name, rows in CASES.findall(TEXT)}
PART = TEXT[TEXT.index("\n## What it means") :]
SPEC = load_text(re.findall(r"```yaml\n(.*?)```", PART, re.DOTALL)[0])
PAY = SPEC.call["pay"]
ROW = {"id": 7, "cents": 1000}
CUT_OFF = '{"id": "po_'


def cases(name: str) -> pytest.MarkDecorator:
    """The rows of a table, each with the text of its cells without blanks and backquotes."""
    rows = [tuple(cell.strip().strip("`") for cell in row) for row in TABLES[name]]
    return pytest.mark.parametrize("row", rows, ids=[" ".join(row) for row in rows])


def response(text: str) -> ReceivedResponse:
    """``200 {..}``, ``200 nothing``, ``200 cut off``, or a silence."""
    if text in set(Silence):
        return ReceivedResponse(silence=Silence(text))
    status, _, said = text.partition(" ")
    body: Json = {"cut off": CUT_OFF, "nothing": ""}[said] if said in {"cut off", "nothing"} else json.loads(said[1:])
    assert isinstance(body, str | dict)
    return ReceivedResponse(int(status), body)


def test_every_table_of_cases_is_run() -> None:
    checked = set(re.findall(r'@cases\("([a-z -]+)"\)', Path(__file__).read_text(encoding="utf-8")))
    assert checked == set(TABLES) == set(re.findall("cases: ([a-z -]+) -->", TEXT))
    assert all(len(rows) > 2 for rows in TABLES.values())


@cases("reading")
def test_a_path_names_a_value(row: tuple[str, str, str]) -> None:
    body, path, value = row
    assert meaning.field(json.loads(body), path) == (None if value == "missing" else json.loads(value))


@cases("writing")
def test_a_body_is_made_in_which_paths_name_their_values(row: tuple[str, str]) -> None:
    body: dict[str, Json] = {}
    fields = json.loads(row[0])
    for path, value in fields.items():
        meaning.put_field(body, path, value)
    assert json.dumps(body) == row[1]
    assert {path: meaning.field(body, path) for path in fields} == fields


@cases("parameters")
def test_a_mark_becomes_a_parameter(row: tuple[str, str]) -> None:
    assert meaning.parameter(row[0]) == row[1]


@cases("responses")
def test_a_response_is_its_outcome(row: tuple[str, str]) -> None:
    assert meaning.outcome_of(PAY, response(row[0])) == row[1]


@cases("responses without records")
def test_a_response_to_a_call_that_records_nothing_is_its_outcome(row: tuple[str, str]) -> None:
    assert meaning.outcome_of(replace(PAY, records=()), response(row[0])) == row[1]


@cases("look-ups")
def test_a_look_up_shows_this(row: tuple[str, str]) -> None:
    answer = meaning.looked_up(PAY, ROW, response(row[0]))
    assert (answer.result if answer is not None else "no answer") == row[1]


@cases("webhooks")
def test_a_webhook_means_this_event(row: tuple[str, str, str]) -> None:
    status, thing, event = row
    (hook,) = PAY.webhooks
    assert (meaning.event_of(hook, status) if meaning.tells(hook, json.loads(thing)) else "nothing") == event


@cases("early events")
def test_this_becomes_of_an_event(row: tuple[str, str, str]) -> None:
    name, status, what = row
    taken = meaning.transitions_by(SPEC, status, name)
    assert ("a transition takes it" if taken else meaning.early_event(SPEC.event.get(name), status)) == what


@cases("usual steps")
def test_a_result_has_its_usual_step(row: tuple[str, str]) -> None:
    assert meaning.after(Queue("bare", ("pending",)), CallResult(row[0])) == row[1]


def test_every_result_and_every_thing_that_a_look_up_shows_is_in_a_table() -> None:
    def told(name: str, column: int) -> set[str]:
        return {row[column].strip().strip("`") for row in TABLES[name]}

    assert told("usual steps", 0) == set(CallResult)
    assert told("look-ups", 1) == {*meaning.LookUpResult, "no answer"}
