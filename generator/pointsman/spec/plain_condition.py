"""The plain conditions, which are nearly all, read without sqlglot, whose import takes longer than reading a spec.

sqlglot stays the authority: what is read here is read as `pointsman.spec.condition_reader` reads it. Every text with
anything uncommon in it is left to that module, and so is every mistake. `tests/property/test_plain_conditions.py`
compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pointsman.spec.condition import (
    ColumnRef,
    Compare,
    Condition,
    Constant,
    IsNull,
    IsTrue,
    Not,
    OneOf,
    Operand,
    Operator,
    conjunction,
    disjunction,
)

_LONGEST_TEXT = 4_000
_DEEPEST_NESTING = 8

_TOKEN = re.compile(
    r"""[ \n]*(?:
        (?P<word> [A-Za-z][A-Za-z0-9_]* ) (?! ['".$] )
      | " (?P<quoted> [A-Za-z][A-Za-z0-9_]* ) " (?! [\w'".$] )
      | (?P<number> -?[0-9]{1,18} ) (?! [\w'".$] )
      | ' (?P<text> [ !-&(-\[\]-~]* ) ' (?! [\w'".$] )
      | (?P<sign> (?: <> | != | <= | >= | = | < | > ) (?! [^\w\s'"(] ) | [(),] )
      | (?P<end> \Z )
    )""",
    re.VERBOSE | re.ASCII,
)

_OPERATORS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

_GRAMMAR = frozenset(("AND", "OR", "NOT", "IS", "NULL", "IN", "BETWEEN", "TRUE", "FALSE"))

_WORDS = """
ALL ALTER ALWAYS ANALYSE ANALYZE ANY ARRAY AS ASC ASYMMETRIC AUTHORIZATION BEGIN BINARY BOTH CALL CASE CAST CHECK
COLLATE COLLATION COLUMN CONCURRENTLY CONNECT_BY_ROOT CONSTRAINT CREATE CROSS CURRENT_CATALOG CURRENT_DATE
CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DECLARE DEFAULT DEFERRABLE DESC DESCRIBE
DISTINCT DIV DO DROP ELSE END ESCAPE EXCEPT EXEC EXECUTE EXISTS EXPLAIN FETCH FOR FOREIGN FREEZE FROM FULL GLOB
GRANT GROUP HAVING IF ILIKE INITIALLY INNER INSERT INTERSECT INTERVAL INTO ISNULL JOIN LATERAL LEADING LEFT LIKE
LIMIT LOCALTIME LOCALTIMESTAMP LOCK NATURAL NOTNULL NULLABLE OFFSET ON ONLY OPERATOR OPTIMIZE ORDER OUTER OVER
OVERLAPS PARTITIONED_BY PLACING PREPARE PRIMARY PRIOR QUALIFY REFERENCES REFRESH REGEXP REINDEX RENAME RESET
RETURNING REVOKE RIGHT RLIKE ROLLBACK ROW SELECT SESSION_USER SHOW SIMILAR SOME SYMMETRIC SYSTEM_USER TABLE
TABLESAMPLE THEN TO TRAILING UNCACHE UNION UNIQUE UNKNOWN USER USING VACUUM VALUES VARIADIC VERBOSE WHEN WHERE
WINDOW WITH XOR
"""
_ELSEWHERE = frozenset(_WORDS.split())
"""Words that may mean more than a column of this name, to PostgreSQL or to some version of sqlglot."""

_Token = tuple[str, str]
"""The kind of a token, which for the words of the grammar and for signs is the token itself; and its text."""


def read(text: str) -> Condition | None:
    """The condition that `text` says, or None if it is not plain."""
    tokens = _tokens(text)
    if tokens is None:
        return None
    try:
        return _Reader(tokens).whole()
    except _NotPlainError:
        return None


class _NotPlainError(Exception):
    """The text is left to sqlglot."""


def _tokens(text: str) -> list[_Token] | None:
    found: list[_Token] = []
    position = 0
    while len(text) <= _LONGEST_TEXT:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            return None
        kind, token, position = match.lastgroup, match[match.lastgroup], match.end()
        if kind == "word":
            upper = token.upper()
            if upper in _ELSEWHERE:
                return None
            kind = upper if upper in _GRAMMAR else "column"
        found.append(({"sign": token, "quoted": "column"}.get(kind, kind), token))
        if kind == "end":
            return found
    return None


class _Reader:
    """Reads tokens from the left to the right."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def whole(self) -> Condition:
        condition = self._any_of()
        self._take("end")
        return condition

    def _any_of(self) -> Condition:
        parts = [self._all_of()]
        while self._has("OR"):
            parts.append(self._all_of())
        return disjunction(tuple(parts))

    def _all_of(self) -> Condition:
        parts = [self._one()]
        while self._has("AND"):
            parts.append(self._one())
        return conjunction(tuple(parts))

    def _one(self) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST_NESTING:
            raise _NotPlainError
        if self._has("NOT"):
            condition: Condition = Not(self._one())
        elif self._has("("):
            condition = self._any_of()
            self._take(")")
        else:
            condition = self._test()
        self._depth -= 1
        return condition

    def _test(self) -> Condition:
        subject = self._operand()
        if self._peek() in _OPERATORS:
            return _compared(subject, Operator(_OPERATORS[self._advance()]), self._operand())
        if self._has("IS"):
            negated = self._has("NOT")
            self._take("NULL")
            return _negated(IsNull(_column(subject)), negated)
        negated = self._has("NOT")
        if self._has("IN"):
            return _negated(self._one_of(subject), negated)
        if self._has("BETWEEN"):
            low = _compared(subject, Operator.GE, self._operand())
            self._take("AND")
            return _negated(conjunction((low, _compared(subject, Operator.LE, self._operand()))), negated)
        if negated:
            raise _NotPlainError
        return IsTrue(_column(subject))

    def _one_of(self, subject: Operand) -> Condition:
        self._take("(")
        choices = [_constant(self._operand())]
        while self._has(","):
            choices.append(_constant(self._operand()))
        self._take(")")
        if len({type(choice.value) for choice in choices}) > 1:
            raise _NotPlainError
        return OneOf(_column(subject), tuple(choices))

    def _operand(self) -> Operand:
        kind, token = self._tokens[self._next]
        self._advance()
        match kind:
            case "column":
                return ColumnRef(token)
            case "number":
                return Constant(int(token))
            case "text":
                return Constant(token)
            case "TRUE" | "FALSE":
                return Constant(kind == "TRUE")
        raise _NotPlainError

    # --- tokens ----------------------------------------------------------------

    def _peek(self) -> str:
        return self._tokens[self._next][0]

    def _advance(self) -> str:
        """The kind of the next token, which is taken; the last one stays."""
        kind = self._peek()
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return kind

    def _has(self, kind: str) -> bool:
        """Take the next token if it is of this kind."""
        found = self._peek() == kind
        if found:
            self._advance()
        return found

    def _take(self, kind: str) -> None:
        if not self._has(kind):
            raise _NotPlainError


def _compared(left: Operand, operator: Operator, right: Operand) -> Condition:
    constants = [operand for operand in (left, right) if isinstance(operand, Constant)]
    if len(constants) == 2 or (operator.orders and any(type(constant.value) is not int for constant in constants)):
        raise _NotPlainError
    return Compare(left, operator, right)


def _negated(condition: Condition, negated: bool) -> Condition:
    return Not(condition) if negated else condition


def _column(operand: Operand) -> ColumnRef:
    if not isinstance(operand, ColumnRef):
        raise _NotPlainError
    return operand


def _constant(operand: Operand) -> Constant:
    if not isinstance(operand, Constant):
        raise _NotPlainError
    return operand
