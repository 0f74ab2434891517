"""For any lifecycle the generated guards say of every pair what the graph says, hostile values included."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings

from pointsman.rendering import go, python
from pointsman.spec.lifecycle import Lifecycle, StatusKind
from pointsman.spec.names import camel, upper_snake
from pointsman.writing.target import TargetOptions
from tests.guards import expected, put, python_guard, sample, strangers
from tests.lifecycles import ladder, lifecycles
from tests.toolchains import need

# --- Python ----------------------------------------------------------------


@settings(deadline=None)
@given(lifecycles())
def test_the_python_guard_says_of_every_pair_what_the_graph_says(lifecycle: Lifecycle) -> None:
    guard = python_guard(lifecycle)
    for (source, target), allowed in expected(lifecycle).items():
        assert guard.can_transition(source, target) is allowed
        assert guard.can_transition(guard.Status(source), guard.Status(target)) is allowed


@settings(deadline=None)
@given(lifecycles())
def test_the_python_guard_refuses_every_status_that_it_does_not_know(lifecycle: Lifecycle) -> None:
    guard = python_guard(lifecycle)
    known = [status.value for status in lifecycle.statuses]
    odd: list[object] = [*strangers(lifecycle), None, 0, 1.5, float("nan"), b"pending", [], {}, set(), object()]
    for stranger in odd:
        assert guard.can_transition(stranger, stranger) is False
        assert not any(guard.can_transition(stranger, value) for value in known)
        assert not any(guard.can_transition(value, stranger) for value in known)


@settings(deadline=None)
@given(lifecycles())
def test_assert_transition_raises_exactly_where_can_transition_refuses(lifecycle: Lifecycle) -> None:
    guard = python_guard(lifecycle)
    assert issubclass(guard.TransitionError, ValueError)
    known = [status.value for status in lifecycle.statuses]
    for source in [*known, *strangers(lifecycle)]:
        for target in [*known, "no such status"]:
            if guard.can_transition(source, target):
                guard.assert_transition(source, target)
                continue
            with pytest.raises(guard.TransitionError) as caught:
                guard.assert_transition(source, target)
            assert (caught.value.from_status, caught.value.to_status) == (source, target)
            allowed = [] if source not in known else [t.value for t in guard.TRANSITIONS[guard.Status(source)]]
            assert [status.value for status in caught.value.allowed] == allowed
            assert repr(source) in str(caught.value)
            assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - our own bytes


@settings(deadline=None)
@given(lifecycles())
def test_the_tables_of_the_python_guard_hold_what_the_lifecycle_says(lifecycle: Lifecycle) -> None:
    guard = python_guard(lifecycle)
    assert [status.value for status in guard.Status] == [status.value for status in lifecycle.statuses]
    assert [status.name for status in guard.Status] == [upper_snake(status.name) for status in lifecycle.statuses]
    assert guard.StatusValue.__args__ == tuple(status.value for status in lifecycle.statuses)
    assert {s.value for s in guard.INITIAL} == {s.value for s in lifecycle.statuses if s.initial}
    for kind in StatusKind:
        held = {status.value for status in getattr(guard, kind.upper())}
        assert held == {status.value for status in lifecycle.statuses if status.kind is kind}
    value = {status.name: status.value for status in lifecycle.statuses}
    assert [(m.from_status, m.to_status, m.event, m.actors, m.when) for m in guard.MOVES] == [
        (value[t.source], value[t.target], t.event, t.by, t.when_text) for t in lifecycle.transitions
    ]
    queues = {name: list(statuses) for name, statuses in getattr(guard, "QUEUES", {}).items()}
    assert queues == {queue.name: [value[status] for status in queue.statuses] for queue in lifecycle.queues}
    assert getattr(guard, "BUMP_COLUMNS", None) == lifecycle.same_status


def test_ruff_leaves_python_guards_as_they_are_and_mypy_accepts_them(tmp_path: Path) -> None:
    for number, lifecycle in enumerate([*sample(60), ladder(1), ladder(40)]):
        put(python.render(lifecycle, TargetOptions()), tmp_path / f"p{number}")
        (tmp_path / f"p{number}" / "__init__.py").touch()
    ruff = [sys.executable, "-m", "ruff"]
    formatted = subprocess.run(
        [*ruff, "format", "--isolated", "--diff", "."], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert formatted.stdout == ""
    # E741: a status may be called I or O.
    chosen = ["--select", "B,E4,E7,E9,F,I,N,PYI,RUF022,UP", "--ignore", "E741", "--target-version", "py311"]
    checked = subprocess.run(
        [*ruff, "check", "--isolated", *chosen, "."], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    typed = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11", "--config-file", "", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert typed.returncode == 0, typed.stdout


def test_names_of_any_length_leave_the_python_guard_as_ruff_would_write_it(tmp_path: Path) -> None:
    for length in range(1, 64):
        put(python.render(_with_long_names(length), TargetOptions()), tmp_path / f"p{length}")
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
    assert "63 files" in done.stderr


def _with_long_names(length: int) -> Lifecycle:
    from pointsman.spec.lifecycle import Actor, ActorKind, Queue, Status, Transition

    def name(last: str) -> str:
        return ("aB" * 32)[: length - 1] + last

    return Lifecycle(
        name("l"),
        (Status(name("z"), name("z"), initial=True), Status(name("y"), name("y") + "!"), Status(name("x"), "x")),
        (
            Transition(name("z"), name("y"), name("e"), (name("w"),)),
            Transition(name("z"), name("x"), name("e"), (name("w"), name("v"))),
            Transition(name("y"), name("x"), name("e"), when_text="amount > 0"),
        ),
        summary="long " * length,
        actors=(Actor(name("w"), ActorKind.WORKER), Actor(name("v"), ActorKind.ADMIN)),
        same_status=(name("c"), name("d")),
        queues=(Queue(name("q"), (name("z"),), worker=name("w")), Queue(name("r"), (name("y"), name("x")))),
    )


# --- Go --------------------------------------------------------------------

_HARNESS = """package agree

import (
	"encoding/json"
	"os"
	"testing"

%(imports)s
)

type pair struct {
	From, To string
	Want     bool
}

func TestEveryGuardAgreesWithTheGraph(t *testing.T) {
	guards := map[string]func(string, string) bool{
%(guards)s
	}
	text, err := os.ReadFile("pairs.json")
	if err != nil {
		t.Fatal(err)
	}
	var pairs map[string][]pair
	if err := json.Unmarshal(text, &pairs); err != nil {
		t.Fatal(err)
	}
	if len(pairs) != len(guards) {
		t.Fatalf("%%d guards, %%d tables", len(guards), len(pairs))
	}
	for name, rows := range pairs {
		for _, row := range rows {
			if got := guards[name](row.From, row.To); got != row.Want {
				t.Errorf("%%s: %%q to %%q is %%t, want %%t", name, row.From, row.To, got, row.Want)
			}
		}
	}
}
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Go module with the guards of many lifecycles, a package each, and one test that asks them all."""
    need("go")
    top = tmp_path_factory.mktemp("agree")
    (top / "go.mod").write_text("module agree\n\ngo 1.21\n")
    every = [*sample(40), ladder(40)]
    pairs: dict[str, list[dict[str, object]]] = {}
    imports, guards = [], []
    for number, lifecycle in enumerate(every):
        key = f"p{number}"
        put(go.render(lifecycle, TargetOptions({"package": key})), top / key)
        imports.append(f'\t"agree/{key}"')
        guards.append(f'\t\t"{key}": {key}.CanTransition{camel(lifecycle.name)}[string, string],')
        pairs[key] = _rows(lifecycle)
    (top / "pairs.json").write_text(json.dumps(pairs))
    harness = _HARNESS % {"imports": "\n".join(imports), "guards": "\n".join(guards)}
    (top / "agree_test.go").write_text(harness)
    return top


def _rows(lifecycle: Lifecycle) -> list[dict[str, object]]:
    rows = [{"From": a, "To": b, "Want": want} for (a, b), want in expected(lifecycle).items()]
    for stranger in strangers(lifecycle):
        for status in lifecycle.statuses:
            rows.append({"From": stranger, "To": status.value, "Want": False})
            rows.append({"From": status.value, "To": stranger, "Want": False})
        rows.append({"From": stranger, "To": stranger, "Want": False})
    return rows


def _go(top: Path, *words: str) -> str:
    done = subprocess.run([*words], cwd=top, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_go_guard_says_of_every_pair_what_the_graph_says(module: Path) -> None:
    assert "ok" in _go(module, "go", "test", ".")


def test_gofmt_leaves_go_guards_as_they_are(module: Path) -> None:
    need("gofmt")
    assert _go(module, "gofmt", "-l", *(f"p{number}" for number in range(41))) == ""


def test_go_vet_finds_nothing_in_go_guards_and_their_tests(module: Path) -> None:
    _go(module, "go", "vet", "./...")


def test_the_generated_tests_pass_on_the_generated_guards(module: Path) -> None:
    assert _go(module, "go", "test", "./p0", "./p13", "./p39", "./p40").count("ok") == 4


def test_a_thousand_statuses_make_a_go_guard_that_passes_its_own_test(tmp_path: Path) -> None:
    need("go")
    (tmp_path / "go.mod").write_text("module large\n\ngo 1.21\n")
    put(go.render(ladder(1000), TargetOptions()), tmp_path)
    assert _go(tmp_path, "gofmt", "-l", ".") == ""
    assert "ok" in _go(tmp_path, "go", "test", ".")
