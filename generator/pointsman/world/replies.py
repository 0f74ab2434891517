"""The outcomes that a spec gives to each kind of response.

The provider knows its own act (`Nature`). The caller sees a response, to which the
first matching line of the spec's outcomes gives an outcome. The two are kept apart
here, so that a spec that takes a lost response for a refusal is found out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from pointsman.spec.lifecycle import Call, Match, Outcome, Silence
from pointsman.spec.meaning import ReceivedResponse, line_of


class Nature(StrEnum):
    """The act of the provider that a response comes from."""

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
    """The outcome of a response by the spec. `stored`: the provider keeps it under the key. `answered`: one came."""

    outcome: Outcome
    stored: bool
    answered: bool


_TRANSIENT = frozenset({401, 403, 409, 429})


@lru_cache(maxsize=256)
def heard(call: Call, nature: Nature) -> tuple[ReplyClass, ...]:
    """Each outcome that the spec of `call` gives to a response of this nature, once.

    Empty for a refusal that the spec does not list.
    """
    return tuple(dict.fromkeys(_judged(call, response) for response in _responses(call, nature)))


def _responses(call: Call, nature: Nature) -> Iterator[ReceivedResponse]:
    match nature:
        case Nature.SILENT:
            yield ReceivedResponse(silence=Silence.TIMEOUT)
            yield ReceivedResponse(silence=Silence.CONNECTION)
        case Nature.ERROR:
            yield ReceivedResponse(500)
        case Nature.THROTTLED:
            yield ReceivedResponse(429)
            yield ReceivedResponse(401)
            yield ReceivedResponse(403)
        case Nature.BUSY:
            yield ReceivedResponse(409)
        case Nature.MADE:
            yield from _described(call, Outcome.ACCEPTED, ReceivedResponse(200))
        case Nature.ALREADY:
            yield from _described(call, Outcome.ALREADY_DONE, ReceivedResponse(400))
        case Nature.REFUSED:
            yield from _described(call, Outcome.REFUSED, None)
        case Nature.REFUSED_FOR_NOW:
            yield from _described(call, Outcome.REFUSED_FOR_NOW, None)
        case Nature.MISUSED:
            yield from _described(call, Outcome.MISUSED, None)


def _described(call: Call, outcome: Outcome, default: ReceivedResponse | None) -> Iterator[ReceivedResponse]:
    """A response for each description of `outcome`; `default` where the spec has none."""
    found = [
        _sample(match)
        for line in call.outcomes
        if line.outcome is outcome
        for match in line.matches
        if match.silence is None and not _only_errors(match)
    ]
    if not found and default is not None:
        found = [default]
    yield from found


def _only_errors(match: Match) -> bool:
    return bool(match.http) and all(low >= 500 for low, _ in match.http)


def _sample(match: Match) -> ReceivedResponse:
    """A response that `match` describes, if possible with a status code that does not mean "try again"."""
    numbers = [number for low, high in match.http for number in range(low, high + 1) if number < 500]
    plain = [number for number in numbers if number not in _TRANSIENT]
    http = next(iter(plain or numbers), 400)
    message = match.message.replace("*", "x") if match.message is not None else None
    told = {"code": match.code, "type": match.type, "message": message}
    return ReceivedResponse(http, {name: text for name, text in told.items() if text is not None})


def _judged(call: Call, response: ReceivedResponse) -> ReplyClass:
    """The outcome of the first line that matches. An accepted response is assumed to have its receipts."""
    line = line_of(call, response)
    answered = response.status is not None
    if line is None:
        return ReplyClass(Outcome.UNKNOWN, stored=False, answered=answered)
    return ReplyClass(line.outcome, line.stored, answered)
