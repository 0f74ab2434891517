-- Undoes the step of this number.
-- The CHECK comes back at once under its name, or is not wanted any more.
-- squawk-ignore-file ban-drop-constraint
BEGIN;
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '30s';
ALTER TABLE seller_transfers
  DROP CONSTRAINT seller_transfers_status_known,
  DROP CONSTRAINT seller_transfers_pending_requires,
  DROP CONSTRAINT seller_transfers_completed_requires,
  DROP CONSTRAINT seller_transfers_failed_requires,
  DROP CONSTRAINT seller_transfers_reversal_pending_requires,
  DROP CONSTRAINT seller_transfers_reversed_requires,
  DROP CONSTRAINT seller_transfers_amount_cents_check,
  DROP CONSTRAINT seller_transfers_reversal_cents_check;
COMMIT;
