"""Lists in messages."""

from __future__ import annotations

from collections.abc import Iterable

MOST_NAMED = 6


def named(words: Iterable[str]) -> str:
    """Words in quotes, at most `MOST_NAMED` of them: ``'a', 'b' and 4 more``."""
    listed = [repr(word) for word in words]
    if len(listed) <= MOST_NAMED:
        return ", ".join(listed)
    return f"{', '.join(listed[:MOST_NAMED])} and {len(listed) - MOST_NAMED} more"
