"""Measures how the time of `pointsman lint` and `pointsman generate` grows with the spec.

    python bench/growth.py [STATUSES...]
    python bench/growth.py --beside PYTHON [--world NAME] [--rounds N]

Each size is a lifecycle with three transitions for each status. The figures
are seconds of a whole process, the start included; the last column subtracts the
start and divides by the number of transitions, so that it stays level if the time
is linear in the transitions. It is left out if the start is nearly all of the
time, as it would be noise.

With `--beside`, it measures instead how fast a world of two rows and two workers
is explored, beside another checkout of Pointsman that the interpreter PYTHON imports:
in turns, in seconds of the processor, the best of each. The exit code is 1 if the
states differ.
"""

from __future__ import annotations

import argparse
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


EXPLORES = """
import resource, sys, time
from pointsman.checking.explore import Explorer, Reduction
from pointsman.loading.load import load
from pointsman.world.build import build
from pointsman.world.scope import Scope, world_named
lifecycle = load(sys.argv[1])
explorer = Explorer(build(lifecycle, Scope(2, 2, 2, world_named(lifecycle, sys.argv[2])), ()), Reduction.FULL)
began = time.process_time()
found = explorer.explore()
spent = time.process_time() - began
print(len(explorer.seen), found.transitions, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
"""Explores one world with two rows: prints states, transitions, seconds of the processor, and MiB."""
SPEC = "spec/seller_transfer.yaml"


def beside(python: str, world: str, rounds: int) -> bool:
    """Print how fast each side explores `world` with two rows; True if both meet the same states."""
    best: dict[str, list[float]] = {}
    for _ in range(rounds):
        for side in (python, sys.executable):
            words = [side, "-c", EXPLORES, str(Path(SPEC).resolve()), world]
            out = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, cwd=tempfile.gettempdir()).stdout
            figures = [float(word) for word in out.split()]
            best[side] = min(best.get(side, figures), figures, key=lambda each: each[2])
    print(f"{'side':<8}{'states':>12}{'transitions':>14}{'seconds':>9}{'states/s':>12}{'MiB':>8}")
    for name, side in (("other", python), ("this", sys.executable)):
        states, moves, spent, size = best[side]
        print(f"{name:<8}{states:>12,.0f}{moves:>14,.0f}{spent:>9.1f}{states / spent:>12,.0f}{size:>8,.0f}")
    print(f"this is {best[python][2] / best[sys.executable][2]:.2f} times as fast")
    return best[python][:2] == best[sys.executable][:2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, metavar="STATUSES")
    parser.add_argument("--beside", metavar="PYTHON", help="the interpreter of another checkout's environment")
    parser.add_argument("--world", default="default", metavar="NAME")
    parser.add_argument("--rounds", default=3, type=int, metavar="N")
    arguments = parser.parse_args()
    if arguments.beside:
        sys.exit(0 if beside(arguments.beside, arguments.world, arguments.rounds) else 1)
    grow(tuple(arguments.sizes) or SIZES)


def grow(sizes: tuple[int, ...]) -> None:
    """Print how the time of both verbs grows with the spec."""
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
