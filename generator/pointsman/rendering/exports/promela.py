"""Promela, which Spin checks: one text for safety and one for liveness.

**Safety.** One process, whose loop has an option for each command. The state
vector is the system's variables and nothing more, so

- ``states, stored`` is the number of states of the system, and
- ``transitions (= stored+matched)`` is the number of pairs of a state and a
  command enabled there, **plus one**: Spin stores the initial state too,
  without a transition into it.

Both hold for ``spin -o2 -a`` and a verifier compiled with ``-DSAFETY
-DNOREDUCE``, where no invariant is broken, or with ``spin -DINVARIANT=0``.
Without ``-o2`` Spin hides variables that no command reads, and finds fewer states.
An invariant is an option of the loop, enabled only where the invariant is broken:
it adds no state and no transition.

**Liveness.** Spin's weak fairness (``-f``) is about processes. So each fair
group is a process, and all other commands belong to the process ``environment``,
which can also do nothing at any time, so that fairness never forces a command of
it. A bit ``calm`` rises once, at any time; a fault happens only before that. A
response is a never claim, and not an ``ltl`` formula, because Spin's reader of
formulas knows no conditional expression and stops at a few thousand letters; in
both cases Spin only warns that nothing is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pointsman.rendering import templates
from pointsman.rendering.exports.identifiers import checked, remark, words
from pointsman.spec.errors import UsageError
from pointsman.spec.names import lower_snake
from pointsman.world.system import (
    All,
    Choose,
    Const,
    Equal,
    Expr,
    GuardedCommand,
    IsZero,
    Less,
    Plus,
    Some,
    System,
    Updates,
    Var,
    both,
    names_in,
)
from pointsman.writing.output import Output

_SAFETY, _LIVENESS = "exports/safety.pml.jinja", "exports/liveness.pml.jinja"
_MOST_PROCESSES = 255
"""Spin numbers processes in a byte; two of the processes are the environment and the never claim."""


@dataclass(frozen=True, slots=True)
class PromelaVariable:
    """A variable: its type, its name, its initial value, and a comment."""

    type: str
    name: str
    initial: int
    comment: str


@dataclass(frozen=True, slots=True)
class PromelaOption:
    """A command as an option of a loop: the text before its arrow, the text after it, and a comment."""

    guard: str
    body: str
    comment: str


@dataclass(frozen=True, slots=True)
class PromelaProperty:
    """A property: its number, the expression that is true where it is broken, its trigger if any, and a comment."""

    number: int
    bad: str
    trigger: str | None
    comment: str


@dataclass(frozen=True, slots=True)
class Assignments:
    """Statements in sequence with the effect of simultaneous updates, and the number of temporaries they need."""

    statements: tuple[str, ...]
    saved: int


@dataclass(frozen=True, slots=True)
class PromelaProcess:
    """A process of the liveness form: its name, its options, and a comment."""

    name: str
    options: tuple[PromelaOption, ...]
    comment: str


def render(system: System, mark: str) -> tuple[Output, ...]:
    """``<lifecycle>.pml``, and ``<lifecycle>_liveness.pml`` where the system has responses."""
    stem = lower_snake(system.lifecycle)
    found = [Output(f"{stem}.pml", safety(system, mark))]
    if system.responses:
        found.append(Output(f"{stem}_liveness.pml", liveness(system, mark)))
    return tuple(found)


def safety(system: System, mark: str) -> str:
    """`system` with its invariants, as one process. `mark` is the first line, a comment.

    Raises:
        UsageError: a name cannot be an identifier.
    """
    values = _values(checked(system)) | {
        "options": [_option(action) for action in system.actions],
        "invariants": [
            PromelaProperty(number, expression(each.bad), None, remark(f"{each.prop}; broken: {each.says}"))
            for number, each in enumerate(system.invariants, 1)
        ],
    }
    return templates.fill(mark, _SAFETY, values)


def liveness(system: System, mark: str) -> str:
    """`system` with its responses, as a process for each fair group. `mark` is the first line, a comment.

    Raises:
        UsageError: a name cannot be an identifier, or there are more fair groups than Spin has processes.
    """
    groups = list(dict.fromkeys(action.fair for action in system.actions if action.fair is not None))
    if len(groups) + 2 > _MOST_PROCESSES:
        raise UsageError(f"Spin has {_MOST_PROCESSES} processes, too few for {len(groups)} groups of fair commands")
    values = _values(checked(system)) | {
        "fairness": _fairness(len(groups) + 2),
        "groups": [
            PromelaProcess(f"group_{number}", _options(system, group), remark(group))
            for number, group in enumerate(groups, 1)
        ],
        "environment": PromelaProcess("environment", _options(system, None), ""),
        "responses": [
            PromelaProperty(
                number,
                expression(each.pending),
                None if each.trigger is None else expression(both(each.trigger, each.pending)),
                remark(f"{each.prop}; broken: {each.says}"),
            )
            for number, each in enumerate(system.responses, 1)
        ],
    }
    return templates.fill(mark, _LIVENESS, values)


def _fairness(processes: int) -> int:
    """The value of ``NFAIR``: Spin has room for four processes in each, and takes two for itself."""
    return max(2, (processes + 2 + 3) // 4)


def _values(system: System) -> dict[str, object]:
    """The values that both templates get."""
    return {
        "title": remark(f"{system.lifecycle}, {system.world}"),
        "without": [remark(each) for each in system.without],
        "variables": [
            PromelaVariable(_type(variable.size), f"v_{variable.name}", variable.initial, words(variable))
            for variable in system.variables
        ],
        "temporaries": max((_assignments(action.updates).saved for action in system.actions), default=0),
    }


def _type(size: int) -> str:
    """The smallest type that holds ``range(size)``; a type that is too small wraps without an error."""
    return "bit" if size <= 2 else "byte" if size <= 256 else "int"


def _options(system: System, group: str | None) -> tuple[PromelaOption, ...]:
    """The commands of a fair group, or with None those of no group. A fault happens only before ``calm`` rises."""
    return tuple(
        _option(action, "!calm && " if action.fault else "") for action in system.actions if action.fair == group
    )


def _option(action: GuardedCommand, before: str = "") -> PromelaOption:
    body = "; ".join(_assignments(action.updates).statements)
    fault = f", a fault: {action.fault}" if action.fault else ""
    comment = remark(f"{action.name}: {action.actor} {action.says}{fault}")
    return PromelaOption(f"{before}{expression(action.guard)}", body or "skip", comment)


def _assignments(updates: Updates) -> Assignments:
    """Assignments in an order in which no variable is read after it was written.

    Where updates depend on each other in a ring there is no such order, and a
    temporary keeps a value. Temporaries end at 0, so that no two states differ
    in them alone. Spin's ``hidden`` would have the same effect, but rules out
    its breadth-first search.
    """
    left = {name: expr for name, expr in updates if expr != Var(name)}
    saved: dict[str, str] = {}
    found: list[str] = []
    while left:
        read = {name for to, expr in left.items() for name in names_in(expr) if name != to and name not in saved}
        name = next((name for name in left if name not in read), None)
        if name is None:
            name = next(iter(left))
            saved[name] = f"t_{len(saved) + 1}"
            found.append(f"{saved[name]} = v_{name}")
        found.append(f"v_{name} = {expression(left.pop(name), saved)}")
    found += (f"{temporary} = 0" for temporary in saved.values())
    return Assignments(tuple(found), len(saved))


def expression(  # noqa: C901, PLR0911 - a case for each kind of expression
    expr: Expr, saved: Mapping[str, str] | None = None
) -> str:
    """`expr` in Promela, in brackets if it has parts. `saved` gives the temporary that holds a variable's value."""

    def text(part: Expr) -> str:
        return expression(part, saved)

    match expr:
        case Const(value):
            return str(value) if value >= 0 else f"({value})"
        case Var(name):
            return (saved or {}).get(name, f"v_{name}")
        case Equal(left, right):
            return f"({text(left)} == {text(right)})"
        case Less(left, right):
            return f"({text(left)} < {text(right)})"
        case IsZero(of):
            return f"!({text(of)})"
        case Plus(of, amount):
            return f"({text(of)} {'-' if amount < 0 else '+'} {abs(amount)})"
        case All(parts):
            return f"({' && '.join(map(text, parts))})" if parts else "1"
        case Some(parts):
            return f"({' || '.join(map(text, parts))})" if parts else "0"
        case Choose(condition, then, otherwise):
            return f"({text(condition)} -> {text(then)} : {text(otherwise)})"
