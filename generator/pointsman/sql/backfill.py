"""Filling in values over a large table, without holding locks for long."""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.sql.changes import Fill
from pointsman.sql.quoting import dollar_quoted, identifier, literal
from pointsman.sql.schema import TableName

KEYS_AT_A_TIME = 5_000
"""Primary keys that one transaction covers: some tens of milliseconds of row locks."""

LOCK_TIMEOUT = "2s"


@dataclass(frozen=True, slots=True)
class FillInBatches:
    """A walk along the primary key that fills in missing values and commits after every few thousand keys.

    The batches follow the key, so each finds its rows by the primary key's
    index however few of them lack a value. A second run changes nothing.
    """

    table: TableName
    status_column: str
    primary_key: str
    fills: tuple[Fill, ...]

    @property
    def sql(self) -> str:
        """A DO block, to be run outside of a transaction."""
        return f"DO {dollar_quoted(self._body())}"

    def _body(self) -> str:
        table, key = self.table.sql, identifier(self.primary_key)
        updates = "\n".join(self._update(fill) for fill in self.fills)
        return f"""
<<backfill>>
DECLARE
  low {table}.{key}%TYPE := (SELECT t.{key} FROM {table} AS t ORDER BY t.{key} LIMIT 1);
  high {table}.{key}%TYPE;
BEGIN
  WHILE backfill.low IS NOT NULL LOOP
    SET LOCAL lock_timeout = '{LOCK_TIMEOUT}';
    high := (
      SELECT batch.{key}
      FROM (
        SELECT t.{key} FROM {table} AS t WHERE t.{key} >= backfill.low ORDER BY t.{key} LIMIT {KEYS_AT_A_TIME}
      ) AS batch
      ORDER BY batch.{key} DESC LIMIT 1
    );
{updates}
    low := (SELECT t.{key} FROM {table} AS t WHERE t.{key} > backfill.high ORDER BY t.{key} LIMIT 1);
    COMMIT;
  END LOOP;
END
"""  # noqa: S608 - names are quoted and values are literals

    def _update(self, fill: Fill) -> str:
        status, key = identifier(self.status_column), identifier(self.primary_key)
        many = len(fill.values) > 1
        writes = ", ".join(
            f"{identifier(column)} = " + (f"coalesce(t.{identifier(column)}, {value})" if many else value)
            for column, value in fill.values
        )
        missing = " OR ".join(f"t.{identifier(column)} IS NULL" for column, _ in fill.values)
        here = [f"t.{key} BETWEEN backfill.low AND backfill.high"]
        if fill.status is not None:
            here.append(f"t.{status} = {literal(fill.status)}")
        here.append(f"({missing})" if many else missing)
        return f"    UPDATE {self.table.sql} AS t SET {writes}\n    WHERE {' AND '.join(here)};"  # noqa: S608 - names are quoted and values are literals
