"""The audit: a trigger that keeps every version of every row, and a reader that takes them in.

The trigger fires for every writer, whoever it is and whatever it does; only the
kit's own connection can silence it, to make time pass or to clear the table.
What it keeps is read in the order of the writes: two writes to one row are
apart by the row's lock, which is held until the first is committed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pointsman.database import Database, DatabaseError
from pointsman.sql.quoting import dollar_quoted, identifier, qualified
from pointsman_conformance.core.driver import DriverError

SCHEMA = "pointsman_audit"
TRIGGER = "~pointsman_audit"
"""The trigger's name: the last of the table, since triggers are fired in the order of their names."""

SILENT = "pointsman.silent"
"""A setting of the session that keeps the trigger quiet."""


@dataclass(frozen=True, slots=True)
class AuditedVersion:
    """What the trigger saw: one row, one write. `old` and `new` are rows as JSON has them, None where there is none."""

    seq: int
    at: datetime
    transaction: str
    backend: int
    application: str
    old: Mapping[str, object] | None
    new: Mapping[str, object] | None


def installation(schema: str | None, table: str) -> tuple[str, ...]:
    """The statements that put the audit onto a table."""
    body = f"""
BEGIN
  IF current_setting('{SILENT}', true) = 'on' THEN
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
    name, trigger = qualified(schema, table), identifier(TRIGGER)
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
    """Reads what is new since the last time. Used by any thread, one at a time by its own lock."""

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
            # A number that is left out may be of a transaction that commits only later. Who still writes cannot be
            # asked: a snapshot's xmax is no bound for transactions that began after the last one ended.
            while self._settled + 1 in self._seen:
                self._settled += 1
                self._seen.remove(self._settled)
        return tuple(AuditedVersion(*row) for row in found)  # type: ignore[arg-type]  # the columns are those of the query

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._database.execute(f"DELETE FROM {SCHEMA}.version")  # noqa: S608 - our own name
            self._settled, self._seen = int(str(self._database.ask(_LAST)[0][0])), set()
