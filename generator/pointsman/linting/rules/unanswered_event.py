"""An event from outside can come in a status that has no answer to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pointsman.linting.rules.rule import LintContext, Rule, listed
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Event, Transition
from pointsman.spec.meaning import early_statuses
from pointsman.spec.satisfiable import ConditionRow, Undecided, gap


def _check(subject: LintContext) -> Iterator[Finding]:
    for event in subject.lifecycle.events:
        answered = early_statuses(event)
        missing: list[str] = []
        for status in subject.lifecycle.statuses:
            taken = subject.moves_on(status.name, event.name)
            if status.name in answered:
                continue
            if not taken:
                missing.append(status.name)
            elif (row := _untaken(subject, event, taken)) is not None:
                yield _partly(subject, event, status.name, row)
        if missing and event.name in subject.taking:
            yield RULE.finding(
                subject.lifecycle.place("events", event.name, "otherwise"),
                f"{event.name} may come in {listed(missing)}, and nothing says what happens then",
                "Answer it there under `otherwise:` by keep, ignore or refuse.",
                f"event:{event.name}",
                facts=(("statuses", ",".join(missing)),),
            )


def _untaken(subject: LintContext, event: Event, taken: tuple[Transition, ...]) -> ConditionRow | None:
    """A row in this status that no transition takes; None if each row is taken, or if this is undecided."""
    conditions = [transition.when for transition in taken if transition.when is not None]
    if len(conditions) < len(taken):
        return None
    table = subject.lifecycle.table
    brought = dict(event.carries)
    # A column that the event carries has a value.
    columns = [
        replace(column, nullable=False) if column.name in brought else column
        for column in (table.columns if table is not None else ())
    ]
    found = gap(conditions, columns)
    return None if isinstance(found, Undecided) else found


def _partly(subject: LintContext, event: Event, status: str, row: ConditionRow) -> Finding:
    said = ", ".join(f"{name} {'null' if value is None else repr(value)}" for name, value in row.items())
    return RULE.finding(
        subject.lifecycle.place("events", event.name, "otherwise"),
        f"{event.name} may come in {status} when none of its conditions holds (for example with {said}), "
        "and nothing says what happens then",
        f"Answer it under `otherwise: {{{status}: ...}}`, or let the conditions cover every row.",
        f"event:{event.name}:{status}",
    )


RULE = Rule(
    "unanswered-event",
    Severity.ERROR,
    "An event from outside can come in a status that has no answer to it.",
    _check,
)
