"""Inline ignores."""

import pytest

from tests.unit.rules.specs import PLAIN, at, changed, codes

DEAD = changed(PLAIN, ("  sent:    {}", "  sent:    {}\n  lost:    {}")) + "  - {from: sent, to: lost, event: lost}\n"
LINE = "  lost:    {}"
REASON = 'reason="closed by hand, see the runbook"'


def test_without_an_ignore_it_is_found() -> None:
    assert at(DEAD, "dead-end")[0][0] == "6:3"


@pytest.mark.parametrize(
    "comment",
    [
        f"{LINE}  # pointsman-ignore: dead-end {REASON}",
        f"{LINE}  #pointsman-ignore: dead-end {REASON}",
        f"{LINE}  # pointsman-ignore: dead-end reason='closed by hand'",
        f"{LINE}  # pointsman-ignore: dead-end reason=agreed",
        f"  # pointsman-ignore: dead-end {REASON}\n{LINE}",
        f"# pointsman-ignore: dead-end {REASON}\n  # an ordinary comment\n  # and another\n{LINE}",
    ],
)
def test_an_ignore_on_the_line_or_alone_above_it_silences(comment: str) -> None:
    assert codes(changed(DEAD, (LINE, comment))) == []


def test_several_ignores_above_one_line_all_count() -> None:
    text = changed(PLAIN, ("  sent:    {}", "  sent:    {}\n  lost:    {}")) + "  - {from: lost, to: lost, event: x}\n"
    assert codes(text) == ["dead-end", "unreachable-status"]
    both = f"  # pointsman-ignore: dead-end {REASON}\n  # pointsman-ignore: unreachable-status {REASON}\n{LINE}"
    assert codes(changed(text, (LINE, both))) == []
    one = f"{LINE}  # pointsman-ignore: dead-end, unreachable-status {REASON}"
    assert codes(changed(text, (LINE, one))) == []


def test_an_ignore_of_one_rule_leaves_the_others() -> None:
    text = changed(DEAD, (LINE, f"{LINE}  # pointsman-ignore: trap {REASON}"))
    assert codes(text) == ["dead-end", "unused-ignore"]


def test_an_ignore_without_a_reason_silences_nothing_and_is_a_finding() -> None:
    for comment in ("dead-end", "dead-end because", 'dead-end reason=""', 'dead-end reason="  "'):
        found = codes(changed(DEAD, (LINE, f"{LINE}  # pointsman-ignore: {comment}")))
        assert found[0] == "dead-end"
        assert "ignore-without-reason" in found
        assert "unused-ignore" not in found


def test_an_ignore_that_names_no_rule_or_an_unknown_one_is_told_with_what_was_meant() -> None:
    text = changed(DEAD, (LINE, f"{LINE}  # pointsman-ignore: dead-ends {REASON}"))
    assert at(text, "unknown-ignore") == [
        ("6:16", "this ignore names 'dead-ends', which is no rule. Did you mean 'dead-end'?")
    ]
    text = changed(DEAD, (LINE, f"{LINE}  # pointsman-ignore: {REASON}"))
    assert at(text, "unknown-ignore") == [("6:16", "this ignore names no rule")]


def test_an_ignore_that_silences_nothing_says_which_line_it_is_about() -> None:
    text = changed(PLAIN, ("  sent:    {}", f"  # pointsman-ignore: dead-end {REASON}\n  # more\n  sent:    {{}}"))
    assert at(text, "unused-ignore") == [("5:3", "this ignore of dead-end silences nothing on line 7")]


def test_an_ignore_does_not_silence_the_rules_about_ignores() -> None:
    text = changed(PLAIN, ("  sent:    {}", f"  sent:    {{}}  # pointsman-ignore: unused-ignore {REASON}"))
    assert codes(text) == ["unused-ignore"]


def test_what_looks_like_an_ignore_inside_a_text_is_none() -> None:
    text = changed(PLAIN, ("  sent:    {}", f"  sent:    {{summary: 'x # pointsman-ignore: trap {REASON}'}}"))
    assert codes(text) == []


def test_another_comment_is_left_alone() -> None:
    assert codes(changed(PLAIN, ("  sent:    {}", "  sent:    {}  # see pointsman-ignore in the manual"))) == []
