"""A finding: something a person has to look at, as data.

Lint, loading, migrating and audit all report findings; how they look on a
screen or in a report is decided elsewhere.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from pointsman.spec.source import Place


class Severity(StrEnum):
    """How much a finding weighs. Errors and warnings fail a run; notes do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where it is, and what to do about it.

    Attributes:
        code: the rule, check or property that found it: a word of a fixed list, such as ``dead-end``.
        severity: how much it weighs.
        message: what is wrong, in a sentence with the values.
        place: where in the spec.
        help: what to do.
        subject: what it is about, independently of line numbers and wording (``"status:pending"``).
        facts: names and values for a machine, such as a count, example keys or a query.
    """

    code: str
    severity: Severity
    message: str
    place: Place
    help: str
    subject: str = ""
    facts: tuple[tuple[str, str], ...] = field(default=())

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that stay the same while the fault does."""
        text = f"{self.code}\n{self.place.file}\n{self.subject}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def by_place(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings in the order a reader meets them, each once."""
    distinct = dict.fromkeys(findings)
    return tuple(sorted(distinct, key=lambda f: (f.place, f.code, f.subject, f.message)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` with a leading blank, or nothing."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    if not near:
        folded = {name.casefold(): name for name in known}
        near = [folded[word.casefold()]] if word.casefold() in folded else []
    return f" Did you mean {near[0]!r}?" if near else ""


def shown(text: str, limit: int = 60) -> str:
    """`text` in quotes, on one line, cut short: for a message."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return repr(cut)
