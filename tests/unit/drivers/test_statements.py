"""What the proxy takes a statement for."""

import pytest

from pointsman_conformance.drivers.statements import Reader, Sort, executed, prepared

CLAIM = """
WITH claimable AS MATERIALIZED (
  SELECT t.id FROM seller_transfers AS t WHERE t.status = 'x' FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE seller_transfers AS t SET claim_count = t.claim_count + 1 RETURNING t.*
"""


@pytest.mark.parametrize(
    ("statement", "sort"),
    [
        ("SELECT * FROM seller_transfers", Sort.READ),
        ("select * from public.seller_transfers where id = $1 for update skip locked", Sort.READ),
        ("SELECT * FROM Seller_Transfers FOR NO KEY UPDATE", Sort.READ),
        ('SELECT * FROM "seller_transfers"', Sort.READ),
        (CLAIM, Sort.WRITE),
        ("UPDATE seller_transfers SET status = 'x'", Sort.WRITE),
        ("WITH gone AS (DELETE FROM seller_transfers RETURNING 1) SELECT count(*) FROM gone", Sort.WRITE),
        ("COPY seller_transfers FROM stdin", Sort.WRITE),
        ("COPY seller_transfers TO stdout", Sort.READ),
        ("SELECT 'update' FROM seller_transfers", Sort.READ),
        ("SELECT 1 -- update seller_transfers", Sort.OTHER),
        ("SELECT /* update seller_transfers */ 1", Sort.OTHER),
        ("SELECT $tag$update seller_transfers$tag$", Sort.OTHER),
        ("SELECT E'it\\'s seller_transfers'", Sort.OTHER),
        ("UPDATE other SET a = 1", Sort.OTHER),
        ("SELECT settle_everything()", Sort.OTHER),
        ("BEGIN", Sort.CONTROL),
        ("begin; set local lock_timeout = '1s'", Sort.CONTROL),
        ("COMMIT;", Sort.CONTROL),
        ("", Sort.CONTROL),
        ("begin; select 1", Sort.OTHER),
        ("begin; update seller_transfers set status = 'x'; commit", Sort.WRITE),
    ],
)
def test_a_statement_is_sorted_by_its_words(statement: str, sort: Sort) -> None:
    assert Reader("seller_transfers").sort(statement) is sort


def test_a_table_whose_name_needs_quotes_is_found() -> None:
    reader = Reader("Seller Transfers")
    assert reader.sort('UPDATE "Seller Transfers" SET a = 1') is Sort.WRITE
    assert reader.sort("UPDATE seller SET a = 1") is Sort.OTHER


def test_what_did_write_our_rows_is_a_write_from_then_on() -> None:
    reader = Reader("seller_transfers")
    assert reader.sort("SELECT settle_everything()") is Sort.OTHER
    reader.learn("SELECT settle_everything()")
    assert reader.sort("SELECT settle_everything()") is Sort.WRITE


def test_a_statement_that_is_kept_in_the_database_is_found_again_by_its_name() -> None:
    assert prepared('PREPARE "Take it" (int) AS UPDATE t SET a = $1') == ("Take it", " UPDATE t SET a = $1")
    assert executed('EXECUTE "Take it" (1)') == "Take it"
    assert prepared("UPDATE t SET a = 1") is None
    assert executed("SELECT 1") is None
