"""Every rule has a page, and what the page shows is true."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

from pointsman.linting.lint import lint
from pointsman.linting.rules import CODES, LOAD_RULES, RULES
from pointsman.linting.rules.rule import LoadRule, Rule
from pointsman.loading.load import load_text
from pointsman.spec.errors import SpecError
from pointsman.spec.finding import Finding

PAGES = Path(__file__).parents[2] / "docs" / "rules"
FOUND_BY_LINT = sorted(CODES)
FOUND_BY_LOADER = sorted(rule.code for rule in LOAD_RULES)
EVERY = sorted((*FOUND_BY_LINT, *FOUND_BY_LOADER))
HEADINGS = ["Why it matters", "What to do", "A spec that has it", "A spec that does not"]


@dataclass(frozen=True)
class Page:
    title: str
    severity: str
    summary: str
    headings: list[str]
    bad: str
    good: str


def read(code: str) -> Page:
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    head = re.match(r"# (\S+)\n\nSeverity: (\w+)\n\n(.+?)\n\n## ", text, re.DOTALL)
    assert head is not None, "the page begins with its title, `Severity:` and the summary"
    specs = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(specs) == 2
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    return Page(head[1], head[2], " ".join(head[3].split()), headings, specs[0], specs[1])


def test_rules_and_pages_are_the_same_set() -> None:
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README"}
    assert pages == set(EVERY)
    assert len({rule.code for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", [*RULES, *LOAD_RULES], ids=lambda rule: rule.code)
def test_a_page_says_what_its_rule_says(rule: Rule | LoadRule) -> None:
    page = read(rule.code)
    assert page.title == rule.code
    assert page.severity == rule.severity
    assert page.summary.startswith(rule.summary)
    assert page.headings == HEADINGS


@pytest.mark.parametrize("code", FOUND_BY_LINT)
def test_the_bad_spec_of_a_page_has_this_finding_and_no_other(code: str) -> None:
    found = lint(load_text(read(code).bad, f"{code}.yaml"))
    files = f"docs/rules/{code}.md, generator/pointsman/linting/rules/{code.replace('-', '_')}.py"
    codes = {finding.code for finding in found}
    others = ", ".join(sorted(codes - {code})) or "no other rule"
    assert codes == {code}, f"the page's first spec or the rule is wrong, or {others} finds too much: {files}"
    assert all(_is_told(finding) for finding in found)


@pytest.mark.parametrize("code", FOUND_BY_LOADER)
def test_the_bad_spec_of_a_loaders_page_is_refused_with_this_finding_and_no_other(code: str) -> None:
    with pytest.raises(SpecError) as refused:
        load_text(read(code).bad, f"{code}.yaml")
    assert {finding.code for finding in refused.value.findings} == {code}


@pytest.mark.parametrize("code", EVERY)
def test_the_good_spec_of_a_page_has_no_finding_at_all(code: str) -> None:
    assert lint(load_text(read(code).good, f"{code}.yaml")) == ()


def _is_told(finding: Finding) -> bool:
    """A finding names something, stands somewhere below the first line, and says what to do."""
    wording = finding.message[0] != " " and not finding.message.endswith(".") and finding.help.endswith(".")
    return wording and finding.place.line > 1 and bool(finding.subject)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rules_file_is_named_after_it_and_says_what_it_says(rule: Rule) -> None:
    module = import_module(f"pointsman.linting.rules.{rule.code.replace('-', '_')}")
    assert module.RULE is rule
    assert (module.__doc__ or "").partition("\n")[0] == rule.summary
