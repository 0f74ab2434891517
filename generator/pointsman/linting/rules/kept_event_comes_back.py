"""A kept event stays kept when its transition is taken for another reason, and is applied a second time."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, label
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.meaning import keeps


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for event in lifecycle.events:
        if event.keep_in is None or not keeps(event):
            continue
        takers = subject.taking.get(event.name, ())
        applies = subject.graph.reaching(transition.source for transition in takers)
        # Several ways into one status are one thing to correct.
        for transition in {taker.target: taker for taker in reversed(takers)}.values():
            cleared = dict(lifecycle.status[transition.target].on_entry).get(event.keep_in, "kept") is None
            if not cleared and transition.target in applies:
                yield RULE.finding(
                    lifecycle.place("statuses", transition.target, "on_entry"),
                    f"{label(transition)} leaves {event.keep_in} as it is, and the row can come back to where "
                    f"{event.name} applies: the kept event would be applied again",
                    f"Clear it on entry: `on_entry: {{{event.keep_in}: null}}`.",
                    f"event:{event.name}:{transition.target}",
                )


RULE = Rule(
    "kept-event-comes-back",
    Severity.WARNING,
    "A kept event stays kept when its transition is taken for another reason, and is applied a second time.",
    _check,
)
