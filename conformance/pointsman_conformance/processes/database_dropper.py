"""Drops a database on somebody else's server when we are killed before we could.

A server of our own goes with us, and all that is in it. On another one a small process watches a pipe; where that
closes before we say that all is well, it drops the database.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator

PATIENCE = 10.0
"""Seconds for the process to end, once told; it has nothing left to do then."""

_DONE = b"done\n"


@contextlib.contextmanager
def dropped_anyway(maintenance: str, name: str) -> Iterator[None]:
    """Until this is left, the database `name` is dropped if we die. `maintenance` is the DSN of another one there."""
    process = subprocess.Popen(
        [sys.executable, "-P", __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    stdin = process.stdin
    if stdin is None:
        raise TypeError("a pipe was asked for")
    try:
        with contextlib.suppress(BrokenPipeError):  # then nobody watches; what we drop ourselves is dropped
            stdin.write(json.dumps([maintenance, name]).encode() + b"\n")
            stdin.flush()
        yield
    finally:
        with contextlib.suppress(BrokenPipeError):
            stdin.write(_DONE)
            stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            stdin.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _main() -> None:
    lines = sys.stdin.buffer.readlines()  # until whoever started us says that it is done, or is gone
    if not lines or lines[-1] == _DONE:
        return
    import psycopg  # noqa: PLC0415 - takes time, and is hardly ever needed
    from psycopg import sql  # noqa: PLC0415 - the same

    maintenance, name = json.loads(lines[0])
    with psycopg.connect(maintenance, autocommit=True, connect_timeout=10) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


if __name__ == "__main__":
    _main()
