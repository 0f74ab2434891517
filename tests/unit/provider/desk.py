"""A provider with a clock that the test moves, and everything that it recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.history import Effect, Record
from pointsman_conformance.core.plan import FaultKind
from pointsman_conformance.core.wire import Heard, HttpReply, HttpRequest, NoReply
from pointsman_conformance.provider.options import ProviderOptions
from pointsman_conformance.provider.provider import Provider, Ticket

SPECS = Path(__file__).parents[3] / "spec"
SELLER_TRANSFER = load(SPECS / "seller_transfer.yaml")

R = TypeVar("R", bound=Record)


class Desk:
    """`post` and `get` send a request all the way through; `tickets` are those of all requests so far."""

    def __init__(self, lifecycle: Lifecycle = SELLER_TRANSFER, options: ProviderOptions = ProviderOptions()) -> None:  # noqa: B008 - frozen
        self.lifecycle = lifecycle
        self.at = 0.0
        self.records: list[Record] = []
        self.tickets: list[Ticket] = []
        self.known: dict[tuple[str, str], str] = {}
        self.provider = Provider(
            lifecycle,
            now=lambda: self.at,
            record=self.records.append,
            options=options,
            row_of=lambda column, value: self.known.get((column, value)),
        )

    def send(self, request: HttpRequest, fault: FaultKind | None = None, seconds: float = 0.0) -> Heard:
        ticket = self.provider.receive(request, "worker-1", "transfer_worker")
        self.tickets.append(ticket)
        self.provider.execute(ticket, fault, seconds)
        return self.provider.answer(ticket)

    def post(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        key: str | None = None,
        fault: FaultKind | None = None,
        seconds: float = 0.0,
    ) -> Heard:
        return self.send(HttpRequest("POST", path, params or {}, key, "sk_test_hunter2"), fault, seconds)

    def get(self, path: str, params: Mapping[str, str] | None = None, method: str = "GET") -> HttpReply:
        return reply(self.send(HttpRequest(method, path, params or {}, None, "sk_test_hunter2")))

    def transfer(self, key: str = "transfer-7-0", amount: int = 1000, fault: FaultKind | None = None) -> Heard:
        marks = {"amount": str(amount), "metadata[row]": "7", "transfer_group": "7"}
        return self.post("/v1/transfers", marks, key, fault, 60.0)

    def reversal(
        self, key: str = "reversal-7-0", amount: int | None = None, fault: FaultKind | None = None, of: str = "tr_1"
    ) -> Heard:
        params = {"metadata[row]": "7"} | ({} if amount is None else {"amount": str(amount)})
        return self.post(f"/v1/transfers/{of}/reversals", params, key, fault, 60.0)

    def all(self, kind: type[R]) -> list[R]:
        return [record for record in self.records if isinstance(record, kind)]

    @property
    def receipts(self) -> list[str]:
        return [effect.receipt for effect in self.all(Effect)]


def reply(heard: Heard) -> HttpReply:
    """An answer did come."""
    assert isinstance(heard, HttpReply), heard
    return heard


def body(heard: Heard) -> dict[str, object]:
    """The object of an answer of the 200s."""
    found = reply(heard)
    assert found.status < 300, found
    assert isinstance(found.body, Mapping)
    return dict(found.body)


def error(heard: Heard) -> tuple[int, str | None, str]:
    """Status, code and message of an error."""
    found = reply(heard)
    assert isinstance(found.body, Mapping)
    told = found.body["error"]
    assert isinstance(told, dict)
    code = told.get("code")
    assert code is None or isinstance(code, str)
    return found.status, code, str(told["message"])


def silence(heard: Heard) -> str:
    """No answer came."""
    assert isinstance(heard, NoReply), heard
    return heard.silence
