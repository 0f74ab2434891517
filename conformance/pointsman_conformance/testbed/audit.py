"""The audit: a trigger that keeps every version of every row, and a reader of these versions.

The trigger fires for the writes of every connection. Only the kit's own role can silence it, to let time pass or to
clear the table; the role of the implementation under test can neither read the versions nor change the trigger.
Versions are read in the order of the writes: PostgreSQL holds a row's lock until the first of two writes is committed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pointsman.database import Database, DatabaseError
from pointsman.sql.quoting import dollar_quoted, identifier, literal, qualified
from pointsman_conformance.core.driver import DriverError

SCHEMA = "pointsman_audit"
TRIGGER = "!pointsman_audit"
"""The trigger's name. Triggers fire in the order of their names, and this one comes before those that write again."""

SILENT = "pointsman.silent"
"""The setting by which a session of the kit's role silences the trigger. In any other session it does nothing."""


@dataclass(frozen=True, slots=True)
class AuditedVersion:
    """One write of one row. `old` and `new` are the row as JSON: `old` is None for an INSERT, `new` for a DELETE."""

    seq: int
    at: datetime
    transaction: str
    backend: int
    application: str
    old: Mapping[str, object] | None
    new: Mapping[str, object] | None


def installation(schema: str | None, table: str, kit: str) -> tuple[str, ...]:
    """The statements that add the audit to a table. `kit` is the role that owns the audit and may silence it."""
    body = f"""
BEGIN
  IF session_user = {literal(kit)} AND current_setting('{SILENT}', true) = 'on' THEN
    RETURN NULL;
  END IF;
  INSERT INTO {SCHEMA}.version (at, transaction, backend, application, old, new) VALUES (
    clock_timestamp(), txid_current()::text, pg_backend_pid(), current_setting('application_name', true),
    CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,
    CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END
  );
  RETURN NULL;
END
"""  # noqa: S608 - our own names
    name, trigger, owner = qualified(schema, table), identifier(TRIGGER), identifier(kit)
    function = (
        f"CREATE FUNCTION {SCHEMA}.keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        f"SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' AS {dollar_quoted(body)}"
    )
    watching = (
        f"CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE OR DELETE ON {name} "
        f"FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.keep()"
    )
    return (
        f"CREATE SCHEMA {SCHEMA}",
        _TABLE,
        function,
        watching,
        f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER {trigger}",
        f"GRANT CREATE ON SCHEMA {SCHEMA} TO {owner}",
        f"ALTER FUNCTION {SCHEMA}.keep() OWNER TO {owner}",
        f"ALTER TABLE {SCHEMA}.version OWNER TO {owner}",
        f"ALTER SCHEMA {SCHEMA} OWNER TO {owner}",
    )


_TABLE = f"""
CREATE UNLOGGED TABLE {SCHEMA}.version (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL, transaction text NOT NULL, backend integer NOT NULL, application text,
  old jsonb, new jsonb
)
"""

_NEW = f"""
SELECT seq, at, transaction, backend, coalesce(application, ''), old, new
FROM {SCHEMA}.version WHERE seq > %s ORDER BY seq
"""  # noqa: S608 - our own names

_LAST = f"SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('{SCHEMA}.version', 'seq')), 0)"


class Audit:
    """Reads the new versions. Any thread may use it; a lock lets in one at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._settled = 0
        self._seen: set[int] = set()

    def take(self) -> tuple[AuditedVersion, ...]:
        """The versions that were committed since the last call, in order."""
        with self._lock:
            try:
                rows = self._database.ask(_NEW, (self._settled,))
            except DatabaseError as problem:
                raise DriverError(f"The audit cannot be read: {problem}") from problem
            found = [row for row in rows if row[0] not in self._seen]
            self._seen.update(int(str(row[0])) for row in found)
            # A missing number may belong to a transaction that commits later. PostgreSQL cannot say which transactions
            # still write: a snapshot's xmax is no bound for those that began after the last one ended.
            while self._settled + 1 in self._seen:
                self._settled += 1
                self._seen.remove(self._settled)
        return tuple(AuditedVersion(*row) for row in found)  # type: ignore[arg-type]  # the columns are those of the query

    def clear(self) -> None:
        """Delete all versions."""
        with self._lock:
            self._database.execute(f"DELETE FROM {SCHEMA}.version")  # noqa: S608 - our own name
            self._settled, self._seen = int(str(self._database.ask(_LAST)[0][0])), set()
