"""An event is kept where nothing can keep it, or where it can never be applied."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import EarlyEvent, Event
from pointsman.spec.meaning import statuses_answering


def _check(subject: LintContext) -> Iterator[Finding]:
    for event in subject.lifecycle.events:
        kept = statuses_answering(event, EarlyEvent.KEEP)
        if not kept:
            continue
        yield from _place_to_keep(subject, event)
        takers = subject.taking.get(event.name, ())
        applies = subject.graph.reaching(transition.source for transition in takers)
        for status in kept:
            if status not in applies and takers:
                yield RULE.finding(
                    subject.lifecycle.place("events", event.name, "otherwise", status, value=True),
                    f"{event.name} is kept in {status}, and no way leads from there to a status where it applies",
                    "Answer ignore or refuse there, or add the way.",
                    f"event:{event.name}:{status}",
                )


def _place_to_keep(subject: LintContext, event: Event) -> Iterator[Finding]:
    table = subject.lifecycle.table
    if event.keep_in is None:
        yield RULE.finding(
            subject.lifecycle.place("events", event.name),
            f"{event.name} is kept in some status, and no column keeps it: an early one is lost",
            "Name a nullable time column: `keep_in: <event>_at`.",
            f"event:{event.name}",
        )
    elif table is not None and not table.column[event.keep_in].nullable:
        yield RULE.finding(
            subject.lifecycle.place("events", event.name, "keep_in", value=True),
            f"{event.keep_in} keeps {event.name}, and is never null: every row looks as if it kept one",
            "Make the column nullable; null says that nothing is kept.",
            f"event:{event.name}:{event.keep_in}",
        )


RULE = Rule(
    "kept-nowhere",
    Severity.ERROR,
    "An event is kept where nothing can keep it, or where it can never be applied.",
    _check,
)
