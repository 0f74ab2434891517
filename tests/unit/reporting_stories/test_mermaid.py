"""What a real Mermaid makes of the diagrams is asked by hand; here stands what it would trip over."""

import re
from dataclasses import replace

import pytest

from pointsman.reporting.stories.mermaid import mermaid
from tests.unit.reporting.samples import HOSTILE
from tests.unit.reporting_stories import samples

PLAIN = re.compile(
    r"sequenceDiagram|accTitle: .+|autonumber|loop for ever|end|participant p\d+ as .+"
    r"|p\d+(->>|--x)p\d+: .+|Note over p\d+(,p\d+)?: .+"
)


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n")[:-1]]


def test_actors_stand_in_the_order_in_which_they_appear_then_the_row_then_the_provider() -> None:
    people = [line for line in lines(mermaid(samples.two_transfers())) if line.startswith("participant")]
    assert [line.split(" as ")[1] for line in people] == [
        "transfer_worker 1",
        "time",
        "transfer_worker 2",
        "row 1",
        "provider",
    ]


def test_a_step_goes_to_the_provider_where_something_changed_there_and_else_to_the_row() -> None:
    drawn = lines(mermaid(samples.two_transfers()))
    assert "p0->>p3: claims the row and counts an attempt" in drawn
    assert any(line.startswith("p0->>p4: sends the transfer under key 1") for line in drawn)


def test_what_the_provider_does_begins_at_the_provider() -> None:
    assert "p3->>p3: carries the late request out" in lines(mermaid(samples.late()))


def test_a_crash_happens_to_the_actor_itself_and_says_that_it_is_a_fault() -> None:
    assert "p0--xp0: fault#58; crash#58; dies before it reads the reply" in lines(mermaid(samples.two_transfers()))


def test_a_new_status_is_a_note_over_its_row() -> None:
    drawn = lines(mermaid(samples.late()))
    assert drawn[drawn.index("p1->>p2: tells that the transfer was made") + 1] == "Note over p2: completed"


def test_the_steps_of_a_loop_stand_in_a_block() -> None:
    drawn = lines(mermaid(samples.starved()))
    inside = drawn[drawn.index("loop for ever") + 1 : drawn.index("end")]
    assert sum(re.match(r"p\d", line) is not None for line in inside) == 4


def test_a_run_that_stays_where_it_is_has_no_block() -> None:
    drawn = lines(mermaid(samples.stuck()))
    assert "loop for ever" not in drawn
    assert "Note over p0,p2: nothing more ever happens" in drawn


def test_the_word_end_and_the_signs_of_the_language_are_entities() -> None:
    story = replace(samples.empty(), says="The End; of #1 <b>%%")
    assert "The #69;#110;#100;#59; of #35;1 #60;b#62;#37;#37;" in mermaid(story)


@pytest.mark.parametrize("words", [*HOSTILE, "end", "end end", "a; b # c\nloop", "%%{init: {}}%%", "wrap: x" * 99])
def test_hostile_words_give_no_line_of_their_own(words: str) -> None:
    assert all(PLAIN.fullmatch(line) for line in lines(mermaid(samples.hostile(words))))
