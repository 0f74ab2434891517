"""Derived names: complete, traced to the spec, and never cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pointsman.loading.load import load
from pointsman.spec.database_names import derived_names
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Enforcement, Lifecycle, Status, Table
from pointsman.sql.schema import wanted
from pointsman.sql.schema_target import schema_sql

SPEC = load(Path(__file__).parents[3] / "spec" / "seller_transfer.yaml")


def test_every_name_that_the_schema_makes_up_is_listed() -> None:
    schema = wanted(SPEC)
    declared = {queue.index for queue in SPEC.queues}
    made = {check.name for check in schema.checks} | {
        index.name for index in schema.indexes if index.name not in declared
    }
    made |= {"seller_transfers_pkey", "seller_transfers_status_transitions"}
    assert {name for name, _ in derived_names(SPEC)} == made


def test_each_name_points_at_what_it_is_made_from() -> None:
    paths = dict(derived_names(SPEC))
    assert paths["seller_transfers_failed_requires"] == ("statuses", "failed", "requires")
    assert SPEC.place(*paths["idx_seller_transfers_refund_requested_kept"]).line > 1


@pytest.mark.parametrize(
    ("enforced", "endings"),
    [(Enforcement.CHECK, {"_known", "_requires", "_check"}), (Enforcement.TRIGGER, {"_transitions"})],
)
def test_names_of_what_is_not_enforced_are_not_made(enforced: Enforcement, endings: set[str]) -> None:
    assert SPEC.table is not None
    lifecycle = replace(SPEC, table=replace(SPEC.table, enforce=frozenset({enforced})))
    found = {"_" + name.rpartition("_")[2] for name, _ in derived_names(lifecycle)}
    assert found - {"_pkey", "_kept"} == endings


def test_a_lifecycle_without_a_table_has_no_names() -> None:
    assert derived_names(replace(SPEC, table=None)) == ()


def test_a_name_that_postgresql_would_cut_is_refused_and_never_cut() -> None:
    long = "s" * 50
    lifecycle = Lifecycle("long", (Status(long, long, requires=("c",)),), (), table=Table("orders", "status"))
    with pytest.raises(UsageError, match=f"orders_{long}_requires"):
        schema_sql(lifecycle)
