"""The driver for a process that speaks the protocol on its standard input and output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path

from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.drivers.adapter import Reach, Spoken
from pointsman_conformance.drivers.adapter_copy import BreakableTransport
from pointsman_conformance.drivers.copy import Body
from pointsman_conformance.protocol.over_pipe import Pipe
from pointsman_conformance.protocol.session import DEADLINE
from pointsman_conformance.provider.options import ProviderOptions


def over_pipe(  # noqa: PLR0913 - what is said once, by name
    lifecycle: Lifecycle,
    command: Sequence[str],
    dsn: str,
    *,
    roles: Iterable[str] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    tap: Path | None = None,
    deadline: float = DEADLINE,
    enforced: bool = False,
    options: ProviderOptions = ProviderOptions(),  # noqa: B008 - frozen
) -> Spoken:
    """A driver for `command`, with a test bed in the empty database of `dsn`. Raises DriverError.

    `roles` narrows the actors that the implementation says it plays. The file `tap` gets every line that the first
    process gets, so that ``cat TAP | COMMAND`` plays it again; later processes write to files with a number before the
    ending. `deadline` is how many seconds an answer may take. `enforced` makes the table with its trigger and CHECKs.
    """
    processes = count(1)

    def open_line(_number: int) -> tuple[BreakableTransport, Body | None]:
        file = None if tap is None else _numbered(tap, next(processes))
        process = Pipe(command, environment=environment, folder=folder, tap=file)
        return process, process

    reach = Reach(open_line, kills=True, copies=True)
    return Spoken(lifecycle, dsn, reach, roles=roles, deadline=deadline, enforced=enforced, options=options)


def _numbered(tap: Path, number: int) -> Path:
    return tap if number == 1 else tap.with_suffix(f".{number}{tap.suffix}")
