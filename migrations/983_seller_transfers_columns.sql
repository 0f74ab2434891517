-- Columns that are null or constant at first, so that no row is written anew.
-- The column's type is the spec's to choose.
-- squawk-ignore-file prefer-bigint-over-int
BEGIN;
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '30s';
ALTER TABLE seller_transfers
  ADD COLUMN reversal_cents bigint,
  ADD COLUMN claim_count integer NOT NULL DEFAULT 0,
  ADD COLUMN key_generation integer NOT NULL DEFAULT 0,
  ADD COLUMN key_first_used_at timestamptz,
  ADD COLUMN refund_requested_at timestamptz,
  ALTER COLUMN next_retry_at SET DEFAULT now();
COMMIT;
