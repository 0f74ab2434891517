"""What the text says. What Spin makes of it is in the acceptance tests."""

import re

import pytest

from pointsman.rendering.exports import promela
from pointsman.spec.errors import UsageError
from pointsman.world.system import (
    TRUE,
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
    Updates,
    Var,
    Variable,
)

MARK = "/* a test */"
X, Y, Z = Var("x"), Var("y"), Var("z")


def system(*updates: Updates, size: int = 3, fair: str | None = None) -> System:
    values = tuple(f"value {number}" for number in range(size))
    variables = tuple(Variable(name, values, f"the {name}", "row 1") for name in "xyz")
    actions = tuple(GuardedCommand(f"a{n}", "worker", "acts", TRUE, each, fair) for n, each in enumerate(updates))
    return System("walk", "by hand", variables, actions, responses=(LeadsTo("settles", TRUE, "it stays"),))


def body(updates: Updates) -> str:
    """What follows the arrow of the only command."""
    found = re.search(r":: d_step \{ 1 -> (.*) \}\n  od", promela.safety(system(updates), MARK))
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("updates", "text"),
    [
        ((("x", Const(1)),), "v_x = 1"),
        ((("x", Const(1)), ("y", X)), "v_y = v_x; v_x = 1"),
        ((("x", Y), ("y", Z), ("z", Const(0))), "v_x = v_y; v_y = v_z; v_z = 0"),
        ((("x", Y), ("y", X)), "t_1 = v_x; v_x = v_y; v_y = t_1; t_1 = 0"),
        ((("x", Y), ("y", Z), ("z", X)), "t_1 = v_x; v_x = v_y; v_y = v_z; v_z = t_1; t_1 = 0"),
        ((("x", Plus(X, 1)),), "v_x = (v_x + 1)"),
        ((("x", X),), "skip"),
        ((), "skip"),
    ],
)
def test_nothing_is_read_after_it_was_written(updates: Updates, text: str) -> None:
    assert body(updates) == text


def test_as_many_temporaries_are_declared_as_one_command_needs() -> None:
    text = promela.safety(system((("x", Y), ("y", X)), (("y", Z), ("z", Y))), MARK)
    assert re.findall(r"^int (t_\d+) = 0;", text, re.MULTILINE) == ["t_1"]
    assert "hidden" not in text


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (Const(-1), "(-1)"),
        (Plus(X, -2), "(v_x - 2)"),
        (IsZero(Equal(X, Y)), "!((v_x == v_y))"),
        (All((Less(X, Y), Z)), "((v_x < v_y) && v_z)"),
        (All(()), "1"),
        (Some((X, Y)), "(v_x || v_y)"),
        (Some(()), "0"),
        (Choose(X, Const(1), Y), "(v_x -> 1 : v_y)"),
    ],
)
def test_expressions_are_in_brackets(expr: Expr, text: str) -> None:
    assert promela.expression(expr) == text


@pytest.mark.parametrize(("size", "type_"), [(2, "bit"), (3, "byte"), (256, "byte"), (257, "int")])
def test_a_type_holds_every_value_for_a_byte_wraps_without_a_word(size: int, type_: str) -> None:
    assert f"\n{type_} v_x = 0;" in promela.safety(system((), size=size), MARK)


def test_values_are_numbers_and_no_mtype_which_counts_backwards_from_one() -> None:
    assert "mtype" not in promela.safety(system(()), MARK)


def test_variables_are_global_so_that_claims_can_read_them_without_remote_references() -> None:
    text = promela.liveness(system((), fair="g"), MARK)
    assert text.index("byte v_x") < text.index("proctype")
    assert "@" not in text.split("*/")[-1]


def test_every_fair_group_is_a_process_for_fairness_is_about_processes() -> None:
    groups = ("team a", "team */ b", "team a")
    actions = tuple(GuardedCommand(f"a{n}", "worker", "acts", TRUE, (), group) for n, group in enumerate(groups))
    text = promela.liveness(System("walk", "by hand", (Variable("x", ("0",), "x", "row"),), actions), MARK)
    assert re.findall(r"proctype (\w+)", text) == ["group_1", "group_2", "environment"]
    assert text.count("a0:") == text.count("a2:") == 1
    assert text.count("/*") == text.count("*/")


def test_more_groups_than_spin_has_processes_are_refused() -> None:
    actions = tuple(GuardedCommand(f"a{number}", "worker", "acts", TRUE, (), f"g{number}") for number in range(254))
    with pytest.raises(UsageError, match="255 processes, too few for 254"):
        promela.liveness(System("walk", "by hand", (), actions), MARK)


def test_a_name_that_is_no_identifier_is_refused() -> None:
    for write in (promela.safety, promela.liveness):
        with pytest.raises(UsageError, match="'ü' cannot be exported"):
            write(System("walk", "by hand", (Variable("ü", ("0",), "x", "row"),), ()), MARK)


def test_the_liveness_form_is_written_where_there_is_something_to_check() -> None:
    some = system(())
    none = System("walk", "by hand", some.variables, some.actions)
    assert [output.path for output in promela.render(some, MARK)] == ["walk.pml", "walk_liveness.pml"]
    assert [output.path for output in promela.render(none, MARK)] == ["walk.pml"]
