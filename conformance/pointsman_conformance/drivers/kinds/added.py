"""The kinds of drivers that other packages add, by an entry point in the group `pointsman.drivers`.

The entry point's name is the driver's word; its value names a `DriverKind` of that word. A kind is loaded when it
is used, so that one that cannot be loaded does no harm to runs without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pointsman.spec.errors import UsageError
from pointsman_conformance.drivers.kinds.kind import DriverKind

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

GROUP = "pointsman.drivers"
"""The group of entry points."""


def added_words() -> tuple[str, ...]:
    """The words of the kinds that installed packages add, sorted. Loads none of them."""
    return tuple(sorted(_added().names))


def added_kind(word: str) -> DriverKind:
    """The kind that a package adds under `word`, which must be one of `added_words`.

    Raises UsageError for one that cannot be loaded, or is no `DriverKind` of that word.
    """
    entry = next(iter(_added().select(name=word)))
    try:
        kind = entry.load()
    except (Exception, SystemExit) as error:  # whatever another package does while it is imported
        raise UsageError(
            f"the driver {word!r} comes from {entry.value!r}, which cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(kind, DriverKind) or kind.word != word:
        raise UsageError(f"the driver {word!r} comes from {entry.value!r}, which is no DriverKind of that word.")
    return kind


def _added() -> EntryPoints:
    from importlib.metadata import entry_points  # noqa: PLC0415 - takes longer than all else that is imported here

    return entry_points(group=GROUP)
