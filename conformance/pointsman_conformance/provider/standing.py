"""Answers that are the same whatever a request is about."""

from __future__ import annotations

from pointsman.spec.lifecycle import Call, Outcome
from pointsman_conformance.core.wire import HttpReply, HttpRequest
from pointsman_conformance.provider.options import ProviderOptions
from pointsman_conformance.provider.replies import error, sample

LONGEST_KEY = 255
"""Characters of an idempotency key (docs.stripe.com/api/idempotent_requests)."""


def unauthorized() -> HttpReply:
    """The secret is none of ours."""
    return error(401, "Invalid API Key provided.")


def throttled(options: ProviderOptions) -> HttpReply:
    """Too many requests; this one was not looked at."""
    return error(429, "Too many requests.", type=options.throttle_type, code=options.throttle_code)


def long_key() -> HttpReply:
    """The key is longer than a key can be."""
    return error(400, f"An idempotency key has at most {LONGEST_KEY} characters.")


def in_use(options: ProviderOptions, key: str | None) -> HttpReply:
    """A request with this key is still executing."""
    words = (
        "There is currently another in-progress request using this Idempotent Key (that probably means you "
        f"submitted twice, and the other request is still going through): {key}"
    )
    return error(409, words, type=options.in_use_type, code="idempotency_key_in_use")


def misused(call: Call | None, key: str) -> HttpReply:
    """The key was used for something else: as Stripe says it, or as another provider's spec describes it."""
    told = sample(call, Outcome.MISUSED) if call is not None and call.provider != "stripe" else None
    words = (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request."
    )
    return told or error(400, words, type="idempotency_error")


def nowhere(request: HttpRequest) -> HttpReply:
    """There is nothing at this path."""
    return error(404, f"Unrecognized request URL ({request.method}: {request.path}).")


def broken() -> HttpReply:
    """The provider failed, and does not say how far it came."""
    return error(500, "Sorry! There was an error while talking to our servers.", type="api_error")
