"""Every mutant of every spec is found by loading, lint or check, or stands on the spec's page of survivors.

The pages have them all. Of each spec some are loaded and linted here, and some of those that lint leaves are checked;
with POINTSMAN_ALL_MUTANTS set it is every one, which takes an hour. A mutant that joins or leaves the survivors
fails a test. The ones that once did harm unheard are asked about in every run.
"""

import dataclasses
import os
from collections import Counter

import pytest

from pointsman.loading.load import load, load_text
from pointsman.spec.lifecycle import EffectState
from tests.checkout import TOP
from tests.fates import PAGES, WORSE, By, Fate, Page, Part, counted, fate_of, fates, fates_of_some, read_page
from tests.mutants import mutants, original

SPECS = sorted((TOP / "spec").glob("*.yaml"))
NAMES = [path.stem for path in SPECS]
WHOLE = bool(os.environ.get("POINTSMAN_ALL_MUTANTS"))
READ, CHECKED = 60, 4
"""Of each spec, in a run that does not ask of all: together about what the seller transfer alone had cost."""


@dataclasses.dataclass(frozen=True)
class Spec:
    """A spec, its page, and what became of the mutants that this run asks about."""

    name: str
    page: Page
    found: tuple[Fate, ...]

    @property
    def every(self) -> frozenset[str]:
        """The names of all mutants."""
        return frozenset(mutant.name for mutant in mutants(TOP / "spec" / f"{self.name}.yaml"))


@pytest.fixture(scope="module", params=NAMES)
def spec(request: pytest.FixtureRequest) -> Spec:
    """Each spec in turn."""
    path = TOP / "spec" / f"{request.param}.yaml"
    page = read_page((PAGES / f"{path.stem}.md").read_text(encoding="utf-8"))
    return Spec(path.stem, page, fates(path) if WHOLE else fates_of_some(path, READ, CHECKED))


def test_every_spec_has_a_page_of_its_mutants() -> None:
    assert sorted(page.stem for page in PAGES.glob("*.md")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_spec_written_as_its_mutants_are_is_the_same_spec(name: str) -> None:
    path = TOP / "spec" / f"{name}.yaml"
    written, read = load_text(original(path)), load(path)
    names = [field.name for field in dataclasses.fields(read) if field.name != "source"]
    assert [getattr(written, name) for name in names] == [getattr(read, name) for name in names]


def test_each_mutant_has_a_name_of_its_own_and_is_not_the_spec(spec: Spec) -> None:
    path = TOP / "spec" / f"{spec.name}.yaml"
    every = mutants(path)
    assert len(spec.every) == len(every) > 200
    assert original(path) not in {fate.mutant.text for fate in spec.found}
    assert all(mutant.line > 1 for mutant in every)


def test_no_mutant_brings_a_traceback(spec: Spec) -> None:
    assert [(fate.mutant.name, fate.says) for fate in spec.found if fate.by is By.DEFECT] == []


def test_the_survivors_are_those_of_the_page(spec: Spec) -> None:
    asked = {fate.mutant.name for fate in spec.found}
    survivors = {fate.mutant.name for fate in spec.found if fate.by is By.NONE}
    assert {fate.by for fate in spec.found} >= {By.LOADING, By.LINT, By.NONE}
    assert survivors == asked & set(spec.page.reasons)


def test_every_survivor_of_the_page_is_a_mutant(spec: Spec) -> None:
    assert set(spec.page.reasons) <= spec.every


def test_the_page_counts_the_mutants_of_each_operator_and_who_speaks_of_them(spec: Spec) -> None:
    every = mutants(TOP / "spec" / f"{spec.name}.yaml")
    total = Counter(mutant.operator for mutant in every)
    silent = Counter(mutant.operator for mutant in every if mutant.name in spec.page.reasons)
    assert {name: (row[0], row[4]) for name, row in spec.page.counts.items()} == {
        name: (number, silent[name]) for name, number in total.items()
    }
    assert all(row[0] == sum(row[1:]) for row in spec.page.counts.values())
    seen = [counted(spec.found, by) for by in (By.LOADING, By.LINT, By.CHECK)]
    for name, row in spec.page.counts.items():
        here = tuple(fates.get(name, 0) for fates in seen)
        assert here == row[1:4] if WHOLE else all(some <= all_ for some, all_ in zip(here, row[1:4], strict=True)), name


def test_each_survivor_has_a_reason_and_none_does_harm(spec: Spec) -> None:
    assert spec.page.survivors(Part.HARM, Part.OPEN) == frozenset()


def test_of_the_mutants_that_are_worse_than_the_spec_at_least_95_of_100_are_killed(spec: Spec) -> None:
    killed = len(spec.every) - len(spec.page.reasons)
    assert killed >= 19 * len(spec.page.survivors(*WORSE))


ONCE_UNHEARD = (
    ("job_run", "drop a webhook: calls.delete_job.webhook.DELETED"),
    ("job_run", "remove a transition: transitions.suspended>running by job_resumed"),
    ("job_run", "drop a meaning: statuses.suspended.means.create_job"),
    ("subscription", "remove a transition: transitions.past_due>unpaid by retries_spent"),
    ("subscription", "remove a transition: transitions.paused>past_due by resumed"),
    ("payout", "remove a transition: transitions.draft>scheduled by approved"),
    ("payout", "close a way: transitions.scheduled|pending|in_transit>paid by payout_arrived.from.in_transit"),
    ("export_file", "drop a same-status column: same_status.allow.due_at"),
    ("ach_debit", "remove a transition: transitions.drafted>authorised by approved"),
    (
        "seller_transfer",
        "drop a webhook's field: calls.create_reversal.webhook.transfer.reversed.otherwise.completed",
    ),
)


@pytest.mark.parametrize(("name", "mutant"), ONCE_UNHEARD)
def test_a_mutant_that_did_harm_unheard_is_spoken_of(name: str, mutant: str) -> None:
    assert fate_of(TOP / "spec" / f"{name}.yaml", mutant).by in {By.LINT, By.CHECK}


@pytest.mark.parametrize("name", NAMES)
def test_a_meaning_that_is_dropped_is_spoken_of_or_a_property_says_it_too(name: str) -> None:
    path = TOP / "spec" / f"{name}.yaml"
    page = read_page((PAGES / f"{name}.md").read_text(encoding="utf-8"))
    dropped = [mutant.name for mutant in mutants(path) if mutant.operator == "drop a meaning"]
    said = {
        f"drop a meaning: statuses.{status}.means.{call}"
        for prop in load(path).properties
        for status in prop.picture.statuses
        for call, effect in prop.picture.effects
        if prop.kind == "never" and effect is EffectState.NOT_DONE
    }
    assert dropped
    assert {mutant for mutant in dropped if mutant in page.reasons} <= said
