"""The whole system as one JSON object, by a published schema, for any other tool.

An expression is an object whose first key names its kind:
``{"equal": [{"var": "row_status"}, {"const": 2}]}``. The object leaves out what
only Pointsman's exploration needs: tidies, and which rows and workers are
interchangeable.
"""

from __future__ import annotations

import json
from pathlib import Path

from pointsman.spec.names import lower_snake
from pointsman.world.system import (
    All,
    Choose,
    Const,
    Equal,
    Expr,
    GuardedCommand,
    IsZero,
    LeadsTo,
    Less,
    Plus,
    Some,
    System,
    Var,
    Variable,
)
from pointsman.writing.output import Output

_SCHEMA = Path(__file__).parent / "system.schema.json"

VERSION = 1
"""The version of the object. A key that is removed or changes its meaning raises it."""

JsonObject = dict[str, object]


def render(system: System, mark: str) -> tuple[Output, ...]:
    """``<lifecycle>.system.json``, in ASCII. JSON has no comments, so the mark is a value, in the first line."""
    text = json.dumps(record(system, mark), indent=2).replace("{\n ", "{", 1)
    return (Output(f"{lower_snake(system.lifecycle)}.system.json", f"{text}\n"),)


def system_schema() -> JsonObject:
    """The JSON Schema that `record` keeps to."""
    schema: JsonObject = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return schema


def record(system: System, mark: str) -> JsonObject:
    """`system` as JSON values."""
    return {
        "generated": mark.strip(),
        "system": VERSION,
        "lifecycle": system.lifecycle,
        "world": system.world,
        "without": list(system.without),
        "unfollowed": dict(system.unfollowed),
        "variables": [_variable(variable) for variable in system.variables],
        "actions": [_action(action) for action in system.actions],
        "invariants": [
            {"prop": each.prop, "subject": each.subject, "says": each.says, "bad": expression(each.bad)}
            for each in system.invariants
        ],
        "responses": [_response(response) for response in system.responses],
        "witnesses": [
            {"prop": each.prop, "subject": each.subject, "says": each.says, "wanted": expression(each.wanted)}
            for each in system.witnesses
        ],
    }


def _variable(variable: Variable) -> JsonObject:
    return {
        "name": variable.name,
        "label": variable.label,
        "part": variable.part,
        "side": variable.side.value,
        "values": list(variable.values),
        "initial": variable.initial,
    }


def _action(action: GuardedCommand) -> JsonObject:
    return {
        "name": action.name,
        "actor": action.actor,
        "says": action.says,
        "guard": expression(action.guard),
        "updates": {name: expression(expr) for name, expr in action.updates},
        "fair": action.fair,
        "fault": action.fault,
        "covers": list(action.covers),
        "wrong": action.wrong,
    }


def _response(response: LeadsTo) -> JsonObject:
    return {
        "prop": response.prop,
        "subject": response.subject,
        "says": response.says,
        "trigger": None if response.trigger is None else expression(response.trigger),
        "pending": expression(response.pending),
    }


def expression(expr: Expr) -> JsonObject:  # noqa: PLR0911 - a case for each kind of expression
    """`expr` as an object whose first key names its kind."""
    match expr:
        case Const(value):
            return {"const": value}
        case Var(name):
            return {"var": name}
        case Equal(left, right):
            return {"equal": [expression(left), expression(right)]}
        case Less(left, right):
            return {"less": [expression(left), expression(right)]}
        case IsZero(of):
            return {"not": expression(of)}
        case All(parts):
            return {"all": [expression(part) for part in parts]}
        case Some(parts):
            return {"some": [expression(part) for part in parts]}
        case Choose(condition, then, otherwise):
            return {"if": expression(condition), "then": expression(then), "else": expression(otherwise)}
        case Plus(of, amount):
            return {"plus": [expression(of), {"const": amount}]}
