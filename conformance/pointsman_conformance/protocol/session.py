"""The exchange of messages with one implementation: numbers them, and checks the shape of each and of its answer."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from pointsman.spec.errors import PointsmanError
from pointsman_conformance.core.driver import Ack
from pointsman_conformance.core.shapes import problems, shown
from pointsman_conformance.core.wire import Json
from pointsman_conformance.protocol.messages import BY_CMD, VERSION

START_DEADLINE = 30.0
"""Seconds for the answer to `start`: the runtime of a language may have to warm up."""

DEADLINE = 10.0
"""Seconds for every other answer."""

SHOWN_LOG = 400
"""Characters of an implementation's log that a message shows."""


class LostError(PointsmanError):
    """The implementation cannot be reached any more, or sent what is no answer. This is a result about it."""


@dataclass(frozen=True, slots=True)
class Hello:
    """How an implementation describes itself. `capabilities` are keys of `messages.CAPABILITIES`."""

    name: str
    version: str
    language: str
    homepage: str
    issues: str
    roles: frozenset[str]
    capabilities: frozenset[str]


@dataclass(frozen=True, slots=True)
class ReportedWrite:
    """A write that an implementation reports. Timestamps are seconds of the run's clock; `at` is None if not given."""

    row: str
    old: Mapping[str, int | float | str | bool | None] | None
    new: Mapping[str, int | float | str | bool | None] | None
    at: float | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. Only the answer to `observe` has `writes`."""

    answer: Ack
    message: str = ""
    writes: tuple[ReportedWrite, ...] = ()


class Transport(Protocol):
    """Carries messages to an implementation. After `LostError` only `close` may be called."""

    def ask(self, message: str, deadline: float) -> str:
        """Send one line and return the line that comes back within `deadline` seconds. Raises LostError."""
        ...

    def log(self) -> str:
        """The end of the log since the last message was sent."""
        ...

    def close(self, *, kindly: bool = True) -> None:
        """End the implementation; if `kindly`, give it a moment to end by itself. May be called twice."""
        ...


class Session:
    """The session with one implementation, from `start` to its end."""

    def __init__(self, transport: Transport, *, deadline: float = DEADLINE) -> None:
        self._transport = transport
        self._deadline = deadline
        self._seq = 0
        self._over = False

    def start(self, deadline: float = START_DEADLINE, **fields: Json) -> Hello:
        """Send `start`. Raises LostError, also where the implementation refuses to start."""
        told = self._ask("start", {"version": VERSION, **fields}, max(deadline, self._deadline))
        if "answer" in told:
            words = told.get("message") or "it gave no reason"
            self._lost(f"it does not start, and answered {told['answer']}: {words}")
        who = told["implementation"]
        texts = {name: str(who.get(name, "")) for name in ("name", "version", "language", "homepage", "issues")}
        return Hello(**texts, roles=frozenset(told["roles"]), capabilities=frozenset(told["capabilities"]))

    def say(self, cmd: str, *, deadline: float | None = None, **fields: Json) -> Said:
        """Send any other message. Raises LostError."""
        told = self._ask(cmd, fields, self._deadline if deadline is None else deadline)
        writes = tuple(ReportedWrite(**each) for each in told.get("writes", ()))
        return Said(Ack(told["answer"]), told.get("message", ""), writes)

    def close(self) -> None:
        """Send `stop` and wait at most a second; end a lost implementation at once. May be called twice."""
        if self._over:
            return
        if self._seq:
            with contextlib.suppress(LostError):  # it is ended next anyway
                self._ask("stop", {}, min(self._deadline, 1.0))
        kindly, self._over = not self._over, True
        self._transport.close(kindly=kindly)

    def kill(self) -> None:
        """End the implementation at once, as a crash does."""
        self._over = True
        self._transport.close(kindly=False)

    def _ask(self, cmd: str, fields: Mapping[str, Json], deadline: float) -> dict[str, Any]:
        self._seq += 1
        message = encode(cmd, self._seq, fields)
        try:
            line = self._transport.ask(message, deadline)
            return decode(cmd, self._seq, line)
        except LostError as lost:
            self._lost(f"at the message {cmd}: {lost}")

    def _lost(self, why: str) -> NoReturn:
        """End the session and raise LostError: a later answer could not be matched to its message."""
        log = self._transport.log().strip()
        self.kill()
        end = f"; its log ends: {log[-SHOWN_LOG:]}" if log else ""
        raise LostError(f"{why}{end}") from None


def encode(cmd: str, seq: int, fields: Mapping[str, Json]) -> str:
    """The message as a line of JSON, without the line's end. Raises ValueError where it does not fit the protocol."""
    message: Json = {"cmd": cmd, "seq": seq, **fields}
    wrong = list(problems(BY_CMD[cmd].request, message))
    if wrong:
        raise ValueError("; ".join(wrong))
    return json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def decode(cmd: str, seq: int, line: str) -> dict[str, Any]:
    """The answer in `line` to message number `seq`. Raises LostError, which says what is wrong with the line."""
    try:
        told = json.loads(line, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        raise LostError(f"what it said is no JSON: {shown(line)} (logs belong on stderr)") from None
    if isinstance(told, dict) and isinstance(told.get("seq"), int) and told["seq"] != seq:
        raise LostError(f"it answered message {told['seq']}, not message {seq}: {shown(told)}")
    wrong = list(problems(BY_CMD[cmd].reply, told))
    if wrong:
        raise LostError("; ".join(wrong[:3]))
    if not isinstance(told, dict):
        raise TypeError("an answer's shape is an object")
    return told


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number
