from dataclasses import replace

import pytest

from pointsman.reporting import Looks
from pointsman.reporting.grid import drawn
from pointsman.reporting.stories.table import grid, title
from pointsman.result import Grid
from tests.unit.reporting.samples import HOSTILE
from tests.unit.reporting_stories import samples


def column(of: Grid, name: str) -> list[str]:
    return [row[of.header.index(name)].text for row in of.rows]


def test_the_title_names_the_property_the_length_and_the_fault() -> None:
    assert title(samples.two_transfers()) == "each-effect-at-most-once falls in 6 steps: two transfers for one row"


def test_the_title_of_a_witness_says_that_it_is_reached() -> None:
    assert title(samples.late(), witness=True).startswith("transition-2-can-fire is reached in 4 steps: ")


def test_what_is_wrong_from_the_start_takes_no_steps() -> None:
    assert title(samples.empty()) == "truth falls at the start"


def test_one_step_is_not_called_steps() -> None:
    story = samples.two_transfers()
    assert " in 1 step: " in title(replace(story, deeds=story.deeds[:1]))


def test_each_step_has_a_line_and_the_start_has_the_first() -> None:
    shown = grid(samples.two_transfers())
    assert column(shown, "#") == ["0", "1", "2", "3", "4", "5", "6"]
    assert column(shown, "does")[0] == "start"
    assert column(shown, "who")[:2] == ["", "transfer_worker 1"]


def test_a_row_is_told_by_its_status_and_then_by_what_this_step_changed() -> None:
    assert column(grid(samples.two_transfers()), "row") == [
        "pending",
        "pending, retry_count 1, next_retry_at at the end of the lease",
        "pending",
        "pending",
        "pending, next_retry_at due",
        "pending, retry_count 2, next_retry_at at the end of the lease",
        "pending",
    ]


def test_the_provider_is_told_only_when_something_changed_there() -> None:
    changes = column(grid(samples.two_transfers()), "provider")
    assert changes == ["", "", "create_transfer: 1 effect", "", "", "", "create_transfer: 2 effects"]


def test_ghosts_never_show() -> None:
    assert "was paid twice" not in drawn(grid(samples.two_transfers()), Looks())


def test_of_several_rows_each_is_named() -> None:
    assert column(grid(samples.starved()), "row")[1] == "row 1: pending; row 2: pending, retry_count 1"


def test_an_effect_says_which_row_it_is_for_where_there_are_several() -> None:
    story = samples.starved()
    paid = replace(story.deeds[0], state={**story.start, "r2_effects": 1}, changed=("r2_effects",))
    assert (
        column(grid(replace(story, deeds=(paid,), loop=None)), "provider")[1] == "create_transfer for row 2: 1 effect"
    )


def test_workers_have_a_column_only_where_one_learns_something() -> None:
    assert "worker" in grid(samples.two_transfers()).header
    assert "worker" not in grid(samples.empty()).header


def test_a_change_in_a_worker_names_the_worker_only_if_another_actor_made_it() -> None:
    story = samples.two_transfers()
    assert column(grid(story), "worker")[1] == "holds claim 1"
    other = replace(story, deeds=(replace(story.deeds[0], actor="time"), *story.deeds[1:]))
    assert column(grid(other), "worker")[1] == "transfer_worker 1: holds claim 1"


def test_faults_and_wrong_steps_are_bad_in_tone_and_in_words() -> None:
    shown = grid(samples.two_transfers())
    bad = [row[2].text for row in shown.rows if row[2].tone == "bad"]
    assert bad == [
        "dies before it reads the reply (fault: crash)",
        "sends the transfer under a fresh key; the provider makes another one (wrong: fresh_key_each_attempt)",
    ]


def test_a_lasso_ends_with_where_it_goes_on_from() -> None:
    assert column(grid(samples.starved()), "does")[-1] == "and so on for ever, from step 3"


def test_a_run_that_stays_where_it_is_ends_with_nothing_more() -> None:
    assert column(grid(samples.stuck()), "does")[-1] == "nothing more ever happens"


def test_a_status_that_moved_has_the_tone_of_moves() -> None:
    shown = grid(samples.stuck())
    assert [row[3].tone for row in shown.rows[:3]] == ["quiet", "", "moves"]


def test_the_legend_says_which_world_it_is() -> None:
    assert grid(samples.two_transfers()).legend == (
        "seller_transfer; rows 1, workers 2, attempts 2, world whole; without stable-key"
    )


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_in_their_cells(words: str) -> None:
    shown = grid(samples.hostile(words))
    text = drawn(shown, Looks())
    assert not any((ord(letter) < 0x20 and letter != "\n") or letter in "\u202e\u2066" for letter in text)
    assert not any("\n" in cell.text for row in shown.rows for cell in row)
