"""Implementations behind the protocol, and how a test reaches them."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pointsman.loading.load import load, load_text
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance import protocol
from pointsman_conformance.drivers.adapter import Spoken
from pointsman_conformance.drivers.http import over_http
from pointsman_conformance.drivers.pipe import over_pipe

HERE = Path(__file__).parent
SPEC = HERE.parents[2] / "spec" / "seller_transfer.yaml"
SELLER_TRANSFER = load(SPEC)
SCHEMA = Path(protocol.__file__).parent / "protocol.schema.json"
ROLES = "reversal_worker,refund_handler,webhook,admin"
BOOK = [sys.executable, str(HERE / "book_adapter.py"), str(SPEC), ROLES]

DOOR = load_text("""
pointsman: 1
lifecycle: door
table: {name: doors, status_column: status}
actors: {porter: handler}
statuses:
  open: {initial: true, resting: true}
  closing: {resting: true}
  locked: {terminal: true}
transitions:
  - {from: open, to: closing, event: pushed, by: [porter]}
  - {from: closing, to: closing, event: pushed, by: [porter]}
  - {from: closing, to: open, event: held, by: [porter]}
  - {from: [open, closing], to: locked, event: key_turned, by: [porter]}
events:
  pushed: {otherwise: {locked: ignore}}
  held: {otherwise: {open: ignore, locked: ignore}}
  key_turned: {otherwise: {locked: ignore}}
""")


@contextmanager
def on_pipe(dsn: str, command: list[str], lifecycle: Lifecycle = SELLER_TRANSFER, **more: Any) -> Iterator[Spoken]:
    """A driver for a process."""
    driver = over_pipe(lifecycle, command, dsn, **more)
    try:
        yield driver
    finally:
        driver.close()


def door(way: str = "") -> list[str]:
    """The command of a door."""
    return [sys.executable, "-I", "-S", str(HERE / "door_adapter.py"), way]


def misbehaving(way: str) -> list[str]:
    """The command of a process that does one thing wrong."""
    return [sys.executable, "-I", "-S", str(HERE / "misbehaving.py"), way]


@contextmanager
def book_over_http(dsn: str, folder: Path) -> Iterator[Spoken]:
    """The book behind a URL."""
    port_file = folder / "port"
    with subprocess.Popen([*BOOK, "--port-file", str(port_file)]) as process:
        try:
            end = time.monotonic() + 20
            while not (port_file.exists() and port_file.read_text(encoding="utf-8")) and time.monotonic() < end:
                time.sleep(0.02)
            driver = over_http(SELLER_TRANSFER, f"http://127.0.0.1:{port_file.read_text(encoding='utf-8')}/", dsn)
            try:
                yield driver
            finally:
                driver.close()
        finally:
            process.kill()
