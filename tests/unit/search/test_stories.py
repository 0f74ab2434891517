"""The model checker's counterexamples, played to implementations.

The stories are records that ``pointsman check spec/seller_transfer.yaml --laws --stories DIR`` saved.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pointsman.reporting.stories.record import from_record
from pointsman.world.story import Story
from pointsman_conformance import laws
from pointsman_conformance.core.plan import Create, Fault, FaultKind, Plan, Settle, Work
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.mutants import WRONG
from pointsman_conformance.search.campaign import play
from pointsman_conformance.search.stories import from_story
from tests.unit.search.standin import SELLER

FOLDER = Path(__file__).parent / "stories"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def story(name: str) -> Story:
    path = FOLDER / f"{name}.json"
    return from_record(json.loads(path.read_text(encoding="utf-8")), path.name)


def broken(driver: InProcess, plan: Plan) -> set[str]:
    history, _ = play(driver, plan)
    return {verdict.law for verdict in laws.judge(SELLER, history) if verdict.breaches}


@pytest.mark.parametrize("name", NAMES)
def test_a_story_fails_the_implementation_that_it_was_told_of_and_no_honest_one(name: str) -> None:
    plan = from_story(story(name), SELLER).plan
    assert WRONG[name].law in broken(InProcess(SELLER, WRONG[name].make), plan)
    assert not broken(InProcess(SELLER), plan)


OLDER_WORDS = {
    "no worker": "nobody",
    "an undeclared status": "a status that nobody declared",
    "a person at the dashboard": "somebody at the dashboard",
}
"""By each word of a story today: the word that older versions of Pointsman saved."""


@pytest.mark.parametrize("name", NAMES)
def test_a_story_in_the_words_of_an_older_version_gives_the_same_plan(name: str) -> None:
    text = older = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    for word, old in OLDER_WORDS.items():
        older = older.replace(word, old)
    assert older != text
    assert from_story(from_record(json.loads(older), name), SELLER).plan == from_story(story(name), SELLER).plan


def test_the_world_around_a_worker_becomes_steps_and_its_turns_become_work() -> None:
    plan = from_story(story("keeps_key_in_memory"), SELLER).plan
    assert isinstance(plan[0], Create)
    assert isinstance(plan[-1], Settle)
    assert plan[1] == Work("transfer_worker", 1, faults_of(plan[1]))
    assert faults_of(plan[1])[-1].kind is FaultKind.CRASH


def test_a_row_begins_with_the_attempts_that_the_checker_did_not_explore() -> None:
    told = story("gives_up_blind")
    first = from_story(told, SELLER).plan[0]
    assert isinstance(first, Create)
    assert first.columns == {"retry_count": 3 - int(told.scope["attempts"])}


def test_what_happens_between_two_steps_of_a_turn_happens_while_the_copy_stands_still() -> None:
    acted = from_story(story("writes_blind"), SELLER)
    pauses = [fault for step in acted.plan for fault in faults_of(step) if fault.kind is FaultKind.PAUSE]
    assert any(fault.during for fault in pauses)


def test_turns_that_overlap_are_told_of() -> None:
    assert any("is done" in words for words in from_story(story("writes_blind"), SELLER).left_out)


def faults_of(step: object) -> tuple[Fault, ...]:
    found: tuple[Fault, ...] = getattr(step, "faults", ())
    return found
