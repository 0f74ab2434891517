"""Responses that do not depend on the request's path."""

from __future__ import annotations

from pointsman.spec.lifecycle import Call, Outcome
from pointsman_conformance.core.wire import HttpReply, HttpRequest
from pointsman_conformance.provider.options import ProviderOptions
from pointsman_conformance.provider.replies import error, sample

LONGEST_KEY = 255
"""Characters of an idempotency key (docs.stripe.com/api/idempotent_requests)."""


def unauthorized() -> HttpReply:
    """A 401: the secret is unknown."""
    return error(401, "Invalid API Key provided.")


def throttled(options: ProviderOptions) -> HttpReply:
    """A 429: too many requests; this one was not executed."""
    return error(429, "Too many requests.", type=options.throttle_type, code=options.throttle_code)


def long_key() -> HttpReply:
    """A 400: the key is longer than `LONGEST_KEY`."""
    return error(400, f"An idempotency key has at most {LONGEST_KEY} characters.")


def in_use(options: ProviderOptions, key: str | None) -> HttpReply:
    """A 409: a request with this key is still executing."""
    words = (
        "There is currently another in-progress request using this Idempotent Key (that probably means you "
        f"submitted twice, and the other request is still going through): {key}"
    )
    return error(409, words, type=options.in_use_type, code="idempotency_key_in_use")


def misused(call: Call | None, key: str) -> HttpReply:
    """The key was used for another request: Stripe's response, or one that another provider's spec describes."""
    told = sample(call, Outcome.MISUSED) if call is not None and call.provider != "stripe" else None
    words = (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request."
    )
    return told or error(400, words, type="idempotency_error")


def nowhere(request: HttpRequest) -> HttpReply:
    """A 404: there is nothing at this path."""
    return error(404, f"Unrecognized request URL ({request.method}: {request.path}).")


def broken() -> HttpReply:
    """A 500: the caller cannot know whether the effect was made."""
    return error(500, "Sorry! There was an error while talking to our servers.", type="api_error")
