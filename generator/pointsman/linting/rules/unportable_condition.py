"""A condition uses a column in a way that PostgreSQL refuses, or that depends on the collation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pointsman.linting.rules.rule import LintContext, Rule, key
from pointsman.spec.condition import Atom, ColumnRef, Compare, Condition, IsTrue, atoms, operands
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.source import Path

_ORDERED_BY_COLLATION = frozenset({"text", "varchar", "char"})
_WITHOUT_EQUALITY = frozenset({"json"})


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    types = (
        {column.name: column.type.partition("(")[0] for column in lifecycle.table.columns} if lifecycle.table else {}
    )
    for path, condition, about in _conditions(lifecycle):
        for atom in atoms(condition):
            if fault := _fault(atom, types):
                said, advice, severity = fault
                yield RULE.finding(
                    lifecycle.place(*path, value=True),
                    said,
                    advice,
                    about,
                    severity=severity,
                )
                break


def _conditions(lifecycle: Lifecycle) -> Iterator[tuple[Path, Condition, str]]:
    """Every condition once: its path in the spec, the condition, and the subject of a finding about it."""
    for column in lifecycle.table.columns if lifecycle.table is not None else ():
        if column.check is not None:
            yield ("table", "columns", column.name, "check"), column.check, f"column:{column.name}"
    done: set[Path] = set()
    for transition in lifecycle.transitions:
        if transition.when is not None and transition.path not in done:
            done.add(transition.path)
            yield (*transition.path, "when"), transition.when, key(transition)


def _fault(atom: Atom, types: Mapping[str, str]) -> tuple[str, str, Severity] | None:
    names = [operand.name for operand in operands(atom) if isinstance(operand, ColumnRef)]
    kinds = {name: types.get(name, "") for name in names}
    if isinstance(atom, IsTrue) and kinds[atom.column.name] != "boolean":
        name = atom.column.name
        said = f"{name} stands alone in the condition, and is {kinds[name]} and not boolean"
        return said, f"Compare it with something, such as {name} > 0.", Severity.ERROR
    without = next((name for name in names if kinds[name] in _WITHOUT_EQUALITY and isinstance(atom, Compare)), None)
    if without is not None:
        said = f"the condition compares {without}, which is json: PostgreSQL has no such comparison"
        return said, "Declare it as jsonb, or keep what the lifecycle needs in a column of its own.", Severity.ERROR
    if isinstance(atom, Compare) and atom.operator.orders and set(kinds.values()) & _ORDERED_BY_COLLATION:
        said = f"the condition orders {' and '.join(names)}, and the order of texts is the collation's"
        return said, "Compare texts with =, <> or in; order numbers or times.", Severity.WARNING
    return None


RULE = Rule(
    "unportable-condition",
    Severity.ERROR,
    "A condition uses a column in a way that PostgreSQL refuses, or that depends on the collation.",
    _check,
)
