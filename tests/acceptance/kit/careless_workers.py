"""The example's reversal worker, careless in one way about an odd answer: ``careless_workers.py WAY ROLE``.

``takes-any-200`` records the receipt of whatever came without an error. ``takes-an-error-object`` takes an error object
for a refusal, whatever the status. ``takes-any-page`` takes what it cannot read for a refusal. ``reads-no-page`` dies
of it. ``obeys-the-header`` sends the same key again later where the answer asks to be retried.
``takes-a-time-out-for-no`` takes a time-out of its own for a refusal.
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

import requests
import stripe
from service import __main__ as program  # type: ignore[import-not-found]  # the example, on a path of its own
from service import stripe_calls as calls

WAY = sys.argv.pop(1)
RIGHT, ACCEPTED = calls.understood, calls._accepted


def any_200(made: Any) -> Any:
    """Accepted, with or without an id."""
    return calls.Answer(calls.Outcome.ACCEPTED, str(getattr(made, "id", "none")))


def empty_200(error: stripe.StripeError) -> Any:
    """Accepted by the status, although the SDK could not read the body."""
    return any_200(None) if error.http_status == 200 else RIGHT(error)


def error_object(made: Any) -> Any:
    """Refused where there is an error object."""
    return calls.Answer(calls.Outcome.REFUSED) if getattr(made, "error", None) else ACCEPTED(made)


def any_page(error: stripe.StripeError) -> Any:
    """Refused where there is no error object."""
    return RIGHT(error) if error.http_status is None or has_an_error(error) else calls.Answer(calls.Outcome.REFUSED)


def no_page(error: stripe.StripeError) -> Any:
    """Dies where there is no error object, as of an exception that nothing catches."""
    return RIGHT(error) if error.http_status is None or has_an_error(error) else os._exit(1)


def a_time_out(error: stripe.StripeError) -> Any:
    """Refused where the client's time has run out, and right about every other loss of a connection."""
    timed_out = isinstance(error.__cause__, requests.exceptions.Timeout)
    return calls.Answer(calls.Outcome.REFUSED) if timed_out else RIGHT(error)


def has_an_error(error: stripe.StripeError) -> bool:
    """Whether the answer has an error object. Of an unreadable answer stripe-python 16.1.0 keeps the headers there."""
    return isinstance(error.json_body, Mapping) and "error" in error.json_body


def the_header(error: stripe.StripeError) -> Any:
    """Nothing was answered where the header asks to retry."""
    retry = (error.headers or {}).get("Stripe-Should-Retry") == "true"
    return calls.Answer(calls.Outcome.NO_ANSWER) if retry else RIGHT(error)


CARELESS: dict[str, dict[str, Callable[..., Any]]] = {
    "takes-any-200": {"_accepted": any_200, "understood": empty_200},
    "takes-an-error-object": {"_accepted": error_object},
    "takes-any-page": {"understood": any_page},
    "reads-no-page": {"understood": no_page},
    "obeys-the-header": {"understood": the_header},
    "takes-a-time-out-for-no": {"understood": a_time_out},
    "right": {},
}
for name, careless in CARELESS[WAY].items():
    setattr(calls, name, careless)
program.main()
