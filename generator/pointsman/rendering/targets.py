"""The targets of this package, one per module; `pointsman.sql.schema_target` has the target ``sql``."""

from __future__ import annotations

from pointsman.rendering import (
    dot,
    go,
    mermaid,
    python,
)
from pointsman.writing.target import Target

TARGETS: tuple[Target, ...] = (
    python.TARGET,
    go.TARGET,
    dot.TARGET,
    mermaid.TARGET,
)
