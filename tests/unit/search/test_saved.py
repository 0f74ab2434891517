"""The folder that the model checker saved its stories in, read for a campaign that plays them first."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pointsman.loading.load import load
from pointsman.reporting.stories.record import from_record, to_record
from pointsman.world.story import Story
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.mutants import WRONG
from pointsman_conformance.report.account import Covered, ImplementationAccount, ImplementationVerdict
from pointsman_conformance.report.blocks import blocks
from pointsman_conformance.report.merging import merged
from pointsman_conformance.running import CampaignEffort, account_of
from pointsman_conformance.search.campaign import Budget, play, run
from pointsman_conformance.search.planned import PlannedRun
from pointsman_conformance.search.saved import StoryError, saved_stories
from tests.checkout import TOP
from tests.unit.search.standin import SELLER

FOLDER = Path(__file__).parent / "stories"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def tour_of(name: str) -> PlannedRun:
    return next(each.tour for each in saved_stories(FOLDER, SELLER) if each.name == name and each.tour is not None)


def saved(folder: Path, name: str, change: Callable[[Story], Story] = lambda story: story) -> None:
    story = from_record(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")), name)
    now = replace(story, digest=SELLER.source.digest)
    (folder / f"{name}.json").write_text(json.dumps(to_record(change(now))), encoding="utf-8")


def account(
    folder: Path, seconds: float = 20.0, wrong: str | None = None, law: str = "stable-key"
) -> ImplementationAccount:
    subject = Implementation(name="the book", driver="book", wrong=wrong)
    return account_of(SELLER, subject, CampaignEffort(seconds=seconds, laws=(law,), stories=folder), lambda _: None)


def test_every_record_is_a_tour_and_the_traces_for_other_tools_are_passed_over(tmp_path: Path) -> None:
    saved(tmp_path, "writes_blind")
    (tmp_path / "writes_blind.itf.json").write_text("{}")
    (tmp_path / "writes_blind.svg").write_text("<svg/>")
    (found,) = saved_stories(tmp_path, SELLER)
    assert found.name == "writes_blind"
    assert found.tour is not None
    assert found.left_out == ("reversal_worker goes on after transfer_worker is done: in a plan it is done before",)
    assert tuple(each.name for each in saved_stories(FOLDER, SELLER)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_campaign_of_the_story_alone_fails_the_implementation_of_the_story(name: str) -> None:
    wrong, told = WRONG[name], tour_of(name)
    budget = Budget(steps=0, tours=False, first=(told,), replays=0)
    campaign = run(SELLER, lambda: InProcess(SELLER, wrong.make), budget=budget)
    assert wrong.law in {failure.law for failure in campaign.failures}
    assert campaign.first == {told.name}
    assert campaign.runs == 1


def test_stories_are_shared_among_seeds_like_tours() -> None:
    first = tuple(each.tour for each in saved_stories(FOLDER, SELLER) if each.tour is not None)
    played = [
        run(SELLER, lambda: InProcess(SELLER), budget=Budget(steps=0, tours=False, first=first, share=(part, 2))).first
        for part in range(2)
    ]
    assert played[0].isdisjoint(played[1])
    assert played[0] | played[1] == {tour.name for tour in first}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> ImplementationAccount:
    """The account of a campaign that was given four stories, and can play two of them."""
    folder = tmp_path_factory.mktemp("stories")
    saved(folder, "writes_blind")
    saved(folder, "gives_up_blind", lambda story: replace(story, lifecycle="payout"))
    saved(folder, "applies_twice", lambda story: replace(story, without=("longest-pause",)))
    saved(folder, "drops_early_refund", lambda story: replace(story, digest="0" * 64))
    return account(folder)


def test_the_report_says_what_was_played_and_by_name_what_could_not_be(found: ImplementationAccount) -> None:
    assert found.verdict is ImplementationVerdict.CONFORMANT
    text = "\n".join(str(block) for block in blocks(found))
    assert "Stories of the model checker: 2 of 4 played." in text
    assert "writes_blind: reversal_worker goes on after transfer_worker is done" in text
    assert "gives_up_blind, not played: it is told of payout, not of seller_transfer" in text
    assert "applies_twice, not played: it happens only where longest-pause does not hold" in text
    assert "drops_early_refund: the spec has changed since it was told" in text
    assert not any(block for block in blocks(replace(found, stories=())) if "Stories" in str(block))


def test_stories_for_which_there_was_no_time_are_named_and_the_verdict_is_incomplete() -> None:
    found = account(FOLDER, seconds=1e-6)
    assert found.verdict is ImplementationVerdict.INCOMPLETE
    assert any("before these stories were played" in words and NAMES[-1] in words for words in found.trouble)


@pytest.fixture
def played(found: ImplementationAccount) -> ImplementationAccount:
    """An account of one story, which was played."""
    stories = tuple(story for story in found.stories if story.name == "writes_blind")
    assert all(story.played for story in stories)
    return replace(found, stories=stories)


def test_of_several_seeds_each_played_its_share(played: ImplementationAccount) -> None:
    (story,) = played.stories
    assert merged([replace(played, stories=(replace(story, played=False),)), played]).stories == (story,)


def test_a_seed_that_could_not_be_reached_takes_nothing_from_the_others(played: ImplementationAccount) -> None:
    played = replace(played, coverage=(Covered("statuses", 6),))
    lost = replace(played, coverage=(), stories=())
    assert merged([lost, played]).stories == played.stories
    assert merged([lost, played]).coverage == played.coverage


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is no JSON"),
        ("[]", "not an object"),
        ('{"format": 1}', "is not a saved story"),
        ('{"pointsman_story": 99}', "is a story of version 99"),
    ],
)
def test_a_file_that_is_no_story_is_refused_with_words(text: str, says: str, tmp_path: Path) -> None:
    shutil.copy(FOLDER / "writes_blind.json", tmp_path)
    (tmp_path / "other.json").write_text(text, encoding="utf-8")
    with pytest.raises(StoryError, match=r"other\.json") as refused:
        saved_stories(tmp_path, SELLER)
    assert says in str(refused.value)


def test_a_folder_without_a_story_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoryError, match="holds no story"):
        saved_stories(tmp_path, SELLER)
    with pytest.raises(StoryError, match="cannot be read"):
        saved_stories(tmp_path / "none", SELLER)


def test_what_of_a_story_does_not_fit_a_changed_spec_is_told(tmp_path: Path) -> None:
    other = load(TOP / "spec/export_file.yaml")
    for name in NAMES:
        saved(tmp_path, name, lambda story: replace(story, lifecycle=other.name))
    found = {each.name: each for each in saved_stories(tmp_path, other)}
    assert all("the spec has changed since it was told" in each.left_out[0] for each in found.values())
    assert any("create_reversal by hand" in words for each in found.values() for words in each.left_out)
    for each in found.values():
        if each.tour is not None:
            play(InProcess(other), each.tour.plan)
