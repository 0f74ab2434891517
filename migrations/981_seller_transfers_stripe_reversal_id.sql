-- Columns that are null or constant at first, so that no row is written anew.
BEGIN;
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '30s';
ALTER TABLE seller_transfers ADD COLUMN stripe_reversal_id text;
COMMIT;
