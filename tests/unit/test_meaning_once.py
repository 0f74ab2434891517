"""What a spec means is said in pointsman.spec.meaning, and nowhere a second time."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.checkout import TOP

PACKAGES = (TOP / "generator" / "pointsman", TOP / "conformance" / "pointsman_conformance")
HOME = "pointsman/spec/meaning/"


def is_attribute(node: ast.AST, *names: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in names


def is_settlement(node: ast.AST) -> bool:
    """``settle.first`` and ``settle.otherwise`` are ways to find out, and no exceptions."""
    text = ast.unparse(node)
    return "settle" in text.rpartition(".")[0]


def matches_patterns(node: ast.AST) -> bool:
    """Imports what compares a message with a pattern."""
    if isinstance(node, ast.Import):
        return any(each.name == "fnmatch" for each in node.names)
    return isinstance(node, ast.ImportFrom) and node.module == "fnmatch"


def reads_matches(node: ast.AST) -> bool:
    """Reads the descriptions of a line of outcomes, as one does who decides whether the line fits a response."""
    return is_attribute(node, "matches")


def reads_otherwise(node: ast.AST) -> bool:
    """Reads what a webhook or an event means in a status."""
    return is_attribute(node, "otherwise") and not is_settlement(node)


def reads_then(node: ast.AST) -> bool:
    """Reads what follows a result."""
    return is_attribute(node, "then", "answers") and "queue" in ast.unparse(node).rpartition(".")[0]


def takes_a_path_apart(node: ast.AST) -> bool:
    """Splits a text at its dots."""
    return (
        isinstance(node, ast.Call)
        and is_attribute(node.func, "split", "rsplit", "partition")
        and [each.value for each in node.args if isinstance(each, ast.Constant)] == ["."]
    )


def maps_stored_values(node: ast.AST) -> bool:
    """Makes a map of a lifecycle's statuses by their stored values, or looks for one with a value."""
    if isinstance(node, ast.DictComp):
        by_value = is_attribute(node.key, "value") and "status" in ast.unparse(node.key)
        return by_value and ast.unparse(node.value) in {"status", "status.name"} and is_of_lifecycle(node.generators[0])
    text = ast.unparse(node) if isinstance(node, ast.Compare) else ""
    return text.startswith("status.value == ") and text != "status.value == status.name"


def is_of_lifecycle(clause: ast.comprehension) -> bool:
    """Goes through the statuses or the queues of a lifecycle; a draft has statuses of its own."""
    whose, _, what = ast.unparse(clause.iter).rpartition(".")
    return whose.endswith("lifecycle") and what in {"statuses", "queues"}


def reads_a_span(node: ast.AST) -> bool:
    """Makes seconds of a lease, of the longest pause, or of what a request needs to settle."""
    if not (isinstance(node, ast.Call) and is_attribute(node.func, "total_seconds")):
        return False
    return any(word in ast.unparse(node) for word in ("lease", "longest_pause", "settles"))


def looks_for_queues(node: ast.AST) -> bool:
    """Asks of one queue after another whether it holds a status."""
    return (
        isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp))
        and is_of_lifecycle(node.generators[0])
        and isinstance(node.elt, ast.Name)
        and any(re.search(r"\bin \w+\.statuses", ast.unparse(test)) for test in node.generators[0].ifs)
    )


def looks_up_the_call(node: ast.AST) -> bool:
    """Looks the call of a queue up by its name."""
    return isinstance(node, ast.Subscript) and ast.unparse(node).endswith("call[queue.call]")


def names_steps(node: ast.AST) -> bool:
    """Makes a set of the words for steps, to tell them from events."""
    return isinstance(node, (ast.SetComp, ast.GeneratorExp)) and ast.unparse(node.generators[0].iter) == "NextStep"


READINGS: tuple[Callable[[ast.AST], bool], ...] = (
    matches_patterns,
    reads_matches,
    reads_otherwise,
    reads_then,
    takes_a_path_apart,
    maps_stored_values,
    reads_a_span,
    looks_for_queues,
    looks_up_the_call,
    names_steps,
)

ALLOWED: Mapping[tuple[str, str], str] = {
    ("matches_patterns", "pointsman_conformance/known_failures.py"): "patterns of requirements, not of messages",
    (
        "reads_matches",
        "pointsman/linting/rules/already_done_without_receipt.py",
    ): "asks for the statuses of a line",
    ("reads_matches", "pointsman/linting/rules/no_unmatched.py"): "asks whether a line catches the rest",
    ("reads_matches", "pointsman/linting/rules/shadowed_outcome.py"): "compares lines with each other",
    ("reads_matches", "pointsman/linting/rules/silence_taken_as_answer.py"): "names the place of each description",
    ("reads_matches", "pointsman/world/replies.py"): "makes a response that fits; the meaning says what it is",
    ("reads_matches", "pointsman_conformance/provider/replies.py"): "the same",
    ("reads_matches", "pointsman_conformance/mutants/variants.py"): "changes the spec",
    ("reads_otherwise", "pointsman/linting/rules/unused_answer.py"): "names the place of each answer",
    ("reads_otherwise", "pointsman/linting/rules/webhook_moves_nothing.py"): "the same",
    ("reads_otherwise", "pointsman/showing/tables.py"): "prints what the spec says",
    ("looks_up_the_call", "pointsman/spec/lifecycle.py"): "`Lifecycle.call_of` itself",
}
"""Where a reading is something else, and what."""


def copies(package: Path) -> Iterator[tuple[str, str, int]]:
    """Each reading outside the meaning's own modules: what it is, the file, the line."""
    for path in sorted(package.rglob("*.py")):
        name = str(path.relative_to(package.parent))
        if name.startswith(HOME):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for reads in READINGS:
                if reads(node):
                    yield reads.__name__, name, getattr(node, "lineno", 0)


@pytest.fixture(scope="module")
def found() -> list[tuple[str, str, int]]:
    return [copy for package in PACKAGES for copy in copies(package)]


def test_nothing_but_the_meaning_reads_what_a_spec_means(found: list[tuple[str, str, int]]) -> None:
    assert [copy for copy in found if copy[:2] not in ALLOWED] == []


def test_what_is_allowed_is_there(found: list[tuple[str, str, int]]) -> None:
    assert {copy[:2] for copy in found} >= ALLOWED.keys()


PLANTED = {
    "matches_patterns": "from fnmatch import fnmatchcase",
    "reads_matches": "def fits(rule, reply):\n    return any(match(m, reply) for m in rule.matches)",
    "reads_otherwise": "def meant(hook, status):\n    return dict(hook.otherwise).get(status, hook.event)",
    "reads_then": "def follows(queue, reply):\n    return dict(queue.then).get(reply)",
    "takes_a_path_apart": "def read(body, name):\n    for part in name.split('.'):\n        body = body[part]",
    "maps_stored_values": "def names(lifecycle):\n    return {status.value: status for status in lifecycle.statuses}",
    "reads_a_span": "def lease(claims):\n    return claims.lease.total_seconds()",
    "looks_for_queues": "def of(lifecycle, at):\n    return [q for q in lifecycle.queues if at in q.statuses]",
    "looks_up_the_call": "def call(lifecycle, queue):\n    return lifecycle.call[queue.call]",
    "names_steps": "STEPS = frozenset(str(step) for step in NextStep)",
}


@pytest.mark.parametrize("reading", READINGS, ids=lambda reads: reads.__name__)
def test_a_private_copy_is_found_by_its_own_name(reading: Callable[[ast.AST], bool], tmp_path: Path) -> None:
    package = tmp_path / "pointsman"
    package.mkdir()
    (package / "copy.py").write_text(PLANTED[reading.__name__], encoding="utf-8")
    assert {copy[:2] for copy in copies(package)} == {(reading.__name__, "pointsman/copy.py")}


def test_a_planted_copy_in_the_meaning_itself_is_at_home_and_a_settlement_is_none(tmp_path: Path) -> None:
    home = tmp_path / HOME
    home.mkdir(parents=True)
    (home / "copy.py").write_text("\n".join(PLANTED.values()), encoding="utf-8")
    (tmp_path / "pointsman" / "other.py").write_text("ways = {settle.first, settle.otherwise}", encoding="utf-8")
    assert list(copies(tmp_path / "pointsman")) == []


def test_the_old_copies_would_be_found() -> None:
    """Two from before there was a meaning, as they stood."""
    for source in (
        "answer = held.queue.answers.get(CallResult.NOT_TRIED, NextStep.WAIT)",
        "place(shown, name.split('.'), recorded[column])",
    ):
        assert any(reads(node) for node in ast.walk(ast.parse(source)) for reads in READINGS)
