"""The model checker's counterexamples, played to implementations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pointsman.cli import main
from pointsman.reporting.stories.record import from_record
from pointsman.world.story import Story
from pointsman_conformance import laws
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.plan import Create, FaultKind, Happen, Settle, Work
from pointsman_conformance.search.campaign import play
from pointsman_conformance.search.stories import from_story
from pointsman_conformance.wrong import WRONG
from tests.unit.search.standin import SELLER, SPECS

PLAYED = (
    "already_done_means_failed",
    "drops_early_refund",
    "keeps_key_in_memory",
    "resends_after_key_expired",
    "reverses_full_after_partial",
    "writes_blind",
)


def stories(folder: Path, name: str) -> list[Story]:
    """What `check` finds where implementations may be wrong in this way."""
    main(["check", str(SPECS / "seller_transfer.yaml"), "--without", name, "--stories", str(folder), "--quiet"])
    paths = sorted(path for path in folder.glob("*.json") if not path.name.endswith(".itf.json"))
    return [from_record(json.loads(path.read_text(encoding="utf-8")), path.name) for path in paths]


def broken(name: str, story: Story) -> set[str]:
    driver = InProcess(SELLER, WRONG[name].make) if name in WRONG else InProcess(SELLER)
    history, _ = play(driver, from_story(story, SELLER).plan)
    return {verdict.law for verdict in laws.judge(SELLER, history) if verdict.breaches}


@pytest.mark.parametrize("name", PLAYED)
def test_a_story_fails_the_implementation_that_it_was_told_of_and_no_honest_one(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = [story for story in stories(tmp_path, name) if story.prop not in ("can_end_paid_and_kept", "can_end_unpaid")]
    assert any(WRONG[name].law in broken(name, story) for story in told)
    assert not any(broken("the book", story) for story in told)
    capsys.readouterr()


def test_the_world_around_a_worker_becomes_steps_and_its_turns_become_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = next(each for each in stories(tmp_path, "keeps_key_in_memory") if each.prop == "each-effect-at-most-once")
    acted = from_story(story, SELLER)
    assert isinstance(acted.plan[0], Create)
    assert isinstance(acted.plan[-1], Settle)
    works = [step for step in acted.plan if isinstance(step, Work)]
    assert [fault.kind for fault in works[0].faults] == [FaultKind.CRASH]
    capsys.readouterr()


def test_a_row_begins_with_the_attempts_that_the_checker_did_not_explore(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = next(each for each in stories(tmp_path, "gives_up_blind") if "can_end" not in each.prop)
    first = from_story(story, SELLER).plan[0]
    assert isinstance(first, Create)
    assert first.columns == {"retry_count": 3 - int(story.scope["attempts"])}
    capsys.readouterr()


def test_turns_that_overlap_are_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = [from_story(story, SELLER) for story in stories(tmp_path, "writes_blind")]
    overlapping = [acted for acted in found if acted.left_out]
    assert all("is done" in words for acted in overlapping for words in acted.left_out)
    assert all(not isinstance(step, Happen) or step.id for acted in found for step in acted.plan)
    capsys.readouterr()
