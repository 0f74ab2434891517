"""The published JSON Schema and the loader agree on what a spec may hold.

The schema refuses a document if and only if the loader finds something whose
code `LOAD_CODES` marks as one that a schema can tell. What stands outside:
documents that are not YAML, and what only the whole document can tell.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from pointsman.loading.codes import LOAD_CODES
from pointsman.loading.language import schema
from pointsman.loading.load import load_text
from pointsman.loading.yaml_nodes import read
from pointsman.spec.errors import SpecError
from tests.bad_specs import NAMES, STRUCTURE, TEXTS, WHOLE, Bad
from tests.documents import document, json_values
from tests.mutations import mutated_nodes

SPEC = Path(__file__).parents[2] / "spec"
SPECS = sorted([*SPEC.glob("*.yaml"), *SPEC.glob("history/*.yaml")])
VALIDATOR = Draft202012Validator(schema())
IN_SCHEMA = {one.code for one in LOAD_CODES if one.in_schema}
DATA = json_values(document((SPEC / "seller_transfer.yaml").read_bytes()))

ONLY_THE_LOADER = {
    "a boolean as a status",  # JSON's keys are texts
    "the version in sixteens",  # to a schema 0x1 is 1
    "a name with a line in it",  # to a regular expression the last line end may be behind the end
    "a duration of nothing",  # nor can one add up
    "a duration of a thousand years",
    "a duration of too many digits",
}


TOLD = [
    bad
    for bad in (*STRUCTURE, *NAMES, *TEXTS, *WHOLE)
    if bad.name not in ONLY_THE_LOADER and "yaml-syntax" not in " ".join(bad.found)
]


def codes(text: str) -> set[str]:
    """The codes of the loader's findings."""
    try:
        load_text(text)
    except SpecError as error:
        return {finding.code for finding in error.findings}
    return set()


def test_the_published_schema_is_that_of_the_language() -> None:
    assert json.loads((SPEC / "lifecycle.schema.json").read_text(encoding="utf-8")) == schema()


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("path", SPECS, ids=lambda path: str(path.relative_to(SPEC)))
def test_the_schema_accepts_every_spec_that_we_publish(path: Path) -> None:
    root = read(path).root
    assert root is not None
    assert not list(VALIDATOR.iter_errors(json_values(root)))


@pytest.mark.parametrize("bad", TOLD, ids=str)
def test_the_schema_refuses_a_bad_spec_just_where_it_can(bad: Bad) -> None:
    found = {line.split()[1] for line in bad.found}
    assert VALIDATOR.is_valid(json_values(document(bad.data))) == (not found & IN_SCHEMA)


@pytest.mark.parametrize("name", sorted(ONLY_THE_LOADER))
def test_what_only_the_loader_refuses_is_accepted_by_the_schema(name: str) -> None:
    bad = next(bad for bad in (*STRUCTURE, *NAMES) if bad.name == name)
    assert VALIDATOR.is_valid(json_values(document(bad.data)))


@settings(max_examples=60, deadline=None)
@given(mutated_nodes(DATA))
def test_the_schema_refuses_what_the_loader_refuses_for_its_structure(data: Any) -> None:
    found = codes(json.dumps(data, ensure_ascii=False))
    assert VALIDATOR.is_valid(data) == (not found & IN_SCHEMA), found
