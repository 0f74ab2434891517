"""How a spec's names are spelled in other languages.

Two names of a spec that differ may become one word elsewhere (`a_b` and `aB`
are both ``AB`` in Go). `folded` is the one test for that: names whose folded
forms differ stay apart in every spelling here.
"""

from __future__ import annotations

import re

_BOUNDARY = re.compile(r"_+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: ``reversal_pending`` and ``reversalPending`` have the same two."""
    return tuple(word.lower() for word in _BOUNDARY.split(name) if word)


def upper_snake(name: str) -> str:
    """``REVERSAL_PENDING``."""
    return "_".join(words(name)).upper()


def lower_snake(name: str) -> str:
    """``reversal_pending``."""
    return "_".join(words(name))


def camel(name: str) -> str:
    """``ReversalPending``."""
    return "".join(word[0].upper() + word[1:] for word in words(name))


def plain(name: str) -> str:
    """``reversalpending``: a Go package."""
    return "".join(words(name))


def folded(name: str) -> str:
    """The name in lower case and without underscores: names that share it count as one."""
    return name.replace("_", "").casefold()
