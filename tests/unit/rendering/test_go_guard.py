"""The Go guard: what is written, and what is refused. Whether Go accepts it is a property test's."""

import json
import re

import pytest

from pointsman.loading.load import load
from pointsman.rendering import go
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle, Status
from pointsman.writing.target import TargetOptions
from tests.guards import SELLER_TRANSFER
from tests.lifecycles import HOSTILE_VALUES, UNPRINTABLE_VALUES, ladder

SELLER = load(SELLER_TRANSFER)


def test_the_first_line_is_the_one_by_which_go_knows_generated_code() -> None:
    for output in go.render(SELLER, TargetOptions()):
        assert re.match(r"^// Code generated .* DO NOT EDIT\.$", output.text.split("\n")[0])


def test_file_names_mean_nothing_to_the_go_command() -> None:
    # job_linux.go would be built on Linux only, and job_test.go would be a test.
    for name in ("job_linux", "job_test", "Job"):
        lifecycle = Lifecycle(name, (Status("a", "a", initial=True),), ())
        guard, test = go.render(lifecycle, TargetOptions())
        assert guard.path.endswith("_guard.go")
        assert test.path.endswith("_guard_test.go")


@pytest.mark.parametrize(("lifecycle", "package"), [("seller_transfer", "sellertransfer"), ("func", "funcguard")])
def test_the_package_is_called_after_the_lifecycle(lifecycle: str, package: str) -> None:
    rendered, _ = go.render(Lifecycle(lifecycle, (Status("a", "a", initial=True),), ()), TargetOptions())
    assert f"\npackage {package}\n" in rendered.text


def test_the_package_can_be_given() -> None:
    guard, test = go.render(SELLER, TargetOptions({"package": "transfers"}))
    assert "\npackage transfers\n" in guard.text
    assert "\npackage transfers\n" in test.text


@pytest.mark.parametrize("name", ["func", "a-b", "", "1a", "x_test", "documentation", "a\nb", "_"])
def test_a_package_that_go_would_not_take_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a Go package"):
        go.render(SELLER, TargetOptions({"package": name}))


@pytest.mark.parametrize("text", [*HOSTILE_VALUES, *UNPRINTABLE_VALUES, "\x7f", "\ufeff"])
def test_a_literal_is_printable_and_reads_back_as_what_it_was_made_from(text: str) -> None:
    written = go.literal(text)
    assert written.isprintable()
    if not re.search(r"\\U", written):  # JSON has no such escape; the property test asks Go itself
        assert json.loads(written) == text


def test_names_that_become_one_in_go_are_refused() -> None:
    lifecycle = Lifecycle("x", (Status("a_b", "1", initial=True), Status("aB", "2")), ())
    with pytest.raises(UsageError, match="both XStatusAB"):
        go.render(lifecycle, TargetOptions())


def test_the_test_of_a_thousand_statuses_lists_moves_and_not_pairs() -> None:
    _, test = go.render(ladder(1000), TargetOptions())
    assert len(test.text.splitlines()) < 4_000
    assert "if want := 1000000; pairs != want" in test.text
