"""Measures which wrong implementations the conformance kit finds, and whether it ever blames an honest one.

    python bench/power.py [--seeds N] [--alarms N] [--black-box N] [--controls N] [--keep FILE] [--write]

Wrong implementations of the seller transfer, each looked for with N seeds (ten, unless given) in memory: by the usual
campaign, which plays the planned runs first, and by guided random runs alone. A find is a breach of the
implementation's own law and nothing else: an implementation that only crashed, or could not be reached, was not found.
Then whole campaigns of each in each role, for the laws that are needed: a law is needed if some wrong implementation
breaks this law alone. Then honest implementations under N seeds (a hundred), which no law may fail.
`--black-box`: the same wrong implementations as processes, with so many seeds.
`--controls`: the reference worker, the odd one and the one in Go, with so many seeds of a few seconds.
`--keep`: results in the file are not measured again, so that an interrupted measurement can go on; take another
file for another kit. `--write` puts the tables into docs/power.md. Exit code 1: a wrong implementation was not found,
a law was not needed, or an honest implementation was blamed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from pointsman.loading.load import load
from pointsman.spec.laws import JUDGED
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.history import Answered, Crashed, Cut, History
from pointsman_conformance.core.plan import DeliverWebhooks, Happen, Plan, Work
from pointsman_conformance.drivers.black_box import BlackBox, Command
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.mutants import WRONG, WrongImplementation
from pointsman_conformance.mutants.linearizable import NOT_LINEARIZABLE
from pointsman_conformance.mutants.plans import AS_A_WORKER, PLANS
from pointsman_conformance.mutants.variants import Mutant, mutants
from pointsman_conformance.postgres import Postgres
from pointsman_conformance.search.campaign import Budget, Campaign, run

TOP = Path(__file__).parents[1]
SPEC = TOP / "spec" / "seller_transfer.yaml"
PAGE = TOP / "docs" / "power.md"
BEGIN, END = "<!-- what bench/power.py printed -->", "<!-- the end of it -->"

EVERYBODY = "all"
ROLES = (EVERYBODY, "transfer_worker", "retry_worker", "reversal_worker", "refund_handler", "webhook", "admin")
"""The roles in which the honest implementation is played."""

WHOLE = Budget(steps=600, replays=0, confirmations=0)
"""The budget of a whole campaign: the planned runs, and some guided runs."""
ALARM = Budget(steps=600, tours=False, replays=0, confirmations=0)
"""The budget of an honest implementation from its second seed on: the planned runs are the same for each seed."""
BOX_SECONDS = 60.0
"""Seconds for a wrong implementation as a process, as `pointsman conform` gives."""
CONTROL_SECONDS = 5.0
"""Seconds for an honest implementation as a process, for each seed."""
JOBS = 2
"""Campaigns at the same time."""


# --- one campaign ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a campaign: the laws that were broken, the number of runs, and the mishaps, which are no verdicts.

    `mishaps` are crashes that the kit did not cause, *errored* answers, and troubles of the driver.
    """

    broken: tuple[str, ...]
    runs: int
    steps: int
    seconds: float
    mishaps: tuple[str, ...]


@cache
def spec() -> Lifecycle:
    """The lifecycle of all implementations."""
    return load(SPEC)


@cache
def wrongs() -> Mapping[str, WrongImplementation | Mutant]:
    """All wrong implementations by name: those of the laws, in the order of the judged laws, then the mutants.

    Some mutants go wrong in every queue, and have a plan for each queue; they count once, under the first one's name.
    """
    different: dict[object, Mutant] = {}
    for mutant in mutants(spec()):
        different.setdefault((mutant.kind, mutant.changed), mutant)
    return {**WRONG, **NOT_LINEARIZABLE, **{mutant.name: mutant for mutant in different.values()}}


def found(campaign: Campaign) -> Found:
    """The result of a played campaign."""
    mishaps = [*campaign.trouble, *(each for failure in campaign.failures for each in _mishaps(failure.history))]
    broken = tuple(law.id for law in JUDGED if law.id in campaign.breaches)
    return Found(broken, campaign.runs, campaign.steps, campaign.seconds, tuple(dict.fromkeys(mishaps)))


def _mishaps(history: History) -> Iterator[str]:
    """Crashes and errors that the kit did not cause; an error after the kit cut the connection does not count."""
    cut: set[str] = set()
    for record in history.records:
        if isinstance(record, Cut):
            cut.add(record.who)
        elif isinstance(record, Crashed) and not record.killed:
            yield f"crashed: {record.why}"
        elif isinstance(record, Answered) and record.answer == "errored":
            if record.who not in cut:
                yield f"errored: {record.message}"
            cut.discard(record.who)


@dataclass(frozen=True, slots=True)
class InMemory:
    """A campaign to play in memory: the reference implementation (`name` None) or a wrong one, in a role."""

    seed: int
    name: str | None = None
    role: str = EVERYBODY
    budget: Budget = WHOLE

    def play(self) -> Found:
        """Play it in this process."""
        roles = None if self.role == EVERYBODY else [self.role]
        return found(run(spec(), lambda: self._driver(roles), seed=self.seed, budget=self.budget))

    def _driver(self, roles: Sequence[str] | None) -> InProcess:
        if self.name is None:
            return InProcess(spec(), roles=roles, seed=self.seed)
        return InProcess(spec(), wrongs()[self.name].make, roles, name=self.name, seed=self.seed)


@dataclass(frozen=True, slots=True)
class OfAProcess:
    """A campaign with a process, on a database of its own. `words` are its command."""

    seed: int
    words: tuple[str, ...]
    roles: tuple[str, ...]
    budget: Budget
    folder: Path = TOP

    def play(self) -> Found:
        """Play it on a throw-away server, which is shared with campaigns that are played at the same time."""
        command = Command(self.words, str(self.folder))
        with Postgres.for_tests() as server, server.database() as dsn:
            return found(
                run(spec(), lambda: BlackBox(spec(), command, self.roles, dsn), seed=self.seed, budget=self.budget)
            )


def _play(campaign: InMemory | OfAProcess) -> Found:
    return campaign.play()


@dataclass(frozen=True, slots=True)
class Kept:
    """The results of campaigns in a file, one JSON line each. Without a file nothing is kept."""

    file: Path | None = None

    def read(self) -> dict[str, Found]:
        """The results by the campaign's `repr`."""
        if self.file is None or not self.file.exists():
            return {}
        lines = [json.loads(line) for line in self.file.read_text(encoding="utf-8").splitlines()]
        return {
            line["campaign"]: Found(
                tuple(line["broken"]), line["runs"], line["steps"], line["seconds"], tuple(line["mishaps"])
            )
            for line in lines
        }

    def add(self, campaign: InMemory | OfAProcess, result: Found) -> None:
        """Append one result."""
        if self.file is not None:
            with self.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"campaign": repr(campaign), **asdict(result)}) + "\n")


def played(campaigns: Sequence[InMemory | OfAProcess], told: str, kept: Kept) -> list[Found]:
    """The results of all campaigns, in their order; `JOBS` are played at a time."""
    known = kept.read()
    left = [campaign for campaign in campaigns if repr(campaign) not in known]
    with ProcessPoolExecutor(JOBS, mp_context=get_context("spawn")) as pool:
        for number, (campaign, result) in enumerate(zip(left, pool.map(_play, left), strict=True), 1):
            known[repr(campaign)] = result
            kept.add(campaign, result)
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{told}: {number} of {len(left)}\033[K")
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    return [known[repr(campaign)] for campaign in campaigns]


# --- who is found ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kills:
    """The search for one wrong implementation: the number of searches, and the runs of those that found a breach."""

    searches: int
    runs: tuple[int, ...]
    mishaps: tuple[str, ...] = ()

    @property
    def always(self) -> bool:
        """True if every search found a breach and none met a mishap."""
        return len(self.runs) == self.searches and not self.mishaps

    @property
    def words(self) -> tuple[str, str]:
        """The share, and the median of the runs until the first breach, that one included."""
        median = f"{statistics.median(self.runs):g}" if self.runs else "-"
        return f"{len(self.runs)} of {self.searches}", median


def until_found(name: str, *, tours: bool = True) -> Budget:
    """The default budget, until the implementation's own law fails. Failures are neither shrunk nor replayed."""
    return Budget(tours=tours, replays=0, confirmations=0, until_broken=wrongs()[name].law)


def in_memory(names: Iterable[str], seeds: int, kept: Kept, *, tours: bool) -> dict[str, Kills]:
    """Search for each wrong implementation with the default budget, until its own law fails."""
    plan = [
        InMemory(seed, name, budget=until_found(name, tours=tours)) for name in names for seed in range(1, seeds + 1)
    ]
    results = played(plan, "with the tours" if tours else "guided runs alone", kept)
    return _kills((each.name or "" for each in plan), results)


def _kills(names: Iterable[str], results: Iterable[Found]) -> dict[str, Kills]:
    kills: dict[str, Kills] = {}
    for name, result in zip(names, results, strict=True):
        so_far = kills.get(name, Kills(0, ()))
        runs = (*so_far.runs, result.runs) if wrongs()[name].law in result.broken else so_far.runs
        kills[name] = Kills(so_far.searches + 1, runs, (*so_far.mishaps, *result.mishaps))
    return kills


def parts(name: str) -> tuple[str, ...]:
    """The roles in which a process can show its wrong; empty if only an implementation that is handed events can."""
    return tuple(dict.fromkeys(_actors(AS_A_WORKER.get(name, PLANS[name]))))


def _actors(plan: Plan) -> Iterator[str]:
    for step in plan:
        if isinstance(step, Work):
            yield step.actor
        elif isinstance(step, DeliverWebhooks):
            yield "webhook"
    if not any(isinstance(step, Work | DeliverWebhooks | Happen) for step in plan):
        yield "transfer_worker"


def as_process(name: str, seed: int) -> OfAProcess:
    """A campaign of a wrong implementation as a black box, until its own law fails or its time is over."""
    roles = parts(name)
    words = [sys.executable, "-m", "pointsman_conformance.reference", str(SPEC), "--wrong", name]
    words += [word for role in roles for word in ("--actor", role)]
    budget = replace(until_found(name), steps=10**9, seconds=BOX_SECONDS)
    return OfAProcess(seed, tuple(words), roles, budget)


def as_processes(seeds: int, kept: Kept) -> dict[str, Kills]:
    """Search for each wrong implementation that can show its wrong as a process."""
    plan = [(name, as_process(name, seed)) for name in WRONG if parts(name) for seed in range(1, seeds + 1)]
    results = played([campaign for _, campaign in plan], "as processes", kept)
    return _kills((name for name, _ in plan), results)


# --- which laws are needed ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ablation:
    """Whole campaigns: `beside` are the laws that each implementation breaks beside its own, in all roles together.

    `alone`: by law, the pairs of implementation and role that break that law and no other, with every seed.
    """

    beside: Mapping[str, tuple[str, ...]]
    alone: Mapping[str, tuple[tuple[str, str], ...]]

    @property
    def idle(self) -> list[str]:
        """The laws that could be switched off while every wrong implementation would still be found."""
        return [law.id for law in JUDGED if not self.alone.get(law.id)]


def roles_of(name: str) -> tuple[str, ...]:
    """All roles together, and each role in which this implementation is known to be wrong."""
    wrong = wrongs()[name]
    if name in NOT_LINEARIZABLE:
        return (EVERYBODY, "refund_handler")
    plans = (wrong.plan,) if isinstance(wrong, Mutant) else (PLANS[name], AS_A_WORKER.get(name, ()))
    actors = [each.actor for plan in plans for each in plan if isinstance(each, Work | Happen)]
    hooks = ["webhook" for plan in plans for each in plan if isinstance(each, DeliverWebhooks)]
    return tuple(dict.fromkeys((EVERYBODY, *actors, *hooks)))


def ablated(names: Sequence[str], seeds: int, kept: Kept) -> Ablation:
    """Play each implementation in each role with one seed, and with the other seeds if it broke one law only."""
    first = [InMemory(1, name, role) for name in names for role in roles_of(name)]
    broken = dict(zip(first, (result.broken for result in played(first, "whole campaigns", kept)), strict=True))
    beside = {name: _beside(name, broken) for name in names}
    hopeful = [each for each, laws in broken.items() if laws == (wrongs()[each.name or ""].law,)]
    again = [replace(each, seed=seed) for each in hopeful for seed in range(2, seeds + 1)]
    results = zip(again, played(again, "whole campaigns again", kept), strict=True)
    lost = {(each.name, each.role) for each, result in results if result.broken != broken[replace(each, seed=1)]}
    alone: dict[str, list[tuple[str, str]]] = {}
    for each in hopeful:
        if each.name is not None and (each.name, each.role) not in lost:
            alone.setdefault(wrongs()[each.name].law, []).append((each.name, each.role))
    return Ablation(beside, {law: tuple(found) for law, found in alone.items()})


def _beside(name: str, broken: Mapping[InMemory, tuple[str, ...]]) -> tuple[str, ...]:
    laws = {law for each, found in broken.items() if each.name == name for law in found}
    return tuple(law.id for law in JUDGED if law.id in laws - {wrongs()[name].law})


# --- who is blamed falsely ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alarms:
    """An honest implementation under some seeds: the laws and mishaps that it was blamed for."""

    name: str
    seeds: int
    steps: int
    blamed: tuple[str, ...]


def false_alarms(seeds: int, kept: Kept) -> list[Alarms]:
    """The reference implementation, in all roles together and in each role."""
    plan = [
        InMemory(seed, None, role, Budget(replays=0, confirmations=0) if seed == 1 else ALARM)
        for role in ROLES
        for seed in range(1, seeds + 1)
    ]
    results = played(plan, "the book", kept)
    return _alarms([f"the book, {each.role}" for each in plan], results)


def controls(seeds: int, kept: Kept) -> list[Alarms]:
    """Right workers as processes: the reference, the odd one, and the one in Go where there is a Go."""
    service = TOP / "examples" / "seller_transfers"
    known: list[tuple[str, tuple[str, ...], Path]] = [
        ("the reference worker", (sys.executable, "-m", "service", "reversal_worker"), service),
        ("the odd worker", (sys.executable, str(service / "odd_worker.py")), service),
    ]
    with tempfile.TemporaryDirectory() as folder:
        built = _built(Path(folder))
        known += [("the worker in Go", (str(built),), service)] if built is not None else []
        budget = Budget(steps=10**9, seconds=CONTROL_SECONDS, replays=0, confirmations=0)
        plan = [
            (name, OfAProcess(seed, words, ("reversal_worker",), replace(budget, tours=seed == 1), where))
            for name, words, where in known
            for seed in range(1, seeds + 1)
        ]
        results = played([campaign for _, campaign in plan], "right processes", kept)
    return _alarms([name for name, _ in plan], results)


def _built(folder: Path) -> Path | None:
    go = shutil.which("go")
    if go is None:
        return None
    target = folder / "reversal_worker"
    source = TOP / "examples" / "go_reversal_worker"
    subprocess.run([go, "build", "-o", str(target), "."], cwd=source, check=True)
    return target


def _alarms(names: Sequence[str], results: Sequence[Found]) -> list[Alarms]:
    alarms: dict[str, Alarms] = {}
    for name, result in zip(names, results, strict=True):
        so_far = alarms.get(name, Alarms(name, 0, 0, ()))
        blamed = (*result.broken, *result.mishaps)
        alarms[name] = Alarms(name, so_far.seeds + 1, so_far.steps + result.steps, (*so_far.blamed, *blamed))
    return list(alarms.values())


# --- in words ---------------------------------------------------------------------------


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


@dataclass(frozen=True, slots=True)
class Measured:
    """All measurements. A measurement that was not asked for is empty."""

    toured: Mapping[str, Kills]
    guided: Mapping[str, Kills]
    boxed: Mapping[str, Kills]
    ablation: Ablation
    alarms: Sequence[Alarms]

    def __iter__(self) -> Iterator[str]:
        """The lines of the report."""
        yield from self._matrix()
        yield from self._needed()
        yield from self._blamed()

    def _matrix(self) -> Iterator[str]:
        head = ["wrong implementation", "its law", "found", "runs", "found by guided runs alone", "runs"]
        head += ["found as a process", "runs"] if self.boxed else []
        yield from ("## Who is found", "")
        yield from table([*head, "broken as well"], (self._row(name) for name in self.toured))
        mishaps = dict.fromkeys(word for kills in self._kills() for word in kills.mishaps)
        yield ""
        yield f"Found by a crash, a trouble, a time-out or an SQL error: {', '.join(mishaps) or 'none'}."
        yield ""

    def _kills(self) -> Iterator[Kills]:
        for kills in (self.toured, self.guided, self.boxed):
            yield from kills.values()

    def _row(self, name: str) -> list[str]:
        kills = [self.toured[name], self.guided[name]]
        words = [word for each in kills for word in each.words]
        if self.boxed:
            words += self.boxed[name].words if name in self.boxed else ("", "")
        beside = ", ".join(f"`{law}`" for law in self.ablation.beside[name])
        return [f"`{name}`", f"`{wrongs()[name].law}`", *words, beside]

    def _needed(self) -> Iterator[str]:
        yield from ("## Which laws are needed", "")
        rows = ([f"`{law.id}`", self._witnesses(law.id)] for law in JUDGED)
        yield from table(["law", "wrong implementations that this law alone finds, in which role"], rows)
        yield from ("", f"Laws that could be switched off: {', '.join(self.ablation.idle) or 'none'}.", "")

    def _witnesses(self, law: str) -> str:
        roles: dict[str, list[str]] = {}
        for name, role in self.ablation.alone.get(law, ()):
            roles.setdefault(name, []).append(role)
        return "; ".join(f"`{name}` ({', '.join(found)})" for name, found in roles.items()) or "none"

    def _blamed(self) -> Iterator[str]:
        yield from ("## Who is blamed falsely", "")
        rows = (
            [each.name, str(each.seeds), f"{each.steps:,}", ", ".join(each.blamed) or "never"] for each in self.alarms
        )
        yield from table(["honest implementation", "seeds", "steps", "blamed"], rows)

    @property
    def holds(self) -> bool:
        """True if every wrong implementation is always found, every law needed, and no honest implementation blamed."""
        always = all(each.always for kills in (self.toured, self.boxed) for each in kills.values())
        return always and not self.ablation.idle and not any(each.blamed for each in self.alarms)


def measured(given: argparse.Namespace) -> Measured:
    """Take the measurements that the command line asks for."""
    names, kept = list(wrongs()), Kept(given.keep)
    return Measured(
        in_memory(names, given.seeds, kept, tours=True),
        in_memory(names, given.seeds, kept, tours=False),
        as_processes(given.black_box, kept) if given.black_box else {},
        ablated(names, given.confirm, kept),
        [*false_alarms(given.alarms, kept), *(controls(given.controls, kept) if given.controls else [])],
    )


def written(page: str, lines: Iterable[str]) -> str:
    """The page with `lines` between the two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([f"{before}{BEGIN}", "", *lines, "", f"{END}{after}"])


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, and with `--write` write the page. Returns 1 if `holds` is False."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--confirm", type=int, default=3, help="seeds of the whole campaigns")
    parser.add_argument("--alarms", type=int, default=100)
    parser.add_argument("--black-box", type=int, default=0, metavar="SEEDS")
    parser.add_argument("--controls", type=int, default=0, metavar="SEEDS")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FILE",
        help="keep the result of each campaign, so that an interrupted measurement can go on",
    )
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(words)
    began = time.monotonic()
    results = measured(given)
    lines = list(results)
    options = " ".join(
        f"--{name.replace('_', '-')} {value}"
        for name, value in vars(given).items()
        if value and not isinstance(value, bool | Path)
    )
    spent = sum(each.seconds for each in Kept(given.keep).read().values()) / JOBS or time.monotonic() - began
    lines += ["", f"`python bench/power.py {options}`: {spent:.0f} s, {JOBS} campaigns at a time."]
    print("\n".join(lines))
    if given.write:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), lines), encoding="utf-8")
    return 0 if results.holds else 1


if __name__ == "__main__":
    sys.exit(main())
