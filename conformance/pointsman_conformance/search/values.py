"""What events carry and what new rows hold, so that a wanted transition's condition is met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pointsman import condition
from pointsman.lifecycle import Column, Lifecycle, Transition
from pointsman.satisfiable import Undecided, overlap
from pointsman_conformance.history import Columns, Value
from pointsman_conformance.wire import Json

WHOLE = 1000
"""An amount where the row has none to go by."""

_WHOLE_TYPES = ("bigint", "integer", "smallint", "numeric")
_A_DAY = 86_400.0


@dataclass(frozen=True)
class Values:
    """Values for the columns of one lifecycle."""

    lifecycle: Lifecycle

    @cached_property
    def _columns(self) -> tuple[Column, ...]:
        return self.lifecycle.table.columns if self.lifecycle.table is not None else ()

    @cached_property
    def amounts(self) -> frozenset[str]:
        """The columns that hold what a call moves."""
        return frozenset(call.amount for call in self.lifecycle.calls if call.amount is not None)

    @lru_cache(maxsize=1024)  # noqa: B019 - lives as long as the search, which asks again and again
    def meeting(self, transition: Transition) -> Mapping[str, Value]:
        """Columns that make the transition's condition true; none where it has no condition, or nobody can tell."""
        if transition.when is None:
            return {}
        found = overlap(transition.when, None, self._columns)
        return {} if found is None or isinstance(found, Undecided) else dict(found)

    def has_parts(self, event: str | None) -> bool:
        """Whether the event carries an amount, which may be a part."""
        known = self.lifecycle.event.get(event or "")
        return known is not None and any(column in self.amounts for column, _ in known.carries)

    def fields(self, event: str | None, transition: Transition | None, row: Columns, part: int = 0) -> dict[str, Json]:
        """What `event` carries for `row`, towards `transition` if one is wanted. `part`: 0 is the whole, else a part."""
        known = self.lifecycle.event.get(event or "")
        if known is None:
            return {}
        wanted = self.meeting(transition) if transition is not None else {}
        found: dict[str, Json] = {}
        for column, name in known.carries:
            found[name] = wanted[column] if column in wanted else self._sample(column, row, part)
        return found

    def _sample(self, name: str, row: Columns, part: int) -> Json:
        column = self.lifecycle.table.column.get(name) if self.lifecycle.table is not None else None
        kind = column.type if column is not None else "text"
        if kind.startswith(_WHOLE_TYPES):
            return self._amount(column, row, part)
        if kind.startswith(("timestamp", "date")):
            return _A_DAY
        if kind.startswith("bool"):
            return True
        return f"{name}_sample"

    def _amount(self, column: Column | None, row: Columns, part: int) -> int:
        others = [row.get(name) for name in sorted(self.amounts) if column is None or name != column.name]
        whole = next((value for value in others if isinstance(value, int) and value > 0), WHOLE)
        wanted = whole if not part else max(1, whole // (part + 1))
        if column is None or column.check is None:
            return wanted
        asked: dict[str, condition.Value] = {name: value for name, value in row.items() if not isinstance(value, float)}
        return wanted if condition.evaluate(column.check, {**asked, column.name: wanted}) is not False else whole
