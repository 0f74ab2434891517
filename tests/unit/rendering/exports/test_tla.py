"""The modules are read back and acted out, which takes no Java."""

import re

import networkx as nx
import pytest

from pointsman.rendering.exports import tla
from pointsman.spec.errors import UsageError
from pointsman.world.system import (
    TRUE,
    Choose,
    Const,
    Equal,
    Expr,
    GuardedCommand,
    LeadsTo,
    Less,
    Plus,
    System,
    Updates,
    Var,
    Variable,
    among,
    both,
    eq,
    ne,
    no,
)
from tests.naive_system import State, explore, holds
from tests.systems import seeded_system
from tests.tla_reader import Module, read_module, value

MARK = "\\* a test"
X = Var("x")


def one_variable(*actions: GuardedCommand, pending: Expr = TRUE) -> System:
    variable = Variable("x", ("a", "b", "c"), "the x", "row 1", initial=1)
    return System("walk", "by hand", (variable,), actions, responses=(LeadsTo("settles", pending, "stays"),))


def step(guard: Expr, updates: Updates, fair: str | None = "g", fault: str | None = None) -> GuardedCommand:
    return GuardedCommand("step", "worker", "steps", guard, updates, fair, fault)


def texts(system: System) -> dict[str, str]:
    return {output.path: output.text for output in tla.render(system, MARK)}


def modules(system: System) -> tuple[Module, Module]:
    """The module for safety and the one for liveness."""
    safety, liveness = (read_module(text) for path, text in texts(system).items() if path.endswith(".tla"))
    return safety, liveness


@pytest.mark.parametrize("seed", range(40))
def test_the_module_for_liveness_means_what_the_system_means(seed: int) -> None:
    system = seeded_system(seed)
    explored, module = explore(system), modules(system)[1]
    for number, response in enumerate(system.responses, 1):
        (formula,) = module.definitions[f"Response_{number}"]
        assert leads(module, formula) == holds(explored, response)


def test_the_liveness_of_a_command_that_changes_nothing_is_ours_and_not_that_of_stuttering() -> None:
    stay = GuardedCommand("stay", "worker", "does nothing", TRUE, (), "g")
    system = one_variable(stay, step(eq(X, 1), (("x", Const(2)),)), pending=eq(X, 1))
    assert not holds(explore(system), system.responses[0])
    assert not leads(modules(system)[1], modules(system)[1].definitions["Response_1"][0])


def leads(module: Module, formula: str) -> bool:
    """Whether a leads-to formula of ours holds of the module's fair runs, by the book of TLA+."""
    parts = re.fullmatch(r"(?:<>\(calm = 1\) => \()?(.+?) ~> (.+?)\)?", formula)
    assert parts is not None
    closed = parts[2] + ")" * (parts[2].count("(") - parts[2].count(")"))
    graph = module.explored()

    def true(text: str, state: State) -> bool:
        return bool(value(text, dict(zip(module.variables, state, strict=True))))

    pending = {state for state in graph if not true(closed, state)}
    # Not by the constructor: the oldest networkx that we promise looks for pandas there.
    kept: nx.DiGraph[State] = nx.DiGraph()
    kept.add_edges_from([(s, t) for s in pending for _, t in graph[s] if t in pending] + [(s, s) for s in pending])
    met = {state for state in pending if true(parts[1], state)}
    reached = met.union(*(nx.descendants(kept, state) for state in met))
    calm = kept.subgraph(state for state in reached if state[module.variables.index("calm")])
    return not any(fair(module, graph, part) for part in nx.strongly_connected_components(calm))


def fair(module: Module, graph: dict[State, list[tuple[str, State]]], part: set[State]) -> bool:
    """Whether a run round `part` satisfies each ``WF_vars`` of the specification."""
    for formula in module.definitions["Spec"][2:]:
        found = re.fullmatch(r"WF_vars\(\(calm = 1\) /\\ (\w+)(?: /\\ ~(\w+))?\)", formula)
        assert found is not None
        stays = module.definitions[found[2]] if found[2] else ()
        steps = {
            state: [
                target
                for name, target in graph[state]
                if name in module.definitions[found[1]]
                and target != state
                and not any(value(stay, dict(zip(module.variables, state, strict=True))) for stay in stays)
            ]
            for state in part
        }
        if all(steps.values()) and not any(target in part for targets in steps.values() for target in targets):
            return False
    return True


@pytest.mark.parametrize(
    ("guard", "updates", "looked_at"),
    [
        (eq(X, 1), (("x", Const(2)),), True),
        (eq(X, 1), (("x", Const(1)),), False),
        (ne(X, 2), (("x", Const(2)),), True),
        (ne(X, 1), (("x", Const(2)),), False),
        (among(X, (0, 1)), (("x", Const(2)),), True),
        (among(X, (0, 2)), (("x", Const(2)),), False),
        (both(Less(X, Const(2)), eq(X, 1)), (("x", Const(2)),), True),
        (Less(X, Const(2)), (("x", Plus(X, 1)),), True),
        (TRUE, (("x", Plus(X, 0)),), False),
        (TRUE, (), False),
    ],
)
def test_fairness_stands_alone_where_a_command_surely_changes_something(
    guard: Expr, updates: Updates, looked_at: bool
) -> None:
    liveness = texts(one_variable(step(guard, updates)))["WalkLiveness.tla"]
    assert ("    /\\ WF_vars((calm = 1) /\\ Group_1)\n" in liveness) is looked_at
    assert ("Group_1_stays ==" in liveness) is not looked_at


# The pitfalls of TLC.


def test_a_module_has_the_name_of_its_file() -> None:
    for path, text in texts(seeded_system(1)).items():
        if path.endswith(".tla"):
            assert read_module(text).name == path.removesuffix(".tla")


def test_every_bullet_stands_on_a_line_of_its_own_in_one_column() -> None:
    for path, text in texts(seeded_system(4)).items():
        if path.endswith(".tla"):
            bullets = [line for line in text.splitlines() if re.match(r"\s*(/\\|\\/)", line)]
            assert bullets
            assert all(re.match(r"    (/\\|\\/) \S", line) for line in bullets)
            assert not re.search(r"== *(/\\|\\/)", text)


def test_every_conditional_stands_in_brackets() -> None:
    text = texts(seeded_system(4))["RandomSafety.tla"]
    assert text.count("IF ") > 3
    assert text.count("IF ") == text.count("(IF ")


def test_what_is_not_written_is_unchanged() -> None:
    text = texts(one_variable(step(eq(X, 1), ())))["WalkSafety.tla"]
    assert "    /\\ UNCHANGED <<v_x>>\n" in text


def test_a_guard_that_says_or_is_one_value() -> None:
    either = among(X, (0, 1))
    for guard, text in (
        (either, "((v_x = 0) \\/ (v_x = 1)) = TRUE"),
        (both(Less(X, Const(2)), either), "((v_x < 2) /\\ ((v_x = 0) \\/ (v_x = 1))) = TRUE"),
        (no(either), "(~((v_x = 0) \\/ (v_x = 1)))"),
        (ne(X, 1), "(~(v_x = 1))"),
    ):
        safety = modules(one_variable(step(guard, ())))[0]
        assert safety.definitions["A_step"][0] == text


def test_a_state_without_a_command_has_a_step_that_changes_nothing() -> None:
    for module in modules(seeded_system(4)):
        assert module.definitions["Next"] == ("Command", "Rest")
        assert module.definitions["Rest"] == ("~ENABLED Command", "UNCHANGED vars")


def test_no_identifier_is_a_reserved_word_or_starts_as_fairness_does() -> None:
    reserved = {"UNCHANGED", "EXTENDS", "IF", "THEN", "ELSE", "CHOOSE", "CASE", "LET", "IN", "EXCEPT", "ENABLED"}
    for seed in range(10):
        for module in modules(seeded_system(seed)):
            names = {*module.variables, *module.definitions}
            assert not names & reserved
            assert not [name for name in names if name.startswith(("WF_", "SF_"))]
            assert all(re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) for name in names)


def test_a_name_that_is_no_identifier_is_refused() -> None:
    system = System("walk", "by hand", (Variable("x-y", ("a",), "x", "row 1"),), ())
    with pytest.raises(UsageError, match="'x-y' cannot be exported"):
        tla.render(system, MARK)


def test_words_cannot_leave_their_comment() -> None:
    variable = Variable("x", ("a\n====", "*) b", "(* c", "\\"), "the\nx", "row 1")
    module = read_module(tla.render(System("walk", "a\nb", (variable,), ()), MARK)[0].text)
    assert module.variables == ("v_x",)


def test_the_configuration_names_what_the_module_defines_in_words_that_tlc_2_15_knows() -> None:
    found = texts(seeded_system(4))
    both_kinds = ["Spec", "TypeOK", "Invariant_1", "Invariant_2", "Response_1", "Response_2"]
    for module, headings, names in (
        ("RandomSafety", ["SPECIFICATION", "INVARIANT"], both_kinds[:4]),
        ("RandomLiveness", ["SPECIFICATION", "INVARIANT", "PROPERTY"], both_kinds),
    ):
        defined = read_module(found[f"{module}.tla"]).definitions
        lines = found[f"{module}.cfg"].splitlines()
        assert [line.strip() for line in lines if line.startswith("    ")] == names
        assert set(names) <= defined.keys()
        assert [line for line in lines if not line.startswith(("    ", "\\*"))] == headings


def test_numbers_and_truths_are_kept_apart() -> None:
    guard = Choose(X, Equal(Less(X, Const(1)), Const(0)), X)
    assert tla.truth(guard) == "(IF (v_x # 0) THEN ((IF (v_x < 1) THEN 1 ELSE 0) = 0) ELSE (v_x # 0))"
    assert tla.number(Plus(X, -1)) == "(v_x - 1)"
    assert tla.number(Const(-1)) == "(-1)"
