"""The verbs of the command line, a module each.

A verb's module has `HELP` (one line), `configure(parser)` and `run(arguments)`,
which gives a `Result`. It is imported only when it is called for, so that no
verb pays for another's libraries. Other packages add verbs by an entry point in
the group `pointsman.verbs` that names such a module.
"""

from __future__ import annotations

import argparse
from typing import Protocol

from pointsman.result import Result


class Verb(Protocol):
    """What a verb's module offers."""

    HELP: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the verb's own arguments."""

    def run(self, arguments: argparse.Namespace) -> Result:
        """Do it. May raise `SpecError` and `UsageError`; the command line words them."""


OWN: tuple[str, ...] = (
    "lint",
    "check",
    "show",
    "generate",
    "export",
    "migrate",
    "audit",
    "rules",
    "explain",
    "init",
    "schema",
    "completion",
)
