"""What `parse` reads, and what it refuses with which words."""

import pytest

from pointsman.spec.condition import (
    And,
    ColumnRef,
    Compare,
    Condition,
    ConditionError,
    Constant,
    IsNull,
    IsTrue,
    Not,
    OneOf,
    Operator,
    Or,
    columns,
    parse,
    to_sql,
)

A, B, C = ColumnRef("a"), ColumnRef("b"), ColumnRef("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a > 1", Compare(A, Operator.GT, Constant(1))),
        ("1 <= a", Compare(Constant(1), Operator.LE, A)),
        ("a != b", Compare(A, Operator.NE, B)),
        ("a = -1", Compare(A, Operator.EQ, Constant(-1))),
        ("a = -9223372036854775808", Compare(A, Operator.EQ, Constant(-(2**63)))),
        ("a = 'it''s'", Compare(A, Operator.EQ, Constant("it's"))),
        ("a = '; -- /* */ =='", Compare(A, Operator.EQ, Constant("; -- /* */ =="))),
        ("a = true", Compare(A, Operator.EQ, Constant(value=True))),
        ("a", IsTrue(A)),
        ("not a", Not(IsTrue(A))),
        ("not a = 1", Not(Compare(A, Operator.EQ, Constant(1)))),
        ("a is null", IsNull(A)),
        ("a is not null", Not(IsNull(A))),
        ("a in (1, 2)", OneOf(A, (Constant(1), Constant(2)))),
        ("a not in ('x')", Not(OneOf(A, (Constant("x"),)))),
        ("a and b and c", And((IsTrue(A), IsTrue(B), IsTrue(C)))),
        ("a and (b and c)", And((IsTrue(A), IsTrue(B), IsTrue(C)))),
        ("a or (b or c)", Or((IsTrue(A), IsTrue(B), IsTrue(C)))),
        ("a or b and c", Or((IsTrue(A), And((IsTrue(B), IsTrue(C)))))),
        ("(a or b) and c", And((Or((IsTrue(A), IsTrue(B))), IsTrue(C)))),
    ],
)
def test_what_is_in_the_grammar_is_read(text: str, tree: Condition) -> None:
    assert parse(text) == tree


def test_between_becomes_two_comparisons_beside_what_it_is_joined_to() -> None:
    at_least, at_most = Compare(A, Operator.GE, Constant(1)), Compare(A, Operator.LE, B)
    assert parse("a between 1 and b and c") == And((at_least, at_most, IsTrue(C)))
    assert parse("a not between 1 and b") == Not(And((at_least, at_most)))


def test_a_column_keeps_its_spelling_with_and_without_quotes() -> None:
    assert columns(parse('Paid and "Refunded" and "select" = 1 and Paid')) == ("Paid", "Refunded", "select")


def test_a_long_chain_is_read_flat() -> None:
    tree = parse(" or ".join(["a"] * 500))
    assert isinstance(tree, Or)
    assert len(tree.conditions) == 500


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("a = 1.5", "1.5 is not a whole number"),
        ("a = 1e3", "1e3 is not a whole number"),
        ("a = 9223372036854775808", "does not fit a bigint"),
        (f"a = {'9' * 3000}", "does not fit a bigint"),
        ("a = 0x10", "another base"),
        ("a = null", "never true"),
        ("a in (null)", "never true"),
        ("a in (1, 'x')", "of two"),
        ("a in ()", "a list of constants"),
        ("a in (1, 2,)", "a comma before"),
        ("a in 1", "a list of constants"),
        ("a in (b)", "'b'"),
        ("1 in (1)", "tests a column"),
        ("1 = 1", "both constants"),
        ("true", "alone says nothing"),
        ("'x'", "alone says nothing"),
        ("a > 'x'", "no order that every database agrees on"),
        ("a >= true", "no order that every database agrees on"),
        ("a = b = c", "not in the grammar"),
        ("a < b is null", "'"),
        ("a is true", "only 'is null'"),
        ("a is not false", "only 'is null'"),
        ("a is unknown", "write is null"),
        ("a == 1", "write ="),
        ("a = +1", "calculates"),
        ("a + 1 > 2", "calculates"),
        ("a * 2 > 1", "calculates"),
        ("-a > 1", "calculates"),
        ("a = - -1", "calculates"),
        ("f(a)", "calls a function"),
        ("now() > a", "calls a function"),
        ("coalesce(a, 1) = 1", "calls a function"),
        ("pg_sleep(10) is null", "tests a column"),
        ("a::text = 'x'", "casts"),
        ("date '2020-01-01' < a", "casts"),
        ("interval '1 day' > a", "interval"),
        ("a like 'x%'", "pattern"),
        ("a ~ 'x'", "pattern"),
        ("a || b = 'x'", "joins texts"),
        ("a = 'x' 'y'", "joins texts"),
        (r"a = E'\x41'", "single quotes"),
        ("a = $$x$$", "single quotes"),
        ("a = N'x'", "single quotes"),
        ("a = ?", "parameter"),
        ("a = $1", "parameter"),
        ("a in (select 1)", "a list of constants"),
        ("exists (select 1)", "query"),
        ("(a, b) in ((1, 2))", "several values"),
        ("a is distinct from b", "is distinct from"),
        ("a is not distinct from b", "is not distinct from"),
        ("case when a then b end", "chooses with case"),
        ("a[1] = 1", "looks inside"),
        ("a -> 'b' = 1", "looks inside"),
        ("{{ a }}", "braces"),
        ("*", "not a column"),
        ("t.a = 1", "without its table"),
        ('"A b" = 1', "is not the name of a column"),
        ("é = 1", "is not the name of a column"),
        ("a = 1; drop table t", "semicolon"),
        ("a; b", "semicolon"),
        ("a -- b", "a comment"),
        ("a = /* b */ 1", "a comment"),
        ("a\0 = 1", "zero byte"),
        ("a = 'x", "ends inside a quoted text"),
        ("a and", "cannot be read"),
        ("and a", "cannot be read"),
        ("(a", "cannot be read"),
        ("a)", "cannot be read"),
        ("a as b", "cannot be read"),
        ("select 1", "cannot be read"),
        ("drop table t", "cannot be read"),
        ("(" * 25 + "a" + ")" * 25, "nested more than 24 deep"),
        ("not " * 25 + "a", "nested more than 24 deep"),
        ("(" * 1900 + "a" + ")" * 1900, "nested more than 24 deep"),
        ("a or " * 1000 + "a", "5,001 characters"),
    ],
)
def test_everything_else_is_refused_and_the_message_says_why(text: str, said: str) -> None:
    with pytest.raises(ConditionError) as refused:
        parse(text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_what_is_nested_to_the_limit_is_read_even_when_the_stack_is_already_deep() -> None:
    def below(depth: int) -> Condition:
        return below(depth - 1) if depth else parse("(" * 24 + "a" + ")" * 24)

    assert below(100) == IsTrue(A)


def test_refusing_a_condition_says_nothing_on_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    for text in ("set x = 1", "vacuum full", "{{ a }}", "a = any (array[1])", "a within group b"):
        with pytest.raises(ConditionError):
            parse(text)
    assert capfd.readouterr() == ("", "")


def test_sql_has_the_parentheses_it_needs_and_no_others() -> None:
    for text in ("a or b and not c", "(a or b) and c", "not (a and b)", "not not a", "a not in (1, 2) or not a = b"):
        assert to_sql(parse(text), str) == text
