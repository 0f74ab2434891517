-- Reads all rows while others read and write. Where a row breaks a CHECK it stops and changes nothing.
BEGIN;
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = 0;
ALTER TABLE seller_transfers
  VALIDATE CONSTRAINT seller_transfers_status_known,
  VALIDATE CONSTRAINT seller_transfers_pending_requires,
  VALIDATE CONSTRAINT seller_transfers_completed_requires,
  VALIDATE CONSTRAINT seller_transfers_failed_requires,
  VALIDATE CONSTRAINT seller_transfers_reversal_pending_requires,
  VALIDATE CONSTRAINT seller_transfers_reversed_requires,
  VALIDATE CONSTRAINT seller_transfers_amount_cents_check,
  VALIDATE CONSTRAINT seller_transfers_reversal_cents_check;
COMMIT;
