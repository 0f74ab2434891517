"""What a user of stripe-python does: run as a program of its own, prints what it got as JSON."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import stripe

CLIENT = stripe.StripeClient(
    os.environ["STRIPE_API_KEY"],
    base_addresses={"api": os.environ["STRIPE_API_BASE"]},
    max_network_retries=2,
)
TRANSFERS: stripe.TransferService = getattr(CLIENT, "v1", CLIENT).transfers  # stripe 12.1 has no v1 yet


def make(key: str, amount: int = 1000) -> stripe.Transfer:
    return TRANSFERS.create(
        {
            "amount": amount,
            "currency": "usd",
            "destination": "acct_7",
            "transfer_group": "7",
            "metadata": {"row": "7"},
        },
        {"idempotency_key": key},
    )


def failure(act: Callable[[], object]) -> dict[str, object] | None:
    try:
        act()
    except stripe.StripeError as problem:
        told = problem.error
        return {
            "kind": type(problem).__name__,
            "status": problem.http_status,
            "type": getattr(told, "type", None),
            "code": problem.code,
            "message": problem.user_message,
        }
    return None


def told(transfer: stripe.Transfer) -> dict[str, object]:
    return {"id": transfer.id, "back": transfer.amount_reversed, "reversed": transfer.reversed}


def main() -> None:
    found: dict[str, object] = {}
    first = make("first")
    found["created"] = {"id": first.id, "amount": first.amount, "row": first.metadata["row"]}
    again = make("first")
    assert again.last_response is not None
    found["replayed"] = {"id": again.id, "header": again.last_response.headers.get("Idempotent-Replayed")}
    found["other_parameters"] = failure(lambda: make("first", 999))
    part = TRANSFERS.reversals.create(first.id, {"amount": 400}, {"idempotency_key": "part"})
    found["part"] = {"amount": part.amount, "transfer": part.transfer, "after": told(TRANSFERS.retrieve(first.id))}
    found["too_much"] = failure(lambda: TRANSFERS.reversals.create(first.id, {"amount": 700}))
    rest = TRANSFERS.reversals.create(first.id, {}, {"idempotency_key": "rest"})
    found["rest"] = {"amount": rest.amount, "after": told(TRANSFERS.retrieve(first.id))}
    found["once_more"] = failure(lambda: TRANSFERS.reversals.create(first.id, {}, {"idempotency_key": "once more"}))
    found["reversals"] = [each.amount for each in TRANSFERS.reversals.list(first.id).auto_paging_iter()]
    for key in ("second", "third"):
        make(key)
    listed = TRANSFERS.list({"transfer_group": "7", "limit": 2})
    found["listed"] = [each.id for each in listed.auto_paging_iter()]
    found["missing"] = failure(lambda: TRANSFERS.retrieve("tr_none"))
    found["throttled"] = failure(lambda: make("throttled"))
    found["error"] = failure(lambda: make("error"))
    found["busy"] = failure(lambda: make("busy"))
    found["lost_reply"] = make("lost").id
    found["unauthorized"] = failure(lambda: make("unauthorized"))
    found["truncated"] = failure(lambda: make("truncated"))
    body = Path(os.environ["WEBHOOK_BODY"]).read_bytes()
    event = stripe.Webhook.construct_event(body, os.environ["WEBHOOK_SIGNATURE"], "whsec_hunter2")
    found["webhook"] = {"type": event.type, "id": event.data.object.id}
    try:
        stripe.Webhook.construct_event(body + b" ", os.environ["WEBHOOK_SIGNATURE"], "whsec_hunter2")
    except stripe.SignatureVerificationError:
        found["forged"] = "refused"
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
