"""A reply is described that an earlier line of the outcomes already catches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pointsman.finding import Finding, Severity
from pointsman.lifecycle import Match, Silence
from pointsman.rules.rule import Rule, Subject

_EVERY_STATUS = ((100, 599),)


def _check(subject: Subject) -> Iterator[Finding]:
    for call in subject.lifecycle.calls:
        earlier: list[Match] = []
        for position, rule in enumerate(call.outcomes):
            for index, match in enumerate(rule.matches):
                if _is_caught(match, earlier):
                    place = subject.lifecycle.place(
                        "calls", call.name, "outcomes", position, rule.outcome, index, value=True
                    )
                    yield RULE.finding(
                        place,
                        f"{call.name} can never be {rule.outcome} by this: an earlier line catches the same replies",
                        "Put the narrower line first, or remove this one. The first line that matches wins.",
                        f"call:{call.name}:{rule.outcome}:{_words(match)}",
                    )
            earlier.extend(rule.matches)


def _words(match: Match) -> str:
    ranges = ",".join(f"{low}-{high}" for low, high in match.http)
    return "/".join(part for part in (ranges, match.code, match.type, match.message, match.silence) if part)


def _is_caught(match: Match, earlier: Sequence[Match]) -> bool:
    """Whether every reply that fits `match` fits one of `earlier`."""
    if any(known.silence is Silence.UNMATCHED for known in earlier):
        return True
    if match.silence is not None:
        return any(known.silence is match.silence for known in earlier)
    wider = [known for known in earlier if known.silence is None and _is_wider(known, match)]
    ranges = [span for known in wider for span in known.http or _EVERY_STATUS]
    return all(_is_covered(span, ranges) for span in match.http or _EVERY_STATUS)


def _is_wider(known: Match, match: Match) -> bool:
    """Whether `known` asks for no more than `match` does, HTTP status aside."""
    return all(
        wanted is None or wanted == having
        for wanted, having in (
            (known.code, match.code),
            (known.type, match.type),
            (known.message if known.message != "*" else None, match.message),
        )
    )


def _is_covered(span: tuple[int, int], ranges: Sequence[tuple[int, int]]) -> bool:
    at, last = span
    for low, high in sorted(ranges):
        if low <= at <= high:
            at = high + 1
    return at > last


RULE = Rule(
    "shadowed-outcome",
    Severity.WARNING,
    "A reply is described that an earlier line of the outcomes already catches.",
    _check,
)
