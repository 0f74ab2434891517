"""`lint`: what is wrong with a lifecycle as a graph."""

from __future__ import annotations

from pointsman.linting.lint import lint as lint_by_rules
from pointsman.spec.finding import Finding
from pointsman.spec.lifecycle import Lifecycle


def lint(lifecycle: Lifecycle) -> tuple[Finding, ...]:
    """Hold a lifecycle against every lint rule.

    Args:
        lifecycle: what `load` gave. Findings have lines and columns because it knows the file that it was read from.

    Returns:
        The findings in the order of the spec, without those that an inline ignore with a reason silences; empty where
        nothing is wrong. `finding.code` is the rule: `docs/rules/` has a page for each.

    Example::

        errors = [found for found in lint(load("spec/orders.yaml")) if found.severity is Severity.ERROR]
    """
    return lint_by_rules(lifecycle)
