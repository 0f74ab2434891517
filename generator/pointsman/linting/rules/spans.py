"""How messages spell a span of time: as a spec does."""

from __future__ import annotations

from datetime import timedelta

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def span(of: timedelta) -> str:
    """90 seconds as ``1m30s``, a day and a half as ``36h``, five days as ``5d``; milliseconds where there are any."""
    left = round(of.total_seconds() * 1000)
    parts: list[str] = []
    # A key's lifetime of one day is usually written as 24h: days are used only for longer spans.
    units = _UNITS if of >= timedelta(days=4) else _UNITS[1:]
    for unit, seconds in units:
        count, left = divmod(left, seconds * 1000)
        if count:
            parts.append(f"{count}{unit}")
    if left:
        parts.append(f"{left}ms")
    return "".join(parts) or "0s"
