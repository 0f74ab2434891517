"""Translates column values between histories and the database: from JSON and psycopg's values, and back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from pointsman.spec.lifecycle import Table
from pointsman_conformance.core.clock import Clock
from pointsman_conformance.core.history import Columns, Value

TIMESTAMPS = frozenset({"timestamptz", "timestamp"})

_FRACTION = re.compile(r"\.(\d+)")


class TableShape:
    """The columns of a table that the lifecycle declares, and how their values are read and written."""

    def __init__(self, table: Table, to_time: Callable[[datetime], float], to_moment: Callable[[float], datetime]):
        self.key = table.primary_key
        self.names = tuple(dict.fromkeys((table.primary_key, table.status_column, *table.column)))
        self.types: Mapping[str, str] = {column.name: column.type.partition("(")[0] for column in table.columns}
        self._to_time, self._to_moment = to_time, to_moment

    @classmethod
    def on(cls, table: Table, clock: Clock) -> TableShape:
        """A shape whose timestamps become times of the run's clock."""
        return cls(table, clock.time_of, clock.moment)

    @classmethod
    def plain(cls, table: Table) -> TableShape:
        """A shape whose timestamps become seconds of the Unix epoch, for a process that knows no run's clock."""
        return cls(table, datetime.timestamp, lambda at: datetime.fromtimestamp(at, UTC))

    def time_of(self, moment: datetime) -> float:
        """A timestamp of the database as a time in seconds."""
        return self._to_time(moment)

    def is_time(self, column: str) -> bool:
        """True for a column of timestamps."""
        return self.types.get(column) in TIMESTAMPS

    def from_database(self, row: Mapping[str, object]) -> Columns:
        """A row as the database or its JSON gives it, reduced to the columns that the lifecycle declares."""
        return {name: self._read(name, row[name]) for name in self.names if name in row}

    def to_database(self, column: str, value: Value) -> object:
        """The parameter of a statement that writes `value` into `column`."""
        if self.is_time(column) and isinstance(value, int | float) and not isinstance(value, bool):
            return self._to_moment(value) if math.isfinite(value) else f"{'-' if value < 0 else ''}infinity"
        return value

    def _read(self, column: str, value: object) -> Value:
        if self.is_time(column) and value is not None:
            return self._time(value)
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, Decimal):
            return int(value) if value == value.to_integral_value() else float(value)
        return value.isoformat() if isinstance(value, date) else str(value)

    def _time(self, value: object) -> Value:
        if isinstance(value, str):
            if value.endswith("infinity"):
                return -math.inf if value.startswith("-") else math.inf
            try:
                # PostgreSQL leaves out trailing zeros; Python wants three or six digits.
                value = datetime.fromisoformat(_FRACTION.sub(lambda found: f".{found[1]:0<6}", value))
            except ValueError:  # before year 1 or after 9999: no date of Python's
                return math.inf
        if not isinstance(value, datetime):
            return str(value)
        return self._to_time(value if value.tzinfo is not None else value.replace(tzinfo=UTC))


def key_text(value: object) -> str:
    """A primary key as the name that histories have for its row."""
    return str(value)
