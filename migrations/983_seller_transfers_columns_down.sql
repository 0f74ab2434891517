-- Undoes the step of this number.
-- The spec does not have the column any more, or this undoes its adding.
-- squawk-ignore-file ban-drop-column
-- The spec has no default here, or this undoes its adding.
-- squawk-ignore-file ban-drop-default
BEGIN;
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '30s';
ALTER TABLE seller_transfers
  ALTER COLUMN next_retry_at DROP DEFAULT,
  DROP COLUMN refund_requested_at,
  DROP COLUMN key_first_used_at,
  DROP COLUMN key_generation,
  DROP COLUMN claim_count,
  DROP COLUMN reversal_cents;
COMMIT;
