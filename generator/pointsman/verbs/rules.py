"""`pointsman rules`: every lint rule, with its severity and what it finds."""

from __future__ import annotations

import argparse

from pointsman.linting.rules import LOAD_RULES, RULES
from pointsman.linting.rules.rule import LoadRule, Rule
from pointsman.result import Grid, GridCell, Result
from pointsman.spec.finding import Severity

HELP = "list the lint rules, with their severity and what each finds"

_TONES = {Severity.ERROR: "bad", Severity.WARNING: "strong", Severity.NOTE: "quiet"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add nothing: `rules` takes no arguments of its own."""


def run(arguments: argparse.Namespace) -> Result:  # noqa: ARG001 - a verb has this function
    """Return the table of all rules."""
    known: tuple[Rule | LoadRule, ...] = (*RULES, *LOAD_RULES)
    grid = Grid(
        header=("rule", "severity", "what it finds"),
        rows=tuple(
            (GridCell(rule.code), GridCell(rule.severity, _TONES[rule.severity]), GridCell(rule.summary))
            for rule in known
        ),
    )
    return Result(
        "rules",
        blocks=(grid,),
        data={"rules": [_record(rule) for rule in known]},
        summary=f"{len(known)} rules. `pointsman explain RULE` says why each matters and what to do.",
    )


def _record(rule: Rule | LoadRule) -> dict[str, object]:
    return {
        "code": rule.code,
        "severity": rule.severity,
        "summary": rule.summary,
        "found_by": "lint" if isinstance(rule, Rule) else "load",
    }
