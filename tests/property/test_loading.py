"""Whatever is read, the loader gives a lifecycle or findings with places, and nothing else."""

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pointsman.loading.codes import LOAD_CODES
from pointsman.loading.load import load_text
from pointsman.loading.yaml_nodes import read, read_bytes
from pointsman.spec.errors import SpecError
from pointsman.spec.lifecycle import Lifecycle
from tests.bad_specs import GOOD
from tests.documents import json_values
from tests.mutations import mutated_lines, mutated_nodes, mutated_words

SELLER = Path(__file__).parents[2] / "spec" / "seller_transfer.yaml"
TEXT = SELLER.read_text(encoding="utf-8")
ROOT = read(SELLER).root
assert ROOT is not None
DATA = json_values(ROOT)
CODES = {one.code for one in LOAD_CODES}


def loads_or_tells(text: str) -> Lifecycle | None:
    """Load `text`; every finding must have a known code, a place inside the file, and printable words."""
    try:
        return load_text(text)
    except SpecError as error:
        told = error.findings
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    assert told
    for finding in told:
        assert finding.code in CODES
        assert finding.message.isprintable()
        assert finding.help.isprintable()
        assert 1 <= finding.place.line <= len(lines)
        assert 1 <= finding.place.column <= len(lines[finding.place.line - 1]) + 1
    assert list(told) == sorted(told, key=lambda finding: finding.place)
    return None


@given(st.text())
def test_any_text_loads_or_is_told_of(text: str) -> None:
    loads_or_tells(text)


@given(st.text(st.sampled_from("ab:-#*&!|>'\"%@`{}[],?<=~01 \n\t\r\\\ufeff\u2028"), max_size=60))
@example("? \n")
@example("- - - -\n")
@example("a: |2\n   b\n  c")
@example("%TAG ! x\n---\n!a b")
def test_any_text_of_the_signs_of_yaml_loads_or_is_told_of(text: str) -> None:
    loads_or_tells(text)


@given(st.binary())
def test_any_bytes_are_read_or_told_of(data: bytes) -> None:
    with suppress(SpecError):
        read_bytes(data, "any.yaml")


@settings(max_examples=150, deadline=None)  # the first example pays for an import
@given(mutated_lines(TEXT))
def test_a_spec_with_other_lines_loads_or_is_told_of(text: str) -> None:
    loads_or_tells(text)


@settings(max_examples=200, deadline=None)
@given(mutated_words(TEXT))
def test_a_spec_with_other_words_loads_or_is_told_of(text: str) -> None:
    loads_or_tells(text)


@settings(max_examples=200, deadline=None)
@given(mutated_words(GOOD))
def test_a_short_spec_with_other_words_loads_or_is_told_of(text: str) -> None:
    loads_or_tells(text)


@settings(max_examples=200, deadline=None)
@given(mutated_nodes(DATA))
def test_a_spec_with_other_nodes_loads_or_is_told_of(data: object) -> None:
    loads_or_tells(json.dumps(data, ensure_ascii=False))


@settings(deadline=None)
@given(st.data())
def test_a_spec_is_the_same_however_its_lines_end(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from((TEXT, GOOD)))
    end = data.draw(st.sampled_from(("\r\n", "\r")))
    mark = data.draw(st.sampled_from(("", "\ufeff")))
    assert loads_or_tells(mark + text.replace("\n", end)) == load_text(text)


@pytest.mark.parametrize("text", [TEXT, GOOD], ids=["seller transfer", "short"])
def test_what_is_mutated_is_good_before(text: str) -> None:
    assert loads_or_tells(text) is not None


def test_a_spec_says_the_same_as_json() -> None:
    text = json.dumps(DATA).replace('"now"', "now")  # in quotes it would be a text
    assert load_text(text) == load_text(TEXT)
