"""Findings as data: their order, their fingerprints, and the words that go with them."""

from __future__ import annotations

from dataclasses import replace

from pointsman.spec.finding import Finding, Severity, by_place, did_you_mean, shown
from pointsman.spec.source import Place

FINDING = Finding(
    "dead-end", Severity.ERROR, "failed has no way out", Place("a.yaml", 7, 3), "Add one.", "status:failed"
)


def test_a_fingerprint_survives_a_moved_line_and_a_reworded_message() -> None:
    moved = replace(FINDING, place=Place("a.yaml", 90, 1), message="failed cannot be left", help="Add a transition.")
    assert moved.fingerprint == FINDING.fingerprint


def test_a_fingerprint_tells_codes_files_and_subjects_apart() -> None:
    others = (
        replace(FINDING, code="trap"),
        replace(FINDING, place=Place("b.yaml", 7, 3)),
        replace(FINDING, subject="status:pending"),
    )
    assert len({FINDING.fingerprint, *(other.fingerprint for other in others)}) == 4


def test_findings_come_in_the_order_of_the_file_and_each_once() -> None:
    later = replace(FINDING, place=Place("a.yaml", 10, 1))
    assert by_place([later, FINDING, later]) == (FINDING, later)


def test_a_similar_name_is_offered() -> None:
    assert did_you_mean("pendign", ["pending", "failed"]) == " Did you mean 'pending'?"
    assert did_you_mean("ID", ["id"]) == " Did you mean 'id'?"
    assert did_you_mean("zebra", ["pending", "failed"]) == ""


def test_a_shown_text_stays_on_one_line_and_short() -> None:
    assert shown("a\nb") == "'a\\nb'"
    assert len(shown("x" * 500)) <= 62
