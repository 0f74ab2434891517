-- The trigger that refuses every change of status which the spec does not allow.
-- It is installed once: when transitions change, only its function is replaced, and that locks nothing.
BEGIN;
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '30s';
CREATE OR REPLACE FUNCTION seller_transfers_status_transitions() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $pointsman$
DECLARE
  old_status CONSTANT text := OLD.status::text;
  new_status CONSTANT text := NEW.status::text;
  allowed CONSTANT text[] := CASE old_status
    WHEN 'pending' THEN ARRAY['completed', 'failed']
    WHEN 'completed' THEN ARRAY['reversal_pending']
    WHEN 'failed' THEN ARRAY['completed', 'permanently_failed']
    WHEN 'reversal_pending' THEN ARRAY['reversed', 'permanently_failed']
    WHEN 'reversed' THEN '{}'::text[]
    WHEN 'permanently_failed' THEN '{}'::text[]
  END;
BEGIN
  IF new_status = ANY (allowed) THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION USING
    ERRCODE = '23514',
    MESSAGE = format('%s.%s must not change from %L to %L', TG_TABLE_NAME, 'status',
                     old_status, new_status),
    HINT = CASE
      WHEN allowed IS NULL THEN format('%L is not a status of %s.', old_status, 'seller_transfer')
      WHEN cardinality(allowed) = 0 THEN format('There is no way out of %L.', old_status)
      ELSE format('From %L it may change to %s.', old_status,
                  (SELECT string_agg(quote_literal(target), ', ') FROM unnest(allowed) AS target))
    END,
    CONSTRAINT = 'seller_transfers_status_transitions',
    SCHEMA = TG_TABLE_SCHEMA,
    TABLE = TG_TABLE_NAME,
    COLUMN = 'status';
END
$pointsman$;
CREATE TRIGGER seller_transfers_status_transitions
AFTER UPDATE ON seller_transfers
FOR EACH ROW
WHEN (OLD.status IS DISTINCT FROM NEW.status)
EXECUTE FUNCTION seller_transfers_status_transitions();
COMMIT;
