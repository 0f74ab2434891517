"""Compares a live trigger with the trigger of the spec's schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pointsman.auditing.wording import MOST_NAMED
from pointsman.live.table import LiveTrigger
from pointsman.sql.quoting import identifier
from pointsman.sql.schema import TableName, TransitionsRule
from pointsman.sql.statements import CreateFunction, CreateTrigger

Facts = tuple[tuple[str, str], ...]


def differences(table: TableName, rule: TransitionsRule, live: LiveTrigger) -> Iterator[tuple[str, Facts]]:
    """Each difference as the end of the sentence "The trigger is not the spec's", with its facts."""
    wanted = CreateTrigger(table, rule).sql
    if not live.every_update:
        yield "it does not fire after every update of a row", (("wanted", wanted), ("found", live.definition))
    elif _bare(live.when) != _condition(rule):
        how = f"it looks only when {live.when}" if live.when else "it fires also when the status stays as it is"
        yield how, (("wanted", wanted), ("found", live.definition))
    yield from _function_differences(table, rule, live)


def _condition(rule: TransitionsRule) -> str:
    status = identifier(rule.status_column)
    return f"old.{status} IS DISTINCT FROM new.{status}"


def _bare(when: str) -> str:
    """A condition without the cast and the parentheses that PostgreSQL prints for a varchar."""
    return re.sub(r"::text|[()]", "", when)


def _function_differences(table: TableName, rule: TransitionsRule, live: LiveTrigger) -> Iterator[tuple[str, Facts]]:
    create = CreateFunction(table, rule).sql
    body = re.search(r"\nAS (\$\w+\$)(.*)\1\Z", create, re.DOTALL)
    wanted = body[2] if body else ""
    facts = (("wanted", create), ("found", live.source))
    if _ARM.sub("", wanted).split() != _ARM.sub("", live.source).split():
        yield "its function is not the generated one", facts
        return
    ours, theirs = _moves(wanted), _moves(live.source)
    lets, refuses = _pairs(theirs) - _pairs(ours), _pairs(ours) - _pairs(theirs)
    unknown = sorted(set(ours) ^ set(theirs))
    if lets:
        yield f"it lets through {_listed(lets)}", facts
    if refuses:
        yield f"it refuses {_listed(refuses)}", facts
    if unknown and not lets and not refuses:
        yield f"it knows other statuses: {', '.join(unknown)}", facts


_LITERAL = r"E?'(?:[^'\\]|''|\\.)*'"
_ARM = re.compile(
    rf"^ *WHEN ({_LITERAL}) THEN (?:ARRAY\[({_LITERAL}(?:, {_LITERAL})*)\]|'{{}}'::text\[\])$", re.MULTILINE
)


def _moves(source: str) -> Mapping[str, frozenset[str]]:
    """The moves in a function's source: for each stored status, as a literal, the statuses that may follow it."""
    return {arm[1]: frozenset(re.findall(_LITERAL, arm[2] or "")) for arm in _ARM.finditer(source)}


def _pairs(moves: Mapping[str, frozenset[str]]) -> set[tuple[str, str]]:
    return {(source, target) for source, targets in moves.items() for target in targets}


def _listed(pairs: set[tuple[str, str]]) -> str:
    arrows = [f"{source} to {target}" for source, target in sorted(pairs)]
    more = f" and {len(arrows) - MOST_NAMED} more" if len(arrows) > MOST_NAMED else ""
    return ", ".join(arrows[:MOST_NAMED]) + more
