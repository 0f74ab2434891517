"""One implementation behind the protocol, as a copy on a stage: what it is asked, and what passes by it meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from pointsman_conformance.core.plan import Fault
from pointsman_conformance.core.wire import Json
from pointsman_conformance.drivers.copy import Body, PassedPoints, ProcessCopy
from pointsman_conformance.protocol.session import LostError, Said, Session, Transport

AGES = 86_400.0
"""Seconds: longer than anybody waits. Here the driver watches the time, since pauses do not count."""


class BreakableTransport(Transport, Protocol):
    """A transport that can be broken off from another thread."""

    def kill(self) -> None:
        """Whoever waits for an answer hears that it is lost."""
        ...


class Speaker:
    """A copy that is spoken to. `body` is its process, None where it has none that is ours."""

    def __init__(self, copy: ProcessCopy, line: BreakableTransport, body: Body | None, deadline: float) -> None:
        self.copy, self.session = copy, Session(line, deadline=deadline)
        self.busy = False
        """Whether an answer of its is waited for, which may be while it stands still."""
        self.known = False
        """Whether this run's history knows that it is there."""
        copy.process = body
        self._line, self._deadline = line, deadline

    def say(self, cmd: str, bounds: PassedPoints, pause: Callable[[Fault], None], **fields: Json) -> Said | LostError:
        """Let it go on with this message, with the faults in `bounds`, until it answers or is lost.

        `pause` is called while it stands still; the time that this takes is not counted. Raises what goes wrong in the
        kit itself.
        """
        self.busy = True
        call = _Call(self, cmd, fields)
        try:
            self.copy.open(bounds)
            call.start()
            self._wait(call, pause)
        finally:
            call.join()
            self.copy.shut()
            self.busy = False
        if call.failed is not None:
            raise call.failed
        return call.heard

    def tell(self, cmd: str, **fields: Json) -> Said | LostError:
        """A message about which nothing can go wrong on purpose."""
        return self.say(cmd, PassedPoints(), lambda _fault: None, **fields)

    def close(self) -> None:
        """Ask it to leave, and see to it that it does."""
        self.copy.open(PassedPoints())
        self.session.close()
        self.copy.close()

    def _wait(self, call: _Call, pause: Callable[[Fault], None]) -> None:
        left, changed = self._deadline, self.copy.changed
        try:
            while not call.done.is_set():
                with changed:
                    began = time.monotonic()
                    changed.wait_for(lambda: call.done.is_set() or self.copy.paused is not None, max(0.0, left))
                    left -= time.monotonic() - began
                fault = self.copy.paused
                if fault is not None:
                    pause(fault)
                    self.copy.resume()
                elif not call.done.is_set() and left <= 0:
                    call.break_off(f"at the message {call.cmd}: no answer within {self._deadline:g} s")
                    return
        except BaseException:
            call.break_off("the kit was interrupted")
            raise

    def break_off(self) -> None:
        """Nobody waits for it any more."""
        self._line.kill()


class _Call(threading.Thread):
    """A message on its way, in a thread of its own."""

    def __init__(self, speaker: Speaker, cmd: str, fields: dict[str, Json]) -> None:
        super().__init__(name=f"message {cmd}", daemon=True)
        self.cmd = cmd
        self.done = threading.Event()
        self.heard: Said | LostError = LostError("nothing was said")
        self.failed: Exception | None = None
        self._speaker, self._fields, self._late = speaker, fields, ""

    def run(self) -> None:
        try:
            self.heard = self._speaker.session.say(self.cmd, deadline=AGES, **self._fields)
        except LostError as lost:
            self.heard = LostError(self._late) if self._late else lost
        except Exception as problem:  # noqa: BLE001 - the kit's own: raised again where it is waited for
            self.failed = problem
        finally:
            with self._speaker.copy.changed:
                self.done.set()
                self._speaker.copy.changed.notify_all()

    def break_off(self, why: str) -> None:
        """End it, for this reason."""
        self._late = why
        self._speaker.break_off()
