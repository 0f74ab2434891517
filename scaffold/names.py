"""The name of a new thing, in each of its spellings."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass

SHORTEST, LONGEST = 2, 32
"""Characters of a name. A longer one would make lines that the formatter breaks."""

_KEBAB = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class CannotMakeError(Exception):
    """Nothing was made. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name in lower case, its words joined by hyphens."""

    kebab: str

    @property
    def module(self) -> str:
        """``late_refund`` for ``late-refund``: the name of a module or a function."""
        return self.kebab.replace("-", "_")

    @property
    def constant(self) -> str:
        """``LATE_REFUND``."""
        return self.module.upper()

    @property
    def camel(self) -> str:
        """``LateRefund``: the name of a class."""
        return "".join(word.capitalize() for word in self.kebab.split("-"))

    @property
    def values(self) -> dict[str, str]:
        """What a template may name."""
        return {"name": self.kebab, "module": self.module, "constant": self.constant, "camel": self.camel}


def read_name(text: str) -> Name:
    """The name that a developer gave. Raises `CannotMakeError` where it cannot be one."""
    if not _KEBAB.fullmatch(text):
        guess = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
        hint = f" Did you mean {guess}?" if _KEBAB.fullmatch(guess) else ""
        raise CannotMakeError(f"{text!r} is no name: write lower-case words joined by hyphens.{hint}")
    if not SHORTEST <= len(text) <= LONGEST:
        raise CannotMakeError(f"{text!r} has {len(text)} characters; a name has {SHORTEST} to {LONGEST}.")
    if keyword.iskeyword(text):
        raise CannotMakeError(f"{text!r} is a word of Python, and no module can be called so: choose another name.")
    return Name(text)
