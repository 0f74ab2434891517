"""Measures how the time of `pointsman lint` and `pointsman generate` grows with the spec.

    python bench/growth.py [STATUSES...]

Each size is a lifecycle with three transitions for each status. The figures
are seconds of a whole process, the start included; the last column subtracts the
start and divides by the number of transitions, so that it stays level if the time
is linear in the transitions. It is left out if the start is nearly all of the
time, as it would be noise.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (10, 100, 1_000, 5_000)
FEW_SECONDS = 5.0
"""Seconds that 1,000 statuses may take."""


def spec(statuses: int) -> str:
    """A lifecycle of so many statuses: from each to the next, to the one after it, and to a failed end."""
    inner = statuses - 2
    lines = [
        "pointsman: 1",
        f"lifecycle: chain_of_{statuses}",
        "table:",
        "  name: items",
        "  primary_key: id",
        "  status_column: status",
        "actors: {mover: worker}",
        "statuses:",
        "  s0: {initial: true}",
        *(f"  s{number}: {{}}" for number in range(1, inner)),
        "  done: {terminal: true}",
        "  failed: {terminal: true}",
        "transitions:",
    ]
    names = [f"s{number}" for number in range(inner)] + ["done"]
    for at, name in enumerate(names[:-1]):
        lines.append(f"  - {{from: {name}, to: {names[at + 1]}, event: advance, by: [mover]}}")
        lines.append(f"  - {{from: {name}, to: failed, event: fail, by: [mover]}}")
        if at + 2 < len(names):
            lines.append(f"  - {{from: {name}, to: {names[at + 2]}, event: skip, by: [mover]}}")
    return "\n".join(lines) + "\n"


def seconds(*words: str) -> float:
    """Seconds of one run; the best of three."""
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "pointsman", *words], check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - begun)
    return min(taken)


def main() -> None:
    sizes = tuple(int(word) for word in sys.argv[1:]) or SIZES
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spec.yaml"
        file.write_text(spec(3))
        start = {"lint": seconds("lint", str(file)), "generate": seconds("generate", str(file), "--out", folder)}
        print(f"{'verb':<10}{'statuses':>9}{'transitions':>13}{'seconds':>9}{'us/transition':>15}")
        for verb, began in start.items():
            for size in sizes:
                text = spec(size)
                file.write_text(text)
                moves = text.count("- {from:")
                out = ("--out", str(Path(folder) / str(size))) if verb == "generate" else ()
                taken = seconds(verb, str(file), *out)
                each = f"{(taken - began) / moves * 1e6:.1f}" if taken > 1.25 * began else "-"
                late = "  MISSED: more than a few seconds" if size == 1_000 and taken > FEW_SECONDS else ""
                print(f"{verb:<10}{size:>9,}{moves:>13,}{taken:>9.2f}{each:>15}{late}")


if __name__ == "__main__":
    main()
