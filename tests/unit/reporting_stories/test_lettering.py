import pytest

from pointsman.reporting.stories.lettering import even, width, wrap


def test_text_that_fits_stays_on_one_line() -> None:
    assert wrap("claims the row", 500, 13) == ("claims the row",)


def test_text_is_broken_between_words() -> None:
    assert wrap("claims the row", width("claims the", 13) + 1, 13) == ("claims the", "row")


def test_a_long_name_is_broken_after_its_underscores() -> None:
    assert wrap("permanently_failed", width("permanently_", 13) + 1, 13) == ("permanently_", "failed")


@pytest.mark.parametrize("text", ["x" * 300, "a b" * 100, "漢字" * 40, "one_two/three.four " * 20])
def test_nothing_is_lost_and_no_line_is_too_wide(text: str) -> None:
    lines = wrap(text, 120, 13)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line, 13) <= 120 for line in lines)


def test_nothing_gives_no_lines() -> None:
    assert wrap("", 100, 13) == ()
    assert wrap("   ", 100, 13) == ()


def test_the_lines_of_a_short_text_are_about_equally_long() -> None:
    room = width("refuses the transfer for", 13) + 1
    assert wrap("refuses the transfer for now", room, 13) == ("refuses the transfer for", "now")
    assert even("refuses the transfer for now", room, 13) == ("refuses the", "transfer for now")
