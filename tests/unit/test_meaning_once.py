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


Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

DOTS = {".", r"\.", "[.]"}
"""A dot, as a text and as the patterns that mean it."""


class Constants(ast.NodeTransformer):
    """Puts the value of a constant in the place of its name, so that a reading is seen through ``DOT = "."``."""

    def __init__(self, tree: ast.AST) -> None:
        """Collect the names that `tree` binds once, and to a text or a number."""
        bound = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
        bound += [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)]
        self.values: dict[str, ast.Constant] = {}
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, ast.AnnAssign | ast.NamedExpr) else targets
            value = getattr(node, "value", None)
            for each in targets:
                if isinstance(value, ast.Constant) and isinstance(each, ast.Name) and bound.count(each.id) == 1:
                    self.values[each.id] = value

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """The constant, where `node` reads the name of one."""
        known = self.values.get(node.id) if isinstance(node.ctx, ast.Load) else None
        return node if known is None else ast.copy_location(ast.Constant(known.value), node)


def parsed(source: str) -> ast.AST:
    """The module `source`, with its constants in the places of their names."""
    tree = ast.parse(source)
    return Constants(tree).visit(tree)  # type: ignore[no-any-return]  # a module stays a module


def is_attribute(node: ast.AST, *names: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in names


def calls(node: ast.AST, *names: str) -> bool:
    """Calls a function or a method with one of these names."""
    if not isinstance(node, ast.Call):
        return False
    return is_attribute(node.func, *names) or (isinstance(node.func, ast.Name) and node.func.id in names)


def given(node: ast.AST) -> set[object]:
    """The constants among the arguments of a call, by place or by name."""
    if not isinstance(node, ast.Call):
        return set()
    values = (*node.args, *(each.value for each in node.keywords))
    return {each.value for each in values if isinstance(each, ast.Constant)}


def clauses(node: ast.AST, *what: str) -> Iterator[str]:
    """The variables with which a loop goes through `what` of something: ``q`` for ``for q in lifecycle.queues``."""
    if isinstance(node, ast.For):
        over = [(node.target, node.iter)]
    elif isinstance(node, Comprehension):
        over = [(each.target, each.iter) for each in node.generators]
    else:
        over = []
    for target, through in over:
        if any(is_attribute(each, *what) for each in ast.walk(through)):
            yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))


def compares(node: ast.AST, text: str, *how: type[ast.cmpop]) -> bool:
    """Compares `text` with something, in one of the ways `how`, somewhere in `node`."""
    return any(
        text in map(ast.unparse, (each.left, *each.comparators)) and any(isinstance(op, how) for op in each.ops)
        for each in ast.walk(node)
        if isinstance(each, ast.Compare)
    )


def is_settlement(node: ast.AST) -> bool:
    """``settle.first`` and ``settle.otherwise`` are ways to find out, and no exceptions."""
    text = ast.unparse(node)
    return "settle" in text.rpartition(".")[0]


def matches_patterns(node: ast.AST) -> bool:
    """Imports what compares a message with a pattern."""
    if isinstance(node, ast.Import):
        return any(each.name == "fnmatch" for each in node.names)
    if isinstance(node, ast.Call):
        return calls(node, "import_module", "__import__") and "fnmatch" in given(node)
    return isinstance(node, ast.ImportFrom) and node.module == "fnmatch"


def reads_matches(node: ast.AST) -> bool:
    """Reads the descriptions of a line of outcomes, as one does who decides whether the line fits a response."""
    return is_attribute(node, "matches")


def reads_otherwise(node: ast.AST) -> bool:
    """Reads what a webhook or an event means in a status."""
    return is_attribute(node, "otherwise") and not is_settlement(node)


def reads_then(node: ast.AST) -> bool:
    """Reads what follows a result."""
    return is_attribute(node, "then") or (is_attribute(node, "answers") and "queue" in ast.unparse(node))


def reads_by_name(node: ast.AST) -> bool:
    """Reads one of these by its name, which the rules for attributes do not see."""
    return calls(node, "getattr", "attrgetter") and bool(given(node) & {"matches", "otherwise", "then", "outcomes"})


def takes_a_path_apart(node: ast.AST) -> bool:
    """Splits a text at its dots, with a method of texts or with a pattern."""
    return calls(node, "split", "rsplit", "partition", "rpartition", "compile") and bool(given(node) & DOTS)


def names_parameters(node: ast.AST) -> bool:
    """Puts a part of a path in square brackets, or takes a parameter apart at them."""
    if calls(node, "split", "rsplit", "partition", "rpartition"):
        return bool(given(node) & {"[", r"\["})
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.search(r"\{\w*\}\[\{\w*\}\]|%s\[%s\]", node.value) is not None
    if not isinstance(node, ast.JoinedStr):
        return False
    shape = "".join(each.value if isinstance(each, ast.Constant) else "\0" for each in node.values)  # type: ignore[misc]  # the texts of an f-string
    return "\0[\0]" in shape


def maps_stored_values(node: ast.AST) -> bool:
    """Makes a map of statuses by their stored values, or looks for one with a value."""
    for name in clauses(node, "statuses"):
        if isinstance(node, ast.DictComp) and ast.unparse(node.key) == f"{name}.value":
            return True
        if compares(node, f"{name}.value", ast.Eq, ast.NotEq) and not compares(node, f"{name}.name", ast.Eq, ast.NotEq):
            return True
    text = ast.unparse(node) if isinstance(node, ast.Compare) else ""
    return text.startswith("status.value == ") and text != "status.value == status.name"


def reads_a_span(node: ast.AST) -> bool:
    """Makes seconds of a lease, of the longest pause, or of what a request needs to settle."""
    spans = ("lease", "longest_pause", "settles")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv):
        return is_attribute(node.left, *spans)
    return is_attribute(node, "seconds", "total_seconds") and any(word in ast.unparse(node) for word in spans)


def looks_for_queues(node: ast.AST) -> bool:
    """Asks of one queue after another whether it holds a status."""
    return any(compares(node, f"{name}.statuses", ast.In, ast.NotIn) for name in clauses(node, "queues"))


def looks_up_the_call(node: ast.AST) -> bool:
    """Looks the call of a queue up by its name."""
    if isinstance(node, ast.Subscript):
        return is_attribute(node.slice, "call")
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and is_attribute(node.func.value, "call")
        and any(is_attribute(each, "call") for each in node.args)
    )


def reads_member(node: ast.AST, *names: str) -> bool:
    """Reads a member with one of these names: ``body["error"]``, ``body.get("error")``; writing one is no reading."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return isinstance(node.slice, ast.Constant) and node.slice.value in names
    if isinstance(node, ast.Call) and is_attribute(node.func, "get", "pop") and node.args:
        return isinstance(node.args[0], ast.Constant) and node.args[0].value in names
    return False


def reads_an_error(node: ast.AST) -> bool:
    """Reads the error of a response."""
    return reads_member(node, "error")


def reads_a_list(node: ast.AST) -> bool:
    """Reads the objects of a list, or whether it goes on."""
    return reads_member(node, "data", "has_more")


def tells_what_is_gone(node: ast.AST) -> bool:
    """Names 404 and 410 together, the statuses of what is not there."""
    if not isinstance(node, ast.Set | ast.Tuple | ast.List | ast.BoolOp | ast.MatchOr):
        return False
    return {404, 410} <= {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}


def fills_a_template(node: ast.AST) -> bool:
    """Puts values into the text of a template."""
    return calls(node, "replace") and is_attribute(getattr(node.func, "value", node), "text")  # type: ignore[attr-defined]  # a call


def names_steps(node: ast.AST) -> bool:
    """Makes a set of the words for steps, to tell them from events."""
    return isinstance(node, (ast.SetComp, ast.GeneratorExp)) and ast.unparse(node.generators[0].iter) == "NextStep"


READINGS: tuple[Callable[[ast.AST], bool], ...] = (
    matches_patterns,
    reads_matches,
    reads_otherwise,
    reads_then,
    reads_by_name,
    takes_a_path_apart,
    names_parameters,
    maps_stored_values,
    reads_a_span,
    looks_for_queues,
    looks_up_the_call,
    reads_an_error,
    reads_a_list,
    tells_what_is_gone,
    fills_a_template,
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
    ("reads_then", "pointsman/world/ground.py"): "the `to` of a property, not what follows a result",
    ("reads_then", "pointsman/world/truths.py"): "the same",
    ("takes_a_path_apart", "pointsman_conformance/provider/from_spec.py"): "the type of an event, as Stripe has it",
    ("names_parameters", "pointsman/rendering/python.py"): "a subscript of the generated Python",
    ("names_parameters", "pointsman/reporting/stories/record.py"): "the place in a file, for a message",
    ("names_parameters", "pointsman_conformance/core/shapes.py"): "the place in a record, for a message",
    ("names_parameters", "pointsman_conformance/provider/forms.py"): "the provider's wire: it reads what the form has",
    ("names_parameters", "pointsman_conformance/provider/from_spec.py"): "the provider's wire: a name in a query",
    ("names_parameters", "pointsman_conformance/provider/server.py"): "the provider's wire: a JSON body as a form",
    ("maps_stored_values", "pointsman/spec/lifecycle.py"): "`Lifecycle.by_value` itself",
    ("maps_stored_values", "pointsman/sql/changes.py"): "the columns that each stored value demands, not its status",
    ("maps_stored_values", "pointsman/verbs/init.py"): "statuses of a draft, which has no lifecycle yet",
    ("looks_for_queues", "pointsman_conformance/laws/applies.py"): "asks whether some transition leaves a queue",
    ("looks_up_the_call", "pointsman/spec/lifecycle.py"): "`Lifecycle.call_of` itself",
    ("looks_up_the_call", "pointsman/world/ground.py"): "the queue's call among those that have a leg",
    ("looks_up_the_call", "pointsman_conformance/drivers/in_process.py"): "the call of a step, not of a queue",
    ("looks_up_the_call", "pointsman_conformance/harm/in_run.py"): "the call of a leg, not of a queue",
    ("looks_up_the_call", "pointsman_conformance/laws/amount_conserved.py"): "the call of a leg, not of a queue",
    ("looks_up_the_call", "pointsman_conformance/laws/reader.py"): "the call of a request, not of a queue",
    ("looks_up_the_call", "pointsman_conformance/testbed/testbed.py"): "the call of a step, not of a queue",
    ("reads_a_list", "pointsman_conformance/reference/webhook_server.py"): "Stripe's envelope of an event",
    ("fills_a_template", "pointsman/loading/scalars.py"): "the text of a YAML scalar",
    ("fills_a_template", "pointsman_conformance/mutants/variants.py"): "changes the spec",
}
"""Where a reading is something else, and what."""


def copies(package: Path) -> Iterator[tuple[str, str, int]]:
    """Each reading outside the meaning's own modules: what it is, the file, the line."""
    for path in sorted(package.rglob("*.py")):
        name = str(path.relative_to(package.parent))
        if name.startswith(HOME):
            continue
        for node in ast.walk(parsed(path.read_text(encoding="utf-8"))):
            for reads in READINGS:
                if reads(node):
                    yield reads.__name__, name, getattr(node, "lineno", 0)


@pytest.fixture(scope="module")
def found() -> list[tuple[str, str, int]]:
    return [copy for package in PACKAGES for copy in copies(package)]


def test_nothing_but_the_meaning_reads_what_a_spec_means(found: list[tuple[str, str, int]]) -> None:
    assert [copy for copy in found if copy[:2] not in ALLOWED] == []


def test_each_place_that_is_allowed_is_still_there_and_has_its_reason(found: list[tuple[str, str, int]]) -> None:
    assert {copy[:2] for copy in found} >= ALLOWED.keys()
    assert all(reason.strip() for reason in ALLOWED.values())


PLANTED: Mapping[str, tuple[str, ...]] = {
    "matches_patterns": (
        "from fnmatch import fnmatchcase",
        "import fnmatch",
        "import fnmatch as patterns",
        "patterns = importlib.import_module('fnmatch')",
    ),
    "reads_matches": ("def fits(rule, reply):\n    return any(match(m, reply) for m in rule.matches)",),
    "reads_otherwise": ("def meant(hook, status):\n    return dict(hook.otherwise).get(status, hook.event)",),
    "reads_then": (
        "def follows(queue, reply):\n    return dict(queue.then).get(reply)",
        "def follows(q, reply):\n    return dict(q.then).get(reply)",
        "follows = {each.name: dict(each.then) for each in lifecycle.queues}",
    ),
    "reads_by_name": (
        "lines = getattr(rule, 'matches')",
        "means = getattr(hook, 'otherwise', ())",
        "follows = getattr(q, 'then')",
        "lines = getattr(call, 'outcomes')",
        "follows = operator.attrgetter('then')",
        "WORD = 'then'\nfollows = getattr(q, WORD)",
    ),
    "takes_a_path_apart": (
        "def read(body, name):\n    for part in name.split('.'):\n        body = body[part]",
        "parts = name.split(sep='.')",
        "parts = name.split('.', 1)",
        "parts = name.rsplit('.')",
        "parts = str.split(name, '.')",
        "parts = re.split(r'\\.', name)",
        "parts = re.split('[.]', name)",
        "from re import split\nparts = split(r'\\.', name)",
        "parts = re.compile(r'\\.').split(name)",
        "d = '.'\nparts = name.split(d)",
        "DOT: str = '.'\ndef read(name):\n    return name.split(DOT)",
        "first, _, rest = path.partition('.')",
        "before, _, last = path.rpartition('.')",
    ),
    "names_parameters": (
        "sent = f'{a}[{b}]'",
        "sent = f'{a.name}[{b!r}]{rest}'",
        "sent = '{}[{}]'.format(a, b)",
        "sent = '%s[%s]' % (a, b)",
        "parts = name.split('[')",
        "first = name.partition('[')[0]",
    ),
    "maps_stored_values": (
        "def names(lifecycle):\n    return {status.value: status for status in lifecycle.statuses}",
        "known = {s.value: s for s in lifecycle.statuses}",
        "known = {each.value: each.name for each in self._spec.statuses}",
        "known = {s.value: n for n, s in enumerate(lifecycle.statuses)}",
        "found = next(s for s in lifecycle.statuses if s.value == stored)",
        "found = [s.name for s in lifecycle.statuses if stored == s.value]",
        "for s in lifecycle.statuses:\n    if s.value == stored:\n        found = s",
    ),
    "reads_a_span": (
        "def lease(claims):\n    return claims.lease.total_seconds()",
        "lasts = claims.lease.seconds",
        "lasts = lifecycle.claims.lease.total_seconds()",
        "lasts = c.lease / timedelta(seconds=1)",
        "seconds = claims.lease.total_seconds",
    ),
    "looks_for_queues": (
        "def of(lifecycle, at):\n    return [q for q in lifecycle.queues if at in q.statuses]",
        "held = any(at in each.statuses for each in lifecycle.queues)",
        "held = {q.name: q for q in self.queues if at in q.statuses and q.call}",
        "held = [q for spec in specs for q in spec.queues if at in q.statuses]",
        "for each in lifecycle.queues:\n    if at in each.statuses:\n        held.append(each)",
        "for q in lifecycle.queues:\n    if at not in q.statuses:\n        continue",
    ),
    "looks_up_the_call": (
        "def call(lifecycle, queue):\n    return lifecycle.call[queue.call]",
        "made = lifecycle.call[q.call]",
        "made = calls[each.call]",
        "made = lifecycle.call.get(q.call)",
    ),
    "reads_an_error": (
        "problem = body.get('error')",
        "problem = body.get('error', body)",
        "problem = body['error']",
        "ERROR = 'error'\nproblem = body[ERROR]",
    ),
    "reads_a_list": (
        "items = body.get('data', [])",
        "items = body['data']",
        "more = body.get('has_more')",
        "more = body['has_more'] is True",
        "LIST = 'data'\nitems = body.get(LIST)",
    ),
    "tells_what_is_gone": (
        "GONE = frozenset({404, 410})",
        "gone = status in (404, 410)",
        "gone = status in [403, 404, 410]",
        "gone = status == 404 or status == 410",
        "match status:\n    case 404 | 410:\n        pass",
        "MISSING = 404\ngone = status in {MISSING, 410}",
    ),
    "fills_a_template": (
        "text = template.text.replace('{id}', str(row['id']))",
        "text = call.key.text.replace(place, value)",
    ),
    "names_steps": ("STEPS = frozenset(str(step) for step in NextStep)",),
}

NO_COPIES = (
    "body = {'error': {'code': code}}",
    "body['error'] = {'code': code}",
    "page = {'data': things, 'has_more': False}",
    "found = held['rows']",
    "words = text.split()",
    "fields = text.split(',')",
    "label = f'[{name}]'",
    "status = 404",
    "names = {s.name: s for s in lifecycle.statuses}",
    "rows = [row for row in rows if row.status in queue.statuses]",
    "text = text.replace('a', 'b')",
    "name = getattr(step, 'row')",
)
"""What is near a copy and is none: it writes, or reads something else."""


def of_one_module(source: str, top: Path) -> set[tuple[str, str]]:
    """What is found in a package whose only module is `source`."""
    package = top / "pointsman"
    package.mkdir()
    (package / "copy.py").write_text(source, encoding="utf-8")
    return {copy[:2] for copy in copies(package)}


def test_every_reading_has_a_planted_copy() -> None:
    assert PLANTED.keys() == {reads.__name__ for reads in READINGS}
    assert all(PLANTED.values())


@pytest.mark.parametrize(
    ("reading", "source"), [(name, source) for name, sources in PLANTED.items() for source in sources]
)
def test_a_private_copy_is_found_by_its_own_name(reading: str, source: str, tmp_path: Path) -> None:
    assert of_one_module(source, tmp_path) == {(reading, "pointsman/copy.py")}


@pytest.mark.parametrize("source", NO_COPIES)
def test_what_is_near_a_copy_is_not_found(source: str, tmp_path: Path) -> None:
    assert of_one_module(source, tmp_path) == set()


def test_a_planted_copy_in_the_meaning_itself_is_at_home_and_a_settlement_is_none(tmp_path: Path) -> None:
    home = tmp_path / HOME
    home.mkdir(parents=True)
    (home / "copy.py").write_text(
        "\n".join(source for sources in PLANTED.values() for source in sources), encoding="utf-8"
    )
    (tmp_path / "pointsman" / "other.py").write_text("ways = {settle.first, settle.otherwise}", encoding="utf-8")
    assert list(copies(tmp_path / "pointsman")) == []


def test_the_old_copies_would_be_found() -> None:
    """Two from before there was a meaning, as they stood."""
    for source in (
        "answer = held.queue.answers.get(CallResult.NOT_TRIED, NextStep.WAIT)",
        "place(shown, name.split('.'), recorded[column])",
    ):
        assert any(reads(node) for node in ast.walk(ast.parse(source)) for reads in READINGS)
