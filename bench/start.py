"""Measures `pointsman lint` beside a process that only imports its libraries.

    python bench/start.py [SPEC]

Runs of both are interleaved, so that a machine that is busy for a while slows
both; the figures are medians of wall-clock seconds.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

AIM = 1.3
RUNS = 21

PLAIN = """\
pointsman: 1
lifecycle: plain
statuses:
  open: {initial: true}
  closed: {terminal: true}
transitions:
  - {from: open, to: closed}
"""


@dataclass(frozen=True)
class Race:
    """A spec to lint, and the libraries that reading it needs."""

    name: str
    spec: Path
    libraries: str


def seconds(*words: str) -> float:
    """Seconds of one process, which must succeed, as a program that fails is quick."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def run(race: Race) -> tuple[float, float]:
    """The medians: lint, and importing alone."""
    lint = ("-m", "pointsman", "lint", str(race.spec))
    bare = ("-c", f"import {race.libraries}")
    for words in (lint, bare):
        seconds(*words)  # the first run writes byte code
    taken = [(seconds(*lint), seconds(*bare)) for _ in range(RUNS)]
    return statistics.median(t[0] for t in taken), statistics.median(t[1] for t in taken)


def main() -> None:
    spec = Path(sys.argv[1] if len(sys.argv) > 1 else "spec/seller_transfer.yaml")
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.yaml"
        plain.write_text(PLAIN)
        races = (
            Race(f"lint {spec}", spec, "networkx, yaml, sqlglot"),
            Race("lint a spec without conditions", plain, "networkx, yaml"),
        )
        for race in races:
            lint, bare = run(race)
            print(f"{race.name}: {lint:.3f} s; import {race.libraries}: {bare:.3f} s")
            print(f"  ratio {lint / bare:.2f}, aim at most {AIM}: {'met' if lint <= AIM * bare else 'MISSED'}")


if __name__ == "__main__":
    main()
