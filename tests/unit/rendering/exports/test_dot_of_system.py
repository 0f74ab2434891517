"""The picture shows every way there is, and says who takes it."""

import subprocess
from pathlib import Path

from pointsman.rendering.exports.dot_of_system import arrows, dot, render
from pointsman.rendering.exports.possible import possible
from pointsman.world.system import TRUE, Choose, Const, Expr, GuardedCommand, Less, System, Var, Variable, both, eq
from tests.toolchains import need

MARK = "// a test"
X, Y = Var("x"), Var("y")


def walk(*actions: GuardedCommand) -> System:
    words = ("open", 'p<a>i"d & so', "back\\Nslash")
    variables = (Variable("x", words, "the <x>", "row 1"), Variable("y", ("no", "yes"), "y", "world"))
    return System("walk", "by hand", variables, actions)


def step(actor: str, guard: Expr, to: Expr, fault: str | None = None, wrong: str | None = None) -> GuardedCommand:
    return GuardedCommand(f"{actor}_steps", actor, "moves it", guard, (("x", to),), fault=fault, wrong=wrong)


def test_where_all_is_known_one_value_is_possible() -> None:
    known = {"x": frozenset({1}), "y": frozenset({0})}
    assert possible(Choose(eq(X, 1), Const(2), Const(3)), known) == {2}
    assert possible(both(eq(X, 1), Less(Y, Const(0))), known) == {0}


def test_those_who_do_the_same_share_a_line_and_faults_are_dashed() -> None:
    system = walk(
        step("worker 1", eq(X, 0), Const(1)),
        step("worker 2", eq(X, 0), Const(1)),
        step("network", eq(X, 0), Const(1), fault="crash"),
        step("hasty worker", eq(X, 1), Const(2), wrong="hasty"),
        step("idler", TRUE, X),
    )
    found = arrows(system, system.variables[0])
    assert [(arrow.source, arrow.target, arrow.style, arrow.lines) for arrow in found] == [
        (0, 1, "solid", ("worker 1, worker 2: moves it",)),
        (0, 1, "dashed", ("network: moves it",)),
        (1, 2, "solid", ("hasty worker: moves it",)),
    ]
    assert found[0].color != found[2].color


def test_another_variable_can_be_drawn() -> None:
    system = walk(GuardedCommand("a", "admin", "asks", eq(Y, 0), (("y", Const(1)),)))
    assert "admin: asks" not in dot(system, MARK)
    assert "value_0 -> value_1" in dot(system, MARK, "y")


def test_dot_draws_it_without_a_warning(tmp_path: Path) -> None:
    program = need("dot", why="install Graphviz")
    (output,) = render(walk(step("<i>worker", eq(X, 0), Const(1)), step("b", eq(X, 1), Const(2))), MARK)
    file = tmp_path / output.path
    file.write_text(output.text, encoding="utf-8")
    drawn = subprocess.run([program, "-Tsvg", str(file)], capture_output=True, text=True, check=True)
    assert drawn.stderr == ""
    assert "back\\Nslash" in drawn.stdout
