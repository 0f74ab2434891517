"""One event leads from one status to two others, and nothing says to which.

A warning: two actors may each mean one of them, and a program may choose. An
error where both transitions have conditions, or one has, and some row satisfies
both: then the conditions choose no single target. No finding where the conditions,
the actors or the `needs:` of the two transitions exclude each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice

from pointsman.linting.rules.rule import LintContext, Rule, listed
from pointsman.spec.condition import SqlValue
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Column, Transition
from pointsman.spec.satisfiable import ConditionRow, Undecided, overlap

MOST_PAIRS = 200
"""At most so many pairs of transitions are compared for one status and event; a spec written by hand has three."""


def _check(subject: LintContext) -> Iterator[Finding]:
    for event, transitions in subject.taking.items():
        by_source: dict[str, list[Transition]] = {}
        for transition in transitions:
            by_source.setdefault(transition.source, []).append(transition)
        for group in by_source.values():
            if len({transition.target for transition in group}) > 1:
                yield from _in_group(subject, event, group)


def _in_group(subject: LintContext, event: str, group: Sequence[Transition]) -> Iterator[Finding]:
    table = subject.lifecycle.table
    columns = table.columns if table is not None else ()
    pairs = combinations(group, 2)
    open_pair: tuple[Transition, Transition] | None = None
    for first, second in islice(pairs, MOST_PAIRS):
        if first.target == second.target or _kept_apart(first, second):
            continue
        both = overlap(first.when, second.when, columns)
        if both is None:
            continue
        if isinstance(both, Undecided) or (first.when is None and second.when is None):
            open_pair = open_pair or (first, second)
        else:
            yield _proven(subject, event, (first, second), both, columns)
    if open_pair is None and (rest := next(pairs, None)) is not None:
        open_pair = rest
    if open_pair is not None:
        yield _left_open(subject, event, group, open_pair)


def _kept_apart(first: Transition, second: Transition) -> bool:
    """True if the two transitions share no actor, or one needs a call done and the other needs it not done."""
    known = dict(second.needs)
    if any(known.get(call, effect) != effect for call, effect in first.needs):
        return True
    return bool(first.by and second.by) and not set(first.by) & set(second.by)


def _left_open(subject: LintContext, event: str, group: Sequence[Transition], pair: tuple[Transition, ...]) -> Finding:
    source = pair[0].source
    return RULE.finding(
        subject.lifecycle.place(*pair[1].path, "event", value=True),
        f"{event} leads from {source} to {listed(transition.target for transition in group)}, "
        "and nothing says to which",
        "Give each a name of its own, or conditions (`when:`) of which only one can be true.",
        f"event:{source}:{event}",
    )


def _proven(
    subject: LintContext, event: str, pair: tuple[Transition, Transition], row: ConditionRow, columns: Sequence[Column]
) -> Finding:
    first, second = pair
    conditions = " and ".join(transition.when_text or "no condition" for transition in pair)
    said = _row(row, columns)
    return RULE.finding(
        subject.lifecycle.place(*second.path, "when" if second.when is not None else "event", value=True),
        f"{event} leads from {first.source} to {first.target} and to {second.target}, "
        f"and both apply to a row with {said}",
        f"Make the conditions exclude each other: they are {conditions}.",
        f"event:{first.source}:{event}:{first.target},{second.target}",
        severity=Severity.ERROR,
        facts=(("row", said),),
    )


def _row(row: ConditionRow, columns: Sequence[Column]) -> str:
    """The columns of a row for a message: ``amount = 3, paid = true, due not null``."""
    plain = {"smallint", "integer", "bigint", "numeric", "boolean", "text", "varchar"}
    opaque = {column.name for column in columns if column.type.partition("(")[0] not in plain}
    return ", ".join(_cell(name, value, opaque=name in opaque) for name, value in row.items()) or "any values"


def _cell(name: str, value: SqlValue, *, opaque: bool) -> str:
    if value is None:
        return f"{name} null"
    if opaque:
        return f"{name} not null"
    return f"{name} = {str(value).lower() if isinstance(value, bool) else repr(value)}"


RULE = Rule(
    "ambiguous-event",
    Severity.WARNING,
    "One event leads from one status to two others, and nothing says to which.",
    _check,
)
