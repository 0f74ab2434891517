"""What has to change between two specs, and in which order."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from pointsman.spec.lifecycle import Column, Enforcement, Lifecycle, Now, Table
from pointsman.sql.changes import (
    AddIndex,
    AlterColumns,
    Backfill,
    Change,
    ChangeType,
    CreateAll,
    Fill,
    ForbidNulls,
    InstallRule,
    RemoveColumns,
    RemoveIndex,
    RemoveRule,
    ReplaceIndex,
    ReplaceRule,
    SwapChecks,
    changes,
)
from pointsman.sql.dangers import dangers
from pointsman.sql.statements import CreateFunction, CreateTrigger
from pointsman.sql.steps import RunMode, steps
from tests.lifecycles import ladder
from tests.unit.sql.specs import spec

TABLE = "  name: orders\n"
UNENFORCED = (TABLE, f"{TABLE}  enforce: []\n")


def kinds(found: tuple[Change, ...]) -> list[type[Change]]:
    return [type(change) for change in found]


def test_the_first_spec_makes_everything() -> None:
    assert changes(None, spec()) == (CreateAll(),)


def test_nothing_that_the_database_holds_changed() -> None:
    assert changes(spec(), spec(("lifecycle: order", "lifecycle: order\nsummary: Other words."))) == ()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((("note:", "memo: {type: text, nullable: true}\n    note:"),), [AlterColumns]),
        ((("{type: text, nullable: true}", "{type: text, nullable: true, default: none yet}"),), [AlterColumns]),
        ((("{type: bigint}", "{type: bigint, nullable: true}"),), [AlterColumns]),
        ((("{type: bigint}", "{type: integer}"),), [ChangeType]),
        ((("{type: text, nullable: true}", "{type: text, default: none}"),), [AlterColumns, Backfill, ForbidNulls]),
        ((("    note:  {type: text, nullable: true}\n", ""),), [RemoveColumns]),
        ((("paid: {}", "paid: {requires: [note]}"),), [SwapChecks]),
        ((("paid: {}", "paid: {requires: [note], on_entry: {note: paid}}"),), [Backfill, SwapChecks]),
        ((("- {from: new, to: paid}", "- {from: new, to: paid}\n  - {from: new, to: done}"),), [ReplaceRule]),
        ((("statuses: [new], due", "statuses: [new, paid], due"),), [ReplaceIndex]),
        ((("idx_orders_new", "idx_orders_other"),), [AddIndex, RemoveIndex]),
        ((UNENFORCED,), [SwapChecks, RemoveRule]),
    ],
)
def test_one_change_of_the_spec_is_what_the_database_needs_and_no_more(
    change: tuple[tuple[str, str], ...], expected: list[type[Change]]
) -> None:
    assert kinds(changes(spec(), spec(*change))) == expected


def test_when_enforcement_begins_rows_are_filled_before_they_are_checked_and_watched_last() -> None:
    found = changes(spec(UNENFORCED), spec())
    assert kinds(found) == [Backfill, SwapChecks, InstallRule]
    assert found[0] == Backfill((Fill("new", (("due", "now()"),)),))


def test_a_status_that_is_new_has_no_rows_to_fill() -> None:
    old = spec(
        ("  paid: {}\n", ""), ("{from: new, to: paid}", "{from: new, to: done}"), ("  - {from: paid, to: done}\n", "")
    )
    new = spec(("paid: {}", "paid: {requires: [note], on_entry: {note: paid}}"))
    assert Backfill not in kinds(changes(old, new))


def test_a_new_column_with_a_default_has_a_value_in_every_row() -> None:
    demanded = ("paid: {}", "paid: {requires: [memo]}")
    column = "memo: {type: text, nullable: true, default: none}\n    note:"
    assert Backfill not in kinds(changes(spec(), spec(("note:", column), demanded)))


def test_a_trigger_that_is_there_is_never_dropped_to_change_transitions() -> None:
    found = steps(spec(), spec(("{from: paid, to: done}", "{from: paid, to: done}\n  - {from: paid, to: new}")))
    statements = [statement for step in found for batch in step.up for statement in batch.statements]
    assert [type(statement) for statement in statements] == [CreateFunction]
    assert CreateTrigger not in map(type, statements)


def test_an_index_is_a_file_of_its_own_with_one_statement_outside_of_a_transaction() -> None:
    for step in steps(spec(), spec(("statuses: [new], due", "statuses: [new, paid], due"))):
        for batch in (*step.up, *step.down):
            if batch.mode is RunMode.ALONE:
                assert len(batch.statements) == 1
                assert len(step.up) == len(step.down) == 1


def test_checks_are_validated_in_another_file_than_they_are_added_in() -> None:
    added, validated = steps(spec(), spec(("paid: {}", "paid: {requires: [note]}")))
    assert "NOT VALID" in added.up[0].statements[0].sql
    assert "VALIDATE" not in added.up[0].statements[0].sql
    assert "VALIDATE CONSTRAINT" in validated.up[0].statements[0].sql
    assert validated.up[0].mode is RunMode.LONG


def test_thousands_of_statuses_take_no_longer_than_their_number() -> None:
    before, after = _ladder(enforce=frozenset()), _ladder(enforce=frozenset(Enforcement))
    begun = time.perf_counter()
    assert kinds(changes(before, after)) == [Backfill, SwapChecks, InstallRule]
    assert dangers(before, after)
    # A quarter of a second here; a product of statuses with statuses would take minutes.
    assert time.perf_counter() - begun < 10


def _ladder(enforce: frozenset[Enforcement]) -> Lifecycle:
    made = ladder(3000)
    table = Table("steps", "status", columns=(Column("due", "timestamptz", nullable=True),), enforce=enforce)
    statuses = tuple(replace(each, requires=("due",), on_entry=(("due", Now.NOW),)) for each in made.statuses)
    return replace(made, table=table, statuses=statuses)
