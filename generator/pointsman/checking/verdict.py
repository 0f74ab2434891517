"""The results of checking one world, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pointsman.checking.forecast import Forecast
from pointsman.world.scope import Scope
from pointsman.world.story import Story


class PropertyStanding(StrEnum):
    """The result of one property. Unknown and vacuous never count as passed."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNKNOWN = "unknown"
    VACUOUS = "vacuous"


class VerdictKind(StrEnum):
    """The kind of a property."""

    SAFETY = "safety"
    LIVENESS = "liveness"
    REACHABILITY = "reachability"


@dataclass(frozen=True)
class Verdict:
    """One property in one world.

    Attributes:
        prop: the id of the property.
        kind: what sort of property it is.
        standing: how it came out.
        says: what is wrong, or why it is not known; empty where the property holds.
        subject: the part of the spec that it is about, such as ``"queue:retry"``; empty where it is about all of it.
        story: the shortest run that breaks it, or, for what is reachable, that shows it; None where there is none.
    """

    prop: str
    kind: VerdictKind
    standing: PropertyStanding
    says: str = ""
    subject: str = ""
    story: Story | None = None

    @property
    def steps(self) -> int | None:
        """The number of steps of the shortest story; None without a story."""
        return self.story.length if self.story is not None else None


@dataclass(frozen=True)
class Checked:
    """One world, checked.

    `reached` counts states by status, and steps by what they cover. `blocked`
    says, for each transition that never fires (by its number), what keeps it.
    `forecast` estimates the world, or its exploration for liveness, where a limit came before its end.
    """

    scope: Scope
    without: tuple[str, ...]
    states: int
    transitions: int
    depth: int
    seconds: float
    bytes_per_state: float
    reduction: str
    verdicts: tuple[Verdict, ...]
    reached: Mapping[str, int] = field(default_factory=dict)
    blocked: Mapping[int, str] = field(default_factory=dict)
    legal_ends: int = 0
    cut: str = ""
    interrupted: bool = False
    forecast: Forecast | None = None

    def standing(self, prop: str) -> PropertyStanding | None:
        """The standing of the property of that name; None if this world does not have it."""
        return next((verdict.standing for verdict in self.verdicts if verdict.prop == prop), None)
