-- The partial index idx_seller_transfers_refund_requested_kept. Writers go on while it is built.
-- A build that is interrupted leaves an invalid index under this name: pointsman migrate --repair mends that.
-- Run this file by itself and outside of a transaction: it is one statement. lock_timeout and statement_timeout
-- have to be 0 for it, set for the connection: PGOPTIONS='-c lock_timeout=0 -c statement_timeout=0'.
-- IF [NOT] EXISTS would take the invalid rest of an interrupted run for the finished thing.
-- squawk-ignore-file prefer-robust-stmts
-- The timeouts are the connection's: a second statement here would put both into a transaction.
-- squawk-ignore-file require-lock-timeout, require-statement-timeout
CREATE INDEX CONCURRENTLY idx_seller_transfers_refund_requested_kept
  ON seller_transfers (refund_requested_at)
  WHERE status = 'completed' AND refund_requested_at IS NOT NULL;
