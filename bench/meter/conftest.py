"""Writes down the processor time of each test, for `bench/suite.py`.

METER names the folder to write to. Each process of pytest appends to a file of its own there, one line for a test or
for collecting: a JSON list of its name and its processor seconds, those of the processes that it started included.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

COLLECTING = "collecting"


def pytest_configure(config: pytest.Config) -> None:
    """Watch all tests: the hooks of a conftest.py are for those below its folder alone."""
    config.pluginmanager.register(_Meter(Path(os.environ["METER"]) / f"{os.getpid()}.jsonl"))


class _Meter:
    def __init__(self, file: Path) -> None:
        self._file = file

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Iterator[None]:
        return (yield from self._measured(COLLECTING))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        return (yield from self._measured(item.nodeid))

    def _measured(self, name: str) -> Iterator[None]:
        before = seconds()
        came = yield
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps([name, seconds() - before]) + "\n")
        return came


def seconds() -> float:
    """Processor seconds of this process and of all that it started, those that still run included where /proc is."""
    return sum(os.times()[:4]) + sum(_of_child(child) for child in _children(os.getpid()))


def _children(process: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text("ascii").split()]
    except OSError:  # it has ended, or this is no Linux
        return []


def _of_child(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # utime, stime, cutime and cstime of proc(5)
    return own + sum(_of_child(child) for child in _children(process))
