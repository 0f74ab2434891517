"""Places: where a path of a spec stands in its file."""

from __future__ import annotations

from pointsman.loading.load import load_text
from pointsman.spec.source import Place, Source

SPEC = """\
pointsman: 1
lifecycle: order
statuses:
  open: {initial: true}
  closed:
    terminal: true
transitions:
  - {from: open, to: closed, event: shut}
"""


def test_a_key_stands_where_its_name_is_written() -> None:
    lifecycle = load_text(SPEC, "order.yaml")
    assert lifecycle.place("statuses", "closed") == Place("order.yaml", 5, 3)


def test_a_value_stands_where_it_is_written() -> None:
    lifecycle = load_text(SPEC, "order.yaml")
    assert lifecycle.place("statuses", "closed", "terminal", value=True) == Place("order.yaml", 6, 15)


def test_an_item_of_a_list_stands_where_it_begins() -> None:
    lifecycle = load_text(SPEC, "order.yaml")
    assert lifecycle.place("transitions", 0) == Place("order.yaml", 8, 5)
    assert lifecycle.place("transitions", 0, "event", value=True) == Place("order.yaml", 8, 37)


def test_a_path_that_is_not_written_stands_at_the_nearest_one_above() -> None:
    lifecycle = load_text(SPEC, "order.yaml")
    assert lifecycle.place("statuses", "open", "requires", 3) == lifecycle.place("statuses", "open")
    assert lifecycle.place("queues", "retry") == Place("order.yaml", 1, 1)


def test_a_transition_remembers_its_path() -> None:
    lifecycle = load_text(SPEC, "order.yaml")
    assert str(lifecycle.place(*lifecycle.transitions[0].path, "to", value=True)) == "order.yaml:8:22"


def test_a_lifecycle_built_in_code_has_the_top_of_its_file_everywhere() -> None:
    assert Source("made.py", "").place("statuses", "open") == Place("made.py", 1, 1)


def test_a_place_behind_an_alias_is_where_the_words_are() -> None:
    text = SPEC.replace("{initial: true}", "&start {initial: true}").replace("  closed:", "  other: *start\n  closed:")
    lifecycle = load_text(text, "order.yaml")
    assert lifecycle.place("statuses", "other").line == 5
    assert lifecycle.place("statuses", "other", "initial").line == 4


def test_comments_keep_their_line_and_whether_they_stand_alone() -> None:
    text = "# first\n" + SPEC.replace("{initial: true}", "{initial: true}  # here")
    comments = load_text(text, "order.yaml").source.comments
    assert [(comment.text, comment.line, comment.alone) for comment in comments] == [
        ("first", 1, True),
        ("here", 5, False),
    ]


def test_a_hash_inside_of_a_text_is_no_comment() -> None:
    text = SPEC + "summary: 'one # two'\n"
    assert load_text(text, "order.yaml").source.comments == ()
    folded = SPEC + "summary: |\n  one\n  # two\n"
    assert load_text(folded, "order.yaml").source.comments == ()


def test_the_digest_does_not_depend_on_line_ends() -> None:
    unix, windows = load_text(SPEC), load_text(SPEC.replace("\n", "\r\n"))
    assert unix.source.digest == windows.source.digest
    assert unix == windows
