"""What verdicts come to over several worlds, and how they are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pointsman.checking.running import PropertyOutcome, Unfinished, was_interrupted
from pointsman.checking.verdict import Checked, PropertyStanding, Verdict, VerdictKind
from pointsman.loading.load import load
from pointsman.result import Grid, GridCell, Prose
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.source import Place
from pointsman.verdicts.account import SpecAccount
from pointsman.verdicts.blocks import narrow, of_account, summary
from pointsman.verdicts.findings import findings, place_of, undecided
from pointsman.verdicts.pages import ADVICE, MEANING, OWN
from pointsman.verdicts.record import to_data
from pointsman.world.scope import ARRIVALS, DEFAULT, Scope
from pointsman.world.story import Shown, Story, TraceStep
from pointsman.world.system import Side
from pointsman.world.truths import BUILT_IN

ROOT = Path(__file__).parents[3]
ONE, OTHER = Scope(world=DEFAULT), Scope(workers=1, attempts=1, world=ARRIVALS)
ONCE = "each-effect-at-most-once"


@pytest.fixture(scope="module")
def lifecycle() -> Lifecycle:
    return load(str(ROOT / "spec" / "seller_transfer.yaml"))


def story(steps: int, status: str = "failed") -> Story:
    shown = Shown("r0_status", "status", "row 1", Side.ROW, ("pending", status))
    deeds = tuple(TraceStep("act", "worker", "acts", {"r0_status": 1}, ("r0_status",)) for _ in range(steps))
    return Story("seller_transfer", "0", ONCE, "it falls", {}, (), (shown,), {"r0_status": 0}, deeds)


def verdict(
    prop: str, standing: PropertyStanding, steps: int | None = None, subject: str = "call:create_transfer"
) -> Verdict:
    told = None if steps is None else story(steps)
    return Verdict(
        prop,
        VerdictKind.SAFETY,
        standing,
        "it falls" if standing is PropertyStanding.VIOLATED else "why",
        subject,
        told,
    )


def checked(scope: Scope, *verdicts: Verdict, cut: str = "", reached: dict[str, int] | None = None) -> Checked:
    return Checked(scope, (), 10, 20, 3, 0.1, 8.0, "tidy", verdicts, reached or {}, cut=cut)


def account(lifecycle: Lifecycle, *worlds: tuple[Scope, PropertyOutcome], without: tuple[str, ...] = ()) -> SpecAccount:
    return SpecAccount("a.yaml", lifecycle, without, worlds)


def test_a_property_that_falls_in_several_worlds_is_one_finding_with_the_shortest_run(lifecycle: Lifecycle) -> None:
    told = account(
        lifecycle,
        (ONE, checked(ONE, verdict(ONCE, PropertyStanding.VIOLATED, 7))),
        (OTHER, checked(OTHER, verdict(ONCE, PropertyStanding.VIOLATED, 5))),
        without=("stable-key",),
    )
    (found,) = findings(told)
    assert found.message == "it falls (5 steps, world arrivals and 1 more, without stable-key)"
    assert dict(found.facts) == {
        "property": ONCE, "world": "arrivals", "steps": "5", "worlds": "default, arrivals", "without": "stable-key",
    }  # fmt: skip
    assert found.place == lifecycle.place("calls", "create_transfer")
    assert summary(told) == "seller_transfer: 1 of 1 properties violated, 20 states in 2 worlds"


def test_a_property_that_falls_at_two_places_is_two_findings(lifecycle: Lifecycle) -> None:
    told = account(
        lifecycle,
        (ONE, checked(ONE, verdict(ONCE, PropertyStanding.VIOLATED, 7))),
        (OTHER, checked(OTHER, verdict(ONCE, PropertyStanding.VIOLATED, 5, "call:create_reversal"))),
    )
    assert [found.subject for found in findings(told)] == ["call:create_transfer", "call:create_reversal"]


def test_the_greatest_harm_comes_first(lifecycle: Lifecycle) -> None:
    late = verdict("attempts-are-bounded", PropertyStanding.VIOLATED, 1, "queue:retry")
    told = account(lifecycle, (ONE, checked(ONE, late, verdict(ONCE, PropertyStanding.VIOLATED, 9))))
    assert [found.code for found in findings(told)] == [ONCE, "attempts-are-bounded"]


def test_what_is_vacuous_in_one_world_and_holds_in_another_holds(lifecycle: Lifecycle) -> None:
    told = account(
        lifecycle,
        (ONE, checked(ONE, verdict(ONCE, PropertyStanding.VACUOUS))),
        (OTHER, checked(OTHER, verdict(ONCE, PropertyStanding.HOLDS))),
    )
    assert told.holding == (ONCE,)
    assert undecided(told) == ()


def test_what_is_vacuous_everywhere_is_told(lifecycle: Lifecycle) -> None:
    told = account(lifecycle, (ONE, checked(ONE, verdict(ONCE, PropertyStanding.VACUOUS))))
    assert undecided(told) == (f"seller_transfer: {ONCE} is vacuous: why.",)


def test_where_nothing_is_transient_a_built_in_property_may_be_vacuous(lifecycle: Lifecycle) -> None:
    still = replace(lifecycle, statuses=tuple(replace(s, resting=not s.terminal) for s in lifecycle.statuses))
    assert undecided(account(still, (ONE, checked(ONE, verdict(ONCE, PropertyStanding.VACUOUS))))) == ()


def test_what_is_unknown_is_told_once_for_each_world_and_reason(lifecycle: Lifecycle) -> None:
    unknown = [verdict(prop.id, PropertyStanding.UNKNOWN) for prop in BUILT_IN[::-1]]
    told = account(
        lifecycle,
        (ONE, checked(ONE, *unknown, cut="why")),
        (OTHER, Unfinished("the 2 seconds were over before its turn came")),
    )
    more = len(BUILT_IN) - 1
    assert undecided(told) == (
        f"seller_transfer, world default: {ONCE} and {more} more properties are unknown: why and 10 states.",
        "seller_transfer, world arrivals: not looked at: the 2 seconds were over before its turn came.",
    )


def test_nothing_is_said_to_be_never_reached_where_a_world_was_cut(lifecycle: Lifecycle) -> None:
    reached = {"status:paid": 0, "transition:1": 0, "fault:crash": 3}
    whole = account(lifecycle, (ONE, checked(ONE, reached=reached)))
    assert whole.never_reached == ("status:paid",)
    cut = account(lifecycle, (ONE, checked(ONE, reached=reached, cut="the limit of 5 states")))
    assert cut.never_reached == ()
    elsewhere = account(
        lifecycle, (ONE, checked(ONE, reached=reached)), (OTHER, checked(OTHER, reached={"status:paid": 1}))
    )
    assert elsewhere.never_reached == ()


def test_many_transitions_that_never_fire_are_counted_and_not_all_named(lifecycle: Lifecycle) -> None:
    large = load(str(ROOT / "spec" / "ach_debit.yaml"))
    never = replace(checked(ONE), blocked=dict.fromkeys(range(20), "nobody can"))
    told = [block.text for block in of_account(account(large, (ONE, never))) if isinstance(block, Prose)]
    assert len(told) == 1
    assert told[0].count("Never fires: ") == 8
    assert told[0].endswith("and 12 more transitions.")


@pytest.mark.parametrize(
    ("subject", "path"),
    [
        ("status:reversed", ("statuses", "reversed")),
        ("status:reversed:stripe_reversal_id", ("statuses", "reversed", "requires")),
        ("call:create_transfer", ("calls", "create_transfer")),
        ("event:refund_requested", ("events", "refund_requested")),
        ("queue:retry", ("queues", "retry")),
        ("property:reversed_was_paid", ("properties", "reversed_was_paid")),
        ("transition:3", ("transitions", 3)),
        ("row 1", ("statuses", "failed")),
        ("cause", ("statuses", "failed")),
        ("deadlock", ("statuses", "failed")),
        ("amounts", ("statuses", "failed")),
    ],
)
def test_each_subject_has_a_place_in_the_spec(lifecycle: Lifecycle, subject: str, path: tuple[str | int, ...]) -> None:
    assert place_of(lifecycle, subject, story(1)) == lifecycle.place(*path)


def test_a_subject_without_a_story_is_the_spec(lifecycle: Lifecycle) -> None:
    at = place_of(lifecycle, "row 1")
    assert (at.file, at) == (lifecycle.source.file, lifecycle.place())
    assert isinstance(at, Place)


def test_every_property_has_words_and_advice() -> None:
    assert set(MEANING) == {prop.id for prop in BUILT_IN}
    assert set(ADVICE) == {*MEANING, OWN}


def test_a_long_cell_of_a_story_is_broken_and_what_only_workers_know_is_left_out() -> None:
    wide = "a b " * 40
    grid = narrow(
        Grid(("#", "does", "worker"), ((GridCell("1"), GridCell(wide, "bad"), GridCell("x")),), "title", "legend")
    )
    assert grid.header == ("#", "does")
    assert (grid.title, grid.legend) == ("title", "legend")
    ((_, does),) = grid.rows
    assert max(map(len, does.text.split("\n"))) <= 42
    assert does.text.split() == wide.split()
    assert does.tone == "bad"


def test_interruptions_are_known_by_what_they_leave() -> None:
    later = Verdict(
        "every-row-is-resolved", VerdictKind.LIVENESS, PropertyStanding.UNKNOWN, "interrupted, after 3 steps"
    )
    assert was_interrupted(Unfinished("interrupted", interrupted=True))
    assert was_interrupted(replace(checked(ONE), interrupted=True))
    assert was_interrupted(checked(ONE, later))
    assert not was_interrupted(checked(ONE, verdict(ONCE, PropertyStanding.UNKNOWN)))
    assert not was_interrupted(Unfinished("the time was over"))


def test_a_world_of_which_nothing_is_known_has_a_record_too(lifecycle: Lifecycle) -> None:
    data = to_data([account(lifecycle, (ONE, Unfinished("interrupted", interrupted=True)))], (), ())
    (world,) = data["specs"][0]["worlds"]  # type: ignore[index]  # JSON values
    assert (world["states"], world["cut"], world["interrupted"]) == (0, "interrupted", True)
