"""What the tests cost in two checkouts of this project, by folder.

    python bench/suite.py BEFORE AFTER [--rounds N] [--tests PATH...]

Runs `python3 dev.py test` in each of the two folders, in turns, N times each (once, unless given), and prints processor
seconds, user and system, of every process that took part: by folder of the tests, and in total. The ratio is AFTER
by BEFORE. What is not a test's (starting, a server that several workers share, what outlived its test) stands under
"elsewhere". Take an idle machine. The first run in a fresh checkout makes its environment and compiles its modules:
run `python3 dev.py test` once in each before. `--tests` takes paths as pytest does, relative to a checkout.
Exit code 1: tests failed somewhere, so that the figures are not those of a whole run.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

METER = Path(__file__).with_name("meter")
ELSEWHERE = "elsewhere"
IN_TOTAL = "in total"
PR_SET_CHILD_SUBREAPER = 36
"""From <linux/prctl.h>: whose parent ended becomes a child of ours, so that its time is counted as well."""


@dataclass(frozen=True)
class Measured:
    """One run: processor seconds and tests by folder, seconds in total, and whether all tests passed."""

    seconds: Mapping[str, float]
    tests: Mapping[str, int]
    passed: bool


def measured(checkout: Path, paths: Sequence[str]) -> Measured:
    """Run the tests of `checkout` once."""
    with tempfile.TemporaryDirectory() as folder:
        # A copy outside this checkout: pytest would else find this `bench` before that of the checkout it measures.
        meter = shutil.copytree(METER, Path(folder) / "meter")
        words = [sys.executable, "dev.py", "test", "-q", "-c", "pyproject.toml", *paths, str(meter)]
        before = _children()
        with (Path(folder) / "log.txt").open("w+", encoding="utf-8") as log:
            started = subprocess.Popen(
                words,
                cwd=checkout,
                env={**os.environ, "METER": folder},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            code = started.returncode = _waited(started.pid)
            total = _children() - before
            log.seek(0)
            if code != 0:
                print(*log.read().splitlines()[-20:], f"{checkout}: exit code {code}", sep="\n")
        return _by_folder(Path(folder).glob("*.jsonl"), total, passed=code == 0)


def _waited(process: int) -> int:
    """The exit code of `process`, once it and all that became ours meanwhile have ended.

    Each is waited for as soon as it ends: there are tests that look whether anything is left.
    """
    code = -1
    with contextlib.suppress(ChildProcessError):  # how the system says that nothing is left to wait for
        while True:
            ended, status = os.wait()
            if ended == process:
                code = os.waitstatus_to_exitcode(status)
    return code


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _by_folder(files: Iterable[Path], total: float, *, passed: bool) -> Measured:
    seconds: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for file in files:
        for line in file.read_text("utf-8").splitlines():
            name, spent = json.loads(line)
            folder = folder_of(name)
            seconds[folder] += spent
            tests[folder] += "::" in name
    return Measured({**seconds, ELSEWHERE: total - seconds.total(), IN_TOTAL: total}, tests, passed)


def folder_of(name: str) -> str:
    """The folder of a test by its name, at most three deep; of a file outside such a folder, the file."""
    return "/".join(name.partition("::")[0].split("/")[:3])


def table(before: Sequence[Measured], after: Sequence[Measured]) -> list[str]:
    """The medians of both sides and their ratio, the dearest first, the totals last."""
    sides = [_medians(runs) for runs in (before, after)]
    tests = [runs[-1].tests for runs in (before, after)]
    last = (ELSEWHERE, IN_TOTAL)
    rows = sorted({*sides[0], *sides[1]} - {*last}, key=lambda name: -max(side.get(name, 0.0) for side in sides))
    lines = [f"{'tests':>13} {'before s':>9} {'after s':>9} {'ratio':>6}"]
    for name in (*rows, *last):
        one, other = (side.get(name) for side in sides)
        ratio = f"{other / one:6.2f}" if one and other is not None else f"{'-':>6}"
        count = "" if name in last else "/".join(str(each.get(name, 0)) for each in tests)
        lines.append(f"{count:>13} {_figure(one)} {_figure(other)} {ratio}  {name}")
    return lines


def _figure(seconds: float | None) -> str:
    return f"{'-':>9}" if seconds is None else f"{seconds:9.1f}"


def _medians(runs: Sequence[Measured]) -> dict[str, float]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for run in runs:
        for name, seconds in run.seconds.items():
            found[name].append(seconds)
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def main() -> int:
    """Measure both checkouts in turns and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--tests", nargs="+", default=["tests"], metavar="PATH")
    arguments = parser.parse_args()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    found: dict[Path, list[Measured]] = {arguments.before: [], arguments.after: []}
    for number in range(arguments.rounds):
        for checkout in found if number % 2 == 0 else reversed(found):
            found[checkout].append(measured(checkout.resolve(), arguments.tests))
            print(f"{checkout}: {found[checkout][-1].seconds[IN_TOTAL]:.1f} processor seconds", flush=True)
    print(*table(*found.values()), sep="\n")
    return 0 if all(run.passed for runs in found.values() for run in runs) else 1


if __name__ == "__main__":
    sys.exit(main())
