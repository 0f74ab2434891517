"""Drops our test database on an external server if this process is killed first.

A server of our own ends with this process. For a database on an external server, a small process watches a pipe. If the
pipe closes before this process has reported that it is done, the small process drops the database.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence

PATIENCE = 10.0
"""Seconds that the small process has to end, once the pipe is closed."""

_DONE = b"done\n"


@contextlib.contextmanager
def dropped_anyway(maintenance: str, name: str, roles: Sequence[str] = ()) -> Iterator[None]:
    """While this context is open, the death of this process drops the database `name`, then those of `roles` that are.

    `maintenance` is the DSN of another database on the same server, from which they are dropped.
    """
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
        with contextlib.suppress(BrokenPipeError):  # no process watches then; the caller drops the database itself
            stdin.write(json.dumps([maintenance, name, *roles]).encode() + b"\n")
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
    lines = sys.stdin.buffer.readlines()  # until our starter reports that it is done, or has ended
    if not lines or lines[-1] == _DONE:
        return
    import psycopg  # noqa: PLC0415 - takes time, and is hardly ever needed
    from psycopg import sql  # noqa: PLC0415 - the same

    maintenance, name, *roles = json.loads(lines[0])
    with psycopg.connect(maintenance, autocommit=True, connect_timeout=10) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        for role in roles:
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


if __name__ == "__main__":
    _main()
