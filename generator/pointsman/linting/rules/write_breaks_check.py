"""A status, a default, an event or a reply writes what a check of the table lets no row have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.condition import And, ColumnRef, Compare, Condition, Constant, IsNull, Not, Operator
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Now, Setting
from pointsman.spec.satisfiable import overlap
from pointsman.spec.source import Place

_ADVICE = "Write what the checks of the table let a row have, or correct the check."


def _check(subject: LintContext) -> Iterator[Finding]:
    table = subject.lifecycle.table
    declared = table.columns if table is not None else ()
    for place, words, condition, name in _writes(subject):
        if overlap(condition, None, declared) is None:
            yield RULE.finding(place, f"{words}: a check of the table lets no row have that", _ADVICE, name)


def _writes(subject: LintContext) -> Iterator[tuple[Place, str, Condition, str]]:
    """Each write that the spec describes: its place, words for it, what is true of the row then, and its subject."""
    lifecycle = subject.lifecycle
    for status in lifecycle.statuses:
        entered = {name: setting for name, setting in status.on_entry if lifecycle.table is not None}
        if entered:
            place = lifecycle.place("statuses", status.name, "on_entry")
            yield place, f"no row can enter {status.name}, {_told(entered)}", _holds(entered), f"status:{status.name}"
    for column in lifecycle.table.columns if lifecycle.table is not None else ():
        if column.default is not None:
            place = lifecycle.place("table", "columns", column.name, "default", value=True)
            alone = {column.name: column.default}
            yield place, f"no row can be inserted without {column.name}, {_told(alone)}", _holds(alone), column.name
    for path, by, columns in (
        *((("events", event.name, "carries"), event.name, event.carries) for event in lifecycle.events),
        *((("calls", call.name, "records"), call.name, call.records) for call in lifecycle.calls),
    ):
        for name, _ in columns:
            words = f"no row can take what {by} brings into {name}, which is not null"
            yield lifecycle.place(*path, name), words, Not(IsNull(ColumnRef(name))), f"{path[0]}:{by}:{name}"


def _holds(written: Mapping[str, Setting]) -> Condition:
    """What is true of a row into which these settings were written: of the present time, that it is not null."""
    parts = tuple(_is(ColumnRef(name), setting) for name, setting in written.items())
    return And(parts) if len(parts) > 1 else parts[0]


def _is(column: ColumnRef, setting: Setting) -> Condition:
    if setting is None:
        return IsNull(column)
    return Not(IsNull(column)) if isinstance(setting, Now) else Compare(column, Operator.EQ, Constant(setting))


def _told(written: Mapping[str, Setting]) -> str:
    return f"which writes {', '.join(f'{name} {_word(setting)}' for name, setting in written.items())}"


def _word(setting: Setting) -> str:
    if setting is None:
        return "null"
    return "now" if isinstance(setting, Now) else str(setting)


RULE = Rule(
    "write-breaks-check",
    Severity.ERROR,
    "A status, a default, an event or a reply writes what a check of the table lets no row have.",
    _check,
)
