"""The types of a lint rule and of its input, and the words that messages share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from pointsman.linting.ignores import Ignore
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Lifecycle, Transition
from pointsman.spec.source import Place

if TYPE_CHECKING:
    # Listing and explaining the rules needs no graph, whose library is the slowest to import.
    from pointsman.spec.graph import Graph


@dataclass(frozen=True)
class LintContext:
    """The input of a rule: a lifecycle, its graph, and look-ups that several rules need.

    `codes` are the codes of all rules. `ignores` are the inline ignores of the
    spec, and `unused` the ignores that silenced nothing, which only the rules
    that run last are given.
    """

    lifecycle: Lifecycle
    graph: Graph
    codes: frozenset[str] = frozenset()
    ignores: tuple[Ignore, ...] = ()
    unused: tuple[Ignore, ...] = ()

    @cached_property
    def has_owners(self) -> bool:
        """True if the spec declares an actor, a queue or an event: then the rules about owners and events apply."""
        return bool(self.lifecycle.actors or self.lifecycle.queues or self.lifecycle.events)

    @cached_property
    def entries(self) -> Mapping[str, tuple[Transition, ...]]:
        """The transitions into each status, by its name; every status is a key."""
        found: dict[str, list[Transition]] = {status.name: [] for status in self.lifecycle.statuses}
        for transition in self.lifecycle.transitions:
            found[transition.target].append(transition)
        return MappingProxyType({name: tuple(entries) for name, entries in found.items()})

    @cached_property
    def taking(self) -> Mapping[str, tuple[Transition, ...]]:
        """The transitions that take each event, by its name."""
        found: dict[str, list[Transition]] = {}
        for transition in self.lifecycle.transitions:
            if transition.event is not None:
                found.setdefault(transition.event, []).append(transition)
        return MappingProxyType({name: tuple(transitions) for name, transitions in found.items()})

    def moves_on(self, status: str, event: str) -> tuple[Transition, ...]:
        """The transitions that `event` makes from `status`."""
        return self._by_source_and_event.get((status, event), ())

    @cached_property
    def _by_source_and_event(self) -> Mapping[tuple[str, str], tuple[Transition, ...]]:
        found: dict[tuple[str, str], list[Transition]] = {}
        for transition in self.lifecycle.transitions:
            if transition.event is not None:
                found.setdefault((transition.source, transition.event), []).append(transition)
        return {key: tuple(transitions) for key, transitions in found.items()}

    def source_place(self, transition: Transition) -> Place:
        """Where the spec names the status that `transition` leaves, also inside a list."""
        position = self._position_in_from[id(transition)]
        return self.lifecycle.place(*transition.path, "from", position, value=True)

    @cached_property
    def _position_in_from(self) -> Mapping[int, int]:
        met: dict[tuple[str | int, ...], int] = {}
        positions: dict[int, int] = {}
        for transition in self.lifecycle.transitions:
            positions[id(transition)] = met.get(transition.path, 0)
            met[transition.path] = positions[id(transition)] + 1
        return positions


RuleCheck = Callable[[LintContext], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One lint rule. `docs/rules/<code>.md` is its page.

    `summary` says in one sentence what is found. `last` rules run after the
    others, when it is known which inline ignores silenced something.
    """

    code: str
    severity: Severity
    summary: str
    check: RuleCheck
    last: bool = False

    def finding(  # a finding has these parts
        self,
        place: Place,
        message: str,
        advice: str,
        subject: str,
        *,
        severity: Severity | None = None,
        facts: tuple[tuple[str, str], ...] = (),
    ) -> Finding:
        """A finding of this rule; `severity` replaces the rule's own severity."""
        return Finding(self.code, severity or self.severity, message, place, advice, subject, facts)


@dataclass(frozen=True, slots=True)
class LoadRule:
    """A mistake that the loader finds, with a page like a rule's."""

    code: str
    severity: Severity
    summary: str


def listed(names: Iterable[str], most: int = 5) -> str:
    """``a``, ``a and b``, ``a, b and 7 more``: for a message."""
    known = list(dict.fromkeys(names))
    if len(known) > most:
        return f"{', '.join(known[: most - 1])} and {len(known) - most + 1} more"
    return known[0] if len(known) == 1 else f"{', '.join(known[:-1])} and {known[-1]}"


def label(transition: Transition) -> str:
    """``pending to failed by given_up``: how messages name a transition."""
    by = f" by {transition.event}" if transition.event else ""
    return f"{transition.source} to {transition.target}{by}"


def key(transition: Transition) -> str:
    """How a finding's subject names a transition, whatever line it is on."""
    return f"transition:{transition.source}>{transition.target}:{transition.event or ''}"
