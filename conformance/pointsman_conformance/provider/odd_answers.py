"""Answers that client libraries read in different ways: what they look like, and where they are no lie.

stripe-python, stripe-node, stripe-go and stripe-java were seen to differ on each of them. Such an answer means what the
lines of the spec say. It is given only where that is true of the effect: a worker may go by the spec, or be more
careful.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from pointsman.spec.lifecycle import Call, Outcome
from pointsman.spec.meaning import outcome_of
from pointsman_conformance.core.plan import FaultKind
from pointsman_conformance.core.wire import HttpReply, received
from pointsman_conformance.provider.replies import error, sample


def page(status: int) -> HttpReply:
    """A page in HTML, which something between the caller and the provider sent in the provider's place."""
    words = f"<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center></body></html>"
    return HttpReply(status, words, {"Content-Type": "text/html"})


def error_in_a_success() -> HttpReply:
    """A 200 whose body is an error object."""
    return error(200, "Something went wrong on our end.", type="api_error")


def empty() -> HttpReply:
    """A 200 without a body."""
    return HttpReply(200, "")


AFTER_THE_EFFECT: Mapping[FaultKind, Callable[[], HttpReply]] = {
    FaultKind.ERROR_IN_200: error_in_a_success,
    FaultKind.EMPTY: empty,
    FaultKind.HTML_503: partial(page, 503),
}
"""The answers that stand in the place of a success, after its effect."""

TURNED_AWAY: Mapping[FaultKind, Callable[[], HttpReply]] = {FaultKind.HTML_400: partial(page, 400)}
"""The answers of a proxy that did not pass the request on, so that there is no effect."""


def lie(call: Call, kind: FaultKind) -> str | None:
    """The reason why the odd answer `kind` cannot be given to `call`; None where it can, and for every other fault."""
    if kind is FaultKind.SHOULD_RETRY:
        return None if sample(call, Outcome.REFUSED) is not None else f"{call.name} describes no reply that is refused"
    made = AFTER_THE_EFFECT.get(kind)
    answer = made or TURNED_AWAY.get(kind)
    if answer is None:
        return None
    outcome = outcome_of(call, received(answer()))
    says_done = outcome in {Outcome.ACCEPTED, Outcome.ALREADY_DONE}
    if outcome is Outcome.UNKNOWN or says_done is (made is not None):
        return None
    return f"the spec takes such an answer of {call.name} for {outcome.value.replace('_', ' ')}"
