"""Every kind of bad input: what is found, where, and that the person is told what to do."""

import pytest
import yaml

from pointsman.loading import yaml_nodes as reading
from pointsman.loading.codes import LOAD_CODES
from pointsman.loading.load import load_text
from pointsman.loading.yaml_nodes import read_bytes
from pointsman.spec.errors import SpecError
from pointsman.spec.finding import Severity
from pointsman.spec.lifecycle import Lifecycle
from tests import bad_specs
from tests.bad_specs import Bad


def told(data: bytes) -> SpecError:
    with pytest.raises(SpecError) as caught:
        _load(data)
    return caught.value


def _load(data: bytes) -> Lifecycle:
    read_bytes(data, "bad.yaml")
    return load_text(data.decode(), "bad.yaml")


def test_the_spec_that_the_bad_ones_are_made_from_is_good() -> None:
    assert load_text(bad_specs.GOOD).name == "order"


@pytest.mark.parametrize("bad", bad_specs.ALL, ids=str)
def test_each_mistake_is_found_at_its_line_and_column(bad: Bad) -> None:
    found = [f"{f.place.line}:{f.place.column} {f.code}" for f in told(bad.data).findings]
    assert found == list(bad.found)


@pytest.mark.parametrize("bad", bad_specs.ALL, ids=str)
def test_each_mistake_is_found_there_also_by_the_parser_written_in_python(
    bad: Bad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_LOADER", yaml.SafeLoader)
    found = [f"{f.place.line}:{f.place.column} {f.code}" for f in told(bad.data).findings]
    assert found == list(bad.found)


@pytest.mark.parametrize("bad", [bad for bad in bad_specs.ALL if bad.says], ids=str)
def test_a_finding_shows_the_value_or_says_what_to_do(bad: Bad) -> None:
    first = told(bad.data).findings[0]
    assert all(words in f"{first.message} {first.help}" for words in bad.says), (first.message, first.help)


@pytest.mark.parametrize("bad", bad_specs.ALL, ids=str)
def test_a_finding_is_an_error_in_one_printable_line_with_help(bad: Bad) -> None:
    for finding in told(bad.data).findings:
        assert finding.severity is Severity.ERROR
        assert finding.place.file == "bad.yaml"
        assert finding.message.isprintable()
        assert finding.help.isprintable()
        assert finding.help.endswith(".")
        assert len(finding.message) < 500


def test_every_code_of_the_loader_has_a_bad_spec() -> None:
    of_the_path = {"file-missing", "not-a-file", "file-unreadable"}
    shown = {line.split()[1] for bad in bad_specs.ALL for line in bad.found}
    assert shown | of_the_path == {one.code for one in LOAD_CODES}


def test_a_hint_spells_an_outcome_as_a_spec_does() -> None:
    call = "calls: {c: {provider: p, request: r, repeat: new_effect, outcomes: [{acepted: [timeout]}]}}\n"
    (message,) = (one.message for one in told((bad_specs.GOOD + call).encode()).findings if one.code == "unknown-key")
    assert message == "'acepted' is not a key of an outcome. Did you mean 'accepted'?"
