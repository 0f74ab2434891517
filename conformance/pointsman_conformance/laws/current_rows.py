"""The rows as they are at the place of a history that is read."""

from __future__ import annotations

from pointsman_conformance.core.history import Columns, Write


class CurrentRows:
    """The last version of each row, and the rows that ever held a text in a column."""

    def __init__(self) -> None:
        self._rows: dict[str, Columns] = {}
        self._holders: dict[tuple[str, str], set[str]] = {}

    def write(self, write: Write) -> None:
        """Take in a write."""
        if write.new is None:
            self._rows.pop(write.row, None)
            return
        known = self._rows.get(write.row)
        self._rows[write.row] = write.new
        for column, value in write.new.items():
            if isinstance(value, str) and (known is None or known.get(column) != value):
                self._holders.setdefault((column, value), set()).add(write.row)

    def __contains__(self, row: str | None) -> bool:
        return row in self._rows

    def get(self, row: str | None) -> Columns | None:
        """The row now; None for a row that is not there or not known."""
        return self._rows.get(row) if row is not None else None

    def with_value(self, column: str, value: str) -> set[str]:
        """The rows that hold, or held once, `value` in `column`."""
        return self._holders.get((column, value), set())

    def texts(self, row: str) -> set[str]:
        """The texts in the row's columns."""
        return {value for value in self._rows.get(row, {}).values() if isinstance(value, str)}
