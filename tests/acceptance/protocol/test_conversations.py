"""What becomes of an implementation on a pipe that does not do what the protocol asks: a sentence, in time."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pointsman.spec.errors import UsageError
from pointsman_conformance import protocol
from pointsman_conformance.core.driver import Ack
from pointsman_conformance.protocol.over_http import Http
from pointsman_conformance.protocol.over_pipe import Pipe
from pointsman_conformance.protocol.session import LostError, Session, encode
from tests.unit.protocol.samples import MESSAGE_SAMPLES

HERE = Path(__file__).parent
SCHEMA = Path(protocol.__file__).parent / "protocol.schema.json"
START = {name: value for name, value in MESSAGE_SAMPLES[0].items() if name not in ("cmd", "seq", "version")}
ALL = "events,hooks,moves,crashes,observes"


@contextmanager
def misbehaving(way: str, place: str = "", deadline: float = 3.0) -> Iterator[tuple[Session, Pipe]]:
    pipe = Pipe([sys.executable, "-I", "-S", str(HERE / "misbehaving.py"), way, place])
    session = Session(pipe, deadline=deadline)
    try:
        yield session, pipe
    finally:
        session.close()


def linting(roles: str = "reversal_worker,admin,refund_handler", capabilities: str = ALL, **more: Any) -> Pipe:
    return Pipe([sys.executable, str(HERE / "linting_fake.py"), str(SCHEMA), roles, capabilities], **more)


def say_all(session: Session) -> list[Ack]:
    """Every message but start and stop, once."""
    return [
        session.say(each["cmd"], **{name: value for name, value in each.items() if name not in ("cmd", "seq")}).answer
        for each in MESSAGE_SAMPLES[1:-1]
    ]


def test_everything_that_the_kit_says_fits_its_own_schema() -> None:
    session = Session(linting())
    hello = session.start(**START)
    assert (hello.name, hello.language) == ("linting fake", "python")
    assert hello.roles == {"reversal_worker", "admin", "refund_handler"}
    assert Ack.ERRORED not in say_all(session)
    session.close()


def test_the_linting_fake_does_refuse() -> None:
    session = Session(linting(capabilities=""))
    session.start(**START)
    said = session.say("observe")
    assert (said.answer, said.message) == (Ack.ERRORED, "observe without the capability observes")
    session.close()


def test_a_message_of_ours_that_does_not_fit_is_never_sent() -> None:
    with pytest.raises(ValueError, match="the message work lacks 'actor'"):
        encode("work", 1, {})
    with pytest.raises(ValueError, match="must be a number"):
        encode("advance", 1, {"seconds": float("nan")})


def test_the_tap_is_what_the_process_got_and_can_be_played_again(tmp_path: Path) -> None:
    tap = tmp_path / "tap.jsonl"
    session = Session(linting(tap=tap))
    session.start(**START)
    say_all(session)
    session.close()
    told = [json.loads(line) for line in tap.read_text(encoding="utf-8").splitlines()]
    assert told == MESSAGE_SAMPLES
    command = [sys.executable, str(HERE / "linting_fake.py"), str(SCHEMA), "reversal_worker,admin,refund_handler", ALL]
    with tap.open(encoding="utf-8") as file:
        again = subprocess.run(command, stdin=file, capture_output=True, text=True, check=True, timeout=20)
    answers = [json.loads(line) for line in again.stdout.splitlines()]
    assert [each["seq"] for each in answers] == [each["seq"] for each in told]
    assert "errored" not in again.stdout


WAYS = {
    "crashes on start": r"at the message start: it ended by itself, with exit status 1; its log ends: no configuration",
    "talks first": r"what it said is no JSON: \"ready.\"|printed a line before it was asked",
    "wants another version": r"version must be 1, not 2",
    "refuses to start": r"it does not start, and answered errored: that spec is not mine",
    "hangs on work": r"at the message work: no answer within 1 s",
    "is killed": r"at the message work: it was ended by SIGSEGV",
    "ends": r"it ended by itself, with exit status 3; its log ends: out of cheese",
    "no JSON": r"what it said is no JSON: \"Traceback .*logs belong on stderr",
    "not UTF-8": r"is not UTF-8",
    "an old answer": r"it answered message 1, not message 2",
    "no number": r"the answer to work lacks 'seq'",
    "an unknown word": r"answer must be one of applied, .*, not \"done\"",
    "an unknown field": r"the answer to work has no field 'state'; it has seq, answer, message",
    "answers twice": r"at the message work: it (?:answered message 2, not|printed a line before)",
    "half a line": r"it closed its stdout",
    "floods stdout": r"a line of more than 8,388,608 bytes on its stdout",
    "infinity": r"what it said is no JSON",
}


@pytest.mark.parametrize(("way", "sentence"), WAYS.items(), ids=list(WAYS))
def test_a_misbehaving_process_is_a_sentence_and_not_a_crash(way: str, sentence: str) -> None:
    began = time.monotonic()
    with misbehaving(way, deadline=1.0) as (session, _), pytest.raises(LostError, match=sentence):  # noqa: PT012 - which message it is that is lost differs
        session.start(**START)
        session.say("work", actor="worker")
        session.say("work", actor="worker")
    assert time.monotonic() - began < 6


def test_a_command_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(LostError, match="no-such-command cannot be started: No such file or directory"):
        Pipe(["no-such-command"])


def test_a_tap_that_cannot_be_written_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        linting(tap=tmp_path / "no folder" / "tap.jsonl")


def test_a_flood_on_stderr_is_a_log_and_no_verdict() -> None:
    with misbehaving("floods stderr", deadline=20) as (session, pipe):
        session.start(**START)
        assert session.say("work", actor="worker").answer is Ack.APPLIED
        assert len(pipe.log()) <= 64 * 1024


WILD = [
    "forks",
    "ignores SIGTERM",
    pytest.param(
        "leaves its family",
        marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows whose a process was"),
    ),
]


@pytest.mark.parametrize("way", WILD)
def test_nothing_is_left_of_a_process_that_does_not_want_to_go(way: str, tmp_path: Path) -> None:
    began = time.monotonic()
    with misbehaving(way, str(tmp_path / "child")) as (session, pipe):
        session.start(**START)
        session.close()
        assert not alive(pipe.pid)
    if way != "ignores SIGTERM":
        assert not alive(int((tmp_path / "child").read_text(encoding="utf-8")))
    assert time.monotonic() - began < 6


HOLDER = """
import sys, time
from pointsman_conformance.protocol.over_pipe import Pipe
from pointsman_conformance.protocol.session import Session
pipe = Pipe([sys.executable, "-I", "-S", *sys.argv[1:]])
provider = {"url": "u", "key": "k"}
Session(pipe).start(spec={"name": "x", "sha256": "0" * 64}, database="d", provider=provider, webhook_secret="hunter2")
print(pipe.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("way", WILD)
def test_nothing_is_left_when_the_kit_itself_is_killed(way: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(HERE / "misbehaving.py"), way, str(tmp_path / "child")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        pid = int(holder.stdout.readline())
        assert alive(pid)
        holder.kill()
    assert gone_soon(pid)
    if way != "ignores SIGTERM":
        assert gone_soon(int((tmp_path / "child").read_text(encoding="utf-8")))


def gone_soon(pid: int) -> bool:
    end = time.monotonic() + 5
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    return state != "Z"


# --- over HTTP ---------------------------------------------------------------------


class Strange(BaseHTTPRequestHandler):
    """Answers each message in the way that its path says."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        good = json.dumps({"seq": message["seq"], "answer": "applied"}).encode()
        match self.path.strip("/").replace("-", " "):
            case "good":
                self.give(200, good)
            case "an error":
                self.give(500, b"oops")
            case "another number":
                self.give(200, json.dumps({"seq": 7, "answer": "applied"}).encode())
            case "no JSON":
                self.give(200, b"<html>")
            case "not UTF 8":
                self.give(200, b"\xff")
            case "too long":
                self.give(200, good + b" " * (9 * 1024 * 1024))
            case "hangs":
                time.sleep(1.5)
            case "trickles":
                self.give(200, b"")
                for _ in range(8):
                    self.wfile.write(b"5\r\n     \r\n")
                    time.sleep(0.2)
        self.close_connection = True

    def give(self, status: int, body: bytes) -> None:
        """The head, and the body if there is one; else a body in chunks is to follow."""
        self.send_response(status)
        if body:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        with suppress(OSError):  # who asked does not wait
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's word
        pass


@pytest.fixture(scope="module")
def strange() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Strange) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ("an error", r"answered with HTTP 500: b'oops'"),
        ("another number", r"it answered message 7, not message 1"),
        ("no JSON", r"what it said is no JSON: \"<html>\""),
        ("not UTF 8", r"its body is not UTF-8"),
        ("too long", r"a body of more than 8,388,608 bytes"),
        ("hangs", r"no answer within 0.5 s"),
        ("trickles", r"no answer within 0.5 s"),
    ],
)
def test_a_strange_answer_over_http_is_a_sentence(strange: str, way: str, sentence: str) -> None:
    session = Session(Http(f"{strange}/{way.replace(' ', '-')}"), deadline=0.5)
    began = time.monotonic()
    with pytest.raises(LostError, match=sentence):
        session.say("work", actor="worker")
    assert time.monotonic() - began < 3
    session.close()


def test_message_after_message_goes_over_http(strange: str) -> None:
    session = Session(Http(f"{strange}/good"))
    assert [session.say("work", actor="worker").answer for _ in range(3)] == [Ack.APPLIED] * 3
    session.close()


def test_who_waits_over_http_can_be_broken_off(strange: str) -> None:
    line = Http(f"{strange}/hangs")
    threading.Timer(0.3, line.kill).start()
    began = time.monotonic()
    with pytest.raises(LostError):
        Session(line).say("work", actor="worker")
    assert time.monotonic() - began < 1.4
