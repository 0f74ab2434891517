-- Undoes the step of this number.
-- Run this file by itself and outside of a transaction: it is one statement. lock_timeout and statement_timeout
-- have to be 0 for it, set for the connection: PGOPTIONS='-c lock_timeout=0 -c statement_timeout=0'.
-- IF [NOT] EXISTS would take the invalid rest of an interrupted run for the finished thing.
-- squawk-ignore-file prefer-robust-stmts
-- The timeouts are the connection's: a second statement here would put both into a transaction.
-- squawk-ignore-file require-lock-timeout, require-statement-timeout
DROP INDEX CONCURRENTLY idx_seller_transfers_reversal_pending;
