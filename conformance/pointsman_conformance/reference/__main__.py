"""A process that runs the reference implementation, or a mutant, until it is killed: a black box of the kit's own.

python -m pointsman_conformance.reference SPEC --actor ACTOR... [--wrong NAME] [--poll SECONDS]

It reads DATABASE_URL, STRIPE_API_BASE and STRIPE_API_KEY as any worker would.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
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

from pointsman.database import Database, connect
from pointsman.loading.load import load
from pointsman.spec.errors import PointsmanError
from pointsman.spec.lifecycle import ActorKind, Lifecycle
from pointsman.sql.schema import table_of
from pointsman_conformance.core.values import TableShape
from pointsman_conformance.core.wire import Heard, HttpReply, HttpRequest, Json, NoReply
from pointsman_conformance.reference.implementation import ReferenceImplementation
from pointsman_conformance.reference.on_postgres import OnPostgres

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
        """The response; silence where the time was up or the connection was lost."""
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


class ReferenceProcess:
    """One process of the book. What it remembers outlives a lost connection, and dies with it."""

    def __init__(self, lifecycle: Lifecycle, actors: list[str], poll: float, wrong: str | None) -> None:
        self._lifecycle, self._poll = lifecycle, poll
        self._token = os.environ.get("STRIPE_API_KEY", "")
        self._asking = OverHttp(os.environ.get("STRIPE_API_BASE", "http://127.0.0.1:12111"))
        self._wrong, self._inbox = wrong, set[str]()
        self._minds = {actor: self._make(actor) for actor in actors}

    def _make(self, actor: str) -> ReferenceImplementation:
        random = Random(secrets.randbits(64))  # noqa: S311 - jitter, no secret
        if self._wrong is None:
            return ReferenceImplementation(self._lifecycle, actor, self._token, random, self._inbox)
        from pointsman_conformance.mutants import WRONG  # noqa: PLC0415 - an honest process needs none of them

        return WRONG[self._wrong].make(self._lifecycle, actor, self._token, random, self._inbox)

    def go_on(self, dsn: str) -> None:
        """Runs turn after turn until the connection to the database is lost."""
        with connect(dsn) as database:
            player = self._player(database)
            while True:
                worked = [player.run(mind.work(actor)) for actor, mind in self._minds.items()]
                if "applied" not in worked:
                    time.sleep(self._poll)

    def listen(self, dsn: str) -> None:
        """Starts the webhook receiver if one of the actors is a webhook."""
        listens = [name for name in self._minds if self._lifecycle.actor[name].kind is ActorKind.WEBHOOK]
        if not listens:
            return
        from pointsman_conformance.reference.webhook_server import receive  # noqa: PLC0415 - most need no server

        actor = listens[0]

        def tell(kind: str, thing: Mapping[str, Json], event: str) -> str:
            with connect(dsn) as database:
                return self._player(database).run(self._minds[actor].hook(actor, kind, thing, event))

        receive(int(os.environ["WEBHOOK_PORT"]), os.environ.get("STRIPE_WEBHOOK_SECRET", ""), tell)

    def _player(self, database: Database) -> OnPostgres:
        shape = TableShape.plain(table_of(self._lifecycle))
        return OnPostgres(self._lifecycle, database, shape, self._asking, alarm=_say)


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def main() -> None:
    """Read the command line and work until killed."""
    gc.set_threshold(50_000)  # this is the whole process, and nearly all of its objects stay until it is killed
    parser = argparse.ArgumentParser(prog="python -m pointsman_conformance.reference", description=__doc__)
    parser.add_argument("spec", type=Path)
    parser.add_argument("--actor", action="append", required=True, dest="actors", help="actor to play; repeatable")
    parser.add_argument("--wrong", metavar="NAME", help="be this wrong implementation")
    parser.add_argument("--poll", type=float, default=0.02, metavar="SECONDS", help="pause when nothing was due")
    given = parser.parse_args()
    dsn = os.environ["DATABASE_URL"]
    working = ReferenceProcess(load(given.spec), given.actors, given.poll, given.wrong)
    working.listen(dsn)
    while True:
        try:
            working.go_on(dsn)
        except PointsmanError as problem:
            _say(str(problem))
            time.sleep(AFTER_A_LOSS)


if __name__ == "__main__":
    main()
