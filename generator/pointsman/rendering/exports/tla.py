"""TLA+, which TLC checks: one module for safety and one for liveness too, each with its configuration.

Each command is an operator that gives the next value of every variable. Values
stay numbers, and comments give their words. A module has the name of its file.
Every bullet stands on a line of its own, all in one column, and every IF in
brackets: TLC would otherwise read the lines after a bullet as part of it. A
guard that says "or" is compared with TRUE: else TLC would count its command once
for each part that is true. A state without a command has a step of its own that
changes nothing, ``Rest``, so that no version of TLC calls the state a deadlock.

In the module for liveness a variable ``calm`` rises once, at any time; a fault
happens only before that. Fairness in TLA+ counts only steps that change a
variable, while in `pointsman.world` a fair command that changes nothing has
happened too. So the formula demands fairness of a group only in states where no
command of the group can happen without changing a variable; a command whose text
shows that it always changes one needs no such condition. Fairness is demanded
where ``calm`` is 1 only: each response asks of runs that come there, and stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pointsman.rendering import templates
from pointsman.rendering.exports.identifiers import checked, remark, words
from pointsman.spec.names import camel
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
)
from pointsman.writing.output import Output

_MODULE, _CONFIGURATION = "exports/module.tla.jinja", "exports/module.cfg.jinja"
_AND, _OR = " /\\ ", " \\/ "


@dataclass(frozen=True, slots=True)
class TlaVariable:
    """A variable: its name, its greatest value, its initial value, and a comment."""

    name: str
    last: int
    initial: int
    comment: str


@dataclass(frozen=True, slots=True)
class TlaOperator:
    """A command: the name of its operator, its conjuncts, and a comment."""

    name: str
    bullets: tuple[str, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class FairGroup:
    """A fair group: its operator, its commands' operators, the conditions of steps without change, and a comment."""

    name: str
    actions: tuple[str, ...]
    stays: tuple[str, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class TlaProperty:
    """An invariant or a response: the name of its operator, its formula, and a comment."""

    name: str
    formula: str
    comment: str


_CALM = TlaVariable("calm", 1, 0, "faults have ended: 0 no, 1 yes")


def render(system: System, mark: str) -> tuple[Output, ...]:
    """``<Lifecycle>Safety.tla`` and ``.cfg``, and both for ``<Lifecycle>Liveness`` if the system has responses.

    Raises:
        UsageError: a name cannot be an identifier.
    """
    name = camel(checked(system).lifecycle)
    found = list(_pair(f"{name}Safety", mark, _safety(system)))
    if system.responses:
        found += _pair(f"{name}Liveness", mark, _liveness(system))
    return tuple(found)


def _pair(module: str, mark: str, values: dict[str, object]) -> tuple[Output, Output]:
    configured = {name: values[name] for name in ("invariants", "responses")}
    return (
        Output(f"{module}.tla", templates.fill(mark, _MODULE, values | {"module": module})),
        Output(f"{module}.cfg", templates.fill(mark, _CONFIGURATION, configured)),
    )


def _invariants(system: System) -> list[TlaProperty]:
    return [
        TlaProperty(f"Invariant_{number}", f"~{truth(each.bad)}", remark(f"{each.prop}; broken: {each.says}"))
        for number, each in enumerate(system.invariants, 1)
    ]


def _safety(system: System) -> dict[str, object]:
    properties = _invariants(system)
    return {
        "live": False,
        "title": _title(system),
        "without": [remark(each) for each in system.without],
        "variables": _variables(system),
        "actions": [_operator(system, action) for action in system.actions],
        "groups": [],
        "properties": properties,
        "invariants": [each.name for each in properties],
        "responses": [],
    }


def _liveness(system: System) -> dict[str, object]:
    properties = [
        TlaProperty(f"Response_{number}", _response(each), remark(f"{each.prop}; broken: {each.says}"))
        for number, each in enumerate(system.responses, 1)
    ]
    names = ", ".join(f"v_{variable.name}" for variable in system.variables)
    calming = TlaOperator("Calm", ("calm = 0", "calm' = 1", f"UNCHANGED <<{names}>>"), "faults end")
    return _safety(system) | {
        "live": True,
        "variables": [_CALM, *_variables(system)],
        "actions": [calming, *(_operator(system, action, live=True) for action in system.actions)],
        "groups": _groups(system),
        "properties": [*_invariants(system), *properties],
        "responses": [each.name for each in properties],
    }


def _title(system: System) -> str:
    return remark(f"{system.lifecycle}, {system.world}")


def _variables(system: System) -> list[TlaVariable]:
    return [
        TlaVariable(f"v_{variable.name}", variable.size - 1, variable.initial, words(variable))
        for variable in system.variables
    ]


def _operator(system: System, action: GuardedCommand, *, live: bool = False) -> TlaOperator:
    updates = dict(action.updates)
    bullets = [_guard(action.guard), *(f"v_{name}' = {number(expr)}" for name, expr in updates.items())]
    unchanged = [f"v_{name}" for name in system.variable if name not in updates]
    if live:
        bullets[:0] = ["calm = 0"] if action.fault else []
        unchanged.insert(0, "calm")
    if unchanged:
        bullets.append(f"UNCHANGED <<{', '.join(unchanged)}>>")
    fault = f", a fault: {action.fault}" if action.fault else ""
    return TlaOperator(_name(action), tuple(bullets), remark(f"{action.actor} {action.says}{fault}"))


def _guard(guard: Expr) -> str:
    """`guard` as a bullet: as one value where TLC would otherwise make a step of each part of an "or" that is true."""
    return f"{truth(guard)} = TRUE" if _says_or(guard) else truth(guard)


def _says_or(expr: Expr) -> bool:
    match expr:
        case Some(parts):
            return len(parts) > 1
        case All(parts):
            return any(map(_says_or, parts))
        case Choose(_, then, otherwise):
            return _says_or(then) or _says_or(otherwise)
        case _:
            return False


def _name(action: GuardedCommand) -> str:
    return f"A_{action.name}"


def _groups(system: System) -> list[FairGroup]:
    found: dict[str, list[GuardedCommand]] = {}
    for action in system.actions:
        if action.fair is not None:
            found.setdefault(action.fair, []).append(action)
    return [
        FairGroup(
            f"Group_{number}",
            tuple(map(_name, actions)),
            tuple(_stay(action) for action in actions if not _moves(action)),
            remark(group),
        )
        for number, (group, actions) in enumerate(found.items(), 1)
    ]


def _stay(action: GuardedCommand) -> str:
    """The formula of the states in which `action` can happen and changes nothing, in brackets."""
    parts = ["(calm = 0)"] if action.fault else []
    parts.append(truth(action.guard))
    parts += (f"(v_{name} = {number(expr)})" for name, expr in dict(action.updates).items())
    return _joined(_AND, parts)


def _moves(action: GuardedCommand) -> bool:
    """True if the text of `action` shows that it always changes a variable."""
    for name, expr in dict(action.updates).items():
        match expr:
            case Plus(Var(of), amount) if of == name and amount:
                return True
            case Const(value) if _rules_out(action.guard, name, value):
                return True
    return False


def _rules_out(fact: Expr, name: str, value: int) -> bool:
    """True if the text of `fact` shows that variable `name` does not have `value` where `fact` holds."""
    match fact:
        case Equal(Var(of), Const(other)):
            return of == name and other != value
        case IsZero(Equal(Var(of), Const(other))):
            return of == name and other == value
        case All(parts):
            return any(_rules_out(part, name, value) for part in parts)
        case Some(parts):
            return all(_rules_out(part, name, value) for part in parts)
        case _:
            return False


def _response(response: LeadsTo) -> str:
    settled = f"~{truth(response.pending)}"
    if response.trigger is None:
        return f"(calm = 1) ~> {settled}"
    return f"<>(calm = 1) => ({truth(response.trigger)} ~> {settled})"


# --- expressions -----------------------------------------------------------------


def truth(expr: Expr) -> str:  # noqa: PLR0911 - a case for each kind of expression
    """`expr` as a truth value, in brackets if it has parts."""
    match expr:
        case Const(value):
            return "TRUE" if value else "FALSE"
        case Equal(left, right):
            return f"({number(left)} = {number(right)})"
        case Less(left, right):
            return f"({number(left)} < {number(right)})"
        case IsZero(of):
            return f"(~{truth(of)})"
        case All(parts):
            return _joined(_AND, map(truth, parts)) if parts else "TRUE"
        case Some(parts):
            return _joined(_OR, map(truth, parts)) if parts else "FALSE"
        case Choose(condition, then, otherwise):
            return f"(IF {truth(condition)} THEN {truth(then)} ELSE {truth(otherwise)})"
        case Var() | Plus():
            return f"({number(expr)} # 0)"


def number(expr: Expr) -> str:
    """`expr` as a number, in brackets if it has parts."""
    match expr:
        case Const(value):
            return str(value) if value >= 0 else f"({value})"
        case Var(name):
            return f"v_{name}"
        case Plus(of, amount):
            return f"({number(of)} {'-' if amount < 0 else '+'} {abs(amount)})"
        case Choose(condition, then, otherwise):
            return f"(IF {truth(condition)} THEN {number(then)} ELSE {number(otherwise)})"
        case _:
            return f"(IF {truth(expr)} THEN 1 ELSE 0)"


def _joined(sign: str, parts: Iterable[str]) -> str:
    return f"({sign.join(parts)})"
