"""A row is given up while it is unknown whether its call was done.

Two ways: a queue answers `exhausted` with an event, although the last attempt
may have gone through; or a transition leaves a status whose queue makes a call,
and nothing on the row's way from there finds out whether the call was done.
"""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.leaving import Leaving
from pointsman.linting.rules.replies import TELLS
from pointsman.linting.rules.rule import LintContext, Rule, key, label
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import CallResult, Queue, Transition
from pointsman.spec.meaning import effect_events, event_after, results_with


def _check(subject: LintContext) -> Iterator[Finding]:
    ways: dict[str, Leaving] = {}
    for queue in subject.lifecycle.queues:
        call = subject.lifecycle.call_of(queue)
        if call is None:
            continue
        leaving = ways.setdefault(call.name, Leaving(subject, call))
        yield from _exhausted(leaving, queue)
        for status in queue.statuses:
            for transition in subject.lifecycle.moves[status]:
                if _is_blind(leaving, queue, transition):
                    yield _blind(leaving, transition)


def _exhausted(leaving: Leaving, queue: Queue) -> Iterator[Finding]:
    answer = event_after(queue, CallResult.EXHAUSTED)
    if answer is None:
        return
    name = leaving.call.name
    moves = [move for status in queue.statuses for move in leaving.subject.moves_on(status, answer)]
    # No look-up comes before the event: a transition that needs to know cannot know.
    if moves and all(name not in dict(move.needs) and not _ends_lost(leaving, move) for move in moves):
        return
    yield RULE.finding(
        leaving.subject.lifecycle.place("queues", queue.name, "then", CallResult.EXHAUSTED, value=True),
        f"after its last attempt the queue {queue.name} takes {answer} without finding out whether {name} is done",
        f"Answer `exhausted: settle`, and `settled_absent: {answer}`.",
        f"queue:{queue.name}:exhausted",
    )


def _is_blind(leaving: Leaving, queue: Queue, transition: Transition) -> bool:
    """True if the transition may be taken while the outcome is unknown, and may lose it."""
    if not _ends_lost(leaving, transition):
        return False
    if transition.event is not None and transition.event in effect_events(queue):
        return False
    results = results_with(queue, transition.event) if transition.event is not None else ()
    if any(TELLS[result] is None and result is not CallResult.EXHAUSTED for result in results):
        return True
    return leaving.leaves_blindly(transition)


def _ends_lost(leaving: Leaving, transition: Transition) -> bool:
    stays = transition.target in leaving.held
    return not stays and not leaving.settles(transition) and leaving.is_lost(transition.target)


def _blind(leaving: Leaving, transition: Transition) -> Finding:
    name, end = leaving.call.name, leaving.end_of(transition.target)
    further = f", and nothing finds out on the row's way to {end}" if end != transition.target else ""
    where = "" if end == transition.target else f" on the transition to {end}"
    return RULE.finding(
        leaving.subject.source_place(transition),
        f"{label(transition)} may be taken while it is unknown whether {name} is done{further}",
        f"Say what it needs to know{where}: `needs: {{{name}: not_done}}`.",
        key(transition),
    )


RULE = Rule(
    "gives-up-without-settling",
    Severity.ERROR,
    "A row is given up while it is unknown whether its call was done.",
    _check,
)
