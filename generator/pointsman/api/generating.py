"""`generate` and `write`: the files that a spec stands for, in memory and then on the disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pointsman.rendering.dot import svg
from pointsman.rendering.targets import TARGETS
from pointsman.spec.errors import UsageError
from pointsman.spec.finding import did_you_mean
from pointsman.spec.lifecycle import Lifecycle
from pointsman.sql.schema_target import TARGET as SCHEMA
from pointsman.writing import emit
from pointsman.writing.emit import FileDifference
from pointsman.writing.output import Output
from pointsman.writing.target import Target, TargetOptions

__all__ = [
    "FileDifference",
    "Output",
    "Target",
    "differences",
    "draw",
    "generate",
    "leftovers",
    "target_named",
    "targets",
    "write",
]


def targets() -> tuple[Target, ...]:
    """Every target of `generate`: its name, a line about it, and the options that it takes."""
    return (*TARGETS, SCHEMA)


def generate(
    lifecycle: Lifecycle, target: str, options: Mapping[str, str] | None = None, *, templates: str | Path | None = None
) -> tuple[Output, ...]:
    """Make the files of one target, in memory. `write` puts them on the disk.

    Args:
        lifecycle: what `load` gave. It may have lint findings: a guard may be wanted while a spec is being finished.
        target: a name such as ``python`` or ``sql``; `pointsman generate --list` has all of them.
        options: texts by name, such as ``{"package": "orders"}`` for ``go``; `docs/generate.md` has all of them.
        templates: a folder of Jinja templates that go before Pointsman's own.

    Returns:
        The files: paths are relative to a folder of your choice, with forward slashes; each text ends in one newline.
        The same spec gives the same bytes.

    Raises:
        UsageError: there is no such target or option, or this lifecycle cannot be written in this target.

    Example::

        for output in generate(load("spec/orders.yaml"), "python"):
            print(output.path, len(output.text))
    """
    chosen = target_named(target)
    given = dict(options or {})
    _refuse_unknown(chosen, given)
    return chosen.render(lifecycle, TargetOptions(given, None if templates is None else Path(templates)))


def target_named(name: str) -> Target:
    """The target of that name.

    Raises:
        UsageError: there is none; the message names those that there are.
    """
    known = {target.name: target for target in targets()}
    if name not in known:
        raise UsageError(f"there is no target {name!r}.{did_you_mean(name, known)} There are: {', '.join(known)}")
    return known[name]


def _refuse_unknown(target: Target, options: Mapping[str, str]) -> None:
    known = [option.name for option in target.options]
    for name in options:
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(f"{target.name} has no option {name!r}.{hint} It has: {', '.join(known) or 'none'}")


def write(outputs: Iterable[Output], folder: str | Path, *, force: bool = False) -> tuple[str, ...]:
    """Write generated files below a folder. Each is written whole or not at all, and only where it differs.

    Args:
        outputs: what `generate` made.
        folder: where their paths start; it is made where it is missing.
        force: overwrite a file that Pointsman did not generate, too.

    Returns:
        The paths of the files that were written, relative to `folder`, in their order. A file that already was as it
        should be is not among them.

    Raises:
        UsageError: something that Pointsman did not generate is in the way, a path leads out of `folder`, or the disk
            refuses. A file that was in place is then as it was.

    Example::

        write(generate(lifecycle, "sql"), "generated/sql")
    """
    return emit.write(outputs, Path(folder), force=force)


# --- what the verb needs beside ------------------------------------------------


def draw(outputs: Iterable[Output]) -> tuple[Output, ...]:
    """The diagrams of the target ``dot`` as SVG, drawn by Graphviz's program.

    Raises:
        UsageError: the program is not installed, or refuses.
    """
    return tuple(Output(output.path.removesuffix(".dot") + ".svg", svg(output.text)) for output in outputs)


def differences(outputs: Sequence[Output], folder: Path, shown: str = "") -> tuple[FileDifference, ...]:
    """The files below `folder` that are not as `outputs`: missing or stale, each with a diff that names `shown`."""
    return emit.differences(outputs, folder, shown)


def leftovers(outputs: Sequence[Output], folder: Path) -> tuple[FileDifference, ...]:
    """The files beside `outputs` that were generated from the same spec once, and are no longer."""
    return emit.leftovers(outputs, folder)
