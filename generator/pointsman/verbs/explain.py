"""`pointsman explain`: the page of a rule, or of a property, law or premise of `check`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import pointsman
from pointsman.linting.rules import LOAD_RULES, RULES
from pointsman.linting.rules.rule import LoadRule, Rule
from pointsman.loading.codes import LOAD_CODES, LoadCode
from pointsman.result import Code, Result
from pointsman.spec.errors import UsageError
from pointsman.spec.finding import Severity, did_you_mean

HELP = "explain a lint rule, or a property, law or premise of check: what it says, why it matters, what to do"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `explain`."""
    parser.add_argument(
        "rule", metavar="RULE", help="the code of a finding, such as dead-end, or the name of a law or premise"
    )


def run(arguments: argparse.Namespace) -> Result:
    """Return the page, as text and as data. Raises UsageError for a name that has none."""
    every: tuple[LoadCode | LoadRule | Rule, ...] = (*LOAD_CODES, *LOAD_RULES, *RULES)
    known = {one.code: one for one in every}  # a page goes before a sentence
    found = known.get(arguments.rule)
    if found is None:
        return _of_check(arguments.rule, known)
    if isinstance(found, LoadCode):
        severity, summary, page = Severity.ERROR, found.says, _page_of_load_code(found)
    else:
        severity, summary, page = found.severity, found.summary, page_of(found.code)
    data = {"code": found.code, "severity": severity, "summary": summary, "page": page}
    return Result("explain", blocks=(Code(page, "markdown"),), data=data)


def _of_check(name: str, known: Mapping[str, object]) -> Result:
    """Return the page of a property, a law, a wrong implementation or a premise."""
    from pointsman.verdicts.pages import pages

    found = pages()
    if name not in found:
        hint = did_you_mean(name, (*known, *found))
        raise UsageError(f"there is no rule {name!r}.{hint} `pointsman rules` lists them.")
    summary, page = found[name]
    data = {"code": name, "severity": Severity.ERROR, "summary": summary, "page": page}
    return Result("explain", blocks=(Code(page, "markdown"),), data=data)


def _page_of_load_code(one: LoadCode) -> str:
    """Make the page of a mistake that the loader finds and that has no page on the disk, from its one sentence."""
    too = " An editor that uses the JSON Schema of the language marks it too." if one.in_schema else ""
    return f"""\
# {one.code}

Severity: error

{one.says}

The loader finds it: a spec that has it is not read any further, and the exit code is 3.{too}
"""


def page_of(code: str) -> str:
    """Read the page of a rule: from the folder in the wheel, or in a checkout from docs/rules."""
    package = Path(pointsman.__file__).parent
    for folder in (package / "rule_pages", package.parents[1] / "docs" / "rules"):
        page = folder / f"{code}.md"
        if page.is_file():
            return page.read_text(encoding="utf-8")
    raise UsageError(f"the page of {code} is not installed: install Pointsman again.")
