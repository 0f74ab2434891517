"""What a spec makes of each kind of reply that a provider can give.

The provider knows what it did; the caller sees a reply, and the spec's ordered
outcomes say what to think of it. A spec that takes a lost reply for a refusal is
caught because the two are kept apart here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache

from pointsman.spec.lifecycle import Call, Match, Outcome, OutcomeRule, Silence


class Nature(StrEnum):
    """What really happened at the provider."""

    MADE = "made"
    ALREADY = "already"
    REFUSED = "refused"
    REFUSED_FOR_NOW = "refused_for_now"
    MISUSED = "misused"
    ERROR = "error"
    THROTTLED = "throttled"
    BUSY = "busy"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class ReplyClass:
    """What the caller makes of a reply: an outcome, whether the provider stores the answer, and whether one came."""

    outcome: Outcome
    stored: bool
    answered: bool


@dataclass(frozen=True, slots=True)
class _Reply:
    http: int | None = None
    code: str | None = None
    type: str | None = None
    message: str | None = None
    silence: Silence | None = None


_TRANSIENT = frozenset({401, 403, 409, 429})


@lru_cache(maxsize=256)
def heard(call: Call, nature: Nature) -> tuple[ReplyClass, ...]:
    """What `call`'s outcomes may make of a reply of this nature, each once; a refusal is empty where none is listed."""
    return tuple(dict.fromkeys(_judged(call, reply) for reply in _replies(call, nature)))


def _replies(call: Call, nature: Nature) -> Iterator[_Reply]:
    match nature:
        case Nature.SILENT:
            yield _Reply(silence=Silence.TIMEOUT)
            yield _Reply(silence=Silence.CONNECTION)
        case Nature.ERROR:
            yield _Reply(http=500)
        case Nature.THROTTLED:
            yield _Reply(http=429)
        case Nature.BUSY:
            yield _Reply(http=409)
        case Nature.MADE:
            yield from _described(call, Outcome.ACCEPTED, _Reply(http=200))
        case Nature.ALREADY:
            yield from _described(call, Outcome.ALREADY_DONE, _Reply(http=400))
        case Nature.REFUSED:
            yield from _described(call, Outcome.REFUSED, None)
        case Nature.REFUSED_FOR_NOW:
            yield from _described(call, Outcome.REFUSED_FOR_NOW, None)
        case Nature.MISUSED:
            yield from _described(call, Outcome.MISUSED, None)


def _described(call: Call, outcome: Outcome, default: _Reply | None) -> Iterator[_Reply]:
    """A reply for each description of `outcome`; `default` where the spec has none."""
    found = [
        _sample(match)
        for rule in call.outcomes
        if rule.outcome is outcome
        for match in rule.matches
        if match.silence is None and not _only_errors(match)
    ]
    if not found and default is not None:
        found = [default]
    yield from found


def _only_errors(match: Match) -> bool:
    return bool(match.http) and all(low >= 500 for low, _ in match.http)


def _sample(match: Match) -> _Reply:
    """A reply that `match` describes; one that does not say "try again" where there is a choice."""
    numbers = [number for low, high in match.http for number in range(low, high + 1) if number < 500]
    plain = [number for number in numbers if number not in _TRANSIENT]
    http = next(iter(plain or numbers), 400)
    message = match.message.replace("*", "x") if match.message is not None else None
    return _Reply(http, match.code, match.type, message)


def _judged(call: Call, reply: _Reply) -> ReplyClass:
    for rule in call.outcomes:
        if _fits(rule, reply):
            return ReplyClass(rule.outcome, rule.stored, reply.silence is None)
    return ReplyClass(Outcome.UNKNOWN, stored=False, answered=reply.silence is None)


def _fits(rule: OutcomeRule, reply: _Reply) -> bool:
    return any(_matches(match, reply) for match in rule.matches)


def _matches(match: Match, reply: _Reply) -> bool:
    if match.silence is Silence.UNMATCHED:
        return True
    if match.silence is not None or reply.silence is not None:
        return match.silence is reply.silence
    return (
        (not match.http or any(low <= (reply.http or 0) <= high for low, high in match.http))
        and match.code in {None, reply.code}
        and match.type in {None, reply.type}
        and (match.message is None or fnmatchcase(reply.message or "", match.message))
    )
