"""A reply is described that an earlier line of the outcomes already catches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call, Match, Outcome, OutcomeRule, Silence

_EVERY_STATUS = ((100, 599),)
_NO_SUCCESS = ((300, 599),)
_TELLS_NOTHING = frozenset({Outcome.NOT_TRIED, Outcome.UNKNOWN})


def _check(subject: LintContext) -> Iterator[Finding]:
    for call in subject.lifecycle.calls:
        for position, rule in enumerate(call.outcomes):
            for index, match in enumerate(rule.matches):
                said, advice = _shadow(call, rule, match, call.outcomes[:position])
                if said:
                    yield RULE.finding(
                        subject.lifecycle.place(
                            "calls", call.name, "outcomes", position, rule.outcome, index, value=True
                        ),
                        said,
                        f"{advice} The first line that matches wins.",
                        f"call:{call.name}:{rule.outcome}:{_words(match)}",
                    )


def _shadow(call: Call, rule: OutcomeRule, match: Match, before: Sequence[OutcomeRule]) -> tuple[str, str]:
    """How the lines before `match` catch its replies, as message and advice; both empty if they do not."""
    if _is_caught(match, [known for line in before for known in line.matches]):
        said = f"{call.name} can never be {rule.outcome} by this: an earlier line catches the same replies"
        return said, "Put the narrower line first, or remove this one."
    for line in before:
        # After an unknown outcome comes another attempt, so only an earlier line that is a definite answer does harm.
        told = line.outcome is not rule.outcome and line.outcome not in _TELLS_NOTHING
        if told and any(_is_cut(match, known) for known in line.matches):
            said = f"{call.name} is {line.outcome} by some of the replies that this calls {rule.outcome}"
            return f"{said}: an earlier line catches them by their HTTP status", "Put the narrower line first."
    return "", ""


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


def _is_cut(match: Match, known: Match) -> bool:
    """True if `known` asks for fewer words than `match`, and one HTTP status fits both."""
    if known.silence is not None or not _is_wider(known, match) or _is_wider(match, known):
        return False
    # A line without a status is about errors, as a success has no error message or code.
    return any(
        low <= last and at <= high
        for at, last in match.http or _NO_SUCCESS
        for low, high in known.http or _EVERY_STATUS
    )


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
