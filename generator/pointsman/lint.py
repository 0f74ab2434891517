"""A lifecycle -> what is wrong with it, by the rules and the spec's own ignores."""

from __future__ import annotations

from dataclasses import replace

from pointsman.finding import Finding, by_place
from pointsman.graph import Graph
from pointsman.ignores import ignores, silenced
from pointsman.lifecycle import Lifecycle
from pointsman.rules import CODES, RULES
from pointsman.rules.rule import LintContext


def lint(lifecycle: Lifecycle) -> tuple[Finding, ...]:
    """Every finding, in the order of the spec, without those that a reasoned inline ignore silences."""
    known = ignores(lifecycle.source)
    subject = LintContext(lifecycle, Graph(lifecycle), CODES, known)
    first = [finding for rule in RULES if not rule.last for finding in rule.check(subject)]
    kept, unused = silenced(first, known)
    closing = replace(subject, unused=unused)
    last = [finding for rule in RULES if rule.last for finding in rule.check(closing)]
    return by_place((*kept, *last))
