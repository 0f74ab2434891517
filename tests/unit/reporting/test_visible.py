import pytest

from pointsman.reporting.visible import legible, visible
from tests.unit.reporting.samples import HOSTILE


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\x00\x7f\x9b", r"\x00\x7f\x9b"),
        ("\u202egnp", r"\u202egnp"),
        ("\udc80", r"\udc80"),
        ("\U000e0041", r"\U000e0041"),
        ("plain, ümlaut, 漢字, 🚂", "plain, ümlaut, 漢字, 🚂"),
    ],
)
def test_what_acts_is_written_out_and_what_is_seen_stays(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_what_the_caller_keeps_stays() -> None:
    assert visible("a\n\tb\x1b", keep="\n\t") == "a\n\tb\\x1b"


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in visible(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_where_only_ascii_can_be_shown_only_ascii_is_left(text: str) -> None:
    assert legible(text, unicode=False).isascii()


def test_signs_that_have_an_ascii_spelling_get_it() -> None:
    assert legible("a → b · c…", unicode=False) == "a -> b . c..."
    assert legible("ü", unicode=False) == r"\xfc"
    assert legible("a → b · c…", unicode=True) == "a → b · c…"
