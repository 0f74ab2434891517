"""Nothing that is sent with a call names the row, so its effect cannot be known again."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.finding import Finding, Severity
from pointsman.lifecycle import Call, Repeat
from pointsman.rules.rule import Rule, Subject


def _check(subject: Subject) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    row = lifecycle.table.primary_key if lifecycle.table is not None else None
    for call in lifecycle.calls:
        if row is None or (call.look_up is None and not call.webhooks):
            continue
        if not any(row in mark.columns for _, mark in call.marks) and not _is_known_otherwise(call):
            yield RULE.finding(
                lifecycle.place("calls", call.name, "marks"),
                f"nothing that is sent with {call.name} names the row: no look-up or webhook can tell whose it is",
                f'Send the primary key along: `marks: {{metadata.row: "{{{row}}}"}}`.',
                f"call:{call.name}",
            )


def _is_known_otherwise(call: Call) -> bool:
    """Whether the provider is asked for what came of this very key, or for the one thing that the call changes."""
    if call.look_up is None:
        return False
    by_key = call.key is not None and call.key.text in call.look_up.request.text
    return by_key or (call.repeat is Repeat.ALREADY_DONE and bool(call.look_up.request.columns))


RULE = Rule(
    "effect-without-mark",
    Severity.WARNING,
    "Nothing that is sent with a call names the row, so its effect cannot be known again.",
    _check,
)
