-- Undoes the step of this number.
-- This undoes the making of the table.
-- squawk-ignore-file ban-drop-table
BEGIN;
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '30s';
DROP TABLE seller_transfers;
COMMIT;
