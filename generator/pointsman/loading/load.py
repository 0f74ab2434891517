"""A spec -> `Lifecycle`, or every mistake in it.

`reading` gives nodes, `structure` holds them against the language, `crosscheck`
holds them against each other, and `building` makes the frozen data. A lifecycle
that comes out refers to nothing that does not exist.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from pointsman.loading.building import build
from pointsman.loading.crosscheck import CrossCheck
from pointsman.loading.language import SPEC
from pointsman.loading.structure import ABSENT, StructureReader, TooManyMistakesError
from pointsman.loading.yaml_nodes import read, read_bytes
from pointsman.spec.errors import SpecError
from pointsman.spec.finding import by_place
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.source import Mapped, Node, Source


def load(path: str | Path, stdin: BinaryIO | None = None) -> Lifecycle:
    """The lifecycle in the file at `path`; ``-`` reads `stdin` (the process's own by default).

    Raises:
        SpecError: with a finding for every mistake.
    """
    return _loaded(read(path, stdin))


def load_text(text: str, file: str = "<text>") -> Lifecycle:
    """The lifecycle that `text` holds; `file` is what findings call it.

    Raises:
        SpecError: with a finding for every mistake.
    """
    return _loaded(read_bytes(text.encode("utf-8", "surrogatepass"), file))


def _loaded(source: Source) -> Lifecycle:
    reader = StructureReader(source.file)
    data: Any = ABSENT
    with suppress(TooManyMistakesError):  # the findings so far say enough
        data = _checked(reader, source)
    if reader.findings:
        raise SpecError(by_place(reader.findings))
    return build(data, source)


def _checked(reader: StructureReader, source: Source) -> Any:
    root: Node | None = source.root
    if not isinstance(root, Mapped):
        place = source.place()
        advice = "Start with `pointsman: 1`, then `lifecycle:`, `statuses:` and `transitions:`."
        reader.refuse("not-a-mapping", place, (), "a spec is a mapping (key: value)", advice)
        return ABSENT
    data = reader.read(SPEC, root, ())
    checks = CrossCheck(reader, data, source)
    checks.names()
    checks.uses()
    checks.values()
    checks.columns()
    return data
