"""Nothing that is sent with a call names the row, so no look-up can recognise its effect."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call, Repeat

_SEARCHES = frozenset({"q", "query", "search", "filter"})


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    row = lifecycle.table.primary_key if lifecycle.table is not None else None
    for call in lifecycle.calls:
        if row is None or (call.look_up is None and not call.webhooks):
            continue
        unsent = _asked_and_not_sent(call, row)
        if not any(row in mark.columns for _, mark in call.marks) and not _is_known_otherwise(call):
            yield RULE.finding(
                lifecycle.place("calls", call.name, "marks"),
                f"nothing that is sent with {call.name} names the row: no look-up or webhook can tell whose it is",
                f'Send the primary key along: `marks: {{metadata.row: "{{{row}}}"}}`.',
                f"call:{call.name}",
            )
        elif unsent is not None:
            yield RULE.finding(
                lifecycle.place("calls", call.name, "look_up", "request", value=True),
                f"the look-up of {call.name} asks by {unsent}, which is not sent with the call: "
                "it finds nothing, and what was done counts as not done",
                f'Send it along under `marks:`, such as `{unsent}: "{{{row}}}"`, or ask by what is sent.',
                f"call:{call.name}:{unsent}",
            )


def _asked_and_not_sent(call: Call, row: str) -> str | None:
    """The look-up parameter that names the row but was never sent with the call; None if there is none."""
    if call.look_up is None or row in call.request.columns:
        return None
    for parameter in call.look_up.request.text.partition("?")[2].split("&"):
        name, _, value = parameter.partition("=")
        by_key = call.key is not None and call.key.text in value
        # A provider's search parameter is a query in a language of its own.
        if f"{{{row}}}" in value and not by_key and name not in _SEARCHES and not _is_sent(call, row, parameter):
            return name
    return None


def _is_sent(call: Call, row: str, parameter: str) -> bool:
    """True if the name of a mark that holds the row's key stands in the parameter: ``metadata[row]={id}``."""
    words = set(re.findall(r"\w+", parameter))
    return any(row in mark.columns and set(re.findall(r"\w+", name)[-1:]) <= words for name, mark in call.marks)


def _is_known_otherwise(call: Call) -> bool:
    """True if the look-up asks by the idempotency key, or by the address of the one object that the call changes."""
    if call.look_up is None:
        return False
    by_key = call.key is not None and call.key.text in call.look_up.request.text
    return by_key or (call.repeat is Repeat.ALREADY_DONE and bool(call.look_up.request.columns))


RULE = Rule(
    "effect-without-mark",
    Severity.WARNING,
    "Nothing that is sent with a call names the row, so no look-up can recognise its effect.",
    _check,
)
