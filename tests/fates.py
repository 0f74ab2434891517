"""Finds the fate of a spec's mutants: each is killed by loading, lint or check, or survives.

``python -m tests.fates spec/refund.yaml`` asks of all, which takes minutes, and prints the table and the survivors.
"""

import gc
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

from pointsman.checking.check import check
from pointsman.checking.verdict import Checked, PropertyStanding
from pointsman.linting.lint import lint
from pointsman.loading.load import load_text
from pointsman.spec.errors import SpecError
from pointsman.spec.finding import Severity
from pointsman.spec.lifecycle import Lifecycle
from pointsman.world.build import build
from pointsman.world.scope import World, smallest, worlds_of
from pointsman.world.system import System
from tests.mutants import Mutant, mutants, original

PROCESSES = 2


class By(StrEnum):
    """The first stage that kills a mutant, or none; a defect is a traceback."""

    LOADING = "loading"
    LINT = "lint"
    CHECK = "check"
    DEFECT = "defect"
    NONE = "none"


@dataclass(frozen=True)
class Fate:
    """The fate of one mutant. `says` is the finding's code or the verdict; for a survivor, how many worlds differ."""

    mutant: Mutant
    by: By
    says: str


# --- one mutant --------------------------------------------------------------------------


def by_reading(mutant: Mutant) -> Fate | None:
    """The mutant's fate if loading or lint kills it, else None."""
    try:
        lifecycle = load_text(mutant.text)
        found = [finding.code for finding in lint(lifecycle) if finding.severity is not Severity.NOTE]
    except SpecError as error:
        return Fate(mutant, By.LOADING, error.findings[0].code)
    except Exception as error:  # noqa: BLE001 - whatever comes up here is a defect, and is reported as one
        return Fate(mutant, By.DEFECT, f"{type(error).__name__}: {error}")
    return Fate(mutant, By.LINT, found[0]) if found else None


@dataclass(frozen=True)
class ByWorlds:
    """Checks mutants of one spec; `text` is the spec. A mutant's world that is the spec's own holds as that does."""

    text: str

    def __call__(self, mutant: Mutant) -> Fate:
        lifecycle = load_text(mutant.text)
        known = worlds_built(self.text)
        differ = 0
        for world in smallest_first(lifecycle):
            try:
                system = build(lifecycle, smallest(world))
                if system == known.get(world.name):
                    continue
                differ += 1
                said = _judged(lifecycle, world, system)
            except Exception as error:  # noqa: BLE001 - whatever comes up here is a defect, and is reported as one
                return Fate(mutant, By.DEFECT, f"{type(error).__name__} in {world.name}: {error}")
            if said:
                return Fate(mutant, By.CHECK, f"{said} in {world.name}")
        return Fate(mutant, By.NONE, f"{differ} of {len(worlds_of(lifecycle))} worlds differ")


@lru_cache(maxsize=4)
def worlds_built(text: str) -> Mapping[str, System]:
    """The worlds of a spec, by name."""
    lifecycle = load_text(text)
    return {world.name: build(lifecycle, smallest(world)) for world in worlds_of(lifecycle)}


def smallest_first(lifecycle: Lifecycle) -> Sequence[World]:
    """The worlds of a lifecycle, the legs before the whole."""
    return sorted(worlds_of(lifecycle), key=lambda world: (world.leg is None, world.amounts))


_JUDGED: dict[object, str | None] = {}
"""What was said of each world so far, in this process: several mutants may make the same world."""


def _judged(lifecycle: Lifecycle, world: World, system: System) -> str | None:
    key = (world, len(lifecycle.transitions), system.variables, system.actions, system.invariants, system.responses)
    if key not in _JUDGED:
        checked = check(lifecycle, smallest(world), enough=lambda found, _: bool(found.broken))
        _JUDGED[key] = _said(checked)
    return _JUDGED[key]


def _said(checked: Checked) -> str | None:
    spoken = [v for v in checked.verdicts if v.standing in {PropertyStanding.VIOLATED, PropertyStanding.VACUOUS}]
    return next((f"{verdict.prop} {verdict.standing}" for verdict in spoken), None)


# --- all of them -----------------------------------------------------------------------------


def fates(path: Path, share: int = 1) -> tuple[Fate, ...]:
    """The fates of the mutants of the spec at `path`; of those that lint leaves, only of every `share`-th."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=_look_for_garbage_seldom) as pool:
        every = mutants(path)
        read = tuple(pool.map(by_reading, every, chunksize=40))
        left = [mutant for mutant, fate in zip(every, read, strict=True) if fate is None][::share]
        # Neighbours may make the same world, which is checked once where one process has them all.
        checked = tuple(pool.map(ByWorlds(original(path)), left, chunksize=8))
    return (*(fate for fate in read if fate is not None), *checked)


def _look_for_garbage_seldom() -> None:
    """In a process of the pool: as `tests.conftest` does for the processes that run tests."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def counted(found: Sequence[Fate], by: By) -> Mapping[str, int]:
    """By operator, the number of mutants with this fate."""
    return Counter(fate.mutant.operator for fate in found if fate.by is by)


# --- as a page -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """A page about survivors: by operator, the numbers of mutants by fate; by survivor, the reason."""

    counts: Mapping[str, tuple[int, ...]]
    reasons: Mapping[str, str]
    harmful: frozenset[str]


HARM = "Survivors that do harm"
_ROW = re.compile(r"^\| ([a-z].*?) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$")


def read_page(text: str) -> Page:
    """The page that `text` holds.

    Raises:
        ValueError: a survivor stands there twice, or without a reason.
    """
    counts: dict[str, tuple[int, ...]] = {}
    reasons: dict[str, str] = {}
    harmful: set[str] = set()
    part = reason = ""
    for line in text.splitlines():
        if row := _ROW.match(line):
            counts[row[1]] = tuple(map(int, row.groups()[1:]))
        elif line.startswith("## "):
            part, reason = line.removeprefix("## "), ""
        elif line.startswith("### "):
            reason = line.removeprefix("### ")
        elif line.startswith("- `"):
            name = line.removeprefix("- `").removesuffix("`")
            if name in reasons or not reason:
                raise ValueError(line)
            reasons[name] = reason
            harmful |= {name} if part == HARM else set()
    return Page(counts, reasons, frozenset(harmful))


def table(found: Sequence[Fate]) -> Iterator[str]:
    """The table of a page: the rows are operators, in their order, and all of them."""
    yield "| operator | mutants | by loading | by lint | by check | survive |"
    yield "|---|---|---|---|---|---|"
    columns = [counted(found, by) for by in (By.LOADING, By.LINT, By.CHECK, By.NONE)]
    total = Counter(fate.mutant.operator for fate in found)
    for name in sorted(total):
        yield f"| {name} | {total[name]} | " + " | ".join(str(column.get(name, 0)) for column in columns) + " |"
    sums = [sum(column.values()) for column in (total, *columns)]
    yield "| **all** | " + " | ".join(f"**{number}**" for number in sums) + " |"


def main(paths: Sequence[str]) -> Iterator[str]:
    """Lines with the fates of all mutants of these specs."""
    for path in map(Path, paths):
        found = fates(path)
        yield from (path.stem, "", *table(found), "")
        for fate in found:
            if fate.by in {By.NONE, By.DEFECT}:
                yield f"  {fate.mutant.name} ({path.name}:{fate.mutant.line}): {fate.by}, {fate.says}"


if __name__ == "__main__":
    for line in main(sys.argv[1:]):
        print(line)  # noqa: T201 - this is a program
