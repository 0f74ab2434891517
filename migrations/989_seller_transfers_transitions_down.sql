-- Undoes the step of this number.
-- The function belongs to the trigger that goes with it.
-- squawk-ignore-file ban-drop-function
BEGIN;
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '30s';
DROP TRIGGER seller_transfers_status_transitions ON seller_transfers;
DROP FUNCTION seller_transfers_status_transitions();
COMMIT;
