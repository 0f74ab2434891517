import os
import threading
from pathlib import Path

import pytest

from pointsman.loading.load import load
from pointsman.reporting.excerpt import Excerpts, columns
from pointsman.spec.errors import SpecError
from pointsman.spec.source import Place


def mark(path: Path, line: int, column: int, room: int = 80, *, unicode: bool = True) -> tuple[str, str] | None:
    """The line that is shown, and what stands over the mark."""
    found = Excerpts(unicode=unicode).at(Place(str(path), line, column), room)
    if found is None:
        return None
    shown, at, marked = found.line, 0, ""
    for character in shown:
        if found.indent <= at < found.indent + found.length:
            marked += character
        at += columns(character)
    return shown, marked


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return tmp_path / "x.yaml"


def test_the_mark_stands_under_the_word_at_the_place(spec: Path) -> None:
    spec.write_text("statuses:\n  failed: {terminal: true}\n")
    assert mark(spec, 2, 3) == ("  failed: {terminal: true}", "failed")
    assert mark(spec, 2, 12) == ("  failed: {terminal: true}", "terminal")


def test_a_quoted_word_is_marked_whole(spec: Path) -> None:
    spec.write_text("value: 'not paid', next: \"x y\"\n")
    assert mark(spec, 1, 8) == ("value: 'not paid', next: \"x y\"", "'not paid'")
    assert mark(spec, 1, 26) == ("value: 'not paid', next: \"x y\"", '"x y"')


def test_tabs_wide_and_combining_characters_do_not_move_the_mark(spec: Path) -> None:
    spec.write_text("\t漢字 e\u0301: lost\n", encoding="utf-8")
    assert mark(spec, 1, 9) == ("  漢字 e\u0301: lost", "lost")


def test_control_characters_are_shown_as_escapes_and_do_not_move_the_mark(spec: Path) -> None:
    spec.write_text("a\x1b[31m: lost\n")
    assert mark(spec, 1, 9) == (r"a\x1b[31m: lost", "lost")


def test_lines_end_where_the_reader_of_specs_ends_them(spec: Path) -> None:
    spec.write_bytes(b"one\r\ntwo\rthree\xe2\x80\xa8same\nfour\n")
    shown = [mark(spec, line, 1) for line in (2, 3, 4)]
    assert shown == [("two", "two"), (r"three\u2028same", "three"), ("four", "four")]


def test_the_line_that_is_shown_is_the_one_that_the_reader_found(spec: Path) -> None:
    spec.write_bytes(b"pointsman: 1\r\n\r\nlifecycle: x\rsummary: \xe2\x80\xa8\n")
    with pytest.raises(SpecError) as failed:
        load(spec)
    places = [finding.place for finding in failed.value.findings]
    shown = [Excerpts(unicode=True).at(place, 80) for place in places]
    assert any(found and r"\u2028" in found.line for found in shown)


def test_a_byte_order_mark_is_no_character_of_the_line(spec: Path) -> None:
    spec.write_bytes(b"\xef\xbb\xbfname: x\n")
    assert mark(spec, 1, 1) == ("name: x", "name")


def test_a_line_of_megabytes_is_cut_around_the_place(spec: Path) -> None:
    spec.write_text("x" * 1_000_000 + " lost " + "y" * 1_000_000 + "\n")
    shown, marked = mark(spec, 1, 1_000_002) or ("", "")
    assert marked == "lost"
    assert len(shown) <= 82
    assert shown.startswith("…")
    assert shown.endswith("…")


@pytest.mark.parametrize("column", [1, 40, 79, 80, 81, 100])
def test_the_mark_is_right_wherever_a_long_line_is_cut(spec: Path, column: int) -> None:
    spec.write_text("".join(f"{number:03d}," for number in range(50)) + "\n")
    found = mark(spec, 1, column)
    assert found is not None
    assert found[1][:1] == spec.read_text()[column - 1]


def test_bytes_that_are_no_text_are_replaced(spec: Path) -> None:
    spec.write_bytes(b"a: \xff\xfe\n")
    assert mark(spec, 1, 1) == ("a: \ufffd\ufffd", "a")
    assert mark(spec, 1, 1, unicode=False) == (r"a: \ufffd\ufffd", "a")


@pytest.mark.parametrize(("line", "column"), [(9, 1), (1, 99), (2, 1)])
def test_a_place_that_holds_nothing_gives_nothing(spec: Path, line: int, column: int) -> None:
    spec.write_text("a: b\n   \n")
    assert mark(spec, line, column) is None


def test_what_is_no_file_gives_nothing(tmp_path: Path) -> None:
    for name in ("missing.yaml", ".", "<stdin>", "nul\0byte"):
        assert Excerpts(unicode=True).at(Place(name, 1, 1), 80) is None
    assert mark(tmp_path, 1, 1) is None


def test_a_pipe_that_was_read_already_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = threading.Event()

    def look() -> None:
        mark(pipe, 1, 1)
        done.set()

    threading.Thread(target=look, daemon=True).start()
    assert done.wait(5)
