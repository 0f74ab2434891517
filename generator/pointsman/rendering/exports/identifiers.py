"""A system's names as identifiers of another language, and its words as comments in that language."""

from __future__ import annotations

import re

from pointsman.rendering.wording import visible
from pointsman.spec.errors import UsageError
from pointsman.world.system import System, Variable

_PLAIN = re.compile(r"[A-Za-z0-9_]+", re.ASCII)


def checked(system: System) -> System:
    """`system` unchanged, if each of its names can follow a prefix in an identifier.

    The prefix keeps every name apart from the words of a language, such as
    ``timeout``, ``len`` and ``accept_`` in Promela or ``WF_`` in TLA+.

    Raises:
        UsageError: a name has other characters than ASCII letters, digits and underscores.
    """
    names = [*(variable.name for variable in system.variables), *(action.name for action in system.actions)]
    for name in names:
        if not _PLAIN.fullmatch(name):
            raise UsageError(f"{name!r} cannot be exported: a name has only ASCII letters, digits and underscores")
    return system


def remark(text: str) -> str:
    """`text` on one line, without a sign that opens or ends a comment in C, Promela or TLA+."""
    return re.sub(r"([*/()\\])(?=[*/()\\])", r"\1 ", visible(text)).rstrip("\\")


def words(variable: Variable) -> str:
    """A variable's label, and the words for its values: ``the status: 0 pending, 1 paid``."""
    values = ", ".join(f"{number} {value}" for number, value in enumerate(variable.values))
    return remark(f"{variable.label}: {values}")
