"""The same transition is declared twice."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, key, label
from pointsman.spec.condition import Condition
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.source import Place

_Same = tuple[str | Condition | None, ...]


def _check(subject: LintContext) -> Iterator[Finding]:
    met: dict[_Same, Place] = {}
    for transition in subject.lifecycle.transitions:
        place = subject.source_place(transition)
        same: _Same = (transition.source, transition.target, transition.event, transition.when)
        # One key for each actor; a transition without actors, which any actor may take, has the key None.
        for actor in transition.by or (None,):
            first = met.setdefault((*same, actor), place)
            if first is not place:
                yield RULE.finding(
                    place,
                    f"{label(transition)} is declared twice (first in line {first.line})",
                    "Remove one of the two.",
                    key(transition),
                )
                break


RULE = Rule("duplicate-transition", Severity.WARNING, "The same transition is declared twice.", _check)
