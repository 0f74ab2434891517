"""One copy behind the protocol: sends it messages, and plays the steps of a pause while it stands still."""

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
"""Seconds. The session never gives up by itself: the driver watches the time, since pauses do not count."""


class BreakableTransport(Transport, Protocol):
    """A transport that another thread can break off."""

    def kill(self) -> None:
        """End the transport; the thread that waits for an answer gets LostError."""
        ...


class Speaker:
    """A copy and the session with it. `body` is its process, None where the kit did not start one."""

    def __init__(self, copy: ProcessCopy, line: BreakableTransport, body: Body | None, deadline: float) -> None:
        self.copy, self.session = copy, Session(line, deadline=deadline)
        self.busy = False
        """True while the kit waits for an answer of the copy, also during a pause."""
        self.known = False
        """True once the history of this run has a `Started` for the copy."""
        copy.process = body
        self._line, self._deadline = line, deadline

    def say(self, cmd: str, bounds: PassedPoints, pause: Callable[[Fault], None], **fields: Json) -> Said | LostError:
        """Send the message `cmd` and let the copy run, with the faults in `bounds`, until it answers or is lost.

        `pause` is called while the copy stands still; that time does not count towards the deadline. Raises what goes
        wrong in the kit itself.
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
        """Send a message that no fault strikes."""
        return self.say(cmd, PassedPoints(), lambda _fault: None, **fields)

    def close(self) -> None:
        """Ask the copy to leave, then end it."""
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
        """Break the transport off: the answer is not waited for."""
        self._line.kill()


class _Call(threading.Thread):
    """Sends one message and waits for its answer, in a thread of its own."""

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
        """End the call; `why` becomes the reason of the LostError."""
        self._late = why
        self._speaker.break_off()
