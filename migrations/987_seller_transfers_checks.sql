-- New and changed rows are checked from here on; rows that nobody touches are read by the next step.
BEGIN;
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '30s';
ALTER TABLE seller_transfers
  ADD CONSTRAINT seller_transfers_status_known CHECK (status IN ('pending', 'completed', 'failed', 'reversal_pending', 'reversed', 'permanently_failed')) NOT VALID,
  ADD CONSTRAINT seller_transfers_pending_requires CHECK (status <> 'pending' OR (next_retry_at IS NOT NULL)) NOT VALID,
  ADD CONSTRAINT seller_transfers_completed_requires CHECK (status <> 'completed' OR (stripe_transfer_id IS NOT NULL)) NOT VALID,
  ADD CONSTRAINT seller_transfers_failed_requires CHECK (status <> 'failed' OR (next_retry_at IS NOT NULL)) NOT VALID,
  ADD CONSTRAINT seller_transfers_reversal_pending_requires CHECK (status <> 'reversal_pending' OR (stripe_transfer_id IS NOT NULL AND next_retry_at IS NOT NULL AND reversal_cents IS NOT NULL)) NOT VALID,
  ADD CONSTRAINT seller_transfers_reversed_requires CHECK (status <> 'reversed' OR (stripe_reversal_id IS NOT NULL)) NOT VALID,
  ADD CONSTRAINT seller_transfers_amount_cents_check CHECK (amount_cents > 0) NOT VALID,
  ADD CONSTRAINT seller_transfers_reversal_cents_check CHECK (reversal_cents > 0 and reversal_cents <= amount_cents) NOT VALID;
COMMIT;
