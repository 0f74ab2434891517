"""What becomes of a spec's mutants: who speaks of each, loading, lint or check, or nobody."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

from pointsman.checking.check import check
from pointsman.checking.verdict import Checked, Standing
from pointsman.errors import SpecError
from pointsman.finding import Severity
from pointsman.lifecycle import Lifecycle
from pointsman.lint import lint
from pointsman.load import load_text
from pointsman.world.build import build
from pointsman.world.scope import World, smallest, worlds_of
from pointsman.world.system import System
from tests.mutants import Mutant, mutants, original

PROCESSES = 2


class By(StrEnum):
    """Who speaks of a mutant first."""

    LOADING = "loading"
    LINT = "lint"
    CHECK = "check"
    DEFECT = "defect"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Fate:
    """What became of one mutant. `says` is what was said of it; of a survivor, how many of its worlds differ at all."""

    mutant: Mutant
    by: By
    says: str


def fates(path: Path, processes: int = PROCESSES) -> tuple[Fate, ...]:
    """What becomes of every mutant of the spec at `path`, in their order."""
    every, text = mutants(path), original(path)
    # Neighbours are alike, and so take alike long: dealing them out in small hands keeps the processes even.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return tuple(pool.map(_Judge(text), every, chunksize=8))


@dataclass(frozen=True)
class _Judge:
    """Judges mutants of one spec; `text` is the spec."""

    text: str

    def __call__(self, mutant: Mutant) -> Fate:
        try:
            lifecycle = load_text(mutant.text)
        except SpecError as error:
            return Fate(mutant, By.LOADING, error.findings[0].code)
        found = [finding.code for finding in lint(lifecycle) if finding.severity is not Severity.NOTE]
        if found:
            return Fate(mutant, By.LINT, found[0])
        return self._by_worlds(mutant, lifecycle)

    def _by_worlds(self, mutant: Mutant, lifecycle: Lifecycle) -> Fate:
        known = systems(self.text)
        differ = 0
        for world in smallest_first(lifecycle):
            try:
                system = build(lifecycle, smallest(world))
                if system == known.get(world.name):
                    continue
                differ += 1
                said = _said(check(lifecycle, smallest(world), enough=lambda found, _: bool(found.broken)))
            except Exception as error:  # noqa: BLE001 - whatever comes up here is a defect, and is reported as one
                return Fate(mutant, By.DEFECT, f"{type(error).__name__} in {world.name}: {error}")
            if said:
                return Fate(mutant, By.CHECK, f"{said} in {world.name}")
        return Fate(mutant, By.NOBODY, f"{differ} of {len(worlds_of(lifecycle))} worlds differ")


@lru_cache(maxsize=4)
def systems(text: str) -> dict[str, System]:
    """The worlds of the spec itself, by name: a mutant whose world is the same is judged as the spec is."""
    lifecycle = load_text(text)
    return {world.name: build(lifecycle, smallest(world)) for world in worlds_of(lifecycle)}


def smallest_first(lifecycle: Lifecycle) -> Sequence[World]:
    """The worlds of a lifecycle, the legs before the whole."""
    return sorted(worlds_of(lifecycle), key=lambda world: (world.leg is None, world.amounts))


def _said(checked: Checked) -> str | None:
    spoken = [v for v in checked.verdicts if v.standing in {Standing.VIOLATED, Standing.VACUOUS}]
    return next((f"{verdict.prop} {verdict.standing}" for verdict in spoken), None)


def main(paths: Sequence[str]) -> Iterator[str]:
    """Lines that tell what became of the mutants of these specs."""
    for path in map(Path, paths):
        found = fates(path)
        counts = {by: sum(fate.by is by for fate in found) for by in By}
        killed = len(found) - counts[By.NOBODY]
        yield f"{path.stem}: {killed} of {len(found)} killed, " + ", ".join(f"{counts[by]} by {by}" for by in By)
        for fate in found:
            if fate.by in {By.NOBODY, By.DEFECT}:
                yield f"  {fate.mutant.name} ({path.name}:{fate.mutant.line}): {fate.by}, {fate.says}"


if __name__ == "__main__":
    for line in main(sys.argv[1:]):
        print(line)  # noqa: T201 - this is a program
