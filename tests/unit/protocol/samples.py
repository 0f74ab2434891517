"""A good message of each kind, and good answers to each."""

from typing import Any

MESSAGE_SAMPLES: list[dict[str, Any]] = [
    {
        "cmd": "start",
        "seq": 1,
        "version": 1,
        "spec": {"name": "seller_transfer", "sha256": "0" * 64},
        "database": "postgresql://127.0.0.1:5432/kit",
        "provider": {"url": "http://127.0.0.1:4242", "key": "sk_test_1"},
        "webhook_secret": "hunter2",
    },
    {"cmd": "reset", "seq": 2, "case": "case 1"},
    {"cmd": "create", "seq": 3, "row": "1", "status": "pending", "columns": {"amount_cents": 500, "due": None}},
    {
        "cmd": "event",
        "seq": 4,
        "id": "evt_1",
        "row": "1",
        "event": "refund_requested",
        "actor": "refund_handler",
        "fields": {"amount": 500, "more": {"a": [1]}},
    },
    {"cmd": "hook", "seq": 5, "headers": {"Stripe-Signature": "t=1,v1=00"}, "body": "{}"},
    {"cmd": "work", "seq": 6, "actor": "reversal_worker"},
    {"cmd": "move", "seq": 7, "row": "1", "status": "reversed", "actor": "admin"},
    {"cmd": "observe", "seq": 8},
    {"cmd": "advance", "seq": 9, "seconds": 600.5},
    {"cmd": "crash", "seq": 10},
    {"cmd": "stop", "seq": 11},
]

_HELLO = {
    "seq": 1,
    "version": 1,
    "implementation": {"name": "acme", "version": "1.2", "language": "go", "homepage": "h", "issues": "i"},
    "roles": ["reversal_worker"],
    "capabilities": ["events", "observes"],
}
_WRITES = [
    {"row": "1", "old": None, "new": {"status": "pending"}},
    {"row": "1", "old": {"status": "pending"}, "new": None, "at": 2.5, "actor": "webhook"},
]

ANSWERS: dict[str, list[dict[str, Any]]] = {
    cmd: [{"seq": 1, "answer": "refused", "message": "no"}, {"seq": 2, "answer": "applied"}]
    for cmd in ("reset", "create", "event", "hook", "work", "move", "advance", "crash", "stop")
} | {
    "start": [_HELLO, {"seq": 1, "answer": "errored", "message": "wrong spec"}],
    "observe": [{"seq": 1, "answer": "applied", "writes": _WRITES}, {"seq": 1, "answer": "skipped"}],
}
