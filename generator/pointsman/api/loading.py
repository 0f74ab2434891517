"""`load` and `load_text`: a spec becomes a `Lifecycle`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from pointsman.loading import load as loader
from pointsman.loading import scalars
from pointsman.spec.errors import SpecError
from pointsman.spec.finding import Finding
from pointsman.spec.lifecycle import Lifecycle


def load(spec: str | Path) -> Lifecycle:
    """Read the spec in a file.

    Args:
        spec: the path of the file, in UTF-8, as `docs/spec-language.md` describes it; ``-`` reads standard input.

    Returns:
        The lifecycle: statuses, transitions, queues and calls as frozen data. It refers to nothing that the spec does
        not declare. `lifecycle.place("statuses", "open")` is the file, line and column of a part.

    Raises:
        SpecError: the file cannot be read, or is no spec. Its `findings` name every mistake, in the order of the file.

    Example::

        lifecycle = load("spec/orders.yaml")
        print(lifecycle.name, [status.name for status in lifecycle.statuses])
    """
    return loader.load(spec)


def load_text(text: str, file: str = "<text>") -> Lifecycle:
    """Read a spec that is in memory.

    Args:
        text: the whole spec.
        file: what findings, and the first line of generated files, call it.

    Returns:
        The lifecycle, as from `load`.

    Raises:
        SpecError: the text is no spec. Its `findings` name every mistake, in the order of the text.

    Example::

        lifecycle = load_text(Path("orders.yaml").read_text(encoding="utf-8"), "orders.yaml")
    """
    return loader.load_text(text, file)


def load_each(specs: Iterable[str]) -> tuple[dict[str, Lifecycle], dict[str, tuple[Finding, ...]]]:
    """Read several specs, each once; a spec that cannot be loaded does not keep the others from being loaded.

    Args:
        specs: paths, as for `load`.

    Returns:
        The lifecycles by path, and the findings of the specs that could not be loaded by path, in the order given.
    """
    found: dict[str, Lifecycle] = {}
    refused: dict[str, tuple[Finding, ...]] = {}
    for spec in dict.fromkeys(specs):
        try:
            found[spec] = load(spec)
        except SpecError as error:
            refused[spec] = error.findings
    return found, refused


def duration(text: str) -> timedelta | None:
    """The span of time that a text means as a spec spells it, such as ``90s`` or ``1h30m``; None where it is none."""
    return scalars.duration(text)
