"""How messages spell a span of time: as a spec does."""

from __future__ import annotations

from datetime import timedelta

_UNITS = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def span(of: timedelta) -> str:
    """``90s`` as ``1m30s``, a day and a half as ``1d12h``; milliseconds where there are any."""
    left = round(of.total_seconds() * 1000)
    parts: list[str] = []
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds * 1000)
        if count:
            parts.append(f"{count}{unit}")
    if left:
        parts.append(f"{left}ms")
    return "".join(parts) or "0s"
