import subprocess
import sys
from pathlib import Path

import pytest

from pointsman.reporting import FORMATS, Looks, counted, render, spoken
from pointsman.result import Code, Grid, GridCell, Prose, Result
from pointsman.spec.finding import Severity
from pointsman.spec.source import Place
from tests.unit.reporting.samples import HOSTILE, finding, results


def text(result: Result, looks: Looks | None = None) -> str:
    return render(result, "text", looks or Looks())


def test_a_finding_names_its_place_severity_and_rule_and_shows_the_line(tmp_path: Path) -> None:
    spec = tmp_path / "x.yaml"
    spec.write_text("statuses:\n  failed: {}\n")
    found = finding("No row leaves 'failed'.", code="dead-end", place=Place(str(spec), 2, 3), help="Say so.\nOr not.")
    assert text(Result("lint", (found,))) == (
        f"{spec}:2:3 error dead-end: No row leaves 'failed'.\n"
        "  2 │   failed: {}\n"
        "    │   ^^^^^^\n"
        "    help: Say so.\n"
        "          Or not.\n"
        "\n"
        f"1 error in {spec}.\n"
    )


def test_where_unicode_cannot_be_shown_the_same_lines_are_ascii(tmp_path: Path) -> None:
    spec = tmp_path / "x.yaml"
    spec.write_text("größe: → …\n", encoding="utf-8")
    shown = text(Result("lint", (finding("→ ü", place=Place(str(spec), 1, 1)),)), Looks(unicode=False))
    assert shown.isascii()
    assert "  1 | gr\\xf6\\xdfe: -> ...\n    | ^^^^^^^^^^^\n" in shown


def test_findings_whose_file_cannot_be_read_are_told_without_a_line() -> None:
    assert text(results()["twice"]) == (
        "spec/x.yaml:3:5 error unreachable: Nothing leads here.\n"
        "  help: Add a transition to it.\n"
        "\n"
        "spec/y.yaml:1:1 error unreachable: Nothing leads here.\n"
        "  help: Add a transition to it.\n"
        "\n"
        "spec/x.yaml:3:5 error unreachable: Another message.\n"
        "  help: Add a transition to it.\n"
        "\n"
        "3 errors in 2 files.\n"
    )


def test_statements_that_a_person_would_run_are_shown_unless_the_help_has_them() -> None:
    facts = (("count", "3"), ("query", "select 1\n  from t"), ("create", "create index i"))
    shown = text(Result("audit", (finding(help="Run it:\ncreate index i", facts=facts),)))
    assert shown.splitlines()[1:5] == [
        "  help: Run it:",
        "        create index i",
        "  query: select 1",
        "           from t",
    ]
    assert "count" not in shown


def test_brief_is_one_line_for_each_finding_and_nothing_else() -> None:
    assert text(results()["twice"], Looks(brief=True)).count("\n") == 3
    assert text(results()["clean"], Looks(brief=True)) == ""
    assert text(results()["incomplete"], Looks(brief=True)).startswith("incomplete: ")


def test_a_run_with_nothing_to_say_says_so() -> None:
    assert text(results()["silent"]) == "Nothing to report.\n"
    assert text(results()["clean"]) == "6 statuses, 7 transitions.\n"


def test_what_was_not_looked_at_is_told() -> None:
    assert text(results()["incomplete"]) == "incomplete: The index could not be read: permission denied.\n"


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("color", [False, True])
def test_hostile_words_reach_a_terminal_only_as_words(words: str, color: bool) -> None:
    hostile = finding(words, code=words or "x", place=Place(words, 1, 1), help=words, subject=words)
    blocks = (Prose(words), Code(words, "sql"), Grid((words,), ((GridCell(words, "moves"),),), words, words))
    result = Result("lint", (hostile,), blocks, summary=words, incomplete=(words,))
    shown = text(result, Looks(color=color, terminal=True, width=80))
    plain = shown if not color else _without_our_colors(shown)
    assert not any((ord(c) < 0x20 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 for c in plain)
    assert "\u202e" not in plain
    assert "\u2066" not in plain


def _without_our_colors(shown: str) -> str:
    for codes in ("0", "1", "2", "31", "32", "33", "34", "36", *(f"1;{n}" for n in range(31, 37))):
        shown = shown.replace(f"\x1b[{codes}m", "")
    return shown


def test_a_message_stays_on_one_line() -> None:
    shown = text(Result("lint", (finding("a\nb\rc"),)))
    assert shown.splitlines()[0].endswith(r"a\nb\rc")


def test_markup_of_the_library_that_draws_is_text() -> None:
    shown = text(Result("show", blocks=(Grid(("[bold]h[/bold]",), ((GridCell("[red]x[/red] :train:"),),)),)))
    assert "[bold]h[/bold]" in shown
    assert "[red]x[/red] :train:" in shown


def test_code_is_exact_where_no_terminal_obeys_it() -> None:
    code = "select E'\x1b[0m', '→', '[red]';\n"
    assert text(Result("show", blocks=(Code(code, "sql"),))) == code
    assert text(Result("show", blocks=(Code(code, "sql"),)), Looks(unicode=False)) == code
    assert "\x1b" not in text(Result("show", blocks=(Code(code, "sql"),)), Looks(terminal=True))


def test_a_diff_is_coloured_by_its_first_signs_and_keeps_its_words() -> None:
    diff = "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n same\n"
    shown = text(Result("generate", blocks=(Code(diff, "diff"),)), Looks(color=True, terminal=True))
    assert "\x1b[32m+new\x1b[0m\n" in shown
    assert "\x1b[31m-old\x1b[0m\n" in shown
    assert _without_our_colors(shown) == diff


def test_colours_add_nothing_but_colours() -> None:
    for result in results().values():
        assert _without_our_colors(text(result, Looks(color=True))) == text(result)


def test_findings_are_counted_by_weight() -> None:
    note, warning = finding(severity=Severity.NOTE), finding(severity=Severity.WARNING)
    assert counted((note, finding(), finding(), warning)) == "2 errors, 1 warning, 1 note"
    assert counted(()) == ""


def test_what_is_said_beside_a_report_in_a_file_names_the_file() -> None:
    assert spoken(results()["both"], "out.sarif") == "1 error\nIncomplete: Timed out.\nThe report is in out.sarif."


def test_findings_need_no_library_for_drawing() -> None:
    """Lint has a budget of time, and the library that draws tables takes much of it."""
    program = (
        "import sys\n"
        "from pointsman.reporting import render, Looks\n"
        "from tests.unit.reporting.samples import results\n"
        f"for form in {[form.name for form in FORMATS]!r}:\n"
        "    for result in results().values(): render(result, form, Looks())\n"
        "sys.exit(any(name.split('.')[0] in ('rich', 'pygments') for name in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
