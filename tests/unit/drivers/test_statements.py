"""What the proxy takes a statement for."""

import pytest

from pointsman_conformance.drivers.statements import StatementKind, StatementReader, executed, prepared

CLAIM = """
WITH claimable AS MATERIALIZED (
  SELECT t.id FROM seller_transfers AS t WHERE t.status = 'x' FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE seller_transfers AS t SET claim_count = t.claim_count + 1 RETURNING t.*
"""


@pytest.mark.parametrize(
    ("statement", "sort"),
    [
        ("SELECT * FROM seller_transfers", StatementKind.READ),
        ("select * from public.seller_transfers where id = $1 for update skip locked", StatementKind.READ),
        ("SELECT * FROM Seller_Transfers FOR NO KEY UPDATE", StatementKind.READ),
        ('SELECT * FROM "seller_transfers"', StatementKind.READ),
        (CLAIM, StatementKind.WRITE),
        ("UPDATE seller_transfers SET status = 'x'", StatementKind.WRITE),
        ("WITH gone AS (DELETE FROM seller_transfers RETURNING 1) SELECT count(*) FROM gone", StatementKind.WRITE),
        ("COPY seller_transfers FROM stdin", StatementKind.WRITE),
        ("COPY seller_transfers TO stdout", StatementKind.READ),
        ("SELECT 'update' FROM seller_transfers", StatementKind.READ),
        ("SELECT 1 -- update seller_transfers", StatementKind.OTHER),
        ("SELECT /* update seller_transfers */ 1", StatementKind.OTHER),
        ("SELECT $tag$update seller_transfers$tag$", StatementKind.OTHER),
        ("SELECT E'it\\'s seller_transfers'", StatementKind.OTHER),
        ("UPDATE other SET a = 1", StatementKind.OTHER),
        ("SELECT settle_everything()", StatementKind.OTHER),
        ("BEGIN", StatementKind.CONTROL),
        ("begin; set local lock_timeout = '1s'", StatementKind.CONTROL),
        ("COMMIT;", StatementKind.CONTROL),
        ("", StatementKind.CONTROL),
        ("begin; select 1", StatementKind.OTHER),
        ("begin; update seller_transfers set status = 'x'; commit", StatementKind.WRITE),
    ],
)
def test_a_statement_is_sorted_by_its_words(statement: str, sort: StatementKind) -> None:
    assert StatementReader("seller_transfers").sort(statement) is sort


def test_a_table_whose_name_needs_quotes_is_found() -> None:
    reader = StatementReader("Seller Transfers")
    assert reader.sort('UPDATE "Seller Transfers" SET a = 1') is StatementKind.WRITE
    assert reader.sort("UPDATE seller SET a = 1") is StatementKind.OTHER


def test_what_did_write_our_rows_is_a_write_from_then_on() -> None:
    reader = StatementReader("seller_transfers")
    assert reader.sort("SELECT settle_everything()") is StatementKind.OTHER
    reader.learn("SELECT settle_everything()")
    assert reader.sort("SELECT settle_everything()") is StatementKind.WRITE


def test_a_statement_that_is_kept_in_the_database_is_found_again_by_its_name() -> None:
    assert prepared('PREPARE "Take it" (int) AS UPDATE t SET a = $1') == ("Take it", " UPDATE t SET a = $1")
    assert executed('EXECUTE "Take it" (1)') == "Take it"
    assert prepared("UPDATE t SET a = 1") is None
    assert executed("SELECT 1") is None
