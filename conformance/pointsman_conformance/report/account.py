"""The account of a run of the kit: reports, certificates and exit codes are made from this record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pointsman.spec.lifecycle import Lifecycle
from pointsman.world.story import Story
from pointsman_conformance.core.driver import ImplementationInfo
from pointsman_conformance.core.history import History
from pointsman_conformance.core.plan import Plan
from pointsman_conformance.laws.judgement import Breach


class LawStanding(StrEnum):
    """The result for one law. *No evidence* is not a pass: no situation that the law is about came up."""

    KEPT = "kept"
    BROKEN = "broken"
    NO_EVIDENCE = "no evidence"
    NOT_APPLICABLE = "not applicable"


class ImplementationVerdict(StrEnum):
    """The verdict on an implementation.

    *Incomplete*: no law is broken, but not everything was tested. *Tampered*: a write was hidden from the audit, so
    that nothing that was seen counts.
    """

    CONFORMANT = "conformant"
    NOT_CONFORMANT = "not conformant"
    INCOMPLETE = "incomplete"
    TAMPERED = "tampered"


class HarmSeen(StrEnum):
    """Where the harm of a broken law was seen: in the run that broke it, or in a run that `check` found."""

    RUN = "run"
    CHECK = "check"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Harm:
    """The harm of a broken law.

    Attributes:
        seen: where it was seen. Unknown is not none: it was neither seen nor excluded.
        says: the harm in words; where it is unknown, why.
        prop: the property that falls in the run of `check`; empty for harm that was seen in the run itself.
        story: the run of `check`; None for other harm.
    """

    seen: HarmSeen
    says: str
    prop: str = ""
    story: Story | None = None


@dataclass(frozen=True)
class Failure:
    """The smallest run found that breaks a law.

    Attributes:
        law: the id of the law.
        requirement: the law at a part of the spec: ``law/element``.
        breach: what was wrong.
        plan: the steps of the run.
        history: what was seen when they were played.
        flaky: how often the run failed, of how many replays; None where it always failed.
        saved: the path of the replay file, None where it was not saved.
        harm: what comes of the breach; None where it was not asked for.
    """

    law: str
    requirement: str
    breach: Breach
    plan: Plan
    history: History
    flaky: tuple[int, int] | None = None
    saved: str | None = None
    harm: Harm | None = None


@dataclass(frozen=True, slots=True)
class OfLaw:
    """How an implementation stands to one law.

    Attributes:
        law: the id of the law.
        standing: whether it was kept.
        met: how often each requirement of the law came up.
        breaches: how often it was broken, in all runs.
        why: why the law does not apply; empty where it does.
    """

    law: str
    standing: LawStanding
    met: tuple[tuple[str, int], ...] = ()
    breaches: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Covered:
    """How much of one sort of cells was covered.

    Attributes:
        sort: the sort, such as statuses, transitions or pairs of transitions.
        required: how many cells had to be reached.
        missing: the names of those that were not.
    """

    sort: str
    required: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retold:
    """A story of the model checker: whether it was played, and a sentence for each part that could not be played."""

    name: str
    played: bool
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImplementationAccount:
    """The account of one implementation of one spec.

    `trouble` has a sentence for each thing that kept the kit from testing. `exempt` gives the reason for each cell and
    law that does not apply to these roles and this driver. `known` are the breaches that the user listed as known;
    `stale` has a sentence for each wrong line of that list. `stories` are those of the model checker that were asked
    for. `not_tested` has a sentence for each thing that no run put to the test. `seconds` is real time. `tampered` says
    what of the table was written behind the audit's back, or is empty.
    """

    spec: str
    lifecycle: Lifecycle
    about: ImplementationInfo
    driver: str
    seeds: tuple[int, ...]
    laws: tuple[OfLaw, ...]
    failures: tuple[Failure, ...] = ()
    coverage: tuple[Covered, ...] = ()
    exempt: Mapping[str, str] = field(default_factory=dict)
    runs: int = 0
    steps: int = 0
    seconds: float = 0.0
    trouble: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    interrupted: bool = False
    stories: tuple[Retold, ...] = ()
    tampered: str = ""
    not_tested: tuple[str, ...] = ()

    @property
    def unseen(self) -> bool:
        """True if the implementation could not be tested at all, for a known reason (`trouble`)."""
        return bool(self.trouble) and not self.failures and not any(law.met for law in self.laws)

    @property
    def judged_at_all(self) -> bool:
        """True if some law applies: an implementation that no law binds has shown nothing."""
        return any(law.standing is not LawStanding.NOT_APPLICABLE for law in self.laws)

    @property
    def verdict(self) -> ImplementationVerdict:
        """The verdict. A hidden write outweighs all; a broken law or a stale list outweighs what was not tested."""
        if self.tampered:
            return ImplementationVerdict.TAMPERED
        if self.failures or self.stale:
            return ImplementationVerdict.NOT_CONFORMANT
        evidence = self.judged_at_all and all(law.standing is not LawStanding.NO_EVIDENCE for law in self.laws)
        covered = all(not sort.missing for sort in self.coverage)
        whole = evidence and covered and not self.trouble and not self.interrupted
        return ImplementationVerdict.CONFORMANT if whole else ImplementationVerdict.INCOMPLETE
