"""The provider over real connections."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pointsman.loading.load import load
from pointsman_conformance.core.history import KIT, Effect, Record, Request, Response
from pointsman_conformance.core.plan import Fault, FaultKind, Point
from pointsman_conformance.provider.provider import Provider, Ticket
from pointsman_conformance.provider.server import LONGEST_BODY, Meet, ProviderServer, serve

SPECS = Path(__file__).parents[3] / "spec"
BEARER = {"Authorization": "Bearer sk_test_hunter2", "Content-Type": "application/x-www-form-urlencoded"}
TRANSFER = "amount=1000&metadata[row]=7&transfer_group=7"


class Counter:
    """A served provider. `at` is its clock."""

    def __init__(self, spec: str = "seller_transfer", record: Callable[[Record], None] | None = None) -> None:
        self.at = 0.0
        self.records: list[Record] = []
        note = record or self.records.append
        self.provider = Provider(load(SPECS / f"{spec}.yaml"), now=lambda: self.at, record=note)

    def serve(self, meet: Meet | None = None) -> ProviderServer:
        who_of = {"sk_test_hunter2": ("worker-1", "transfer_worker"), "sk_test_two": ("worker-2", None)}
        return serve(self.provider, who_of) if meet is None else serve(self.provider, who_of, meet)

    @property
    def effects(self) -> int:
        return len([record for record in self.records if isinstance(record, Effect)])

    @property
    def heard(self) -> list[bool]:
        return [record.heard for record in self.records if isinstance(record, Response)]


@contextmanager
def connection(server: ProviderServer) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", urlsplit(server.url).port, timeout=10)) as open_one:
        yield open_one


def post(
    there: http.client.HTTPConnection, body: str = TRANSFER, key: str | None = None, path: str = "/v1/transfers"
) -> tuple[int, str]:
    there.request("POST", path, body, BEARER | ({} if key is None else {"Idempotency-Key": key}))
    answer = there.getresponse()
    return answer.status, answer.read().decode()


def striking(*faults: Fault | None) -> Meet:
    """These faults strike the first requests, in order."""
    left = list(faults)
    return lambda _, point: left.pop(0) if point is Point.REQUEST_BEFORE and left else None


def test_many_requests_go_over_one_connection_without_waiting_for_acknowledgements() -> None:
    counter = Counter()
    with counter.serve() as server, connection(server) as there:
        took = []
        for number in range(30):
            begun = time.perf_counter()
            assert post(there, key=f"k{number}")[0] == 200
            took.append(time.perf_counter() - begun)
    # Two small packets per answer would cost 40 ms each.
    assert sorted(took)[15] < 0.03
    assert counter.effects == 30


def test_a_request_can_be_held_before_it_is_executed_and_before_its_answer_goes_out() -> None:
    counter = Counter()
    reached: dict[Point, threading.Event] = {point: threading.Event() for point in Point}
    go_on: dict[Point, threading.Event] = {point: threading.Event() for point in Point}

    def meet(ticket: Ticket, point: Point) -> None:
        reached[point].set()
        assert go_on[point].wait(10)

    with counter.serve(meet) as server, connection(server) as there:
        there.request("POST", "/v1/transfers", TRANSFER, BEARER)
        assert reached[Point.REQUEST_BEFORE].wait(10)
        assert [type(record) for record in counter.records] == [Request]
        go_on[Point.REQUEST_BEFORE].set()
        assert reached[Point.REQUEST_AFTER].wait(10)
        assert [type(record) for record in counter.records] == [Request, Effect]
        go_on[Point.REQUEST_AFTER].set()
        assert there.getresponse().status == 200
    assert [type(record) for record in counter.records] == [Request, Effect, Response]


def test_others_are_served_while_one_is_held() -> None:
    counter = Counter()
    held, go_on = threading.Event(), threading.Event()

    def meet(ticket: Ticket, point: Point) -> None:
        if ticket.who == "worker-1":
            held.set()
            assert go_on.wait(10)

    with counter.serve(meet) as server, connection(server) as one, connection(server) as two:
        one.request("POST", "/v1/transfers", TRANSFER, BEARER)
        assert held.wait(10)
        two.request("POST", "/v1/transfers", TRANSFER, BEARER | {"Authorization": "Bearer sk_test_two"})
        assert two.getresponse().status == 200
        go_on.set()
        assert one.getresponse().status == 200


def test_who_died_while_it_was_held_has_heard_nothing() -> None:
    counter = Counter()
    held, go_on = threading.Event(), threading.Event()

    def meet(ticket: Ticket, point: Point) -> None:
        if point is Point.REQUEST_AFTER:
            held.set()
            assert go_on.wait(10)

    with counter.serve(meet) as server:
        with connection(server) as there:
            there.request("POST", "/v1/transfers", TRANSFER, BEARER)
            assert held.wait(10)
        go_on.set()
        _until(lambda: bool(counter.heard))
    assert (counter.effects, counter.heard) == (1, [False])


@pytest.mark.parametrize(
    ("kind", "effects"), [(FaultKind.LOST_REQUEST, 0), (FaultKind.LOST_REPLY, 1), (FaultKind.EXECUTING, 0)]
)
def test_silence_is_a_connection_that_is_reset(kind: FaultKind, effects: int) -> None:
    counter = Counter()
    with counter.serve(striking(Fault(kind, seconds=60))) as server:
        with connection(server) as there, pytest.raises(ConnectionResetError):
            post(there, key="k")
        assert counter.effects == effects
        counter.at = 60
        counter.provider.tick()
        with connection(server) as there:
            assert post(there, key="k")[0] == 200
    assert counter.effects == 1
    lost = next(record for record in counter.records if isinstance(record, Response))
    assert (lost.status, lost.silence, lost.heard) == (None, "connection", False)


def test_a_truncated_answer_is_a_200_that_is_no_json() -> None:
    counter = Counter()
    with counter.serve(striking(Fault(FaultKind.TRUNCATED))) as server, connection(server) as there:
        status, body = post(there)
        assert status == 200
        with pytest.raises(json.JSONDecodeError):
            json.loads(body)
    assert counter.effects == 1


def test_a_slow_answer_takes_real_time() -> None:
    with Counter().serve(striking(Fault(FaultKind.SLOW, seconds=0.2))) as server, connection(server) as there:
        begun = time.perf_counter()
        assert post(there)[0] == 200
        assert time.perf_counter() - begun >= 0.2


@pytest.mark.parametrize("told", ["Bearer sk_test_other", "Bearer", "", "Basic !!!", "Digest x"])
def test_a_request_without_a_known_secret_is_refused_and_has_no_sender(told: str) -> None:
    counter = Counter()
    with counter.serve() as server, connection(server) as there:
        there.request("POST", "/v1/transfers", TRANSFER, BEARER | {"Authorization": told})
        assert there.getresponse().status == 401
    assert counter.effects == 0
    assert [record.who for record in counter.records] == [KIT, KIT]


def test_a_secret_may_be_the_user_of_a_basic_authorization() -> None:
    counter = Counter()
    basic = base64.b64encode(b"sk_test_hunter2:").decode()
    with counter.serve() as server, connection(server) as there:
        there.request("POST", "/v1/transfers", TRANSFER, BEARER | {"Authorization": f"Basic {basic}"})
        assert there.getresponse().status == 200
    assert counter.records[0].who == "worker-1"


def test_fields_come_from_the_query_a_form_or_json() -> None:
    counter = Counter()
    with counter.serve() as server, connection(server) as there:
        post(there)
        there.request("GET", "/v1/transfers?transfer_group=7", headers=BEARER)
        assert len(json.loads(there.getresponse().read())["data"]) == 1
        told = json.dumps({"amount": 5, "metadata": {"row": "8", "tags": ["a", "b"]}})
        there.request("POST", "/v1/transfers", told, BEARER | {"Content-Type": "application/json"})
        assert there.getresponse().read()
    sent = [record.params for record in counter.records if isinstance(record, Request)]
    assert sent == [
        {"amount": "1000", "metadata[row]": "7", "transfer_group": "7"},
        {"transfer_group": "7"},
        {"amount": "5", "metadata[row]": "8", "metadata[tags][0]": "a", "metadata[tags][1]": "b"},
    ]


def test_a_body_in_chunks_is_read() -> None:
    counter = Counter()
    with counter.serve() as server, connection(server) as there:
        there.request("POST", "/v1/transfers", iter([b"amount=1", b"000"]), BEARER, encode_chunked=True)
        assert there.getresponse().status == 200
    assert next(each.amount for each in counter.records if isinstance(each, Effect)) == 1000


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Length": str(LONGEST_BODY + 1)}, "", 413),
        ({"Content-Length": "9" * 5000}, "", 413),
        ({"Content-Length": "-1"}, "", 413),
        ({"Transfer-Encoding": "chunked"}, "fffffff\r\n", 413),
        ({"Transfer-Encoding": "chunked"}, "no number\r\n", 413),
        ({"Content-Type": "application/json"}, "{", 400),
        ({"Content-Type": "application/json"}, "[" * 100_000, 400),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"\xff\xfe", 400),
    ],
)
def test_an_impossible_body_is_refused_and_does_not_reach_the_provider(
    headers: dict[str, str], body: str | bytes, status: int
) -> None:
    counter = Counter()
    raw = body.encode() if isinstance(body, str) else body
    lengths = {} if {"Content-Length", "Transfer-Encoding"} & set(headers) else {"Content-Length": str(len(raw))}
    head = "".join(f"{name}: {value}\r\n" for name, value in {**headers, **lengths}.items())
    with counter.serve() as server, _raw(server) as there:
        there.sendall(f"POST /v1/transfers HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode() + raw)
        assert there.makefile("rb").readline().split()[1] == str(status).encode()
    assert not counter.records


ODD = {
    "an address that is none": ("GET", "http://[x/", {}, b"", 400),
    "a limit of many digits": ("GET", f"/v1/transfers?limit={'9' * 5000}", {}, b"", 400),
    "an amount of many digits": ("POST", "/v1/transfers", {}, b"amount=" + b"9" * 5000, 400),
    "an amount in digits of another script": ("POST", "/v1/transfers", {}, "amount=٣".encode(), 200),
    "a secret that is no ASCII": ("GET", "/v1/transfers", {"Authorization": "Basic ÿÿ"}, b"", 401),
    "a secret that is no base64": ("GET", "/v1/transfers", {"Authorization": "Basic ?"}, b"", 401),
}


@pytest.mark.parametrize(("method", "path", "headers", "body", "status"), ODD.values(), ids=ODD)
def test_an_odd_request_is_answered_and_ends_nothing(
    method: str, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    told = {**BEARER, **headers, "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    with Counter().serve() as server:
        with _raw(server) as there:
            there.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode("latin-1") + body)
            assert there.makefile("rb").readline().split()[1] == str(status).encode()
        with connection(server) as there_again:
            assert post(there_again)[0] == 200
        assert server.trouble is None


CUT_SHORT = {
    "after the headers": b"Content-Length: 44\r\n\r\n",
    "within the body": b"Content-Length: 44\r\n\r\n" + TRANSFER.encode()[:-1],
    "within a chunk": b"Transfer-Encoding: chunked\r\n\r\nb\r\namount=100",
    "between chunks": b"Transfer-Encoding: chunked\r\n\r\nb\r\namount=1000\r\n",
    "before the last line": b"Transfer-Encoding: chunked\r\n\r\nb\r\namount=1000\r\n0\r\n",
}


@pytest.mark.parametrize("sent", CUT_SHORT.values(), ids=CUT_SHORT)
def test_a_request_whose_body_never_arrived_whole_is_none(sent: bytes) -> None:
    counter = Counter()
    assert len(TRANSFER) == 44
    head = "".join(f"{name}: {value}\r\n" for name, value in {**BEARER, "Idempotency-Key": "k"}.items())
    with counter.serve() as server:
        with _raw(server) as there:
            there.sendall(f"POST /v1/transfers HTTP/1.1\r\nHost: x\r\n{head}".encode() + sent)
            there.shutdown(socket.SHUT_WR)
            assert there.recv(4096) == b""
        assert not counter.records
        with connection(server) as there_again:
            assert post(there_again, key="k")[0] == 200  # the key is as good as new
    assert counter.effects == 1


@pytest.mark.parametrize(
    "said", [b"\r\n\r\n", b"NONSENSE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"BREW / HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_request_ends_in_an_answer_or_a_closed_connection(said: bytes) -> None:
    counter = Counter()
    with counter.serve() as server:
        with _raw(server) as there:
            there.sendall(said)
            there.shutdown(socket.SHUT_WR)
            there.recv(4096)
        with connection(server) as there_again:
            assert post(there_again)[0] == 200


def test_a_head_has_no_body() -> None:
    counter = Counter("export_file")
    with counter.serve() as server, connection(server) as there:
        there.request("PUT", "/exports/7", "", BEARER | {"If-None-Match": "*"})
        assert there.getresponse().read()
        there.request("HEAD", "/exports/7", headers=BEARER)
        answer = there.getresponse()
        assert (answer.status, answer.headers["ETag"], answer.read()) == (200, "export_1", b"")
        there.request("HEAD", "/exports/8", headers=BEARER)
        assert there.getresponse().status == 404


def test_the_core_is_never_entered_twice() -> None:
    inside = threading.Lock()
    twice: list[Record] = []

    def record(each: Record) -> None:
        if not inside.acquire(blocking=False):
            twice.append(each)
            return
        time.sleep(0.001)
        inside.release()

    counter = Counter(record=record)
    with counter.serve() as server:

        def client(number: int) -> None:
            with connection(server) as there:
                for step in range(5):
                    assert post(there, key=f"{number}-{step}")[0] == 200

        threads = [threading.Thread(target=client, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not twice


def test_what_goes_wrong_in_the_kit_itself_is_told_at_the_end() -> None:
    def meet(ticket: Ticket, point: Point) -> None:
        raise RuntimeError("the driver is broken")

    with (
        pytest.raises(RuntimeError, match="the driver is broken"),
        Counter().serve(meet) as server,
        connection(server) as there,
        pytest.raises((ConnectionError, http.client.HTTPException)),
    ):
        post(there)


def test_closing_ends_idle_connections_and_leaves_no_thread() -> None:
    server = Counter().serve()
    with connection(server) as there:
        assert post(there)[0] == 200
        server.close()
        server.close()
        assert not [thread for thread in threading.enumerate() if thread.name == "provider"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0))


@contextmanager
def _raw(server: ProviderServer) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), timeout=10) as there:
        yield there


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)
