"""The rules about the graph."""

import pytest

from pointsman.spec.finding import Severity
from tests.unit.rules.specs import PLAIN, at, changed, codes, findings


def test_statuses_and_transitions_alone_are_a_spec_without_findings() -> None:
    assert codes(PLAIN) == []


def test_an_event_without_a_name_is_no_finding_either() -> None:
    assert codes(changed(PLAIN, (", event: sent}", "}"), (", event: arrived}", "}"))) == []


def test_several_initial_statuses_are_each_a_beginning() -> None:
    text = changed(PLAIN, ("  sent:    {}", "  sent:    {initial: true}\n  other:   {initial: true}"))
    text += "  - {from: other, to: paid, event: arrived}\n"
    assert codes(text) == []


def test_without_an_initial_status_only_that_is_said() -> None:
    assert at(changed(PLAIN, ("{initial: true}", "{}")), "no-initial") == [
        ("3:1", "no status is initial, so no row can begin")
    ]
    assert codes(changed(PLAIN, ("{initial: true}", "{}"))) == ["no-initial"]


def test_a_transition_to_itself_is_no_way_out() -> None:
    text = changed(PLAIN, ("  - {from: sent,    to: paid, event: arrived}\n", "")) + (
        "  - {from: sent, to: sent, event: pinged}\n  - {from: pending, to: paid, event: arrived}\n"
    )
    assert at(text, "dead-end") == [("5:3", "sent is not terminal, and no transition leads out of it but to itself")]
    assert codes(text) == ["dead-end"]


def test_a_terminal_status_may_not_even_lead_to_itself() -> None:
    text = PLAIN + "  - {from: [sent, paid], to: paid, event: pinged}\n"
    assert at(text, "terminal-with-exit") == [("10:19", "paid is terminal, but pinged leads from it to paid")]


def test_a_resting_status_on_the_circle_is_a_place_to_stay() -> None:
    text = changed(PLAIN, ("to: paid, event: arrived}", "to: pending, event: back}")).replace(
        "  paid:    {terminal: true}\n", ""
    )
    assert codes(text) == ["trap"]
    assert at(text, "trap")[0][0] == "4:3"
    assert codes(changed(text, ("  sent:    {}", "  sent:    {resting: true}"))) == []


def test_what_only_leads_into_a_trap_is_not_told_again() -> None:
    text = changed(PLAIN, ("event: arrived}", "event: arrived}\n  - {from: sent, to: a, event: lost}"))
    text = changed(text, ("  sent:    {}", "  sent:    {}\n  a: {}\n  b: {}\n  c: {}"))
    text += "  - {from: a, to: b, event: x}\n  - {from: b, to: c, event: x}\n  - {from: c, to: b, event: x}\n"
    assert codes(text) == ["trap"]
    assert at(text, "trap") == [
        ("7:3", "rows go round in b and c for ever: no terminal or resting status can be reached from there")
    ]


def test_a_status_that_nothing_touches_is_unused_and_not_unreachable_or_dead() -> None:
    assert codes(changed(PLAIN, ("  sent:    {}", "  sent:    {}\n  old:     {}"))) == ["unused-status"]


def test_an_unreachable_status_is_pointed_at_where_it_is_declared() -> None:
    text = changed(PLAIN, ("  sent:    {}", "  sent:    {}\n  lost:    {}")) + (
        "  - {from: lost, to: paid, event: found}\n"
    )
    assert at(text, "unreachable-status") == [("6:3", "no row can come to be in lost: no way leads there from pending")]


DUPLICATED = PLAIN + "  - {from: [pending, sent], to: paid, event: arrived}\n"


def test_a_duplicate_is_pointed_at_inside_a_list() -> None:
    assert at(DUPLICATED, "duplicate-transition") == [
        ("10:22", "sent to paid by arrived is declared twice (first in line 9)")
    ]


def test_transitions_of_different_actors_or_conditions_are_no_duplicates() -> None:
    text = changed(
        PLAIN,
        ("statuses:", "table: {name: t, columns: {n: {type: bigint}}}\nactors: {a: handler, b: handler}\nstatuses:"),
        ("event: sent}", "event: sent, by: [a, b]}"),
        ("event: arrived}", "event: arrived, by: a, when: n = 1}"),
    )
    assert codes(text + "  - {from: sent, to: paid, event: arrived, by: b, when: n = 1}\n") == []
    assert codes(text + "  - {from: sent, to: paid, event: arrived, by: a, when: n = 2}\n") == []
    assert codes(text + "  - {from: sent, to: paid, event: arrived, by: [b, a], when: n = 1}\n") == [
        "duplicate-transition"
    ]


CHOOSING = """\
pointsman: 1
lifecycle: payout
table:
  name: payouts
  columns:
    cents:    {type: bigint, check: cents > 0}
    rush:     {type: boolean, nullable: true}
    asked_at: {type: timestamptz, nullable: true}
    note:     {type: text, nullable: true}
statuses:
  pending: {initial: true}
  review:  {terminal: true}
  paid:    {terminal: true}
transitions:
  - {from: pending, to: review, event: checked%s}
  - {from: pending, to: paid,   event: checked%s}
"""


def _ambiguous(first: str, second: str) -> list[tuple[str, Severity, str]]:
    found = findings(CHOOSING % (first, second))
    assert {finding.code for finding in found} <= {"ambiguous-event"}
    return [(f"{f.place.line}:{f.place.column}", f.severity, f.message) for f in found]


def test_an_event_with_two_targets_and_no_conditions_is_a_warning() -> None:
    assert _ambiguous("", "") == [
        ("16:40", Severity.WARNING, "checked leads from pending to review and paid, and nothing says to which")
    ]


def test_conditions_that_exclude_each_other_are_silent() -> None:
    assert _ambiguous(", when: cents > 100", ", when: cents <= 100") == []
    assert _ambiguous(", when: rush", ", when: not rush or rush is null") == []
    assert _ambiguous(", when: asked_at is null", ", when: asked_at is not null") == []
    assert _ambiguous(''', when: "note in ('a', 'b')"''', ''', when: "note not in ('a', 'b')"''') == []


def test_conditions_that_overlap_are_an_error_that_shows_the_row() -> None:
    message = "checked leads from pending to review and to paid, and both apply to a row with "
    assert _ambiguous(", when: cents >= 100", ", when: cents <= 100") == [
        ("16:55", Severity.ERROR, message + "cents = 100")
    ]
    assert _ambiguous(", when: asked_at is not null", ", when: rush") == [
        ("16:55", Severity.ERROR, message + "asked_at not null, rush = true")
    ]


def test_a_condition_on_one_side_only_overlaps_with_always() -> None:
    ((place, severity, message),) = _ambiguous(", when: cents > 100", "")
    assert (place, severity) == ("16:40", Severity.ERROR)
    assert message.endswith("and both apply to a row with cents = 101")


def test_conditions_that_cannot_be_proved_exclusive_stay_a_warning() -> None:
    # Which of two texts comes first is the collation's.
    ((_, severity, _),) = _ambiguous(", when: note = 'a'", ", when: note <> 'b' and note = 'a' and rush")
    assert severity is Severity.ERROR
    found = findings(
        CHOOSING.replace("note:     {type: text", "note:     {type: uuid")
        % (", when: note = 'a'", ", when: note = 'b'")
    )
    assert [(f.code, f.severity) for f in found] == [("ambiguous-event", Severity.WARNING)]


def test_different_actors_or_needs_keep_two_targets_apart() -> None:
    text = CHOOSING.replace("statuses:", "actors: {a: handler, b: admin}\nstatuses:")
    assert codes(text % (", by: a", ", by: b")) == []
    assert codes(text % (", by: a", ", by: [a, b]")) == ["ambiguous-event"]


def test_a_hub_of_thousands_is_one_finding_and_not_millions_of_comparisons() -> None:
    many = "".join(f"  - {{from: pending, to: s{n}, event: checked}}\n" for n in range(3000))
    statuses = "".join(f"  s{n}: {{terminal: true}}\n" for n in range(3000))
    text = PLAIN.replace("transitions:\n", statuses + "transitions:\n") + many
    assert codes(text) == ["ambiguous-event"]


def test_a_condition_that_no_row_satisfies_is_pointed_at() -> None:
    assert at(CHOOSING % (", when: cents < 1", ", when: cents >= 1"), "never-true-condition") == [
        ("15:55", "pending to review by checked can never be taken: no row satisfies cents < 1")
    ]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("cents", Severity.ERROR),
        ("not note", Severity.ERROR),
        ("note < tag", Severity.WARNING),
        ("blob = tag", Severity.ERROR),
        ("rush", None),
        ("note = tag", None),
        ("note in ('a')", None),
    ],
)
def test_a_condition_must_mean_the_same_everywhere(condition: str, found: Severity | None) -> None:
    columns = "    tag:      {type: text, nullable: true}\n    blob:     {type: json, nullable: true}\n"
    text = CHOOSING.replace("statuses:\n", columns + "statuses:\n") % (f', when: "{condition}"', "")
    told = [f.severity for f in findings(text) if f.code == "unportable-condition"]
    assert told == ([found] if found else [])
