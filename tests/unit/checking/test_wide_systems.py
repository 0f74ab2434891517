"""Systems that outgrow what words, parts and tables begin with."""

from dataclasses import replace

import pytest

from pointsman.checking.explore import Exploration, Explorer, Limits, Reduction
from pointsman.checking.liveness import Liveness
from pointsman.checking.parts import TooWideError
from pointsman.checking.states import PACE, Pace
from pointsman.checking.telling import Teller
from pointsman.world.system import (
    TRUE,
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
    System,
    Var,
    Variable,
    Witness,
    eq,
    ne,
)
from tests import naive_system
from tests.replayed import is_broken_by, state_of, way_to

DENSE_BITS = 22


def variables(count: int, size: int) -> tuple[Variable, ...]:
    """That many variables, each a part of its own."""
    values = tuple(map(str, range(size)))
    return tuple(Variable(f"v{number}", values, f"v{number}", f"part {number}") for number in range(count))


def up(variable: Variable) -> tuple[str, Expr]:
    """One more, and from the last value round to 0."""
    of = Var(variable.name)
    return variable.name, Choose(Less(of, Const(variable.size - 1)), Plus(of, 1), Const(0))


def clocks(count: int, size: int, bad: int | None = None) -> System:
    """Clocks that tick together, to the end and round again: one footprint has them all."""
    found = variables(count, size)
    first = Var("v0")
    together = GuardedCommand("tick", "time", "ticks", TRUE, tuple(up(each) for each in found), "time")
    return System(
        "clocks",
        "by hand",
        found,
        (together,),
        (Invariant("never", eq(first, size - 1 if bad is None else bad), "it strikes"),),
        (LeadsTo("strikes", ne(first, size - 1), "it never strikes"),),
        (Witness("may", eq(first, size - 1), "it may strike"),),
    )


def pair(size: int) -> System:
    """Two counters that run apart, so that their combinations are many, and a third that follows where they meet."""
    one, two, three = variables(3, size)
    apart = [
        GuardedCommand(f"up_{each.name}", each.name, "counts", TRUE, (up(each),), each.name) for each in (one, two)
    ]
    follow = GuardedCommand("follow", "v2", "follows", Equal(Var("v0"), Var("v1")), (("v2", Var("v0")),))
    never = Invariant("never", Equal(Plus(Var("v2"), 1), Const(size)), "it arrives")
    return System("pair", "by hand", (one, two, three), (*apart, follow), (never,))


def explored(system: System, pace: Pace = PACE) -> tuple[Explorer, Exploration]:
    explorer = Explorer(system, Reduction.NONE, pace)
    return explorer, explorer.explore()


SORTED = Pace(hashed=0, batch=5, threads=2, shared=0)
"""Every level is sorted in small batches, in a second thread."""


@pytest.mark.parametrize("pace", [PACE, SORTED], ids=["hashed", "sorted"])
@pytest.mark.parametrize(
    "system", [clocks(4, 200), clocks(9, 100), pair(18), pair(9)], ids=["4", "9", "18", "pair of 9"]
)
def test_parts_that_outgrow_their_bits_are_laid_out_anew_and_nothing_is_lost(system: System, pace: Pace) -> None:
    explorer, found = explored(system, pace)
    plain = naive_system.explore(system)
    assert found.complete
    assert {tuple(state_of(explorer, index).values()) for index in range(len(explorer.seen))} == set(plain.states)
    assert (len(explorer.seen), found.transitions) == (len(plain.states), plain.transitions)
    assert found.depth == max(plain.depth.values())
    counted = [
        sum(int(table.action_counts()[n]) for table in explorer.space.tables) for n in range(len(system.actions))
    ]
    assert sum(counted) == plain.transitions, "counts are carried over into new tables"


def test_a_layout_is_made_anew_while_states_are_explored() -> None:
    explorer = Explorer(clocks(4, 200), Reduction.NONE)
    before = explorer.layout
    explorer.explore()
    assert explorer.layout is explorer.space.layout
    assert explorer.layout is not before
    assert [field.bits for field in explorer.layout.fields] == [8, 8, 8, 8]


@pytest.mark.parametrize("pace", [PACE, SORTED], ids=["hashed", "sorted"])
@pytest.mark.parametrize("system", [clocks(4, 200), clocks(9, 100), pair(18)], ids=["4", "9", "18"])
def test_what_falls_after_a_new_layout_falls_at_its_depth_by_a_real_run(system: System, pace: Pace) -> None:
    explorer, found = explored(system, pace)
    plain = naive_system.explore(system)
    length = naive_system.shortest_break(plain, system.invariants[0])
    assert length is not None
    assert found.broken[0].depth == length
    assert len(way_to(explorer, found, found.broken[0].index).steps) == length
    story = Teller(explorer, found, digest="", scope={}).to(found.broken[0].index, "never", "it strikes")
    assert story.length == length


def test_a_table_that_is_too_large_to_lay_out_flat_gives_the_same_answers() -> None:
    system = clocks(4, 200)
    explorer, found = explored(system)
    bits = sum(field.bits for field in explorer.layout.fields)
    assert bits > DENSE_BITS
    assert {tuple(table._places) for table in explorer.space.tables} == {(0, 1, 2, 3)}
    (response,) = system.responses
    assert Liveness(explorer).breach(response) is None
    still = replace(system, actions=(replace(system.actions[0], fair=None),))
    explorer, found = explored(still)
    lasso = Liveness(explorer).breach(response)
    assert lasso is not None
    is_broken_by(explorer, found, response, lasso)


def test_flat_and_sparse_tables_agree_on_what_they_lead_to(monkeypatch: pytest.MonkeyPatch) -> None:
    system = pair(30)
    flat, found = explored(system)
    monkeypatch.setattr("pointsman.checking.steps._DENSE_BITS", 0)
    sparse, again = explored(system)
    assert (flat.seen.order == sparse.seen.order).all()
    assert (found.transitions, found.levels, found.broken) == (again.transitions, again.levels, again.broken)


# --- too wide -----------------------------------------------------------------------


@pytest.mark.parametrize("pace", [PACE, SORTED], ids=["hashed", "sorted"])
def test_a_world_that_is_too_wide_is_cut_and_says_so(pace: Pace) -> None:
    system = clocks(9, 256)
    explorer, found = explored(system, pace)
    assert not found.complete
    assert found.cut == "the states of this world do not fit a machine word"
    assert found.forecast is None  # no time would help
    assert 0 not in found.broken
    assert len(explorer.seen) == 128, "nine parts have room for seven bits each"


def test_what_fell_before_a_world_became_too_wide_is_told() -> None:
    system = clocks(9, 256, bad=100)
    explorer, found = explored(system)
    assert (found.complete, found.broken[0].depth) == (False, 100)
    story = Teller(explorer, found, digest="", scope={}).to(found.broken[0].index, "never", "it strikes")
    assert story.length == 100


def test_liveness_refuses_a_world_that_was_not_explored_to_the_end() -> None:
    system = clocks(9, 256)
    explorer, _ = explored(system)
    with pytest.raises(TooWideError):
        Liveness(explorer).breach(system.responses[0])
    system = clocks(4, 20)
    explorer = Explorer(system, Reduction.NONE)
    explorer.explore(Limits(depth=5))
    with pytest.raises(ValueError, match="was not explored"):
        Liveness(explorer).breach(system.responses[0])


def test_more_parts_than_a_word_has_bits_are_refused() -> None:
    assert explored(clocks(63, 2))[1].complete
    with pytest.raises(TooWideError):
        Explorer(clocks(64, 2), Reduction.NONE)


@pytest.mark.parametrize("limits", [Limits(states=10), Limits(depth=10), Limits(seconds=0.0), Limits(bytes=1)])
def test_a_limit_cuts_and_says_so(limits: Limits) -> None:
    explorer = Explorer(pair(30), Reduction.NONE)
    found = explorer.explore(limits)
    assert not found.complete
    assert found.cut.startswith("the limit of ")
    assert not found.broken


def test_a_limit_that_everything_is_within_cuts_nothing() -> None:
    system = clocks(4, 20)
    assert Explorer(system, Reduction.NONE).explore(Limits(states=20, depth=20)).complete
    assert not Explorer(system, Reduction.NONE).explore(Limits(states=18)).complete


# --- numbers as truths ----------------------------------------------------------------


@pytest.mark.parametrize("value", range(4))
def test_any_number_but_0_is_true_in_guards_properties_and_choices(value: int) -> None:
    x = Variable("x", ("0", "1", "2", "3"), "x", "a", initial=value)
    y = Variable("y", ("0", "1", "2", "3"), "y", "b", initial=2)
    both = GuardedCommand(
        "both", "w", "acts", Choose(TRUE, Var("x"), Var("y")), (("y", Choose(Var("x"), Const(1), Const(0))),)
    )
    never = GuardedCommand("never", "w", "acts", IsZero(Var("y")), (("x", Const(0)),))
    system = System(
        "truths",
        "by hand",
        (x, y),
        (both, never),
        (Invariant("p", IsZero(Var("x")), "p"), Invariant("q", Var("x"), "q")),
    )
    explorer, found = explored(system)
    plain = naive_system.explore(system)
    assert (len(explorer.seen), found.transitions) == (len(plain.states), plain.transitions)
    assert {n: met.depth for n, met in found.broken.items()} == {1 if value else 0: 0}
