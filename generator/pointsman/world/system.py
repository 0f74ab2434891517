"""A transition system as data: variables over small domains, and guarded commands.

A lifecycle is turned into such a system, which is then explored or exported.
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
    """1 where `left` equals `right`, else 0."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Less:
    """1 where `left` is less than `right`, else 0."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class IsZero:
    """1 where `of` is 0, else 0."""

    of: Expr


@dataclass(frozen=True, slots=True)
class All:
    """1 where no part is 0, else 0; 1 without parts."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """1 where a part is not 0, else 0; 0 without parts."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Choose:
    """`then` where `condition` is not 0, else `otherwise`."""

    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Plus:
    """The sum of an expression and a whole number, which may be negative. The sum stays in the variable's domain."""

    of: Expr
    amount: int


Expr = Const | Var | Equal | Less | IsZero | All | Some | Choose | Plus

TRUE = Const(1)
FALSE = Const(0)


def eq(left: Expr, right: Expr | int) -> Expr:
    """1 where `left` equals `right`."""
    return Equal(left, right if not isinstance(right, int) else Const(right))


def ne(left: Expr, right: Expr | int) -> Expr:
    """1 where `left` differs from `right`."""
    return no(eq(left, right))


def among(of: Expr, values: Iterable[int]) -> Expr:
    """1 where `of` equals one of `values`."""
    return some(*(eq(of, value) for value in sorted(set(values))))


def no(of: Expr) -> Expr:
    """1 where `of` is 0; simplified where `of` is constant or negated already."""
    if isinstance(of, Const):
        return FALSE if of.value else TRUE
    return of.of if isinstance(of, IsZero) else IsZero(of)


def both(*parts: Expr) -> Expr:
    """1 where every part is true. Nested conjunctions are flattened, constants simplified away."""
    kept: list[Expr] = []
    for part in parts:
        if isinstance(part, All):
            kept.extend(part.parts)
        elif not isinstance(part, Const):
            kept.append(part)
        elif not part.value:
            return FALSE
    if len(kept) < 2:
        return kept[0] if kept else TRUE
    different = tuple(dict.fromkeys(kept))
    return different[0] if len(different) == 1 else All(different)


def some(*parts: Expr) -> Expr:
    """1 where at least one part is true. Nested disjunctions are flattened, constants simplified away."""
    kept: list[Expr] = []
    for part in parts:
        if isinstance(part, Some):
            kept.extend(part.parts)
        elif not isinstance(part, Const):
            kept.append(part)
        elif part.value:
            return TRUE
    if len(kept) < 2:
        return kept[0] if kept else FALSE
    different = tuple(dict.fromkeys(kept))
    return different[0] if len(different) == 1 else Some(different)


def pick(condition: Expr, then: Expr | int, otherwise: Expr | int) -> Expr:
    """`then` where `condition` is true, else `otherwise`; simplified where the condition is constant."""
    first = Const(then) if isinstance(then, int) else then
    second = Const(otherwise) if isinstance(otherwise, int) else otherwise
    if isinstance(condition, Const):
        return first if condition.value else second
    return first if first == second else Choose(condition, first, second)


def names_in(expr: Expr) -> Iterator[str]:
    """The names of the variables that `expr` reads, with repetitions, in no order."""
    rest = [expr]
    while rest:
        match rest.pop():
            case Var(name):
                yield name
            case Equal(left, right) | Less(left, right):
                rest += (left, right)
            case All(parts) | Some(parts):
                rest += parts
            case IsZero(of) | Plus(of):
                rest.append(of)
            case Choose(condition, then, otherwise):
                rest += (condition, then, otherwise)
            case Const():
                pass


def value_of(expr: Expr, state: Mapping[str, int]) -> int:  # noqa: PLR0911 - a case for each kind of expression
    """The value of `expr` in `state` (values by variable). It defines expressions; replaying and tests use it."""
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
    """The side of a story that a variable is shown on."""

    ROW = "row"
    PROVIDER = "provider"
    WORKER = "worker"
    GHOST = "ghost"  # only properties read it, no command's guard


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable with the domain ``range(len(values))``.

    `name` is an identifier, unique in the system. `values` has a word for each
    value, `label` names the variable for readers. `part` is the component that
    the variable belongs to, such as ``row 1``, ``team reversal`` or ``world``.
    Its first value is `initial`.
    """

    name: str
    values: tuple[str, ...]
    label: str
    part: str
    side: Side = Side.ROW
    initial: int = 0

    @property
    def size(self) -> int:
        """The number of values in its domain."""
        return len(self.values)


Updates = tuple[tuple[str, Expr], ...]


@dataclass(frozen=True)
class GuardedCommand:
    """One guarded command.

    `name` is an identifier, unique in the system. `actor` runs the command, and
    `says` tells readers, in the present tense, what the actor does. `fair` names
    the command's weakly fair group: where a command of the group stays enabled
    for ever, one of the group happens. `fault` names the fault that the command
    is; once faults have ended, it is not run any more. `covers` names the parts
    of the spec that it reaches, such as ``transition:3``,
    ``outcome:create_transfer:refused`` or ``fault:crash``. `wrong` names the
    wrong implementation or dropped premise that it belongs to, None for a
    command of a right one. `doubtful` is a condition of the spec that the world
    does not follow and on which the command depends, empty if there is none:
    where the guard holds, the command may be possible or not. It is in no fair group.
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
    doubtful: str = ""

    @cached_property
    def reads(self) -> frozenset[str]:
        """The variables that its guard and its updates read."""
        return frozenset(names_in(self.guard)).union(*(names_in(expr) for _, expr in self.updates))

    @cached_property
    def writes(self) -> frozenset[str]:
        """The variables that its updates assign."""
        return frozenset(name for name, _ in self.updates)


@dataclass(frozen=True, slots=True)
class Invariant:
    """A safety property: `bad` is 0 in every state that can be reached.

    Several invariants may share a `prop`, one for each row, status or call.
    `says` describes a state that breaks the invariant. `subject` names the part
    of the spec that it checks.
    """

    prop: str
    bad: Expr
    says: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class LeadsTo:
    """A liveness property: once faults have ended, no fair run keeps `pending` at 1 for ever.

    With a `trigger`, only runs count that passed a state where the trigger holds:
    that is leads-to, with `pending` the negation of the goal.
    """

    prop: str
    pending: Expr
    says: str
    trigger: Expr | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A reachability property: a reachable state satisfies `wanted`."""

    prop: str
    wanted: Expr
    says: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Tidy:
    """A rewriting of a state into a bisimilar one, with fewer states left to explore; `why` is the proof in a sentence.

    Where `guard` holds, `updates` give the state that replaces the present one.
    No run and no property tells the two apart. Tidies apply in their order.
    """

    guard: Expr
    updates: Updates
    why: str


@dataclass(frozen=True, slots=True)
class Twin:
    """One of several interchangeable workers: its token, its variables and its fair groups.

    `names` are its variables, in the same order for each twin, and so are `groups`. `token`
    is the value of the variables in `Twins.holders` that refers to this worker.
    """

    token: int
    names: tuple[str, ...]
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Twins:
    """A group of interchangeable workers. `holders` are the variables whose value is a worker's token."""

    twins: tuple[Twin, ...]
    holders: tuple[str, ...]


@dataclass(frozen=True)
class System:
    """A world, ready to be explored or exported. It has one initial state.

    Where rows are interchangeable, `rows` has each row's variables, in the same
    order for each row, `row_groups` its fair groups likewise, and `row_pointers` the
    variables whose value is a row's index; no other variable refers to a row. `unfollowed` has the properties of
    the spec that this world cannot check, by name, each with the reason.
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
    row_groups: tuple[tuple[str, ...], ...] = ()
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
            ValueError: a value leaves its domain: the code that built the system has a defect.
        """
        found = dict(state)
        for name, expr in action.updates:
            value = value_of(expr, state)
            if not 0 <= value < self.variable[name].size:
                raise ValueError(f"{action.name} puts {value} into {name}")
            found[name] = value
        return found
