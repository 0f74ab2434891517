"""The targets that are written here. The SQL target is `pointsman.sql`'s."""

from __future__ import annotations

from pointsman.rendering import dot, go, mermaid, python
from pointsman.writing.target import Target

TARGETS: tuple[Target, ...] = (python.TARGET, go.TARGET, dot.TARGET, mermaid.TARGET)
