"""Judges a history by the laws, and by linearizability: whether the answers about each row fit one order of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from pointsman.spec.laws import JUDGED, LINEARIZABLE
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance import laws, linear
from pointsman_conformance.core.driver import Capability
from pointsman_conformance.core.history import Delivered, History
from pointsman_conformance.laws.elements import of_event
from pointsman_conformance.laws.judgement import Breach, Element, LawVerdict, requirement
from pointsman_conformance.linear import LinearAnswer, Linearity, RowHistory, StatusOperation
from pointsman_conformance.search.ways import Route, Ways

EVERYTHING = frozenset(Capability)


def judge(lifecycle: Lifecycle, history: History, only: Collection[str] | None = None) -> tuple[LawVerdict, ...]:
    """The verdicts on `history` in the order of `JUDGED`, or those whose law is in `only`.

    The verdict of a law that does not apply to the spec and the roles has nothing met and no breach.
    """
    found = laws.judge(lifecycle, history, only)
    if only is not None and LINEARIZABLE.id not in only:
        return found
    return (*found, _linearizable(lifecycle, history))


def not_applicable(
    lifecycle: Lifecycle, roles: Collection[str], capabilities: Collection[Capability] = EVERYTHING
) -> Mapping[str, str]:
    """By id: each law that does not apply to an implementation of `roles` under such a driver, with the reason."""
    found = dict(laws.not_applicable(lifecycle, roles))
    reason = _no_answer_to_judge(lifecycle, frozenset(roles) or frozenset(lifecycle.actor), capabilities)
    return found if reason is None else {**found, LINEARIZABLE.id: reason}


def judged_by(only: Collection[str] | None = None) -> tuple[str, ...]:
    """The ids of all laws in the order of `JUDGED`, or those in `only`."""
    return tuple(law.id for law in JUDGED if only is None or law.id in only)


# --- linearizable --------------------------------------------------------------


def _no_answer_to_judge(
    lifecycle: Lifecycle, roles: frozenset[str], capabilities: Collection[Capability]
) -> str | None:
    """The reason why no answer of the implementation can be judged; None where one can."""
    if lifecycle.table is None:
        return "the spec has no table"
    if not any(way.route is Route.HAPPEN and _tells(lifecycle, way.actor, roles) for way in Ways(lifecycle).all):
        return "no event is sent to a handler of the implementation, and no other actor says whether it was applied"
    if Capability.EVENTS not in capabilities:
        return "the driver sends no events, and a webhook gets the same answer whether or not it was applied"
    return None


def _tells(lifecycle: Lifecycle, name: str, roles: frozenset[str]) -> bool:
    actor = lifecycle.actor.get(name)
    return actor is None or (name in roles and actor.kind.value in LINEARIZABLE.kinds)


def _linearizable(lifecycle: Lifecycle, history: History) -> LawVerdict:
    breaches: list[Breach] = []
    met: Counter[str] = Counter()
    for told in linear.from_history(lifecycle, history).values():
        found = linear.verdict_on(told)
        if found.answer is LinearAnswer.NOT:
            breach = _breach(lifecycle, history, told, found)
            breaches += () if breach is None else (breach,)
        elif found.answer is LinearAnswer.LINEARIZABLE:
            met.update(requirement(LINEARIZABLE.id, _element(lifecycle, name)) for name in _answers(history, told))
    return LawVerdict(LINEARIZABLE.id, tuple(breaches), tuple(met.items()))


def _answers(history: History, told: RowHistory) -> Iterator[str]:
    """The event of each answer by which the implementation is bound."""
    for operation in told.operations:
        event = _event(history, operation)
        if event is not None:
            yield event


def _event(history: History, operation: StatusOperation) -> str | None:
    """The event that the implementation answered; None if its answer leaves the outcome open, or others were asked."""
    asked = history.records[operation.places[0]]
    if operation.may_be_missing or not isinstance(asked, Delivered):
        return None
    return asked.event if asked.who in history.subject else None


def _breach(lifecycle: Lifecycle, history: History, told: RowHistory, found: Linearity) -> Breach | None:
    """The breach by an answer that no order explains; None where the implementation gave none of the two."""
    for number in (found.operation, found.against):
        operation = told.operations[number] if number is not None else None
        event = _event(history, operation) if operation is not None else None
        if operation is not None and event is not None:
            says = f"No order of what happened to row {told.row} explains every answer: {found.says}."
            return Breach(_element(lifecycle, event), says, operation.places, told.row)
    return None


def _element(lifecycle: Lifecycle, name: str) -> Element:
    """The place of the event in the spec: its declaration, else the first transition by it."""
    if name in lifecycle.event:
        return of_event(name)
    paths = (transition.path for transition in lifecycle.transitions if transition.event == name)
    return Element(name, next(paths, ("transitions",)))
