"""The verbs of the command line, a module each.

A verb's module has `HELP` (one line), `configure(parser)` and `run(arguments)`, which returns a `Result`. The command
line imports the module of the verb that was called, and no other, so that no verb pays for another's libraries. Other
packages add verbs by an entry point in the group `pointsman.verbs` that names such a module.

A verb parses its words, calls a function of `pointsman.api` and shows what the function returned.
"""

from __future__ import annotations

import argparse
from typing import Protocol

from pointsman.result import Result


class Verb(Protocol):
    """The module of a verb."""

    HELP: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the verb's own arguments."""

    def run(self, arguments: argparse.Namespace) -> Result:
        """Run the verb and return its result.

        Raises:
            SpecError: a spec cannot be loaded.
            UsageError: the verb cannot do what the arguments ask for.
        """


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
