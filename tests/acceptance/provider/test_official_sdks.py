"""The unmodified official SDKs against the provider, over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import stripe

from pointsman.loading.load import load
from pointsman_conformance.core.history import Effect, Record, Request, Response
from pointsman_conformance.core.plan import Fault, FaultKind, Point
from pointsman_conformance.provider.options import ProviderOptions
from pointsman_conformance.provider.provider import Provider, Ticket
from pointsman_conformance.provider.server import serve
from tests.toolchains import missing, need

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
LIFECYCLE = load(ROOT / "spec" / "seller_transfer.yaml")
TOKENS: Mapping[str, tuple[str, str | None]] = {"sk_test_hunter2": ("worker-1", "transfer_worker")}

ALWAYS = {
    "throttled": FaultKind.THROTTLED,
    "unauthorized": FaultKind.UNAUTHORIZED,
    "truncated": FaultKind.TRUNCATED,
    "error": FaultKind.ERROR,
}
ONCE = {"busy": FaultKind.BUSY, "lost": FaultKind.LOST_REPLY}
"""What strikes requests with these keys: each time, or the first time only."""


def strikes() -> Callable[[Ticket, Point], Fault | None]:
    seen: Counter[str] = Counter()

    def meet(ticket: Ticket, point: Point) -> Fault | None:
        key = ticket.request.key or ""
        if point is not Point.REQUEST_BEFORE:
            return None
        seen[key] += 1
        kind = ALWAYS.get(key) or (ONCE.get(key) if seen[key] == 1 else None)
        return None if kind is None else Fault(kind)

    return meet


def python_client(_: Path) -> list[str]:
    return [sys.executable, str(HERE / "python_client.py")]


def go_client(folder: Path) -> list[str]:
    go = need("go", why="stripe-go is one of the official SDKs")
    program = folder / "go_client"
    built = subprocess.run(
        [go, "build", "-o", str(program), "."],
        cwd=HERE / "go_client",
        env={**os.environ, "GOFLAGS": "-mod=readonly"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if built.returncode != 0 and "dial tcp" in built.stderr:
        missing(f"the Go modules cannot be reached: {built.stderr[-300:]}")
    assert built.returncode == 0, built.stderr
    return [str(program)]


def node_client(folder: Path) -> list[str]:
    node, npm = need("node", why="stripe-node is one of the official SDKs"), need("npm")
    home = folder / "node_client"
    shutil.copytree(HERE / "node_client", home, ignore=shutil.ignore_patterns("node_modules"))
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0 and "network" in done.stderr:
        missing(f"the npm registry cannot be reached: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    return [node, str(home / "main.mjs")]


CLIENTS = {
    "stripe-python": (python_client, ProviderOptions()),
    "stripe-go": (
        go_client,
        ProviderOptions(api_version="2026-02-25.clover"),
    ),  # it refuses webhooks of another release train
    "stripe-node": (node_client, ProviderOptions()),
}


class Ran:
    """What a client printed, and what the provider saw meanwhile."""

    def __init__(self, name: str, folder: Path) -> None:
        make, options = CLIENTS[name]
        command = make(folder)
        # stripe-go (84.4.1, error.go `canRetry`) sends again after a lost connection and a 429 for a lock, and after
        # no other answer that has an error in it.
        self.retries_errors = name != "stripe-go"
        self.records: list[Record] = []
        provider = Provider(LIFECYCLE, now=lambda: 0.0, record=self.records.append, options=options)
        elsewhere = Provider(LIFECYCLE, now=lambda: 0.0, record=lambda _: None, options=options)
        elsewhere.put("create_transfer", "9", 500, "tr_hooked")
        body, headers = elsewhere.webhook(elsewhere.hooks[-1], "whsec_hunter2", time.time())
        (folder / "webhook.json").write_bytes(body)
        with serve(provider, TOKENS, strikes()) as server:
            environment = {
                **os.environ,
                "STRIPE_API_BASE": server.url,
                "STRIPE_API_KEY": next(iter(TOKENS)),
                "WEBHOOK_BODY": str(folder / "webhook.json"),
                "WEBHOOK_SIGNATURE": headers["Stripe-Signature"],
            }
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        self.found = json.loads(done.stdout)

    def requests(self, key: str) -> list[Request]:
        return [each for each in self.records if isinstance(each, Request) and each.key == key]

    def effects(self, key: str) -> list[Effect]:
        ids = {request.id for request in self.requests(key)}
        return [each for each in self.records if isinstance(each, Effect) and each.request in ids]


@pytest.fixture(scope="module", params=CLIENTS)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return Ran(request.param, tmp_path_factory.mktemp(request.param))


def test_a_transfer_is_made_with_its_marks(ran: Ran) -> None:
    assert ran.found["created"] == {"id": "tr_1", "amount": 1000, "row": "7"}


def test_the_same_key_replays_the_answer_and_moves_no_money(ran: Ran) -> None:
    assert ran.found["replayed"] == {"id": "tr_1", "header": "true"}
    assert len(ran.effects("first")) == 1


def test_the_same_key_with_other_parameters_is_an_idempotency_error(ran: Ran) -> None:
    told = ran.found["other_parameters"]
    assert (told["status"], told["type"]) == (400, "idempotency_error")
    assert "Keys for idempotent requests can only be used with the same parameters" in told["message"]


def test_a_partial_reversal_leaves_the_transfer_not_reversed(ran: Ran) -> None:
    after = {"id": "tr_1", "back": 400, "reversed": False}
    assert ran.found["part"] == {"amount": 400, "transfer": "tr_1", "after": after}


def test_more_than_is_left_is_refused(ran: Ran) -> None:
    assert (ran.found["too_much"]["status"], ran.found["too_much"]["type"]) == (400, "invalid_request_error")


def test_a_reversal_without_an_amount_takes_the_rest(ran: Ran) -> None:
    assert ran.found["rest"] == {"amount": 600, "after": {"id": "tr_1", "back": 1000, "reversed": True}}
    assert ran.found["reversals"] == [600, 400]


def test_already_fully_reversed_is_a_400_without_a_code(ran: Ran) -> None:
    told = ran.found["once_more"]
    assert (told["status"], told["code"]) == (400, None)
    assert told["message"].endswith("Transfer tr_1 is already fully reversed.")


def test_lists_go_on_from_page_to_page(ran: Ran) -> None:
    assert ran.found["listed"] == ["tr_3", "tr_2", "tr_1"]


def test_a_missing_object_is_a_404(ran: Ran) -> None:
    assert (ran.found["missing"]["status"], ran.found["missing"]["code"]) == (404, "resource_missing")


def test_a_429_is_not_sent_again_by_the_sdk(ran: Ran) -> None:
    assert ran.found["throttled"]["status"] == 429
    assert len(ran.requests("throttled")) == 1


def test_a_500_is_sent_again_where_the_sdk_does_and_the_stored_one_comes_back(ran: Ran) -> None:
    assert ran.found["error"]["status"] == 500
    ids = [request.id for request in ran.requests("error")]
    replies = [each for each in ran.records if isinstance(each, Response) and each.request in ids]
    assert [reply.replayed for reply in replies] == ([False, True, True] if ran.retries_errors else [False])
    assert not ran.effects("error")


def test_a_409_is_sent_again_where_the_sdk_does(ran: Ran) -> None:
    if ran.retries_errors:
        assert ran.found["busy"] is None
        assert (len(ran.requests("busy")), len(ran.effects("busy"))) == (2, 1)
    else:
        assert (ran.found["busy"]["status"], ran.found["busy"]["code"]) == (409, "idempotency_key_in_use")
        assert (len(ran.requests("busy")), len(ran.effects("busy"))) == (1, 0)


def test_a_lost_reply_is_a_lost_connection_and_its_key_finds_the_effect(ran: Ran) -> None:
    assert len(ran.requests("lost")) == 2
    assert [effect.receipt for effect in ran.effects("lost")] == [ran.found["lost_reply"]]


def test_a_401_is_an_error_at_once(ran: Ran) -> None:
    assert ran.found["unauthorized"]["status"] == 401
    assert len(ran.requests("unauthorized")) == 1


def test_a_truncated_answer_is_an_error_although_the_money_moved(ran: Ran) -> None:
    assert ran.found["truncated"] is not None
    assert len(ran.effects("truncated")) == 1


def test_a_webhook_verifies_and_a_forged_one_does_not(ran: Ran) -> None:
    assert ran.found["webhook"] == {"type": "transfer.created", "id": "tr_hooked"}
    assert ran.found["forged"] == "refused"


def test_every_request_says_who_sent_it(ran: Ran) -> None:
    sent = {(each.who, each.actor) for each in ran.records if isinstance(each, Request)}
    assert sent == {("worker-1", "transfer_worker")}


def test_an_sdk_obeys_the_header_that_says_to_retry() -> None:
    records: list[Record] = []
    options = ProviderOptions(should_retry=((429, True), (500, False)))
    provider = Provider(LIFECYCLE, now=lambda: 0.0, record=records.append, options=options)
    with serve(provider, TOKENS, strikes()) as server:
        client = stripe.StripeClient("sk_test_hunter2", base_addresses={"api": server.url}, max_network_retries=2)
        transfers: stripe.TransferService = getattr(client, "v1", client).transfers  # stripe 12.1 has no v1 yet
        with pytest.raises(stripe.RateLimitError):
            transfers.create(
                {"amount": 5, "currency": "usd", "destination": "acct_1"}, {"idempotency_key": "throttled"}
            )
        with pytest.raises(stripe.APIError):
            transfers.create({"amount": 5, "currency": "usd", "destination": "acct_1"}, {"idempotency_key": "error"})
    keys = Counter(record.key for record in records if isinstance(record, Request))
    assert keys == {"throttled": 3, "error": 1}
