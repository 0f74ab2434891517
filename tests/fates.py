"""Finds the fate of a spec's mutants: each is killed by loading, lint or check, or survives.

``python -m tests.fates spec/refund.yaml`` asks of all, which takes minutes, and writes the page of the spec in
`tests/golden/mutants`: the table, and the survivors under the reasons that stand on the page. One that has no reason
yet comes last, and fails a test.
"""

import gc
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from pointsman.spec.lifecycle import Lifecycle
from pointsman.world.build import build
from pointsman.world.scope import World, smallest, worlds_of
from pointsman.world.system import System
from tests.checkout import TOP
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


SAYS_LITTLE = frozenset({"unpolled-status"})
"""Notes of lint that tell a right spec from a wrong one by chance only. Another note is a word about the change."""


# --- one mutant --------------------------------------------------------------------------


def by_reading(mutant: Mutant) -> Fate | None:
    """The mutant's fate if loading or lint kills it, else None."""
    try:
        lifecycle = load_text(mutant.text)
        found = [finding.code for finding in lint(lifecycle) if finding.code not in SAYS_LITTLE]
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


def fates(path: Path) -> tuple[Fate, ...]:
    """The fates of all mutants of the spec at `path`."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=_look_for_garbage_seldom) as pool:
        every = mutants(path)
        read = tuple(pool.map(by_reading, every, chunksize=40))
        left = [mutant for mutant, fate in zip(every, read, strict=True) if fate is None]
        # Neighbours may make the same world, which is checked once where one process has them all.
        checked = tuple(pool.map(ByWorlds(original(path)), left, chunksize=8))
    return (*(fate for fate in read if fate is not None), *checked)


def fates_of_some(path: Path, read: int, checked: int) -> tuple[Fate, ...]:
    """The fates of some mutants of the spec at `path`: of `read` of them, and of those that lint leaves, of `checked`.

    Which ones hangs on their names alone: a mutant that is added or goes away leaves the others in the sample.
    """
    some = sorted(mutants(path), key=lambda mutant: hashlib.sha256(mutant.name.encode()).digest())[:read]
    found = [(mutant, by_reading(mutant)) for mutant in some]
    left = [mutant for mutant, fate in found if fate is None][:checked]
    return (*(fate for _, fate in found if fate is not None), *map(ByWorlds(original(path)), left))


def fate_of(path: Path, name: str) -> Fate:
    """The fate of the mutant with this name.

    Raises:
        KeyError: no mutant of the spec has it.
    """
    mutant = {mutant.name: mutant for mutant in mutants(path)}[name]
    return by_reading(mutant) or ByWorlds(original(path))(mutant)


def _look_for_garbage_seldom() -> None:
    """In a process of the pool: as `tests.conftest` does for the processes that run tests."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def counted(found: Sequence[Fate], by: By) -> Mapping[str, int]:
    """By operator, the number of mutants with this fate."""
    return Counter(fate.mutant.operator for fate in found if fate.by is by)


# --- as a page -------------------------------------------------------------------------------------

PAGES = TOP / "tests" / "golden" / "mutants"


class Part(StrEnum):
    """A part of a page, under which survivors stand by reason. The first three are worse than the spec, or may be."""

    HARM = "Survivors that do harm"
    AUTHOR = "What only the author can know"
    LESS = "Less is promised"
    SAME = "The same in other words"
    DESIGN = "Another design, as safe"
    CLAIM = "Another claim about others"
    OPEN = "Not judged yet"


WORSE = frozenset({Part.HARM, Part.AUTHOR, Part.LESS, Part.OPEN})


@dataclass(frozen=True)
class Reason:
    """A reason for which mutants survive: a heading of a page, and the text under it."""

    part: Part
    heading: str
    text: str


@dataclass(frozen=True)
class Page:
    """A page about survivors: by operator, the numbers of mutants by fate; by survivor, the reason."""

    counts: Mapping[str, tuple[int, ...]]
    reasons: Mapping[str, Reason]

    def survivors(self, *parts: Part) -> frozenset[str]:
        """The names of the survivors in these parts."""
        return frozenset(name for name, reason in self.reasons.items() if reason.part in parts)


_ROW = re.compile(r"^\| ([a-z].*?) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)


def read_page(text: str) -> Page:
    """The page that `text` holds.

    Raises:
        ValueError: a survivor stands there twice, or without a reason.
    """
    counts = {row[1]: tuple(map(int, row.groups()[1:])) for row in _ROW.finditer(text)}
    reasons: dict[str, Reason] = {}
    for part in text.split("\n## ")[1:]:
        title, *sections = part.split("\n### ")
        for section in sections:
            heading, *lines = section.splitlines()
            names = [line.removeprefix("- `").removesuffix("`") for line in lines if line.startswith("- `")]
            said = " ".join(line for line in lines if line and not line.startswith("- `"))
            reason = Reason(Part(title.strip()), heading, said)
            if len(set(names)) < len(names) or not reasons.keys().isdisjoint(names) or not reason.text:
                raise ValueError(heading)
            reasons.update(dict.fromkeys(names, reason))
    return Page(counts, reasons)


_HEAD = """\
A mutant is the spec with one small change. It is killed when it does not load, when lint speaks, or when some world of
its smallest scope has a property violated or vacuous. A survivor counts as worse than the spec if it does harm, if only
the author can know of the change, or if it promises less: of {all} that are killed or worse {killed} are killed,
{share:.1f} of 100. `python -m tests.fates spec/{spec}.yaml` writes this page and keeps the reasons;
`tests/acceptance/test_spec_mutants.py` compares.
"""

UNJUDGED = Reason(Part.OPEN, "New survivors", "Judge them: mend the product, or give each a reason.")


def page(spec: str, found: Sequence[Fate], reasons: Mapping[str, Reason]) -> Iterator[str]:
    """The lines of a spec's page: the table, and the survivors by reason, in the order of their parts."""
    silent = {fate.mutant.name: reasons.get(fate.mutant.name, UNJUDGED) for fate in found if fate.by is By.NONE}
    killed = sum(fate.by in {By.LOADING, By.LINT, By.CHECK} for fate in found)
    worse = sum(reason.part in WORSE for reason in silent.values())
    yield f"# The mutants of {spec}.yaml\n"
    yield _HEAD.format(spec=spec, killed=killed, all=killed + worse, share=100 * killed / (killed + worse))
    yield from table(found)
    for part in Part:
        yield from _part(part, silent)


def _part(part: Part, silent: Mapping[str, Reason]) -> Iterator[str]:
    here = {name: reason for name, reason in silent.items() if reason.part is part}
    if here:
        yield f"\n## {part}"
    for reason in dict.fromkeys(here.values()):
        yield f"\n### {reason.heading}\n\n{reason.text}\n"
        yield from (f"- `{name}`" for name, of in here.items() if of == reason)


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
    """Write the pages of these specs; give a line about each, and one for each defect."""
    for path in map(Path, paths):
        found = sorted(fates(path), key=_order(path))
        target = PAGES / f"{path.stem}.md"
        known = read_page(target.read_text(encoding="utf-8")).reasons if target.exists() else {}
        lines = list(page(path.stem, found, known))
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
        yield f"{target}: {len(found)} mutants"
        for fate in found:
            if fate.by is By.DEFECT:
                yield f"  {fate.mutant.name} ({path.name}:{fate.mutant.line}): {fate.by}, {fate.says}"


def _order(path: Path) -> Callable[[Fate], int]:
    places = {mutant.name: at for at, mutant in enumerate(mutants(path))}
    return lambda fate: places[fate.mutant.name]


if __name__ == "__main__":
    for line in main(sys.argv[1:]):
        print(line)  # noqa: T201 - this is a program
