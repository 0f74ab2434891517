"""A status requires a column that nothing writes on the way in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pointsman.linting.rules.rule import LintContext, Rule, key, label
from pointsman.linting.rules.writing import always_written, written_on_the_way
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Transition
from pointsman.spec.meaning import effect_events, events_of


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    if lifecycle.table is None or not subject.has_owners:
        return
    nullable = {column.name for column in lifecycle.table.columns if column.nullable}
    always = always_written(lifecycle)
    recorded = _recorded(subject)
    for status in lifecycle.statuses:
        for position, column in enumerate(status.requires):
            if column not in nullable or column in always:
                continue
            for transition in subject.entries[status.name]:
                if not _is_written(subject, recorded, transition, column):
                    yield RULE.finding(
                        lifecycle.place("statuses", status.name, "requires", position, value=True),
                        f"{status.name} requires {column}, and nothing writes it on the way {label(transition)}",
                        "Say what writes it: the status (`on_entry:`), the event (`carries:`) or a call (`records:`).",
                        f"{key(transition)}:{column}",
                    )


def _recorded(subject: LintContext) -> Mapping[str, frozenset[str]]:
    """The names of the columns that a reply or a webhook fills, by the event that the reply or webhook means."""
    found: dict[str, frozenset[str]] = {}
    for call in subject.lifecycle.calls:
        columns = frozenset(dict(call.records))
        events = {event for hook in call.webhooks for event in events_of(hook)}
        for queue in subject.lifecycle.queues:
            if queue.call == call.name:
                events |= effect_events(queue)
        for event in events:
            found[event] = found.get(event, frozenset()) | columns
    return found


def _is_written(
    subject: LintContext, recorded: Mapping[str, frozenset[str]], transition: Transition, column: str
) -> bool:
    if written_on_the_way(subject.lifecycle, transition, column):
        return True
    # A column that the status empties on entry stays empty, also when a reply brings a value.
    emptied = column in dict(subject.lifecycle.status[transition.target].on_entry)
    return not emptied and column in recorded.get(transition.event or "", frozenset())


RULE = Rule(
    "unwritten-requirement",
    Severity.ERROR,
    "A status requires a column that nothing writes on the way in.",
    _check,
)
