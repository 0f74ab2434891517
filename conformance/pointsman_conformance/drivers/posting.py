"""Posts a webhook to a process, in a thread of its own."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Mapping

from pointsman_conformance.core.driver import Ack


class Posting:
    """One POST to a port of this machine, with at most `patience` seconds for each wait on the socket."""

    def __init__(self, port: int, path: str, body: bytes, headers: Mapping[str, str], patience: float) -> None:
        self._port, self._path, self._body, self._headers = port, path, body, headers
        self._patience = patience
        self._status: int | None = None
        self.words = ""
        self._thread = threading.Thread(target=self._post, name="webhook", daemon=True)

    def start(self) -> None:
        """Send the request."""
        self._thread.start()

    def join(self) -> None:
        """Wait until there is an answer, or the request has failed."""
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def done(self) -> bool:
        """True once there is an answer, or the request has failed."""
        return self._thread.ident is not None and not self._thread.is_alive()

    @property
    def answer(self) -> Ack:
        """The kit's word for the HTTP status. 2xx says that the webhook was taken, not that it was applied."""
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
