"""The judgements of a law's test: a requirement that was met, or one that was broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.spec.source import Path


@dataclass(frozen=True, slots=True)
class Element:
    """A part of the spec that a law is about: a requirement is a law at an element.

    `name` reads well after the law's id (``completed->reversal_pending``, ``create_reversal``, ``reversal``); `path` is
    where the spec says it.
    """

    name: str
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Met:
    """The situation that the law speaks about came up, and the implementation did right."""

    element: Element


COMES_BACK_LATE = "comes_back_late"
"""A `Breach.wrong` that adds nothing to the world of `check`: time has no length there, and a row may wait for any."""


@dataclass(frozen=True, slots=True)
class Breach:
    """The implementation did wrong.

    Attributes:
        element: the part of the spec that the law was broken at.
        says: a sentence for the implementation's author: what happened, with the values, and what the spec asks.
        records: the places in the history that show it, in order.
        row: the key of the row, None where it is about no single one.
        wrong: the wrong implementation of `check` that may do all that was done here, so that what `check` proves of it
            holds for this too; None where there may be more to it. Only with a name can the law turn out not to apply.
    """

    element: Element
    says: str
    records: tuple[int, ...]
    row: str | None = None
    wrong: str | None = None


Judgements = Iterator[Met | Breach]
"""The judgements that a law's test yields, in the order of the history."""


@dataclass(frozen=True, slots=True)
class LawVerdict:
    """A law's verdict on one history.

    `met` counts, for each requirement (``law/element``), how often its situation came up. No breach and nothing
    met is no evidence, not a pass.
    """

    law: str
    breaches: tuple[Breach, ...]
    met: tuple[tuple[str, int], ...]

    @property
    def kept(self) -> bool:
        """The law was put to the test and kept."""
        return not self.breaches and bool(self.met)


def requirement(law: str, element: Element) -> str:
    """The id of a requirement."""
    return f"{law}/{element.name}"
