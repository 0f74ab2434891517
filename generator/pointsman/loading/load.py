"""Loads a spec: a `Lifecycle`, or a finding for every mistake.

`yaml_nodes` reads the document into nodes. `language` says which shapes they must
have, and so makes the records of the lifecycle. `crosscheck` judges what only the
whole document can prove right. Every name that a loaded lifecycle refers to is
declared in it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from pointsman.loading.crosscheck import CrossCheck
from pointsman.loading.language import SPEC
from pointsman.loading.structure import ABSENT, Absent, StructureReader, TooManyMistakesError
from pointsman.loading.yaml_nodes import read, read_bytes
from pointsman.spec.errors import SpecError
from pointsman.spec.finding import by_place
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.source import Mapped, Source


def load(path: str | Path, stdin: BinaryIO | None = None) -> Lifecycle:
    """The lifecycle in the file at `path`; ``-`` reads `stdin` (the process's own by default).

    Raises:
        SpecError: if the file cannot be read or has mistakes, with a finding for every mistake.
    """
    return _loaded(read(path, stdin))


def load_text(text: str, file: str = "<text>") -> Lifecycle:
    """The lifecycle that `text` holds; `file` is its name in findings.

    Raises:
        SpecError: if the text has mistakes, with a finding for every mistake.
    """
    return _loaded(read_bytes(text.encode("utf-8", "surrogatepass"), file))


def _loaded(source: Source) -> Lifecycle:
    reader = StructureReader(source.file)
    lifecycle: Lifecycle | Absent = ABSENT
    with suppress(TooManyMistakesError):  # the findings so far are reported
        lifecycle = _checked(reader, source)
    if reader.findings or lifecycle is ABSENT:
        raise SpecError(by_place(reader.findings))
    return replace(lifecycle, source=source)


def _checked(reader: StructureReader, source: Source) -> Lifecycle | Absent:
    if not isinstance(source.root, Mapped):
        advice = "Start with `pointsman: 1`, then `lifecycle:`, `statuses:` and `transitions:`."
        return reader.refuse("not-a-mapping", source.place(), (), "a spec is a mapping (key: value)", advice)
    lifecycle = SPEC.read(reader, source.root, ())
    CrossCheck(reader, source).all()
    return lifecycle
