"""A call is done, and the status that the row enters does not say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pointsman.linting.rules.replies import TELLS, TakenResult, claimed, taken
from pointsman.linting.rules.rule import LintContext, Rule, label, listed
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import EffectState, Lifecycle


def _check(subject: LintContext) -> Iterator[Finding]:
    meaning, spoken_of = _meaning(subject.lifecycle), _spoken_of(subject.lifecycle)
    unsaid: dict[str, TakenResult] = {}
    for one in taken(subject):
        if TELLS[one.reply] is not EffectState.DONE or claimed(subject, one.transition, one.call) is not None:
            continue
        if one.call.name in meaning:
            yield RULE.finding(
                subject.lifecycle.place("queues", one.queue.name, "then", one.reply, value=True),
                f"{one.reply} means that {one.call.name} is done, and {label(one.transition)} "
                "enters a status that does not say so",
                f"Enter one that does ({listed(meaning[one.call.name])}), "
                f"or say it there: `means: {{{one.call.name}: done}}`.",
                f"queue:{one.queue.name}:{one.reply}:{one.transition.source}>{one.transition.target}",
            )
        elif one.call.name in spoken_of:
            unsaid.setdefault(one.call.name, one)
    for name, one in unsaid.items():
        yield RULE.finding(
            subject.lifecycle.place("statuses", one.transition.target),
            f"no status means that {name} is done, not even {one.transition.target}, "
            f"which a row enters once it is {one.reply}",
            f"Say it there: `means: {{{name}: done}}`.",
            f"call:{name}",
            severity=Severity.WARNING,
        )


def _meaning(lifecycle: Lifecycle) -> Mapping[str, Sequence[str]]:
    """The statuses that mean a call done, by its name."""
    found: dict[str, list[str]] = {}
    for status in lifecycle.statuses:
        for call, effect in status.means:
            if effect is EffectState.DONE:
                found.setdefault(call, []).append(status.name)
    return found


def _spoken_of(lifecycle: Lifecycle) -> frozenset[str]:
    """Names of the calls that some status `means:` or some transition `needs:`; only these are expected to be said."""
    needed = {call for transition in lifecycle.transitions for call, _ in transition.needs}
    return frozenset(needed | {call for status in lifecycle.statuses for call, _ in status.means})


RULE = Rule(
    "done-is-not-meant",
    Severity.ERROR,
    "A call is done, and the status that the row enters does not say so.",
    _check,
)
