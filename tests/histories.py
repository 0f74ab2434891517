"""Histories of the seller transfer by hand, for the tests of the laws.

A `Tale` is a history that grows: each method adds an action of an honest worker, of the provider or of the kit, and
takes the values that are to differ. Rows are "1", "2"; the acting copy is "w1" unless another is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle, Now
from pointsman_conformance.core.history import (
    DASHBOARD,
    KIT,
    Answered,
    Columns,
    Crashed,
    Cut,
    Delivered,
    Effect,
    History,
    Mark,
    Paused,
    Record,
    Request,
    Response,
    Resumed,
    Started,
    Turn,
    Value,
    Write,
)
from pointsman_conformance.core.wire import Json
from pointsman_conformance.laws import TESTS
from pointsman_conformance.laws.judgement import Breach, Met
from pointsman_conformance.laws.reader import read

SPEC = Path(__file__).parent.parent / "spec" / "seller_transfer.yaml"

LEASE = 600.0
HOUR = 3600.0
WORKERS = ("transfer_worker", "retry_worker", "reversal_worker")
ALL_ROLES = (*WORKERS, "refund_handler", "webhook", "admin")

CHANGES: Mapping[str, Columns] = {
    "pending": {},
    "completed": {"stripe_transfer_id": "tr_1"},
    "failed": {},
    "reversal_pending": {"stripe_transfer_id": "tr_1", "reversal_cents": 1000},
    "reversed": {"stripe_transfer_id": "tr_1", "reversal_cents": 1000, "stripe_reversal_id": "trr_1"},
    "permanently_failed": {},
}
"""The columns of a row that is inserted in a status."""

FULLY_REVERSED: Mapping[str, Json] = {
    "error": {"type": "invalid_request_error", "message": "Transfer tr_1 is already fully reversed."}
}
NO_BALANCE: Mapping[str, Json] = {"error": {"type": "invalid_request_error", "code": "balance_insufficient"}}
BAD: Mapping[str, Json] = {"error": {"type": "invalid_request_error", "message": "No."}}
BROKEN: Mapping[str, Json] = {"error": {"type": "api_error", "message": "Oops."}}
LATER: Mapping[str, Json] = {"error": {"type": "rate_limit_error", "message": "Too many."}}


@cache
def seller_transfer() -> Lifecycle:
    """The spec, read once."""
    return load(SPEC)


class Tale:
    """A history that grows. Methods return the index of the record that they add; requests return their id."""

    def __init__(self, *, roles: tuple[str, ...] = WORKERS, subject: tuple[str, ...] = ("w1", "w2")) -> None:
        self.lifecycle = seller_transfer()
        self.records: list[Record] = []
        self.rows: dict[str, dict[str, Value]] = {}
        self.now = 0.0
        self._roles, self._subject = frozenset(roles), frozenset(subject)
        self._requests = 0

    def history(self) -> History:
        return History(tuple(self.records), self._roles, self._subject)

    def add(self, record: Record) -> int:
        self.records.append(record)
        return len(self.records) - 1

    def wait(self, seconds: float) -> Tale:
        """Let so many seconds pass."""
        self.now += seconds
        return self

    # --- rows ------------------------------------------------------------------

    def insert(self, status: str = "reversal_pending", row: str = "1", who: str = KIT, **columns: Value) -> int:
        """A new row, as its status requires it; its receipt is an effect."""
        new: dict[str, Value] = {
            "id": int(row), "status": status, "amount_cents": 1000, "reversal_cents": None, "stripe_transfer_id": None,
            "stripe_reversal_id": None, "retry_count": 0, "next_retry_at": self.now, "claim_count": 0,
            "key_generation": 0, "key_first_used_at": None, "refund_requested_at": None,
            **CHANGES.get(status, {}), **columns,
        }  # fmt: skip
        for call, column in (("create_transfer", "stripe_transfer_id"), ("create_reversal", "stripe_reversal_id")):
            receipt = new[column]
            if isinstance(receipt, str):
                self.effect(receipt, call, row)
        self.rows[row] = new
        return self.add(Write(at=self.now, who=who, row=row, old=None, new=dict(new)))

    def write(self, row: str = "1", who: str = "w1", actor: str | None = None, **columns: Value) -> int:
        """A committed write of these columns."""
        return self.put(columns, row, who, actor)

    def put(self, columns: Mapping[str, Value], row: str = "1", who: str = "w1", actor: str | None = None) -> int:
        """A committed write of the columns in a mapping."""
        old = dict(self.rows[row])
        self.rows[row].update(columns)
        return self.add(Write(at=self.now, who=who, row=row, old=old, new=dict(self.rows[row]), actor=actor))

    def claim(self, row: str = "1", who: str = "w1", actor: str | None = None, **columns: Value) -> int:
        """The generated claim; `columns` replace or add values."""
        now = self.rows[row]
        limit = 3 if now["status"] == "pending" else 12
        count, fence = now["retry_count"], now["claim_count"]
        assert isinstance(count, int)
        assert isinstance(fence, int)
        written: dict[str, Value] = {"claim_count": fence + 1, "next_retry_at": self.now + LEASE}
        if count < limit:
            first = now["key_first_used_at"]
            written |= {"retry_count": count + 1, "key_first_used_at": self.now if first is None else first}
        return self.put(written | columns, row, who, actor)

    def move(self, status: str, row: str = "1", who: str = "w1", actor: str | None = None, **columns: Value) -> int:
        """A write of another status with its `on_entry`; `columns` replace values."""
        found = self.lifecycle.status.get(status)
        entry = dict(found.on_entry) if found is not None else {}
        settings = {name: self.now if isinstance(value, Now) else value for name, value in entry.items()}
        return self.put({"status": status} | settings | columns, row, who, actor)

    def record(
        self, row: str = "1", who: str = "w1", *, after: float = 60.0, renew: bool = False, **columns: Value
    ) -> int:
        """A recording that leaves the row where it is: due later, with the key renewed or not."""
        written: dict[str, Value] = {"next_retry_at": self.now + after}
        generation = self.rows[row]["key_generation"]
        if renew and isinstance(generation, int):
            written |= {"key_generation": generation + 1, "key_first_used_at": None}
        return self.put(written | columns, row, who)

    # --- the provider ----------------------------------------------------------

    def send(self, row: str = "1", who: str = "w1", key: str | None = "", **params: str) -> str:
        """The request for the effect that the row's status waits for; the key is the row's own unless given."""
        columns = self.rows[row]
        back = columns["status"] == "reversal_pending"
        path = f"/v1/transfers/{columns['stripe_transfer_id']}/reversals" if back else "/v1/transfers"
        word = "reversal" if back else "transfer"
        usual = f"{word}-{row}-{columns['key_generation']}"
        amount = str(columns["reversal_cents" if back else "amount_cents"])
        fields = {"amount": amount, "metadata[row]": row} | ({} if back else {"transfer_group": row}) | params
        return self._request("POST", path, who, fields, usual if key == "" else key)

    def look_up(self, row: str = "1", who: str = "w1") -> str:
        """The look-up of the same effect."""
        columns = self.rows[row]
        if columns["status"] == "reversal_pending":
            return self._request("GET", f"/v1/transfers/{columns['stripe_transfer_id']}/reversals", who, {}, None)
        return self._request("GET", "/v1/transfers", who, {"transfer_group": row}, None)

    def ask(self, path: str, who: str = "w1") -> str:
        """Another question to the provider."""
        return self._request("GET", path, who, {}, None)

    def _request(self, method: str, path: str, who: str, params: dict[str, str], key: str | None) -> str:
        self._requests += 1
        told = f"rq_{self._requests}"
        self.add(Request(at=self.now, who=who, id=told, method=method, path=path, params=params, key=key))
        return told

    def reply(self, request: str, status: int = 200, body: Mapping[str, Json] | str = "", *, heard: bool = True) -> int:
        """The provider's answer, to the sender."""
        return self.add(
            Response(at=self.now, who=self._sender(request), request=request, status=status, body=body, heard=heard)
        )

    def silence(self, request: str, how: str = "timeout") -> int:
        """No answer comes."""
        return self.add(Response(at=self.now, who=self._sender(request), request=request, silence=how))

    def _sender(self, request: str) -> str:
        return next(each.who for each in self.records if isinstance(each, Request) and each.id == request)

    def effect(
        self, receipt: str, call: str, row: str = "1", *, request: str | None = None, by_hand: bool = False
    ) -> int:
        """An effect in the provider's ledger."""
        who = DASHBOARD if by_hand else KIT
        return self.add(Effect(at=self.now, who=who, receipt=receipt, request=request, call=call, row=row, amount=1000))

    def made(self, request: str, receipt: str = "trr_1", row: str = "1") -> int:
        """The request is accepted and its sender hears so."""
        call = "create_transfer" if receipt.startswith("tr_") else "create_reversal"
        self.effect(receipt, call, row, request=request)
        return self.reply(request, 200, {"id": receipt})

    def listed(self, request: str, *receipts: str, row: str = "1") -> int:
        """The answer to a look-up: our effects of these receipts."""
        data: list[Json] = [
            {"id": each, "metadata": {"row": row}, "transfer_group": row, "amount": 1000} for each in receipts
        ]
        return self.reply(request, 200, {"object": "list", "data": data, "has_more": False})

    # --- copies and events -----------------------------------------------------

    def start(self, who: str = "w1", actor: str | None = None) -> int:
        return self.add(Started(at=self.now, who=who, actor=actor))

    def crash(self, who: str = "w1") -> int:
        return self.add(Crashed(at=self.now, who=who))

    def pause(self, who: str = "w1") -> int:
        return self.add(Paused(at=self.now, who=who))

    def resume(self, who: str = "w1") -> int:
        return self.add(Resumed(at=self.now, who=who))

    def cut(self, who: str = "w1", *, done: bool = False) -> int:
        return self.add(Cut(at=self.now, who=who, done=done))

    def turn(self, actor: str, who: str = "w1") -> int:
        return self.add(Turn(at=self.now, who=who, actor=actor))

    def mark(self, name: str) -> int:
        return self.add(Mark(at=self.now, name=name))

    def deliver(
        self, event: str | None, to: str, row: str = "1", who: str = "w1", event_id: str = "e1", **told: object
    ) -> int:
        """An event from outside; `told` are further fields of the record."""
        return self.add(Delivered(at=self.now, who=who, id=event_id, to=to, row=row, event=event, **told))  # type: ignore[arg-type]  # fields, by name

    def answer(self, answer: str, to: str, row: str | None = "1", who: str = "w1") -> int:
        return self.add(Answered(at=self.now, who=who, to=to, answer=answer, row=row))


def judged(law: str, tale: Tale) -> tuple[list[Met], list[Breach]]:
    """The elements at which the law was met, and the breaches, in the tale."""
    said = list(TESTS[law](read(tale.lifecycle, tale.history())))
    return [each for each in said if isinstance(each, Met)], [each for each in said if isinstance(each, Breach)]


def broken(tale: Tale) -> set[str]:
    """Every law that the tale breaks."""
    return {law for law in TESTS if judged(law, tale)[1]}


def kept(law: str, tale: Tale) -> list[str]:
    """The elements at which the law was met; fails if any law is broken."""
    assert broken(tale) == set(), [each.says for name in broken(tale) for each in judged(name, tale)[1]]
    return [each.element.name for each in judged(law, tale)[0]]
