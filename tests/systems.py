"""Small random transition systems, whose commands never leave their domains.

`random_system` makes one from a source of chance: a seeded `random.Random`, so
that an acceptance test names its system by a number, or Hypothesis, which then
shrinks it: `systems()`. Names are words that mean something in Promela, TLA+,
C or DOT, so that no exporter gets by on luck.
"""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from pointsman.world.system import (
    All,
    Choose,
    Const,
    Equal,
    Expr,
    GuardedCommand,
    Invariant,
    IsZero,
    LeadsTo,
    Less,
    Plus,
    Side,
    Some,
    System,
    Updates,
    Var,
    Variable,
    Witness,
)

_VARIABLES = ("timeout", "len", "calm", "end_x", "vars", "state", "now", "node", "Init", "accept_1", "WF_x", "int")
_ACTIONS = ("run", "init", "empty", "full", "skip", "Next", "Spec", "UNCHANGED", "do", "od", "progress_2", "tau")
_WORDS = ("idle", "it's", 'so "called"', "end */ of", "über", "(* x", "back\\slash", "a<b>&c")
_GROUPS = ("worker", "time", "else")


def systems() -> st.SearchStrategy[System]:
    """Random systems of 3 to 6 variables of 2 to 4 values, and 3 to 10 commands."""
    return st.randoms(use_true_random=False).map(random_system)


def seeded_system(seed: int) -> System:
    """The random system of this number, the same on every machine."""
    return random_system(Random(seed))  # noqa: S311 - a test that can be repeated, not a secret


def random_system(random: Random) -> System:
    """A system with two invariants, a witness, and a response with and one without a trigger."""
    variables = _variables(random)
    names = random.sample(_ACTIONS, random.randint(3, 10))
    return System(
        lifecycle="random",
        world="random",
        variables=variables,
        actions=tuple(_action(random, name, variables) for name in names),
        invariants=(
            Invariant("never-all", _meeting(random, variables, random.randint(2, 3)), "they meet"),
            Invariant("never-some", All((_meeting(random, variables, 2), _truth(random, variables, 1))), "they met"),
        ),
        responses=(
            LeadsTo("settles", _truth(random, variables, 1), "it never settles"),
            LeadsTo("answers", _truth(random, variables, 1), "it never answers", _truth(random, variables, 1)),
        ),
        witnesses=(Witness("can-meet", _meeting(random, variables, 2), "they can meet"),),
    )


def _variables(random: Random) -> tuple[Variable, ...]:
    found = []
    for position, name in enumerate(random.sample(_VARIABLES, random.randint(3, 6))):
        values = tuple(random.sample(_WORDS, random.randint(2, 4)))
        part = "row 1" if position < 2 else "world"
        side = Side.ROW if position < 2 else Side.PROVIDER
        found.append(Variable(name, values, f"the {name} of it", part, side, random.randrange(len(values))))
    return tuple(found)


def _action(random: Random, name: str, variables: tuple[Variable, ...]) -> GuardedCommand:
    fault = random.choice(("crash", "lost_reply")) if random.random() < 0.2 else None
    fair = random.choice(_GROUPS) if random.random() < 0.6 else None
    guard = _truth(random, variables, random.randint(0, 2))
    return GuardedCommand(
        name, random.choice(("worker 1", "admin")), f"does {name}", guard, _updates(random, variables), fair, fault
    )


def _updates(random: Random, variables: tuple[Variable, ...]) -> Updates:
    if random.random() < 0.15:  # a swap, or a ring: nothing can be written first
        ring = random.sample(variables, random.randint(2, 3))
        return tuple((to.name, _kept(of, to)) for to, of in zip(ring, (*ring[1:], ring[0]), strict=True))
    written = random.sample(variables, random.randint(0 if random.random() < 0.1 else 1, 3))
    return tuple((to.name, _value(random, variables, to)) for to in written)


def _value(random: Random, variables: tuple[Variable, ...], to: Variable) -> Expr:
    """Something that `to` may be set to."""
    match random.randrange(6):
        case 0 | 1:
            return Const(random.randrange(to.size))
        case 2:
            return Choose(Less(Var(to.name), Const(to.size - 1)), Plus(Var(to.name), 1), Const(0))
        case 3:
            return Choose(Less(Const(0), Var(to.name)), Plus(Var(to.name), -1), Const(to.size - 1))
        case 4:
            return _kept(random.choice(variables), to)
        case _:
            return Choose(_truth(random, variables, 1), Var(to.name), Const(random.randrange(to.size)))


def _kept(of: Variable, to: Variable) -> Expr:
    """The value of `of`, or 0 where `to` cannot have it."""
    return Var(of.name) if of.size <= to.size else Choose(Less(Var(of.name), Const(to.size)), Var(of.name), Const(0))


def _truth(random: Random, variables: tuple[Variable, ...], depth: int) -> Expr:
    if depth == 0:
        return _fact(random, variables)
    parts = tuple(_truth(random, variables, depth - 1) for _ in range(random.randint(1, 3)))
    match random.randrange(5):
        case 0:
            return IsZero(parts[0])
        case 1:
            return All(parts)
        case 2:
            return Some(parts)
        case 3:
            return Choose(parts[0], parts[-1], Var(random.choice(variables).name))
        case _:
            return parts[0]


def _fact(random: Random, variables: tuple[Variable, ...]) -> Expr:
    of = random.choice(variables)
    match random.randrange(6):
        case 0:
            return Less(Var(of.name), Var(random.choice(variables).name))
        case 1:
            return IsZero(Equal(Var(of.name), Const(random.randrange(of.size))))
        case 2:
            return Var(of.name)
        case 3:
            return Equal(Plus(Var(of.name), random.choice((-1, 1))), Var(random.choice(variables).name))
        case _:
            return Equal(Var(of.name), Const(random.randrange(of.size)))


def _meeting(random: Random, variables: tuple[Variable, ...], many: int) -> Expr:
    met = random.sample(variables, many)
    return All(tuple(Equal(Var(one.name), Const(random.randrange(one.size))) for one in met))
