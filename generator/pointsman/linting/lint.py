"""Runs every lint rule over a lifecycle and applies the spec's inline ignores."""

from __future__ import annotations

from dataclasses import replace

from pointsman.linting.ignores import ignores, silenced
from pointsman.linting.rules import CODES, RULES
from pointsman.linting.rules.rule import LintContext
from pointsman.spec.finding import Finding, by_place
from pointsman.spec.graph import Graph
from pointsman.spec.lifecycle import Lifecycle


def lint(lifecycle: Lifecycle) -> tuple[Finding, ...]:
    """Every finding, in the order of the spec, without those that a reasoned inline ignore silences."""
    known = ignores(lifecycle.source)
    subject = LintContext(lifecycle, Graph(lifecycle), CODES, known)
    first = [finding for rule in RULES if not rule.last for finding in rule.check(subject)]
    kept, unused = silenced(first, known)
    closing = replace(subject, unused=unused)
    last = [finding for rule in RULES if rule.last for finding in rule.check(closing)]
    return by_place((*kept, *last))
