"""`pointsman explain`: a rule's page."""

from __future__ import annotations

import argparse
from pathlib import Path

import pointsman
from pointsman.errors import UsageError
from pointsman.finding import did_you_mean
from pointsman.result import Code, Result
from pointsman.rules import LOAD_RULES, RULES
from pointsman.rules.rule import LoadRule, Rule

HELP = "explain a lint rule: what it finds, why it matters, what to do, with a bad and a good spec"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `explain`."""
    parser.add_argument("rule", metavar="RULE", help="the code of a rule, such as dead-end")


def run(arguments: argparse.Namespace) -> Result:
    """The page, as text and as data."""
    known: dict[str, Rule | LoadRule] = {rule.code: rule for rule in RULES} | {rule.code: rule for rule in LOAD_RULES}
    rule = known.get(arguments.rule)
    if rule is None:
        hint = did_you_mean(arguments.rule, known)
        raise UsageError(f"there is no rule {arguments.rule!r}.{hint} `pointsman rules` lists them.")
    page = page_of(rule.code)
    data = {"code": rule.code, "severity": rule.severity, "summary": rule.summary, "page": page}
    return Result("explain", blocks=(Code(page, "markdown"),), data=data)


def page_of(code: str) -> str:
    """The text of a rule's page: the wheel carries the pages, a checkout has them under docs."""
    package = Path(pointsman.__file__).parent
    for folder in (package / "rule_pages", package.parents[1] / "docs" / "rules"):
        page = folder / f"{code}.md"
        if page.is_file():
            return page.read_text(encoding="utf-8")
    raise UsageError(f"the page of {code} is not installed: install Pointsman again.")
