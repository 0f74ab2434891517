"""Calls of the repository's specs, and responses to them."""

from __future__ import annotations

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Call, Silence
from pointsman.spec.meaning import Json, ReceivedResponse
from tests.checkout import TOP

LIFECYCLES = [load(path) for path in sorted((TOP / "spec").glob("*.yaml"))]
CALLS = [call for lifecycle in LIFECYCLES for call in lifecycle.calls]


def call_named(name: str) -> Call:
    """The call of that name, of whichever spec."""
    return next(call for call in CALLS if call.name == name)


TRANSFER, REVERSAL, JOB, JOB_GONE, CANCEL, PUT_FILE = map(
    call_named, ("create_transfer", "create_reversal", "create_job", "delete_job", "cancel_refund", "put_file")
)


def error(status: int, **fields: Json) -> ReceivedResponse:
    """A response with the error wrapped, as Stripe has it."""
    return ReceivedResponse(status, {"error": dict(fields)})


def listed(*things: Json, more: bool = False) -> ReceivedResponse:
    """A page of a list, as Stripe has it."""
    return ReceivedResponse(200, {"object": "list", "data": list(things), "has_more": more})


def silent(how: str) -> ReceivedResponse:
    """No response: `how` is timeout or connection."""
    return ReceivedResponse(silence=Silence(how))
