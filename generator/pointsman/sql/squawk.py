"""The rules of squawk, a linter of migrations, that statements break on purpose, with the reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pointsman.sql.schema import ColumnDefinition
from pointsman.sql.statements import (
    AddColumn,
    Alter,
    AlterAction,
    CreateIndex,
    CreateTable,
    DropCheck,
    DropColumn,
    DropFunction,
    DropIndex,
    DropTable,
    RenameIndex,
    SetDefault,
    SetRequired,
    SetType,
    Statement,
)

_TYPES = {
    "integer": "prefer-bigint-over-int",
    "smallint": "prefer-bigint-over-smallint",
    "varchar": "prefer-text-field",
    "char": "ban-char-field",
    "timestamp": "prefer-timestamp-tz",
}

_REASONS = {
    **dict.fromkeys(_TYPES.values(), "The column's type is the spec's to choose."),
    "adding-required-field": "This was allowed with --allow when the file was made: the table has no rows.",
    "adding-not-nullable-field": "A validated CHECK proves NOT NULL, so no row is read.",
    "ban-drop-not-null": "The spec lets the column be null.",
    "ban-drop-default": "The spec has no default here, or this undoes its adding.",
    "ban-drop-constraint": "The CHECK comes back at once under its name, or is not wanted any more.",
    "ban-drop-column": "The spec does not have the column any more, or this undoes its adding.",
    "ban-drop-table": "This undoes the making of the table.",
    "ban-drop-function": "The function belongs to the trigger that goes with it.",
    "changing-column-type": "This was allowed with --allow when the file was made.",
    "renaming-object": "No query names an index.",
    "prefer-robust-stmts": "IF [NOT] EXISTS would take the invalid rest of an interrupted run for the finished thing.",
    **dict.fromkeys(
        ("require-lock-timeout", "require-statement-timeout"),
        "The timeouts are the connection's: a second statement here would put both into a transaction.",
    ),
}


def ignored(statements: Iterable[Statement]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The rules that `statements` break on purpose: pairs of a reason on one line and the rules that it covers."""
    rules = sorted({rule for each in statements for rule in _rules(each)})
    reasons = dict.fromkeys(_REASONS[rule] for rule in rules)
    return tuple((reason, tuple(rule for rule in rules if _REASONS[rule] == reason)) for reason in reasons)


def _rules(statement: Statement) -> Iterator[str]:
    match statement:
        case CreateTable(schema):
            for column in schema.columns:
                yield from _types(column.type)
        case DropTable():
            yield "ban-drop-table"
        case DropFunction():
            yield "ban-drop-function"
        case RenameIndex():
            yield "renaming-object"
        case CreateIndex(concurrently=True) | DropIndex():
            yield from ("prefer-robust-stmts", "require-lock-timeout", "require-statement-timeout")
        case Alter(_, actions):
            for action in actions:
                yield from _rules_of_action(action)


def _rules_of_action(action: AlterAction) -> Iterator[str]:
    match action:
        case AddColumn(column):
            yield from _types(column.type)
            yield from _required(column)
        case DropColumn():
            yield "ban-drop-column"
        case DropCheck():
            yield "ban-drop-constraint"
        case SetDefault(_, None):
            yield "ban-drop-default"
        case SetType(_, name):
            yield "changing-column-type"
            yield from _types(name)
        case SetRequired(_, required):
            yield "adding-not-nullable-field" if required else "ban-drop-not-null"


def _types(name: str) -> Iterator[str]:
    rule = _TYPES.get(re.split(r"[ (]", name)[0])
    if rule is not None:
        yield rule


def _required(column: ColumnDefinition) -> Iterator[str]:
    if column.required and column.default is None:
        yield "adding-required-field"
