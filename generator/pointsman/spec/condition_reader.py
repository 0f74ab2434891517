"""SQL text -> a condition's tree. The only importer of sqlglot.

sqlglot reads more than PostgreSQL does and keeps less than was written: it drops
comments, takes ``==`` and reads ``is unknown`` as ``is null``. So the words are
checked before it parses, and every node and every detail of a node after.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Protocol

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from pointsman.spec.condition import (
    COLUMN_NAME,
    WHOLE_NUMBERS,
    ColumnRef,
    Compare,
    Condition,
    ConditionError,
    Constant,
    IsNull,
    IsTrue,
    Not,
    OneOf,
    Operand,
    Operator,
    conjunction,
    disjunction,
    literal,
)
from pointsman.spec.finding import shown

LONGEST_TEXT = 4_000
"""Characters of a condition's text."""

DEEPEST_NESTING = 24
"""Parentheses and NOTs around any word of the text; sqlglot recurses some twenty calls for each."""

_GRAMMAR = (
    "A condition is built from and, or, not, parentheses, = <> < <= > >=, is [not] null, [not] in (...) and between, "
    "over columns, whole numbers, texts in single quotes, true and false"
)


class _Node(Protocol):
    """The parts of sqlglot's nodes that are used here; the name of their base class differs between versions."""

    args: dict[str, Any]  # Any: each kind of node has arguments of other types

    @property
    def name(self) -> str: ...

    def sql(self, dialect: str, *, unsupported_level: ErrorLevel) -> str: ...


class _Token(Protocol):
    """The parts of sqlglot's tokens that are used here."""

    @property
    def token_type(self) -> Enum: ...
    @property
    def text(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def comments(self) -> list[str]: ...


def read(text: str) -> Condition:
    """Read a condition; `pointsman.spec.condition.parse` says what the grammar is.

    Raises:
        ConditionError: the text is not in the grammar.
    """
    if not text.strip():
        raise ConditionError("the condition is empty; leave it out, or write one such as amount_cents > 0")
    if len(text) > LONGEST_TEXT:
        raise ConditionError(f"the condition has {len(text):,} characters; {LONGEST_TEXT:,} is the most that is read")
    if "\0" in text:
        raise ConditionError("the condition holds a zero byte, which PostgreSQL cannot; take it out")
    try:
        tokens = sqlglot.tokenize(text, dialect="postgres")
    except SqlglotError:
        raise ConditionError(f"the condition ends inside a quoted text or a comment. {_GRAMMAR}") from None
    _check_words(tokens, text)
    _check_nesting(tokens)
    try:
        tree: _Node = sqlglot.parse_one(text, into=exp.Condition, dialect="postgres")
    except (SqlglotError, RecursionError):
        raise ConditionError(
            f"this cannot be read as a condition. {_GRAMMAR}; a column named like an SQL word goes in double quotes"
        ) from None
    return _condition(tree)


# --- before parsing: words -------------------------------------------------


def _check_words(tokens: Sequence[_Token], text: str) -> None:
    """Refuse what the parser would drop or read otherwise than PostgreSQL."""
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.comments:
            raise ConditionError("a comment inside a condition would be lost; put it behind a # of the YAML")
        refusal = _REFUSED_WORDS.get(text[token.start : token.end + 1].upper())
        if refusal:
            raise ConditionError(refusal)
        if token.token_type.name == "COMMA" and following is not None and following.token_type.name == "R_PAREN":
            raise ConditionError("a comma before ')' is not SQL; leave it out")


_REFUSED_WORDS: Mapping[str, str] = {
    ";": "a condition is one expression, without a semicolon; leave it out",
    "==": "'==' is not SQL; write =",
    "+": "this calculates; compare columns and constants as they are",
    "UNKNOWN": "'is unknown' is not read; write is null",
}


def _check_nesting(tokens: Sequence[_Token]) -> None:
    """Bound how deep the parser will recurse: parentheses, and NOTs in a row."""
    open_above, nots = [0], 0
    for token in tokens:
        match token.token_type.name:
            case "NOT":
                nots += 1
            case "AND" | "OR":
                nots = 0
            case "L_PAREN":
                open_above.append(open_above[-1] + nots + 1)
                nots = 0
            case "R_PAREN":
                open_above = open_above[:-1] or [0]
                nots = 0
        if open_above[-1] + nots > DEEPEST_NESTING:
            raise ConditionError(f"the condition is nested more than {DEEPEST_NESTING} deep; write it flat")


# --- after parsing: nodes --------------------------------------------------

_COMPARISONS: Mapping[type, Operator] = {
    exp.EQ: Operator.EQ,
    exp.NEQ: Operator.NE,
    exp.LT: Operator.LT,
    exp.LTE: Operator.LE,
    exp.GT: Operator.GT,
    exp.GTE: Operator.GE,
}

_TWO_SIDES = frozenset({"this", "expression"})

_DETAILS: Mapping[type, frozenset[str]] = {
    exp.Paren: frozenset({"this"}),
    exp.Not: frozenset({"this"}),
    exp.And: _TWO_SIDES,
    exp.Or: _TWO_SIDES,
    exp.Column: frozenset({"this"}),
    exp.Is: _TWO_SIDES | {"negate"},
    exp.In: frozenset({"this", "expressions"}),
    exp.Between: frozenset({"this", "low", "high"}),
    **dict.fromkeys(_COMPARISONS, _TWO_SIDES),
}
"""The details of each node of the grammar that this reader looks at."""


def _condition(node: _Node) -> Condition:
    """One condition, from a node that stands where a truth value is wanted."""
    _check_details(node)
    if type(node) in _COMPARISONS:
        return _compared(_part(node, "this"), _COMPARISONS[type(node)], _part(node, "expression"))
    return _TESTS.get(type(node), _connected)(node)


def _connected(node: _Node) -> Condition:
    if isinstance(node, exp.Paren):
        return _condition(_part(node, "this"))
    if isinstance(node, exp.Not):
        return Not(_condition(_part(node, "this")))
    if type(node) not in {exp.And, exp.Or}:
        raise ConditionError(_refusal(node))
    parts = tuple(_condition(part) for part in _chain(node))
    return conjunction(parts) if isinstance(node, exp.And) else disjunction(parts)


def _check_details(node: _Node) -> None:
    """Refuse a node that is not in the grammar, or carries something that would be dropped."""
    extra = {name for name, value in node.args.items() if value} - _DETAILS.get(type(node), frozenset())
    if not extra and type(node) in _DETAILS:
        return
    if isinstance(node, exp.Column):
        raise ConditionError(f"{_shown(node)}: write the column's name alone, without its table")
    if isinstance(node, exp.Between):
        raise ConditionError("'between symmetric' is not read; write the lower bound first")
    if isinstance(node, exp.In):
        raise ConditionError("'in' needs a list of constants in parentheses, such as in (1, 2)")
    raise ConditionError(_refusal(node))


def _part(node: _Node, name: str) -> _Node:
    part: _Node | None = node.args.get(name)
    if part is None:
        raise ConditionError(f"something is missing in {_shown(node)}. {_GRAMMAR}")
    return part


def _bare(node: _Node) -> _Node:
    """`node` without parentheses around it."""
    while isinstance(node, exp.Paren):
        node = _part(node, "this")
    return node


def _chain(node: _Node) -> list[_Node]:
    """The parts of a chain of one connective, in order: a loop, since a chain may be long."""
    kind, parts = type(node), []
    while type(node) is kind:
        parts.append(_part(node, "expression"))
        node = _part(node, "this")
    return [node, *reversed(parts)]


def _null_test(node: _Node) -> Condition:
    if not isinstance(_part(node, "expression"), exp.Null):
        raise ConditionError(
            "only 'is null' and 'is not null' are read; a boolean column stands alone, or with not before it"
        )
    found = IsNull(_tested(node, "is null"))
    return Not(found) if node.args.get("negate") else found


def _one_of(node: _Node) -> Condition:
    listed: list[_Node] = node.args.get("expressions") or []
    if not listed:
        raise ConditionError("'in' needs a list of constants in parentheses, such as in (1, 2)")
    choices = tuple(_constant(_bare(item)) for item in listed)
    first = choices[0].value
    other = next((choice.value for choice in choices if type(choice.value) is not type(first)), None)
    if other is not None:
        raise ConditionError(f"a list holds one kind of constant; {literal(first)} and {literal(other)} are of two")
    return OneOf(_tested(node, "in"), choices)


def _tested(node: _Node, by: str) -> ColumnRef:
    subject = _bare(_part(node, "this"))
    if not isinstance(subject, exp.Column):
        raise ConditionError(f"{by!r} tests a column; {_shown(subject)} is none")
    return _column(subject)


def _between(node: _Node) -> Condition:
    subject = _part(node, "this")
    low = _compared(subject, Operator.GE, _part(node, "low"))
    high = _compared(subject, Operator.LE, _part(node, "high"))
    return conjunction((low, high))


_TESTS: Mapping[type, Callable[[_Node], Condition]] = {
    exp.Column: lambda node: IsTrue(_column(node)),
    exp.Is: _null_test,
    exp.In: _one_of,
    exp.Between: _between,
}


def _compared(left: _Node, operator: Operator, right: _Node) -> Condition:
    first, second = _operand(_bare(left)), _operand(_bare(right))
    if isinstance(first, Constant) and isinstance(second, Constant):
        raise ConditionError(f"{literal(first.value)} and {literal(second.value)} are both constants; compare a column")
    for operand in (first, second):
        if operator.orders and isinstance(operand, Constant) and type(operand.value) is not int:
            raise ConditionError(
                f"{literal(operand.value)} has no order that every database agrees on; compare it with =, <> or in"
            )
    return Compare(first, operator, second)


def _operand(node: _Node) -> Operand:
    return _column(node) if isinstance(node, exp.Column) else _constant(node)


def _column(node: _Node) -> ColumnRef:
    _check_details(node)
    if not COLUMN_NAME.match(node.name):
        raise ConditionError(f"{node.name!r} is not the name of a column; names match [A-Za-z][A-Za-z0-9_]*")
    return ColumnRef(node.name)


def _constant(node: _Node) -> Constant:
    if isinstance(node, exp.Boolean):
        return Constant(bool(node.args["this"]))
    if isinstance(node, exp.Literal) and node.args["is_string"]:
        return Constant(str(node.args["this"]))
    negative = isinstance(node, exp.Neg)
    number = _bare(_part(node, "this")) if negative else node
    if not isinstance(number, exp.Literal) or number.args["is_string"]:
        raise ConditionError(_refusal(node))
    return _whole_number(str(number.args["this"]), negative=negative)


def _whole_number(digits: str, *, negative: bool) -> Constant:
    if not re.fullmatch(r"[0-9]+", digits):
        raise ConditionError(f"{digits} is not a whole number; count in the smallest unit, such as cents")
    # Longer digits are out of range anyway, and Python refuses to read thousands of them.
    value = int(digits) * (-1 if negative else 1) if len(digits) < 1_000 else None
    if value is None or value not in WHOLE_NUMBERS:
        raise ConditionError(f"{shown(digits)} does not fit a bigint")
    return Constant(value)


# --- what to say of everything else ----------------------------------------


def _shown(node: _Node) -> str:
    return shown(node.sql("postgres", unsupported_level=ErrorLevel.IGNORE))


def _refusal(node: _Node) -> str:
    """A sentence about a node that is not in the grammar."""
    if isinstance(node, (exp.Literal, exp.Boolean)):
        return f"{_shown(node)} alone says nothing about a row; compare it with a column, such as paid = true"
    met = next((sentence for kinds, sentence in _MET if isinstance(node, kinds)), "this is not in the grammar")
    return f"{_shown(node)}: {met}. {_GRAMMAR}"


_MET: tuple[tuple[tuple[type, ...], str], ...] = (
    ((exp.Null,), "a comparison with null is never true; write is null or is not null"),
    ((exp.Cast,), "this casts a value to a type; compare columns and constants as they are"),
    ((exp.Interval,), "this is an interval of time, and a condition has no clock"),
    (
        (exp.Like, exp.ILike, exp.SimilarTo, exp.RegexpLike, exp.RegexpILike),
        "this matches a pattern; list the texts with in (...)",
    ),
    ((exp.DPipe, exp.Concat), "this joins texts; compare with the whole text"),
    (
        (exp.ByteString, exp.UnicodeString, exp.RawString, exp.National),
        "this spelling of a text hides what is in it; write the text itself in single quotes",
    ),
    ((exp.BitString, exp.HexString), "this is a number in another base; write a whole number"),
    ((exp.Placeholder, exp.Parameter), "a parameter has no value here; write a constant"),
    ((exp.Query, exp.Exists), "this is a query, and a condition sees one row only"),
    ((exp.Tuple,), "this compares several values at once; write one comparison for each, joined by and"),
    ((exp.Case,), "this chooses with case; write it with and, or, not"),
    ((exp.NullSafeEQ,), "'is not distinct from' is not read; write = or is null"),
    ((exp.NullSafeNEQ,), "'is distinct from' is not read; write <>, is null or is not null"),
    ((exp.Bracket, exp.JSONExtract), "this looks inside a column; a condition compares whole columns"),
    ((exp.Struct,), "braces mean nothing in SQL; write the column's name alone"),
    ((exp.Star,), "'*' is not a column; name one"),
    ((exp.Func,), "this calls a function, and a condition calls none"),
    (
        (exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod),
        "this calculates; compare columns and constants as they are",
    ),
)
