"""The columns of a new row that is in a given status. This module computes values and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import MappingProxyType

from pointsman.spec import condition
from pointsman.spec.lifecycle import Call, Column, EffectState, Lifecycle, Now, Setting, Status, Table
from pointsman.spec.satisfiable import overlap
from pointsman.sql.schema import table_of
from pointsman_conformance.core.history import Columns, Value
from pointsman_conformance.core.invented import WHOLE, invented

BEYOND_LABELS = 1_000_000
"""The first key of rows whose label is no number."""

Receipt = Callable[[str, int], str]
"""Makes an effect of the named call with that amount at the provider, and returns its receipt."""

ReceiptMaker = Callable[[str, int, Columns], str]
"""The same, for a row with these columns. Raises LookupError where the provider refuses the effect."""


def row_with_effects(
    lifecycle: Lifecycle, key: str, status: Status, given: Mapping[str, Value], *, now: float, made: ReceiptMaker
) -> dict[str, Value]:
    """A `new_row` whose effects are made at the provider, with marks from the row's other columns.

    Where the provider refuses an effect, the row has an invented receipt.
    """

    def made_up(call: str, _amount: int) -> str:
        return f"{call}_{key}"

    @cache
    def bare() -> Columns:
        return MappingProxyType(new_row(lifecycle, key, status, given, now=now, receipt=made_up))

    def receipt(call: str, amount: int) -> str:
        try:
            return made(call, amount, bare())
        except LookupError:
            return made_up(call, amount)

    return new_row(lifecycle, key, status, given, now=now, receipt=receipt)


def new_row(
    lifecycle: Lifecycle,
    key: str,
    status: Status,
    given: Mapping[str, Value],
    *,
    now: float,
    receipt: Receipt,
) -> dict[str, Value]:
    """The columns of a row in `status`, with everything that the status requires; `given` columns win.

    Timestamps are seconds of the run's clock. `receipt` makes the effects, and so the receipts, that the status needs.
    """
    table = table_of(lifecycle)
    row: dict[str, Value] = {column.name: _begin(column, key, now) for column in table.columns}
    row[table.status_column] = status.value
    for name, setting in status.on_entry:
        row[name] = _setting(setting, now)
    made = {name: call for call in lifecycle.calls for name, _ in call.records}
    for name in status.requires:
        if row.get(name) is None and name not in made:
            row[name] = invented(table.column[name], key, now)
    row.update(given)
    _mend(table, row, frozenset(given))
    for call in _needed(lifecycle, status, row):
        if call.amount is not None and row.get(call.amount) is None:
            row[call.amount] = WHOLE
        amount = row.get(call.amount) if call.amount is not None else None
        made_now = receipt(call.name, amount if isinstance(amount, int) else WHOLE)
        row.update({name: made_now for name, _ in call.records if name not in given})
    row.pop(table.primary_key, None)
    return row


def _begin(column: Column, key: str, now: float) -> Value:
    if column.default is not None:
        return _setting(column.default, now)
    return None if column.nullable else invented(column, key, now)


def _setting(setting: Setting, now: float) -> Value:
    return now if isinstance(setting, Now) else setting


def _mend(table: Table, row: dict[str, Value], given: frozenset[str]) -> None:
    """Where a column's check is false, take values that satisfy it, if they can be found."""
    checks = [column.check for column in table.columns if column.check is not None]
    known = _without_times(row) if checks else {}
    for check in checks:
        if not _broken(check, known):
            continue
        found = overlap(check, None, table.columns)
        if isinstance(found, Mapping):
            row.update({name: value for name, value in found.items() if name in row and name not in given})
            known = _without_times(row)


def _without_times(row: Mapping[str, Value]) -> dict[str, int | str | bool | None]:
    """The columns that a condition can read: none reads times."""
    return {name: value for name, value in row.items() if not isinstance(value, float)}


def _broken(check: condition.Condition, known: Mapping[str, int | str | bool | None]) -> bool:
    try:
        return condition.evaluate(check, known) is False
    except (KeyError, TypeError):  # it reads a column that the spec does not declare
        return False


def _needed(lifecycle: Lifecycle, status: Status, row: Mapping[str, Value]) -> Iterator[Call]:
    """The calls whose effect the status needs, in the spec's order, without those whose receipts the row has.

    The status needs a call if it requires the call's receipt, if it means the call done, or if the request of a needed
    call has the receipt in its path.
    """
    done = {name for name, effect in status.means if effect is EffectState.DONE}
    wanted = set(status.requires)
    needed: set[str] = set()
    for call in reversed(lifecycle.calls):
        if call.name in done or wanted & {name for name, _ in call.records}:
            needed.add(call.name)
            wanted |= set(call.request.columns)
    for call in lifecycle.calls:
        if call.name in needed and not (call.records and all(row.get(name) is not None for name, _ in call.records)):
            yield call
