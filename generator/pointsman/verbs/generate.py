"""`pointsman generate`: write the guards, diagrams and SQL of a spec, or compare the files on the disk with them.

The spec must load; it may have lint findings, because a guard may be wanted while a spec is being finished.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pointsman.config import Job, TargetChoice, find, read
from pointsman.result import Block, Code, Grid, GridCell, Result
from pointsman.spec.errors import SpecError, UsageError
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.names import lower_snake
from pointsman.spec.source import Place

if TYPE_CHECKING:
    from pointsman.api.generating import FileDifference, Output, Target

HELP = "write the guards, the diagrams and the SQL of a spec, or check that they are fresh"

_NOTHING = (
    "there is nothing to generate: give a SPEC, or say in pointsman.toml what is generated where"
    " ([[generate]] with a spec and a folder for each target)"
)
_LEFTOVER = "leftover"
_PROBLEM = {
    "missing": ("generated-missing", "is not there"),
    "stale": ("generated-stale", "is not as it would be generated"),
    _LEFTOVER: ("generated-leftover", "was generated from this spec and is no longer"),
}
"""The code and the words of a finding, by the staleness of the file that it is about."""


@dataclass(frozen=True, slots=True)
class _Made:
    """One rendered file: the spec and the target that it is from, and the folder that its path is relative to."""

    spec: str
    target: str
    root: Path
    output: Output

    @property
    def file(self) -> Path:
        return self.root / self.output.path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `generate`."""
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="a spec; without one, all that pointsman.toml lists")
    parser.add_argument(
        "--target", action="append", metavar="NAME", help="only this target; may be repeated (see --list)"
    )
    parser.add_argument("--out", metavar="DIR", help="write there instead of into the configured folders")
    parser.add_argument("--check", action="store_true", help="write nothing; show what differs and exit 1")
    parser.add_argument("--svg", action="store_true", help="also draw the diagram, with Graphviz's program dot")
    parser.add_argument("--force", action="store_true", help="overwrite files that Pointsman did not generate")
    parser.add_argument("--templates", metavar="DIR", help="a folder of templates that go before ours")
    parser.add_argument("--list", action="store_true", help="list the targets, and end")


def run(arguments: argparse.Namespace) -> Result:
    """Write the files, or compare them with the disk.

    Raises:
        SpecError: a spec or the configuration cannot be loaded. Nothing is written then.
        UsageError: something cannot be written.
    """
    from pointsman.api.generating import targets as all_targets

    targets = {target.name: target for target in all_targets()}
    if arguments.list:
        return _listed(targets)
    _refuse_odd(arguments)
    made = _made(_jobs(arguments, targets), arguments, targets)
    _refuse_clashes(made)
    if arguments.check:
        return _compared(made, whole=not arguments.target)
    return _written(made, force=arguments.force, whole=not arguments.target)


def _refuse_odd(arguments: argparse.Namespace) -> None:
    from pointsman.api.generating import target_named

    for name in arguments.target or ():
        target_named(name)
    if arguments.check and arguments.svg:
        raise UsageError("--svg draws and --check compares: a drawing differs from machine to machine. Leave one out")
    if arguments.out is not None and len(arguments.specs) != 1:
        raise UsageError("--out holds one spec's files: give exactly one SPEC with it")


# --- what goes where -------------------------------------------------------


def _jobs(arguments: argparse.Namespace, targets: Mapping[str, Target]) -> tuple[tuple[Lifecycle, Job], ...]:
    """Load every spec of this run, and pair it with the targets and folders that the configuration has for it."""
    file = find(Path.cwd())
    known = {target.name: [option.name for option in target.options] for target in targets.values()}
    configured = read(file, known).jobs if file else ()
    if not arguments.specs:
        if not configured:
            raise UsageError(_NOTHING)
        loaded = _loaded(_shown(job.spec) for job in configured)
        return tuple((loaded[_shown(job.spec)], job) for job in configured)
    loaded = _loaded(arguments.specs)
    return tuple((loaded[spec], job) for spec in loaded for job in _jobs_of(spec, configured))


def _loaded(specs: Iterable[str]) -> dict[str, Lifecycle]:
    from pointsman.api.loading import load_each

    loaded, refused = load_each(specs)
    if refused:
        raise SpecError(tuple(finding for findings in refused.values() for finding in findings))
    return loaded


def _jobs_of(spec: str, configured: Iterable[Job]) -> tuple[Job, ...]:
    own = tuple(job for job in configured if job.spec.resolve() == Path(spec).resolve())
    return own or (Job(Path(spec), ()),)


def _made(
    jobs: Iterable[tuple[Lifecycle, Job]], arguments: argparse.Namespace, targets: Mapping[str, Target]
) -> tuple[_Made, ...]:
    """Render every file. A file that cannot be rendered ends the run before anything is written."""
    from pointsman.api.generating import generate

    made: list[_Made] = []
    for lifecycle, job in jobs:
        templates = Path(arguments.templates) if arguments.templates else job.templates
        for choice in _choices(lifecycle, job, arguments, targets):
            outputs = generate(lifecycle, choice.target, dict(choice.options), templates=templates)
            made += [_Made(lifecycle.source.file, choice.target, choice.out, output) for output in outputs]
    return (*made, *_drawn(made)) if arguments.svg else tuple(made)


def _choices(
    lifecycle: Lifecycle, job: Job, arguments: argparse.Namespace, targets: Mapping[str, Target]
) -> tuple[TargetChoice, ...]:
    """The targets of one spec: as configured, else all that fit, into one folder; then what the command line says."""
    folder = Path("generated") / lower_snake(lifecycle.name)
    configured = {choice.target: choice for choice in job.choices}
    fitting = [name for name, target in targets.items() if lifecycle.table or not target.needs_table]
    names = dict.fromkeys(arguments.target or configured or fitting)
    choices = [configured.get(name, TargetChoice(name, folder)) for name in names]
    if arguments.out is None:
        return tuple(choices)
    return tuple(TargetChoice(choice.target, Path(arguments.out), choice.options) for choice in choices)


def _drawn(made: Iterable[_Made]) -> tuple[_Made, ...]:
    from pointsman.api.generating import draw

    diagrams = [one for one in made if one.target == "dot"]
    if not diagrams:
        raise UsageError("--svg draws the target dot, which is not among the targets of this run; add --target dot")
    drawn = draw(one.output for one in diagrams)
    return tuple(_Made(one.spec, "svg", one.root, output) for one, output in zip(diagrams, drawn, strict=True))


def _refuse_clashes(made: Iterable[_Made]) -> None:
    seen: dict[str, _Made] = {}
    for one in made:
        # A file system may ignore case: two paths that differ in case alone are one file.
        other = seen.setdefault(os.path.normcase(one.file.absolute()).casefold(), one)
        if other is not one:
            raise UsageError(
                f"{one.target} of {one.spec} and {other.target} of {other.spec} would both be {_shown(one.file)};"
                " give one of them another folder"
            )


# --- results ---------------------------------------------------------------


def _written(made: tuple[_Made, ...], *, force: bool, whole: bool) -> Result:
    from pointsman.api.generating import write

    changed = {root / path for root, outputs in _by_root(made).items() for path in write(outputs, root, force=force)}
    states = {one.file: "written" if one.file in changed else "unchanged" for one in made}
    findings = [_finding(one, Severity.NOTE) for one in _leftovers(made)] if whole else []
    count = len(changed)
    return Result(
        "generate",
        findings=tuple(findings),
        blocks=(_table(made, states),),
        data=_data(made, states),
        summary=f"{_counted(count)} written, {len(made) - count} unchanged.",
    )


def _compared(made: tuple[_Made, ...], *, whole: bool) -> Result:
    from pointsman.api.generating import differences

    found = [
        (root, difference)
        for root, outputs in _by_root(made).items()
        for difference in differences(outputs, root, _shown(root))
    ]
    states = {one.file: "fresh" for one in made}
    states |= {root / difference.path: str(difference.staleness) for root, difference in found}
    both = [*found, *(_leftovers(made) if whole else ())]
    diff = "".join(difference.diff for _, difference in found)
    blocks: tuple[Block, ...] = (Code(diff, "diff"),) if diff else ()
    return Result(
        "generate",
        findings=tuple(_finding(one, Severity.WARNING) for one in both),
        blocks=blocks,
        data=_data(made, states) | {"diff": diff},
        summary="" if both else f"{_counted(len(made))} as they would be generated.",
    )


def _leftovers(made: tuple[_Made, ...]) -> list[tuple[Path, FileDifference]]:
    from pointsman.api.generating import leftovers

    every = {one.file.absolute() for one in made}
    return [
        (root, difference)
        for root, outputs in _by_root(made).items()
        for difference in leftovers(outputs, root)
        if (root / difference.path).absolute() not in every
    ]


def _by_root(made: Iterable[_Made]) -> dict[Path, list[Output]]:
    found: dict[Path, list[Output]] = {}
    for one in made:
        found.setdefault(one.root, []).append(one.output)
    return found


def _finding(found: tuple[Path, FileDifference], severity: Severity) -> Finding:
    root, difference = found
    path = _shown(root / difference.path)
    code, words = _PROBLEM[difference.staleness]
    leftover = difference.staleness == _LEFTOVER
    advice = "Delete it if nothing uses it." if leftover else "Run `pointsman generate` and commit what it writes."
    return Finding(code, severity, f"{path} {words}", Place(path, difference.line), advice, f"file:{path}")


def _table(made: Iterable[_Made], states: Mapping[Path, str]) -> Grid:
    tone = {"written": "good", "unchanged": "quiet"}
    rows = tuple(
        (GridCell(one.target), GridCell(_shown(one.file)), GridCell(states[one.file], tone[states[one.file]]))
        for one in made
    )
    return Grid(("target", "file", ""), rows)


def _data(made: Iterable[_Made], states: Mapping[Path, str]) -> dict[str, object]:
    files = [
        {"spec": one.spec, "target": one.target, "path": _shown(one.file), "state": states[one.file]} for one in made
    ]
    return {"files": files}


def _listed(targets: Mapping[str, Target]) -> Result:
    rows = tuple(
        (
            GridCell(target.name, "strong"),
            GridCell(target.summary),
            GridCell("\n".join(f"{option.name}: {option.summary}" for option in target.options), "quiet"),
        )
        for target in targets.values()
    )
    data = [
        {
            "name": target.name,
            "summary": target.summary,
            "options": {option.name: option.summary for option in target.options},
        }
        for target in targets.values()
    ]
    return Result("generate", blocks=(Grid(("target", "what it is", "options"), rows),), data={"targets": data})


def _counted(number: int) -> str:
    return f"{number} file" if number == 1 else f"{number} files"


def _shown(file: Path) -> str:
    """Return the path of `file` relative to the working directory, or as it is where `file` is not below it."""
    try:
        return str(file.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(file)
