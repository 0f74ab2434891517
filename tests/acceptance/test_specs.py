"""Every spec of this repository loads, lints clean, generates, and works on a real database; the customer's matrix."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from pointsman.cli import main
from pointsman.linting.ignores import ignores
from pointsman.linting.lint import lint
from pointsman.loading.load import load
from pointsman.result import Exit
from pointsman.spec.finding import Severity
from pointsman.spec.lifecycle import ClaimBy, EarlyEvent, Lifecycle, SettleBy
from tests.checkout import TOP
from tests.guards import expected, python_guard, strangers
from tests.toolchains import need

SPEC = TOP / "spec"
SPECS = sorted(SPEC.glob("*.yaml"))
HISTORY = sorted(SPEC.glob("history/*.yaml"))
LIFECYCLES = {path.stem: load(path) for path in SPECS}

MOVES = {
    ("pending", "completed"),
    ("pending", "failed"),
    ("completed", "reversal_pending"),
    ("failed", "completed"),
    ("failed", "permanently_failed"),
    ("reversal_pending", "reversed"),
    ("reversal_pending", "permanently_failed"),
}
"""What the customer wrote down before there was any code."""


def name(path: Path) -> str:
    """How a spec is called in a test's name."""
    return str(path.relative_to(SPEC).with_suffix(""))


# --- the customer's matrix ---------------------------------------------------


def test_of_the_36_pairs_of_a_seller_transfer_7_move_6_stay_and_23_are_refused() -> None:
    lifecycle = LIFECYCLES["seller_transfer"]
    statuses = [status.name for status in lifecycle.statuses]
    pairs = [(source, target) for source in statuses for target in statuses]
    moving = [pair for pair in pairs if pair in lifecycle.pairs]
    staying = [(source, target) for source, target in pairs if source == target]
    assert len(pairs) == 36
    assert set(moving) == MOVES
    assert len(moving) == 7
    assert len(staying) == 6
    assert len([pair for pair in pairs if pair not in moving and pair not in staying]) == 23


def test_the_two_terminal_statuses_of_a_seller_transfer_have_no_way_out() -> None:
    lifecycle = LIFECYCLES["seller_transfer"]
    terminal = {status.name for status in lifecycle.statuses if status.terminal}
    assert terminal == {"reversed", "permanently_failed"}
    assert all(lifecycle.moves[status] == () for status in terminal)


def test_the_stored_values_of_a_seller_transfer_are_the_customers() -> None:
    assert [status.value for status in LIFECYCLES["seller_transfer"].statuses] == [
        "pending",
        "completed",
        "failed",
        "reversal_pending",
        "reversed",
        "permanently_failed",
    ]


# --- every spec ----------------------------------------------------------------


def test_there_are_at_least_four_lifecycles_and_one_of_them_is_large() -> None:
    assert len(SPECS) >= 4
    assert max(len(lifecycle.statuses) for lifecycle in LIFECYCLES.values()) >= 25


@pytest.mark.parametrize("path", SPECS, ids=name)
def test_a_spec_lints_clean_without_ignoring_anything(path: Path) -> None:
    lifecycle = load(path)
    assert lint(lifecycle) == ()
    assert ignores(lifecycle.source) == ()


@pytest.mark.parametrize("path", SPECS, ids=name)
def test_a_spec_is_named_after_its_file_and_says_where_it_comes_from(path: Path) -> None:
    lifecycle = load(path)
    assert lifecycle.name == path.stem
    assert lifecycle.summary
    assert all(status.summary for status in lifecycle.statuses)
    assert path.name in (SPEC / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SPECS, ids=name)
def test_a_spec_has_a_queue_a_call_and_an_event_from_outside(path: Path) -> None:
    lifecycle = load(path)
    assert lifecycle.queues
    assert lifecycle.calls
    assert lifecycle.events


def test_all_specs_lint_clean_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", *map(str, SPECS)]) == Exit.OK
    assert "ach_debit" in capsys.readouterr().out


@pytest.mark.parametrize("path", HISTORY, ids=name)
def test_what_lint_says_of_the_past_is_what_the_present_spec_has_mended(path: Path) -> None:
    found = {finding.code for finding in lint(load(path)) if finding.severity is not Severity.NOTE}
    assert found == {"never-due", "worker-without-queue"}
    assert not found & {finding.code for finding in lint(LIFECYCLES["seller_transfer"])}


# --- what is generated -----------------------------------------------------------


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder per spec, holding what `pointsman generate` writes for it, every target."""
    top = tmp_path_factory.mktemp("generated")
    for path in (*SPECS, *HISTORY):
        assert main(["generate", str(path), "--out", str(top / path.stem), "--quiet"]) == Exit.OK
    return top


@pytest.mark.parametrize("path", [*SPECS, *HISTORY], ids=name)
def test_the_python_guard_of_a_spec_says_what_its_graph_says(path: Path) -> None:
    lifecycle = load(path)
    guard = python_guard(lifecycle)
    for (source, target), allowed in expected(lifecycle).items():
        assert guard.can_transition(source, target) is allowed, (source, target)
    for stranger in strangers(lifecycle):
        assert not guard.can_transition(stranger, stranger)


def test_the_go_guards_of_all_specs_pass_their_own_tests(generated: Path) -> None:
    need("go")
    (generated / "go.mod").write_text("module specs\n\ngo 1.21\n", encoding="utf-8")
    done = subprocess.run(["go", "test", "./..."], cwd=generated, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok ") == len(SPECS) + len(HISTORY)


@pytest.mark.parametrize("path", SPECS, ids=name)
def test_graphviz_draws_the_diagram_of_a_spec(path: Path, generated: Path) -> None:
    dot = generated / path.stem / f"{path.stem}.dot"
    done = subprocess.run([need("dot"), "-Tsvg", str(dot)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lifecycle = load(path)
    assert all(status.name in done.stdout or status.value in done.stdout for status in lifecycle.statuses)


@pytest.mark.parametrize("path", [*SPECS, *HISTORY], ids=name)
def test_postgres_takes_the_schema_of_a_spec(path: Path, generated: Path, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        _apply(connection, load(path), generated / path.stem)


@pytest.mark.parametrize("path", SPECS, ids=name)
def test_postgres_takes_the_queries_of_a_spec_and_each_queue_has_its_claim(
    path: Path, generated: Path, database: str
) -> None:
    lifecycle = load(path)
    text = (generated / path.stem / "queries.sql").read_text(encoding="utf-8")
    head, *rest = re.split(r"^-- name: (\w+)$", text, flags=re.MULTILINE)
    names, queries = rest[::2], rest[1::2]
    assert head.startswith("--")
    assert {f"claim_{queue.name}" for queue in lifecycle.queues} <= set(names)
    with psycopg.connect(database, autocommit=True) as connection:
        _apply(connection, lifecycle, generated / path.stem)
        for query_name, query in zip(names, queries, strict=True):
            connection.execute(f"prepare {query_name} as {query}".encode())


def _apply(connection: psycopg.Connection, lifecycle: Lifecycle, folder: Path) -> None:
    if lifecycle.table is not None and lifecycle.table.schema is not None:
        connection.execute(f'create schema "{lifecycle.table.schema}"'.encode())
    connection.execute((folder / "schema.sql").read_bytes())


# --- what the specs are for ---------------------------------------------------------


USED: dict[str, Callable[[Lifecycle], bool]] = {
    "a stored value that differs from the name": lambda one: any(s.value != s.name for s in one.statuses),
    "a list in from": lambda one: len({t.path for t in one.transitions}) < len(one.transitions),
    "several initial statuses": lambda one: sum(status.initial for status in one.statuses) > 1,
    "several events on one edge": lambda one: len({(t.pair, t.event) for t in one.transitions}) > len(one.pairs),
    "a condition on a transition": lambda one: any(t.when for t in one.transitions),
    "a declared self-transition": lambda one: any(source == target for source, target in one.pairs),
    "an event's own stored value": lambda one: any(event.value != event.name for event in one.events),
    "claims by lock": lambda one: one.claims is not None and one.claims.by is ClaimBy.LOCK,
    "claims by bump": lambda one: one.claims is not None and one.claims.by is ClaimBy.BUMP,
    "settling by looking up first": lambda one: one.settle is not None and one.settle.first is SettleBy.LOOK_UP,
    "a queue over several statuses": lambda one: any(len(queue.statuses) > 1 for queue in one.queues),
    "a queue without a call": lambda one: any(queue.call is None for queue in one.queues),
    "resting statuses": lambda one: any(status.resting for status in one.statuses),
    "several queues": lambda one: len(one.queues) > 1,
    "a table in a schema": lambda one: one.table is not None and one.table.schema is not None,
    "a kept event": lambda one: any(EarlyEvent.KEEP in dict(e.otherwise).values() for e in one.events),
    "a webhook that means something else elsewhere": lambda one: any(
        hook.otherwise for call in one.calls for hook in call.webhooks
    ),
    "a call without a key": lambda one: any(call.key is None for call in one.calls),
    "an actor with a summary": lambda one: any(actor.summary for actor in one.actors),
}


@pytest.mark.parametrize("part", USED)
def test_the_specs_together_use_the_language(part: str) -> None:
    assert any(USED[part](lifecycle) for lifecycle in LIFECYCLES.values())
