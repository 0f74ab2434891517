"""What a migration asks the author about, and what it does not."""

from __future__ import annotations

import pytest

from pointsman.spec.finding import Severity
from pointsman.sql.dangers import ALLOWED, dangers
from tests.unit.sql.specs import spec

TABLE = "  name: orders\n"
NOTE = "    note:  {type: text, nullable: true}\n"
Changes = tuple[tuple[str, str], ...]


@pytest.mark.parametrize(
    ("before", "after", "code", "query"),
    [
        (
            (("paid: {}", "paid: {value: it's paid}"),), (), "status-removed",
            "SELECT count(*) FROM orders WHERE status = 'it''s paid';",
        ),
        ((), ((NOTE, ""),), "column-removed", "SELECT count(*) FROM orders WHERE note IS NOT NULL;"),
        ((), (("{type: bigint}", "{type: integer}"),), "column-type-changed", "SELECT count(*) FROM orders;"),
        ((), ((NOTE, f"{NOTE}    memo: {{type: text}}\n"),), "column-needs-value", "SELECT count(*) FROM orders;"),
        (
            (), (("note:  {type: text, nullable: true}", "note: {type: text}"),), "column-needs-value",
            "SELECT count(*) FROM orders WHERE note IS NULL;",
        ),
        (
            (), (("paid: {}", "paid: {requires: [note]}"),), "rows-may-break-check",
            "SELECT count(*) FROM orders WHERE status = 'paid' AND (note IS NULL);",
        ),
        (
            (), (("{type: bigint}", "{type: bigint, check: price > 0}"),), "rows-may-break-check",
            "SELECT count(*) FROM orders WHERE NOT (price > 0);",
        ),
        (
            # What a row lacks in a column that is only added by this migration cannot be asked for.
            (),
            ((NOTE, f"{NOTE}    memo: {{type: text, nullable: true}}\n"), ("paid: {}", "paid: {requires: [memo]}")),
            "rows-may-break-check", "SELECT count(*) FROM orders WHERE status = 'paid';",
        ),
    ],
)  # fmt: skip
def test_what_the_rows_decide_is_a_finding_with_the_query_that_decides(
    before: Changes, after: Changes, code: str, query: str
) -> None:
    (found,) = dangers(spec(*before), spec(*after))
    assert (found.code, found.severity) == (code, Severity.ERROR)
    assert dict(found.facts) == {"query": query}
    assert found.help.endswith(query)
    assert code in ALLOWED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (((TABLE, "  name: bought\n"),), "table-renamed"),
        (((TABLE, f"{TABLE}  schema: shop\n"),), "table-renamed"),
        (((TABLE, f"{TABLE}  status_column: state\n"),), "status-column-renamed"),
        (((TABLE, f"{TABLE}  primary_key: order_id\n"),), "primary-key-changed"),
        ((("    due:", "    id: {type: uuid}\n    due:"),), "primary-key-changed"),
    ],
)
def test_what_no_file_can_make_safe_cannot_be_allowed(change: Changes, code: str) -> None:
    (found,) = dangers(spec(), spec(*change))
    assert found.code == code
    assert code not in ALLOWED


@pytest.mark.parametrize(
    "change",
    [
        ((NOTE, f"{NOTE}    memo: {{type: text, nullable: true}}\n"),),
        ((NOTE, f"{NOTE}    memo: {{type: text, default: none}}\n"),),
        ((NOTE, f"{NOTE}    cents: {{type: bigint, nullable: true, check: cents > 0 and cents <= price}}\n"),),
        ((NOTE, f"{NOTE}    cents: {{type: bigint, default: 1, check: cents > 0}}\n"),),
        (("{type: text, nullable: true}", "{type: text, default: none}"),),
        (("paid: {}", "paid: {requires: [note], on_entry: {note: paid}}"),),
        (("paid: {}", "paid: {requires: [price]}"),),
        (("paid: {}", "paid: {}\n  lost: {terminal: true}"), ("{from: new, to: paid}", "{from: new, to: [paid]}")),
        (("new:  {initial: true, requires: [due]", "new:  {initial: true, requires: []"),),
    ],
)
def test_what_is_certain_is_not_asked(change: Changes) -> None:
    change = tuple((old, new.replace("to: [paid]", "to: paid}\n  - {from: paid, to: lost")) for old, new in change)
    assert dangers(spec(), spec(*change)) == ()


@pytest.mark.parametrize(
    "column",
    [
        "{type: bigint, nullable: true, check: cents is not null}",
        "{type: bigint, nullable: true, check: cents > 0 or price > 5}",
        "{type: bigint, default: 0, check: cents > 0}",
        "{type: bigint, default: 1, check: cents < price}",
    ],
)
def test_a_check_that_a_new_column_may_break_in_existing_rows_is_asked(column: str) -> None:
    (found,) = dangers(spec(), spec((NOTE, f"{NOTE}    cents: {column}\n")))
    assert found.code == "rows-may-break-check"
    assert dict(found.facts)["query"] == "SELECT count(*) FROM orders;"


def test_a_removed_column_that_may_have_been_renamed_says_so() -> None:
    (found,) = dangers(spec(), spec((NOTE, "    memo:  {type: text, nullable: true}\n")))
    assert "If memo is its new name" in found.help


def test_when_checks_begin_the_unknown_statuses_are_asked_for() -> None:
    (found,) = dangers(spec((TABLE, f"{TABLE}  enforce: []\n")), spec())
    assert found.subject == "check:orders_status_known"
    assert dict(found.facts)["query"] == "SELECT count(*) FROM orders WHERE status NOT IN ('new', 'paid', 'done');"
