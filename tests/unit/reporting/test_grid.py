import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.reporting import Looks
from pointsman.reporting.excerpt import columns
from pointsman.reporting.folding import fold, panels, wrap
from pointsman.reporting.grid import drawn
from pointsman.reporting.paint import STYLES
from pointsman.result import Grid, GridCell
from tests.unit.reporting.samples import HOSTILE

NAMES = ("pending", "completed", "failed", "reversal_pending", "reversed", "permanently_failed")


def matrix(names: tuple[str, ...] = NAMES) -> Grid:
    """Every pair: a bump, a move with its event and actors, or a refusal."""
    moves = GridCell("reversal_accepted\nreversal_worker, webhook", "moves")
    rows = tuple(
        (
            GridCell(source, "strong"),
            *(
                GridCell("bump", "bump") if source == target else moves if number % 4 == 1 else GridCell("·", "refused")
                for number, target in enumerate(names)
            ),
        )
        for source in names
    )
    return Grid(("from \\ to", *names), rows, "A title", "A legend")


def test_columns_line_up_under_their_names() -> None:
    grid = Grid(("name", "n"), ((GridCell("漢字"), GridCell("1")), (GridCell("lengthy"), GridCell("22"))))
    assert drawn(grid, Looks()) == "name    │ n\n────────┼───\n漢字    │ 1\nlengthy │ 22\n"
    assert drawn(grid, Looks(unicode=False)).splitlines()[:2] == ["name         | n", "-------------+---"]


def test_a_table_is_as_wide_as_it_needs_if_no_width_is_given() -> None:
    shown = drawn(matrix(), Looks())
    assert shown.count("from \\ to") == 1
    assert "reversal_worker, webhook" in shown


@pytest.mark.parametrize("width", [20, 40, 60, 79, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    lines = drawn(matrix(), Looks(width=width)).splitlines()
    assert max(columns(line) for line in lines) <= width


@pytest.mark.parametrize("width", [40, 80, 120])
def test_every_panel_repeats_the_first_column_and_every_column_is_in_one_panel(width: int) -> None:
    texts = [("first", *NAMES)]
    parts = panels(texts, width, 3)
    assert all(next(iter(panel)) == 0 for panel in parts)
    assert [column for panel in parts for column in list(panel)[1:]] == [1, 2, 3, 4, 5, 6]


def test_panels_are_of_one_size() -> None:
    assert [len(panel) for panel in panels([("first", *NAMES)], 60, 3)] == [4, 4]


def test_names_are_broken_after_underscores_and_words_between_them() -> None:
    assert fold("permanently_failed", 13) == "permanently_\nfailed"
    assert fold("reversal_worker, webhook, admin", 16) == "reversal_worker,\nwebhook, admin"
    assert fold("a\nb", 5) == "a\nb"
    assert fold("unbreakable", 4) == "unbr\neaka\nble"


@given(st.text(alphabet="ab_ ,漢\n", max_size=60), st.integers(2, 20))
def test_folding_loses_nothing_but_blanks_and_fits(text: str, width: int) -> None:
    folded = fold(text, width)
    assert "".join(folded.split()) == "".join(text.split())
    assert all(columns(line) <= width for line in folded.split("\n"))


def test_every_tone_has_a_colour() -> None:
    for tone in ("moves", "bump", "refused", "quiet", "strong", "good", "bad"):
        plain = drawn(Grid(("h",), ((GridCell("cell"),),)), Looks(color=True))
        toned = drawn(Grid(("h",), ((GridCell("cell", tone),),)), Looks(color=True))
        assert tone in STYLES
        assert toned != plain


def test_without_colour_there_is_no_escape_whatever_the_environment_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "TTY_COMPATIBLE": "1", "COLUMNS": "20"}.items():
        monkeypatch.setenv(name, value)
    shown = drawn(matrix(), Looks())
    assert "\x1b" not in shown
    assert shown.count("from \\ to") == 1


def test_with_colour_there_is_colour_even_where_the_environment_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[1;32mreversal_accepted\x1b[0m" in drawn(matrix(), Looks(color=True))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_in_a_cell_are_only_words(words: str) -> None:
    for looks in (Looks(), Looks(width=30), Looks(unicode=False)):
        shown = drawn(Grid((words, "x"), ((GridCell(words), GridCell("y")),), words, words), looks)
        assert not any((ord(c) < 0x20 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in shown)


def test_a_table_without_rows_is_its_header() -> None:
    assert drawn(Grid(("name", "n"), ()), Looks()).startswith("name │ n\n")


def test_prose_is_broken_at_blanks_and_keeps_its_indent_and_its_long_words() -> None:
    text = "one two three\n\n  four five-six seven\nhttps://example.org/a_long_address"
    assert wrap(text, 10) == "one two\nthree\n\n  four\n  five-six\n  seven\nhttps://example.org/a_long_address"
    assert wrap(text, None) == text


def test_titles_and_legends_keep_to_the_screen() -> None:
    shown = drawn(
        Grid(("h",), ((GridCell("c"),),), "a title of many words", "and a legend of as many"), Looks(width=12)
    )
    assert max(map(len, shown.splitlines())) <= 12
