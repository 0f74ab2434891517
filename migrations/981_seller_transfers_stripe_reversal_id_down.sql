-- Undoes the step of this number.
-- The spec does not have the column any more, or this undoes its adding.
-- squawk-ignore-file ban-drop-column
BEGIN;
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '30s';
ALTER TABLE seller_transfers DROP COLUMN stripe_reversal_id;
COMMIT;
