"""A transition system as data: variables over small domains, and guarded commands.

This is what a lifecycle becomes before anything explores or exports it.
Expressions are trees over whole numbers; a truth value is 0 or 1. A command is
deterministic and happens at once: every choice is a command of its own, and all
updates of a command read the state before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

# --- expressions -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Const:
    """A whole number."""

    value: int


@dataclass(frozen=True, slots=True)
class Var:
    """The value of a variable, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Equal:
    """1 where both are equal."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Less:
    """1 where left is below right."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class IsZero:
    """1 where `of` is 0."""

    of: Expr


@dataclass(frozen=True, slots=True)
class All:
    """1 where no part is 0; 1 without parts."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """1 where some part is not 0; 0 without parts."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Choose:
    """`then` where `condition` is not 0, else `otherwise`."""

    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Plus:
    """The sum of an expression and a whole number, which may be negative. It never leaves the variable's domain."""

    of: Expr
    amount: int


Expr = Const | Var | Equal | Less | IsZero | All | Some | Choose | Plus

TRUE = Const(1)
FALSE = Const(0)


def eq(left: Expr, right: Expr | int) -> Expr:
    """`left` equals `right`."""
    return Equal(left, right if not isinstance(right, int) else Const(right))


def ne(left: Expr, right: Expr | int) -> Expr:
    """`left` differs from `right`."""
    return no(eq(left, right))


def among(of: Expr, values: Iterable[int]) -> Expr:
    """`of` is one of `values`."""
    return some(*(eq(of, value) for value in sorted(set(values))))


def no(of: Expr) -> Expr:
    """Not `of`."""
    if isinstance(of, Const):
        return FALSE if of.value else TRUE
    return of.of if isinstance(of, IsZero) else IsZero(of)


def both(*parts: Expr) -> Expr:
    """Every part, flattened; what is always true is left out."""
    flat: list[Expr] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, All) else (part,))
    if any(isinstance(part, Const) and not part.value for part in flat):
        return FALSE
    kept = tuple(dict.fromkeys(part for part in flat if not isinstance(part, Const)))
    if not kept:
        return TRUE
    return kept[0] if len(kept) == 1 else All(kept)


def some(*parts: Expr) -> Expr:
    """At least one part, flattened; what is never true is left out."""
    flat: list[Expr] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Some) else (part,))
    if any(isinstance(part, Const) and part.value for part in flat):
        return TRUE
    kept = tuple(dict.fromkeys(part for part in flat if not isinstance(part, Const)))
    if not kept:
        return FALSE
    return kept[0] if len(kept) == 1 else Some(kept)


def pick(condition: Expr, then: Expr | int, otherwise: Expr | int) -> Expr:
    """`then` where `condition`, else `otherwise`."""
    first = Const(then) if isinstance(then, int) else then
    second = Const(otherwise) if isinstance(otherwise, int) else otherwise
    if isinstance(condition, Const):
        return first if condition.value else second
    return first if first == second else Choose(condition, first, second)


def names_in(expr: Expr) -> Iterator[str]:
    """The variables that `expr` reads; some may come twice."""
    match expr:
        case Var(name):
            yield name
        case Const():
            return
        case Equal(left, right) | Less(left, right):
            yield from names_in(left)
            yield from names_in(right)
        case IsZero(of) | Plus(of):
            yield from names_in(of)
        case All(parts) | Some(parts):
            for part in parts:
                yield from names_in(part)
        case Choose(condition, then, otherwise):
            yield from names_in(condition)
            yield from names_in(then)
            yield from names_in(otherwise)


def value_of(expr: Expr, state: Mapping[str, int]) -> int:  # noqa: PLR0911 - a case for each kind of expression
    """What `expr` comes to in one state: the meaning of expressions, for replaying and for tests."""
    match expr:
        case Const(value):
            return value
        case Var(name):
            return state[name]
        case Equal(left, right):
            return int(value_of(left, state) == value_of(right, state))
        case Less(left, right):
            return int(value_of(left, state) < value_of(right, state))
        case IsZero(of):
            return int(not value_of(of, state))
        case Plus(of, amount):
            return value_of(of, state) + amount
        case All(parts):
            return int(all(value_of(part, state) for part in parts))
        case Some(parts):
            return int(any(value_of(part, state) for part in parts))
        case Choose(condition, then, otherwise):
            return value_of(then if value_of(condition, state) else otherwise, state)


# --- the system ----------------------------------------------------------------


class Side(StrEnum):
    """Where a variable lives, for people."""

    ROW = "row"
    PROVIDER = "provider"
    WORKER = "worker"
    GHOST = "ghost"  # nobody in the world can read it; properties do


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable with the domain ``range(len(values))``.

    `name` is an identifier, unique in the system. `values` says each value in
    words, `label` what the variable is. `part` is the component that it
    belongs to, such as ``row 1``, ``team reversal`` or ``world``. It starts
    with `initial`.
    """

    name: str
    values: tuple[str, ...]
    label: str
    part: str
    side: Side = Side.ROW
    initial: int = 0

    @property
    def size(self) -> int:
        """How many values it may have."""
        return len(self.values)


Updates = tuple[tuple[str, Expr], ...]


@dataclass(frozen=True)
class GuardedCommand:
    """One guarded command.

    `name` is an identifier, unique in the system. `actor` does it, and `says`
    what, in the present tense, for people. `fair` names the weakly fair group
    that it belongs to: where some command of a group stays enabled for ever, one
    of the group happens. `fault` names the fault that it is: it does not happen
    any more once faults have ended. `covers` names what it reaches of the spec,
    such as ``transition:3``, ``outcome:create_transfer:refused`` or
    ``fault:crash``. `wrong` names the wrong implementation or dropped premise
    that it belongs to; honest commands have none.
    """

    name: str
    actor: str
    says: str
    guard: Expr
    updates: Updates
    fair: str | None = None
    fault: str | None = None
    covers: tuple[str, ...] = ()
    wrong: str | None = None

    @cached_property
    def reads(self) -> frozenset[str]:
        """The variables that its guard and its updates read."""
        return frozenset(names_in(self.guard)).union(*(names_in(expr) for _, expr in self.updates))

    @cached_property
    def writes(self) -> frozenset[str]:
        """The variables that it may change."""
        return frozenset(name for name, _ in self.updates)


@dataclass(frozen=True, slots=True)
class Invariant:
    """A safety property: `bad` is 0 in every state that can be reached.

    Several invariants may share a `prop`, one for each row, status or call;
    `says` is what is wrong in a state where it is broken. `subject` names the
    part of the spec it stands for.
    """

    prop: str
    bad: Expr
    says: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class LeadsTo:
    """A liveness property: once faults have ended, no fair run keeps `pending` at 1 for ever.

    Where `trigger` is given, the run must have passed a state where it holds
    before: that is leads-to, with `pending` the negation of the goal.
    """

    prop: str
    pending: Expr
    says: str
    trigger: Expr | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A reachability property: some state that can be reached satisfies `wanted`."""

    prop: str
    wanted: Expr
    says: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Tidy:
    """A rewriting of states that no property and no run can notice; `why` is the proof in a sentence.

    Where `guard` holds, `updates` give a state that is bisimilar to the one
    before. Tidies apply in their order.
    """

    guard: Expr
    updates: Updates
    why: str


@dataclass(frozen=True, slots=True)
class Twin:
    """One of several interchangeable workers: its variables, and what other variables call it.

    `names` are in the same order for each twin. `token` is the value by which
    the variables in `holders` refer to it.
    """

    token: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Twins:
    """A group of interchangeable workers. `holders` are the variables that hold one's token."""

    twins: tuple[Twin, ...]
    holders: tuple[str, ...]


@dataclass(frozen=True)
class System:
    """A world, ready to be explored or exported. It has one initial state.

    `rows` holds each row's variables, in the same order for each row, where rows
    are interchangeable; `row_pointers` are the variables that hold a row's
    index then. Nothing else refers to a row. `unfollowed` says, for properties
    of the spec that ask for something which no world follows, what that is.
    """

    lifecycle: str
    world: str
    variables: tuple[Variable, ...]
    actions: tuple[GuardedCommand, ...]
    invariants: tuple[Invariant, ...] = ()
    responses: tuple[LeadsTo, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    tidies: tuple[Tidy, ...] = ()
    twins: tuple[Twins, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    row_pointers: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    unfollowed: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def variable(self) -> Mapping[str, Variable]:
        """The variables by name."""
        return MappingProxyType({variable.name: variable for variable in self.variables})

    @cached_property
    def initial(self) -> Mapping[str, int]:
        """The initial state."""
        return MappingProxyType({variable.name: variable.initial for variable in self.variables})

    def enabled(self, state: Mapping[str, int]) -> Iterator[GuardedCommand]:
        """The commands that can happen in `state`, in the order of the system."""
        return (action for action in self.actions if value_of(action.guard, state))

    def after(self, action: GuardedCommand, state: Mapping[str, int]) -> dict[str, int]:
        """The state that `action` leads to.

        Raises:
            ValueError: a value leaves its domain, which is a defect of whoever built the system.
        """
        found = dict(state)
        for name, expr in action.updates:
            value = value_of(expr, state)
            if not 0 <= value < self.variable[name].size:
                raise ValueError(f"{action.name} puts {value} into {name}")
            found[name] = value
        return found
