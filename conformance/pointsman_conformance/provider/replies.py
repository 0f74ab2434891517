"""Responses of the provider: errors in Stripe's form, and samples of a call's outcomes."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.spec.lifecycle import Call, Match, Outcome, OutcomeRule
from pointsman.spec.meaning import line_of
from pointsman_conformance.core.wire import HttpReply, Json, received

_TRY_AGAIN = frozenset({401, 403, 409, 429})
"""Statuses that say nothing about the request; no sample of a definite answer uses one if it can be helped."""


class NotStored(Exception):  # noqa: N818 - not an error of ours: an answer of the provider
    """An answer that came before execution began, so that nothing is kept under the key."""

    def __init__(self, reply: HttpReply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def error(
    status: int,
    message: str,
    *,
    type: str = "invalid_request_error",  # noqa: A002 - the word in the answer
    code: str | None = None,
    param: str | None = None,
) -> HttpReply:
    """An answer in the shape of Stripe's errors; `code` and `param` are left out where there are none."""
    told: dict[str, Json] = {"type": type, "message": message}
    if code is not None:
        told["code"] = code
    if param is not None:
        told["param"] = param
    return HttpReply(status, {"error": told})


def missing(kind: str, name: str) -> HttpReply:
    """A 404: there is no such object."""
    return error(404, f"No such {kind}: '{name}'", code="resource_missing", param="id")


def judged(call: Call, reply: HttpReply) -> OutcomeRule | None:
    """The first of the call's outcomes that fits the answer; None where none does."""
    return line_of(call, received(reply))


def sample(call: Call, outcome: Outcome) -> HttpReply | None:
    """An answer that the call's outcomes take for `outcome`; None where they describe none below 500."""
    for rule in call.outcomes:
        if rule.outcome is not outcome:
            continue
        for reply in _described(rule, call):
            found = judged(call, reply)
            if found is not None and found.outcome is outcome:
                return reply
    return None


def _described(rule: OutcomeRule, call: Call) -> Iterator[HttpReply]:
    for match in rule.matches:
        if match.silence is not None:
            continue
        for status in _statuses(match, rule.outcome):
            if status < 300:
                yield HttpReply(status, {})
                continue
            words = (match.message or f"The provider says: {rule.outcome}.").replace("*", f"The {call.name} ")
            yield error(status, words, type=match.type or "invalid_request_error", code=match.code)


def _statuses(match: Match, outcome: Outcome) -> list[int]:
    """The numbers that fit, the plainest first; 200 or 400 where any would do."""
    usual = 200 if outcome is Outcome.ACCEPTED else 400
    numbers = [number for low, high in match.http for number in range(low, high + 1) if number < 500] or [usual]
    return sorted(numbers, key=lambda number: (number in _TRY_AGAIN, number != usual))
