-- Values for rows that newly need them: a few thousand keys at a time, committed each time.
-- It may be stopped and run again. Undoing it changes nothing: which values it filled in is not known.
-- Run this file by itself and outside of a transaction: it is one statement. lock_timeout and statement_timeout
-- have to be 0 for it, set for the connection: PGOPTIONS='-c lock_timeout=0 -c statement_timeout=0'.
DO $pointsman$
<<backfill>>
DECLARE
  low seller_transfers.id%TYPE := (SELECT t.id FROM seller_transfers AS t ORDER BY t.id LIMIT 1);
  high seller_transfers.id%TYPE;
BEGIN
  WHILE backfill.low IS NOT NULL LOOP
    SET LOCAL lock_timeout = '2s';
    high := (
      SELECT batch.id
      FROM (
        SELECT t.id FROM seller_transfers AS t WHERE t.id >= backfill.low ORDER BY t.id LIMIT 5000
      ) AS batch
      ORDER BY batch.id DESC LIMIT 1
    );
    UPDATE seller_transfers AS t SET next_retry_at = now()
    WHERE t.id BETWEEN backfill.low AND backfill.high AND t.status = 'pending' AND t.next_retry_at IS NULL;
    UPDATE seller_transfers AS t SET next_retry_at = now()
    WHERE t.id BETWEEN backfill.low AND backfill.high AND t.status = 'failed' AND t.next_retry_at IS NULL;
    UPDATE seller_transfers AS t SET next_retry_at = now()
    WHERE t.id BETWEEN backfill.low AND backfill.high AND t.status = 'reversal_pending' AND t.next_retry_at IS NULL;
    low := (SELECT t.id FROM seller_transfers AS t WHERE t.id > backfill.high ORDER BY t.id LIMIT 1);
    COMMIT;
  END LOOP;
END
$pointsman$;
