"""The reference of the language says what the language is."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from pointsman.linting.lint import lint
from pointsman.loading.codes import LOAD_CODES
from pointsman.loading.load import load_text
from pointsman.loading.scalars import TYPES
from pointsman.loading.yaml_nodes import MAX_BYTES, MAX_DEPTH, MAX_NODES
from pointsman.spec.errors import SpecError
from pointsman.spec.lifecycle import (
    ActorKind,
    ClaimBy,
    Delivery,
    EarlyEvent,
    EffectState,
    NextStep,
    Outcome,
    PropertyKind,
    Repeat,
    SettleBy,
    Silence,
)
from tests.checkout import TOP
from tests.language_page import PAGE, blocks, records, tables

TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = [found for found in re.findall(r"```yaml([^\n]*)\n(.*?)```", TEXT, re.DOTALL) if "pointsman: 1" in found[1]]
LOADER = sorted((TOP / "generator" / "pointsman" / "loading").glob("*.py"))
WORDS: tuple[type[StrEnum], ...] = (
    ActorKind,
    EarlyEvent,
    ClaimBy,
    Delivery,
    EffectState,
    Outcome,
    PropertyKind,
    Repeat,
    SettleBy,
    Silence,
    NextStep,
)


def test_the_tables_of_the_page_are_those_of_the_language() -> None:
    assert blocks(TEXT) == tables(), "run `python -m tests.language_page`"


def test_every_key_of_every_record_is_on_the_page_with_its_sentence() -> None:
    rows = {(found[0], found[1]) for found in re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", TEXT, re.MULTILINE)}
    assert {(field.key, record.says(field)) for record in records() for field in record.fields} <= rows


def test_the_records_of_the_language_have_names_of_their_own() -> None:
    assert len({record.what for record in records()}) == len(list(records()))


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.__name__)
def test_every_word_of_the_language_is_explained(words: type[StrEnum]) -> None:
    explained = set(re.findall(r"^\| `(\w+)` \| [^|]+ \|$", TEXT, re.MULTILINE))
    assert {str(word) for word in words} <= explained


def test_every_column_type_is_named() -> None:
    assert all(f"`{name}`" in TEXT for name in TYPES)


def test_the_limits_are_those_of_the_reader() -> None:
    assert f"{MAX_BYTES // 1024**2} MiB, {MAX_DEPTH} levels" in TEXT
    assert (MAX_NODES, "a million nodes" in TEXT) == (1_000_000, True)


@pytest.mark.parametrize(("how", "text"), EXAMPLES, ids=[f"example {n}" for n in range(1, len(EXAMPLES) + 1)])
def test_an_example_is_clean_or_is_refused_as_the_page_says(how: str, text: str) -> None:
    if refused := how.strip().removeprefix("refused="):
        with pytest.raises(SpecError) as caught:
            load_text(text)
        assert {finding.code for finding in caught.value.findings} == {refused}
    else:
        assert lint(load_text(text)) == ()


def test_what_is_refused_on_purpose_has_an_example_each() -> None:
    part = TEXT[TEXT.index("\n## Refused on purpose") : TEXT.index("\n## What the loader says")]
    assert part.count("\n### ") == part.count("refused=") == part.count("\nInstead: ")


# --- codes ---------------------------------------------------------------------


def codes(path: Path) -> set[str]:
    """The codes that a module of the loader gives to its findings, as its text has them."""
    text = path.read_text(encoding="utf-8")
    return set(re.findall(r"""(?:refuse|_fail|_note|_end_here|Finding)\(\s*f?"([^"]+)\"""", text))


def test_every_code_of_the_loader_is_registered_and_every_registered_code_is_used() -> None:
    used = set[str]().union(*map(codes, LOADER))
    kinds = {"status", "event", "actor", "call", "column"}
    assert "undeclared-{kind}" in used
    spelled = (used - {"undeclared-{kind}"}) | {f"undeclared-{kind}" for kind in kinds}
    assert spelled == {one.code for one in LOAD_CODES}


def test_a_code_is_registered_once_and_says_a_sentence() -> None:
    assert len({one.code for one in LOAD_CODES}) == len(LOAD_CODES)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one.code) for one in LOAD_CODES)
    assert all(one.says[0].isupper() and one.says.endswith(".") for one in LOAD_CODES)
