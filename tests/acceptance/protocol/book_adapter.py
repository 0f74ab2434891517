"""The book behind the protocol: an adapter as short as one can be, on a pipe or (with ``--port-file``) over HTTP.

``book_adapter.py SPEC ROLE,ROLE... [--wrong-file FILE] [--port-file FILE]``

`FILE` holds the name of a wrong implementation, which may change from case to case; without one it is honest.
"""

import argparse
import gc
import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

from pointsman.database import Database, DatabaseError, connect
from pointsman.loading.load import load
from pointsman.spec.errors import PointsmanError
from pointsman.sql.schema import table_of
from pointsman_conformance.core.values import TableShape
from pointsman_conformance.reference.__main__ import OverHttp
from pointsman_conformance.reference.implementation import ReferenceImplementation
from pointsman_conformance.reference.on_postgres import OnPostgres
from pointsman_conformance.reference.operation import TurnSteps

Words = dict[str, Any]


class Adapter:
    """Answers messages. A lost connection to the database is made again for the next one."""

    def __init__(self, spec: Path, roles: list[str], wrong_file: Path | None) -> None:
        self._lifecycle, self._roles, self._wrong_file = load(spec), roles, wrong_file
        self._minds: dict[str, ReferenceImplementation] = {}
        self._start: Words = {}
        self._database: Database | None = None
        self._open = ExitStack()

    def answer(self, message: Words) -> Words:
        """The answer, without its number."""
        match message["cmd"]:
            case "start":
                self._start = message
                self._database = None
                return {
                    "version": 1,
                    "implementation": {"name": "book adapter", "version": "1", "language": "python"},
                    "roles": self._roles,
                    "capabilities": ["events", "hooks", "moves"],
                }
            case "reset":
                self._minds = {}
                return {"answer": "applied"}
            case "stop":
                return {"answer": "applied"}
        try:
            return {"answer": self._run(self._turn(message))}
        except (DatabaseError, PointsmanError) as problem:
            self._database = None
            return {"answer": "unknown", "message": str(problem)}

    def _turn(self, message: Words) -> TurnSteps:
        match message["cmd"]:
            case "work":
                return self._mind(message["actor"]).work(message["actor"])
            case "event":
                mind = self._mind(message["actor"])
                return mind.happen(message["actor"], message["row"], message["event"], message["fields"], message["id"])
            case "move":
                status = next(each.name for each in self._lifecycle.statuses if each.value == message["status"])
                return self._mind(message["actor"]).move_to(message["actor"], message["row"], status)
            case _:
                told = json.loads(message["body"])
                actor = next(actor.name for actor in self._lifecycle.actors if actor.kind == "webhook")
                return self._mind(actor).hook(actor, told["type"], told["data"]["object"], told["id"])

    def _run(self, turn: TurnSteps) -> str:
        if self._database is None:
            self._open.close()
            self._database = self._open.enter_context(connect(self._start["database"]))
        asking = OverHttp(self._start["provider"]["url"])
        return OnPostgres(self._lifecycle, self._database, TableShape.plain(table_of(self._lifecycle)), asking).run(
            turn
        )

    def _mind(self, actor: str) -> ReferenceImplementation:
        if actor not in self._minds:
            key, random = self._start["provider"]["key"], Random()  # noqa: S311 - jitter, no secret
            self._minds[actor] = self._make()(self._lifecycle, actor, key, random, set())
        return self._minds[actor]

    def _make(self) -> Callable[..., Any]:
        name = self._wrong_file.read_text(encoding="utf-8") if self._wrong_file is not None else ""
        if not name:
            return ReferenceImplementation
        from pointsman_conformance.mutants import WRONG  # an honest one starts sooner without them

        return WRONG[name].make


def on_pipe(adapter: Adapter) -> None:
    """Until the input ends."""
    for line in sys.stdin:
        message = json.loads(line)
        sys.stdout.write(json.dumps({"seq": message["seq"], **adapter.answer(message)}) + "\n")
        sys.stdout.flush()
        if message["cmd"] == "stop":
            return


def over_http(adapter: Adapter, port_file: Path) -> None:
    """For ever."""
    from http.server import BaseHTTPRequestHandler, HTTPServer  # on a pipe it starts sooner without them

    class Handler(BaseHTTPRequestHandler):
        wbufsize = -1

        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"seq": message["seq"], **adapter.answer(message)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's word
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        port_file.write_text(str(server.server_port), encoding="utf-8")
        server.serve_forever()


def main() -> None:
    """Read the command line."""
    gc.set_threshold(50_000)
    parser = argparse.ArgumentParser()
    parser.add_argument("spec", type=Path)
    parser.add_argument("roles")
    parser.add_argument("--wrong-file", type=Path)
    parser.add_argument("--port-file", type=Path)
    given = parser.parse_args()
    adapter = Adapter(given.spec, given.roles.split(","), given.wrong_file)
    if given.port_file is None:
        on_pipe(adapter)
    else:
        over_http(adapter, given.port_file)


if __name__ == "__main__":
    main()
