"""A process that works by the book, or by a wrong one, for ever: the kit's own implementation as a black box.

python -m pointsman_conformance.book SPEC --actor ACTOR... [--wrong NAME] [--poll SECONDS]

It reads DATABASE_URL, STRIPE_API_BASE and STRIPE_API_KEY as any worker would.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from urllib.parse import urlencode, urlsplit

from pointsman.database import Database, DatabaseError, connect
from pointsman.errors import PointsmanError
from pointsman.lifecycle import Lifecycle
from pointsman.load import load
from pointsman.sql.schema import table_of
from pointsman_conformance.book.book import Book
from pointsman_conformance.book.on_postgres import OnPostgres
from pointsman_conformance.stage.values import Shape
from pointsman_conformance.wire import Heard, HttpReply, HttpRequest, NoReply

TIMEOUT = 30.0
"""Seconds for an answer of the provider."""

AFTER_A_LOSS = 0.05
"""Seconds before another try at a database that was lost."""


class OverHttp:
    """Sends requests to a provider, each on a connection of its own."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._host, self._port, self._prefix = parts.hostname or "127.0.0.1", parts.port, parts.path.rstrip("/")

    def __call__(self, request: HttpRequest) -> Heard:
        """What came back; silence where the time was up or the connection was lost."""
        headers = {"Authorization": f"Bearer {request.token}"}
        if request.key is not None:
            headers["Idempotency-Key"] = request.key
        path, body = self._prefix + request.path, urlencode(request.params)
        if request.method == "GET" and body:
            path, body = f"{path}?{body}", ""
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT)
        try:
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.request(request.method, path, body or None, headers)
            response = connection.getresponse()
            return _reply(response.status, response.read(), dict(response.getheaders()))
        except TimeoutError:
            return NoReply("timeout")
        except (OSError, http.client.HTTPException):
            return NoReply("connection")
        finally:
            connection.close()


def _reply(status: int, body: bytes, headers: Mapping[str, str]) -> HttpReply:
    text = body.decode(errors="replace")
    with contextlib.suppress(ValueError):
        told = json.loads(text)
        if isinstance(told, dict):
            return HttpReply(status, told, headers)
    return HttpReply(status, text, headers)


def _work(lifecycle: Lifecycle, database: Database, actors: list[str], poll: float, wrong: str | None) -> None:
    """Turn after turn, until the database is lost."""
    token = os.environ.get("STRIPE_API_KEY", "")
    asking = OverHttp(os.environ.get("STRIPE_API_BASE", "http://127.0.0.1:12111"))
    player = OnPostgres(lifecycle, database, Shape.plain(table_of(lifecycle)), asking, alarm=_say)
    minds = _minds(lifecycle, token, actors, wrong)
    while True:
        worked = [player.run(mind.work(actor)) for actor, mind in minds.items()]
        if "applied" not in worked:
            time.sleep(poll)


_MINDS: dict[str, Book] = {}
"""What the process remembers: it outlives a connection, and dies with the process."""


def _minds(lifecycle: Lifecycle, token: str, actors: list[str], wrong: str | None) -> Mapping[str, Book]:
    for actor in actors:
        if actor not in _MINDS:
            random = Random(secrets.randbits(64))  # noqa: S311 - jitter, no secret
            _MINDS[actor] = _make(wrong, lifecycle, actor, token, random)
    return _MINDS


def _make(wrong: str | None, lifecycle: Lifecycle, actor: str, token: str, random: Random) -> Book:
    if wrong is None:
        return Book(lifecycle, actor, token, random, set())
    from pointsman_conformance.wrong import WRONG  # noqa: PLC0415 - an honest process needs none of them

    made = WRONG[wrong].make(lifecycle, actor, token, random, set())
    if not isinstance(made, Book):
        raise SystemExit(f"{wrong} is no book")
    return made


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def main() -> None:
    """Read the command line and work until killed."""
    parser = argparse.ArgumentParser(prog="python -m pointsman_conformance.book", description=__doc__)
    parser.add_argument("spec", type=Path)
    parser.add_argument("--actor", action="append", required=True, dest="actors", help="whom to play; may be repeated")
    parser.add_argument("--wrong", metavar="NAME", help="be this wrong implementation")
    parser.add_argument("--poll", type=float, default=0.02, metavar="SECONDS", help="pause when nothing was due")
    given = parser.parse_args()
    lifecycle = load(given.spec)
    while True:
        try:
            with connect(os.environ["DATABASE_URL"]) as database:
                _work(lifecycle, database, given.actors, given.poll, given.wrong)
        except (DatabaseError, PointsmanError) as problem:
            _say(str(problem))
            time.sleep(AFTER_A_LOSS)


if __name__ == "__main__":
    main()
