"""The kinds of drivers, one module for each: `DRIVERS`.

CONTRIBUTING.md has the recipe to add one. Importing these modules must cost no time: a kind imports its driver, and
with it the database, inside `open`. Another package adds a kind by an entry point (`added`).
"""

from __future__ import annotations

from pointsman.spec.errors import UsageError
from pointsman.spec.finding import did_you_mean
from pointsman_conformance.drivers.kinds import (
    black_box,
    book,
    http,
    pipe,
)
from pointsman_conformance.drivers.kinds.added import added_kind, added_words
from pointsman_conformance.drivers.kinds.kind import DriverKind

__all__ = ["DRIVERS", "USUAL_DRIVER", "driver_kind", "driver_words"]

DRIVERS: tuple[DriverKind, ...] = (
    black_box.KIND,
    pipe.KIND,
    http.KIND,
    book.KIND,
)
"""Every kind of the kit's own, in the order of the help."""

USUAL_DRIVER = black_box.KIND
"""The kind for an implementation of which no more than a command is known."""


def driver_words() -> tuple[str, ...]:
    """The word of every kind: the kit's own, then those that other packages add."""
    own = tuple(kind.word for kind in DRIVERS)
    return (*own, *(word for word in added_words() if word not in own))


def driver_kind(word: str) -> DriverKind:
    """The kind of that word. Raises UsageError where there is none, or where another package's cannot be loaded."""
    own = next((kind for kind in DRIVERS if kind.word == word), None)
    if own is not None:
        return own
    words = driver_words()
    if word not in words:
        raise UsageError(f"there is no driver {word!r}.{did_you_mean(word, words)} There are: {', '.join(words)}.")
    return added_kind(word)
