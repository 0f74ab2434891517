from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from xml.etree.ElementTree import Element, fromstring

import pytest

from pointsman.reporting.stories.lettering import width
from pointsman.reporting.stories.svg import svg
from pointsman.world.story import Story
from tests.unit.reporting.samples import HOSTILE
from tests.unit.reporting_stories import samples

NS = "{http://www.w3.org/2000/svg}"


def parsed(story: Story) -> Element:
    return fromstring(svg(story))  # noqa: S314 - we wrote it


def words(top: Element) -> str:
    return " ".join(found.text or "" for found in top.iter(f"{NS}text"))


@dataclass(frozen=True)
class Area:
    """Where a line of text is, as wide as the estimate says."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    def covers(self, other: "Area") -> bool:
        across = self.left < other.right - 0.5 and other.left < self.right - 0.5
        return across and self.top < other.bottom - 0.5 and other.top < self.bottom - 0.5


def areas(top: Element) -> Iterator[Area]:
    for found in top.iter(f"{NS}text"):
        x, y, size = (float(found.get(name, "")) for name in ("x", "y", "font-size"))
        wide = width(found.text or "", size)
        left = {"start": x, "middle": x - wide / 2, "end": x - wide}[found.get("text-anchor", "")]
        yield Area(found.text or "", left, left + wide, y - size * 0.8, y + size * 0.25)


LONG = "a very_long_label/with many.parts, that goes on and on " * 6
MANY = [*samples.STORIES.values(), lambda: samples.hostile(LONG), lambda: samples.hostile("x" * 400)]


@pytest.mark.parametrize("story", MANY)
def test_no_text_covers_another_or_leaves_the_picture(story: samples.Make) -> None:
    top = parsed(story())
    wide, high = float(top.get("width", "")), float(top.get("height", ""))
    placed = list(areas(top))
    for area in placed:
        assert area.left >= 0, area
        assert area.right <= wide, area
        assert area.top >= 0, area
        assert area.bottom <= high, area
    assert not [(one, other) for one, other in combinations(placed, 2) if one.covers(other)]


def test_it_is_an_image_with_a_title_and_a_description_of_every_step() -> None:
    top = parsed(samples.two_transfers())
    title, desc = top.find(f"{NS}title"), top.find(f"{NS}desc")
    assert title is not None
    assert desc is not None
    assert top.get("role") == "img"
    assert top.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == "each-effect-at-most-once falls in 6 steps: two transfers for one row"
    assert "Step 3: transfer_worker 1: dies before it reads the reply (fault: crash)." in (desc.text or "")


def test_two_pictures_on_a_page_share_no_id() -> None:
    first, second = parsed(samples.two_transfers()), parsed(samples.starved())
    ids = [{found.get("id") for found in top.iter() if found.get("id")} for top in (first, second)]
    assert not ids[0] & ids[1]


def test_it_loads_nothing() -> None:
    text = svg(samples.two_transfers()).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not any(word in text for word in ("http", "url(", "href", "@import", "@font-face", "<image", "<script"))


def test_it_has_colours_for_dark_ground_too() -> None:
    assert "@media (prefers-color-scheme:dark)" in svg(samples.empty())


def test_steps_are_numbered_and_every_status_stands_on_its_row() -> None:
    said = [found.text for found in parsed(samples.late()).iter(f"{NS}text")]
    assert [text for text in said if text in {"1", "2", "3", "4"}] == ["1", "2", "3", "4"]
    assert said.count("pending") == 1
    assert said.count("completed") == 1


def test_faults_and_wrong_steps_are_told_in_words_too() -> None:
    said = words(parsed(samples.two_transfers()))
    assert "fault: crash" in said
    assert "wrong: fresh_key_each_attempt" in said


def test_a_loop_has_a_frame_and_a_run_that_stays_has_none() -> None:
    assert "for ever" in [found.text for found in parsed(samples.starved()).iter(f"{NS}text")]
    stuck = [found.text for found in parsed(samples.stuck()).iter(f"{NS}text")]
    assert "for ever" not in stuck
    assert "nothing more ever happens" in stuck


def test_ghosts_never_show() -> None:
    assert "was paid twice" not in svg(samples.two_transfers())


def test_players_are_named_at_the_foot_of_a_long_story_too() -> None:
    story = samples.two_transfers()
    assert [found.text for found in parsed(story).iter(f"{NS}text")].count("time") == 1
    names = [found.text for found in parsed(replace(story, deeds=story.deeds * 2)).iter(f"{NS}text")]
    assert names.count("time") == 2


@pytest.mark.parametrize("hostile", [*HOSTILE, "]]></desc><script>alert(1)</script>", "'\"/><a/>"])
def test_hostile_words_are_text_and_no_elements(hostile: str) -> None:
    top = parsed(samples.hostile(hostile))
    known = {"svg", "title", "desc", "style", "g", "text", "rect", "path"}
    assert {found.tag.removeprefix(NS) for found in top.iter()} <= known
    shown = "".join(hostile.split())
    if shown.isprintable() and "\ufffe" not in shown:
        assert shown in words(top).replace(" ", "")


def test_the_same_story_gives_the_same_picture() -> None:
    assert svg(samples.starved()) == svg(samples.starved())
