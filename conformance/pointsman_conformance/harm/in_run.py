"""The harm in one run: money moved twice, a status or a receipt that the provider's ledger contradicts, a stuck row.

It is read from the lifecycle and the history, as laws are, and says what came of a breach, not that there was one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from pointsman.auditing.pace import furthest, spoken
from pointsman.spec.lifecycle import EffectState, Queue, StatusKind
from pointsman.spec.meaning import queues_in, text_of
from pointsman_conformance.core.clock import NEVER
from pointsman_conformance.core.history import Effect
from pointsman_conformance.laws.parts import TOLERANCE, Leg, RowVersion, WriteKind, number
from pointsman_conformance.laws.reading import Reading

_HARM_ITSELF = {"progress": "a row is stuck", "event-not-lost": "an event that was taken is lost"}
"""The laws that are judged by what became of a row in the end, each with the harm that a breach of it is."""


def harm_in_run(reading: Reading, law: str, row: str | None) -> str | None:
    """The greatest harm that the implementation did to `row`, in words; to any row where `row` is None. None for none.

    A breach of a `law` that is about the end of a run is harm itself. Effects that were made by hand at the provider
    are no harm of the implementation's.
    """
    rows = [row] if row is not None else list(reading.of_row)
    found = (says for kind in _KINDS for each in rows for says in kind(reading, each))
    return next(found, _HARM_ITSELF.get(law))


def _moved_twice(reading: Reading, row: str) -> Iterator[str]:
    """A call that has had two effects of ours in one leg."""
    for leg, effects in _effects_by_leg(reading, row).items():
        if len(effects) > 1 and any(sent.ours for sent in reading.sent if sent.leg == leg and sent.effect):
            receipts = ", ".join(effect.receipt for effect in effects)
            yield f"money moved {_times(len(effects))}: {leg.call} was made for row {row} as {receipts}"


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _effects_by_leg(reading: Reading, row: str) -> dict[Leg, list[Effect]]:
    """The effects that requests for the row made, by the leg in which each was asked for."""
    made = {effect.request: effect for effects in reading.effects.values() for _, effect in effects}
    found: dict[Leg, list[Effect]] = {}
    for sent in reading.sent:
        effect = made.get(sent.request.id)
        if sent.row == row and sent.leg is not None and effect is not None:
            found.setdefault(sent.leg, []).append(effect)
    return found


def _more_than_asked(reading: Reading, row: str) -> Iterator[str]:
    """An effect that is larger than every amount that the row has had since its leg began."""
    for leg, effects in _effects_by_leg(reading, row).items():
        column = reading.lifecycle.call[leg.call].amount
        asked = _amounts(reading, leg, column) if column is not None else []
        for effect in effects if asked else ():
            if effect.amount is not None and effect.amount > max(asked):
                yield (
                    f"more money moved than was asked for: {leg.call} was made for row {row} over {effect.amount} "
                    f"as {effect.receipt}, and its {column} was {max(asked):f}"
                )


def _amounts(reading: Reading, leg: Leg, column: str) -> list[Decimal]:
    rows = [reading.row_at(leg.row, leg.start), *(each.write.new for each in reading.after(leg.row, leg.start))]
    texts = [text_of(columns.get(column)) for columns in rows if columns is not None]
    found: list[Decimal] = []
    for text in texts:
        with contextlib.suppress(InvalidOperation):
            found += [Decimal(text)] if text is not None else []
    return found


def _denied(reading: Reading, row: str) -> Iterator[str]:
    """A move that says that a call was not done, and the ledger has an effect of the same leg."""
    effects = _effects_by_leg(reading, row)
    for version in reading.of_row.get(row, ()):
        for _, call in reading.denied(version) if version.ours else ():
            leg = reading.leg_at(row, call, version.place)
            made = effects.get(leg, []) if leg is not None else []
            if made:
                yield (
                    f"row {row} became {version.after}, which says that {call} was not done, "
                    f"and the provider's ledger has {made[0].receipt}"
                )


def _claimed_done(reading: Reading, row: str) -> Iterator[str]:
    """A status that says that a call is done, and the ledger has no effect that can be meant."""
    last = _last(reading, row)
    if last is None or last.after is None or not last.ours:
        return
    known = [effect for effects in reading.effects.values() for _, effect in effects]
    for call, what in reading.lifecycle.status[last.after].means:
        meant = (each for each in known if each.row in {row, None} and each.call in {call, None})
        if what is EffectState.DONE and next(meant, None) is None:
            yield f"row {row} is {last.after}, which says that {call} is done, and the provider's ledger has none"


def _receipt_lost(reading: Reading, row: str) -> Iterator[str]:
    """A receipt that a status requires is not there, or one that was there is gone."""
    last = _last(reading, row)
    for call in reading.lifecycle.calls:
        made = [each for effects in reading.effects.values() for _, each in effects if each.row == row]
        there = [each.receipt for each in made if each.call == call.name]
        for column, _ in call.records if there else ():
            if last is not None and last.ours and _lacks(reading, last, column):
                yield f"the receipt is lost: row {row} is {last.after} with {column} null; the ledger has {there[-1]}"
            for version in reading.of_row.get(row, ()):
                if version.ours and _wipes(reading, version, call.name, column):
                    was = (version.write.old or {}).get(column)
                    yield f"the receipt is lost: row {row} had {column} {was}, and a write replaced it"


def _lacks(reading: Reading, version: RowVersion, column: str) -> bool:
    required = reading.lifecycle.status[version.after].requires if version.after is not None else ()
    return column in required and (version.write.new or {}).get(column) is None


def _wipes(reading: Reading, version: RowVersion, call: str, column: str) -> bool:
    """True if the write replaces a receipt of this row by what is none, and no `on_entry` does so."""
    old, new = version.write.old, version.write.new
    if old is None or new is None or column not in version.changed or old.get(column) is None:
        return False
    target = reading.lifecycle.status.get(version.after or "")
    by_the_spec = version.sort is WriteKind.MOVE and target is not None and column in dict(target.on_entry)
    return not by_the_spec and (
        reading.is_receipt(call, version.row, old.get(column))
        and not reading.is_receipt(call, version.row, new.get(column))
    )


def _stuck(reading: Reading, row: str) -> Iterator[str]:
    """A row that waits for a worker, and that no due time will ever bring back; or that is gone."""
    versions = reading.of_row.get(row, ())
    if versions and versions[-1].sort is WriteKind.DELETE and versions[-1].ours:
        yield f"row {row} is lost: it was deleted in {versions[-1].before or 'a status that the spec does not know'}"
    last = _last(reading, row)
    if last is None or last.after is None or not last.ours:
        return
    if reading.lifecycle.status[last.after].kind is not StatusKind.TRANSIENT:
        return
    for queue in queues_in(reading.lifecycle, last.after):
        due = number((last.write.new or {}).get(queue.due or ""))
        if queue.due in last.changed and (due is None or due > last.at + NEVER):
            yield f"row {row} is stuck in {last.after}: its {queue.due} never comes"


def _put_off(reading: Reading, row: str) -> Iterator[str]:
    """A row that is made due later than any pause, lease or key of its queue lasts: its money waits for so long."""
    for version in reading.of_row.get(row, ()):
        for queue in queues_in(reading.lifecycle, version.after) if version.ours else ():
            due, bound = number((version.write.new or {}).get(queue.due or "")), _longest(reading, queue)
            wait = due - version.at if due is not None and queue.due in version.changed else 0.0
            if bound is not None and bound.total_seconds() + TOLERANCE < wait < NEVER:
                says = f"row {row} is put off for {spoken(timedelta(seconds=wait))} in {version.after}"
                yield f"{says}; no pause, lease or key of the queue {queue.name} lasts longer than {spoken(bound)}"


def _longest(reading: Reading, queue: Queue) -> timedelta | None:
    """The longest pause, lease or lifetime of a key of the queue; None where no pause has a bound."""
    bound, call = furthest(reading.lifecycle, queue), reading.lifecycle.call_of(queue)
    lifetime = call.key_lifetime if call is not None else None
    return bound if bound is None or lifetime is None else max(bound, lifetime)


def _overwritten(reading: Reading, row: str) -> Iterator[str]:
    """A status that the spec does not know was overwritten: what another program had noted is lost."""
    column = reading.lifecycle.table.status_column if reading.lifecycle.table is not None else ""
    for version in reading.of_row.get(row, ()):
        old = version.write.old
        if version.ours and version.sort is WriteKind.MOVE and old is not None and version.before is None:
            was = text_of(old.get(column))
            yield f"what row {row} said is lost: its status {was!r}, which the spec does not know, was overwritten"


def _last(reading: Reading, row: str) -> RowVersion | None:
    """The last version of a row that is still there."""
    versions = reading.of_row.get(row, ())
    return versions[-1] if versions and versions[-1].write.new is not None else None


_KINDS: tuple[Callable[[Reading, str], Iterator[str]], ...] = (
    _moved_twice,
    _more_than_asked,
    _denied,
    _claimed_done,
    _receipt_lost,
    _stuck,
    _overwritten,
    _put_off,
)
"""The kinds of harm, the greatest first."""
