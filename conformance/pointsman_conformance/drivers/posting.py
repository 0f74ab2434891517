"""A webhook on its way to a process, in a thread of its own."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Mapping

from pointsman_conformance.core.driver import Ack


class Posting:
    """One POST to a port of this machine."""

    def __init__(self, port: int, path: str, body: bytes, headers: Mapping[str, str], patience: float) -> None:
        self._port, self._path, self._body, self._headers = port, path, body, headers
        self._patience = patience
        self._status: int | None = None
        self.words = ""
        self._thread = threading.Thread(target=self._post, name="webhook", daemon=True)

    def start(self) -> None:
        """Send it off."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the answer, as long as anybody would."""
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def done(self) -> bool:
        """Whether there is an answer, or will be none."""
        return self._thread.ident is not None and not self._thread.is_alive()

    @property
    def answer(self) -> Ack:
        """What the answer is to us. That a webhook was taken says nothing of what came of it."""
        if self._status is None:
            return Ack.UNKNOWN
        if self._status < 300:
            return Ack.APPLIED
        return Ack.ERRORED if self._status >= 500 else Ack.REFUSED

    def _post(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._patience)
        try:
            connection.request("POST", self._path, self._body, dict(self._headers))
            response = connection.getresponse()
            self.words = response.read(2000).decode(errors="replace")
            self._status = response.status
        except (OSError, http.client.HTTPException) as problem:
            self.words = str(problem)
        finally:
            connection.close()
