"""An event that comes early is ignored, although the row may still come to where it applies."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import EarlyEvent
from pointsman.spec.meaning import statuses_answering


def _check(subject: LintContext) -> Iterator[Finding]:
    for event in subject.lifecycle.events:
        ignored = statuses_answering(event, EarlyEvent.IGNORE)
        if event.keep_in is None or not ignored:
            continue
        takers = subject.taking.get(event.name, ())
        applied = {end for taker in takers for end in taker.pair}
        early = (_before(subject, event.name) & subject.graph.reaching(t.source for t in takers)) - applied
        for status in ignored:
            if status in early:
                yield RULE.finding(
                    subject.lifecycle.place("events", event.name, "otherwise", status, value=True),
                    f"{event.name} is ignored in {status}, from where a row can come to a status that takes it: "
                    "an early one is lost",
                    f"Answer keep there, as {event.keep_in} can hold it; or refuse, so that the sender sends it again.",
                    f"event:{event.name}:{status}",
                )


def _before(subject: LintContext, event: str) -> frozenset[str]:
    """Names of the statuses that a row can reach from an initial one without `event`."""
    found = set(subject.graph.initials)
    waiting = list(found)
    while waiting:
        moves = subject.lifecycle.moves[waiting.pop()]
        new = {move.target for move in moves if move.event != event} - found
        found |= new
        waiting += new
    return frozenset(found)


RULE = Rule(
    "early-event-dropped",
    Severity.WARNING,
    "An event that comes early is ignored, although the row may still come to where it applies.",
    _check,
)
