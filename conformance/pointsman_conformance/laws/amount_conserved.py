"""amount-conserved: never takes back more than was asked."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from pointsman.spec.meaning import text_of
from pointsman_conformance.core.history import Effect, Value
from pointsman_conformance.laws.elements import of_call
from pointsman_conformance.laws.judgement import Breach, Judgements, Met
from pointsman_conformance.laws.parts import Leg, Sent, number
from pointsman_conformance.laws.reading import Reading

_FIELD = "amount"
"""The name of the amount's parameter at providers."""


def judge(reading: Reading) -> Judgements:
    """Each request of the subject is for the amount in the row's column, and all that it has made is no more.

    A request without an amount is for all that is left: what was made by it is compared. A second effect, as large as
    was asked for, is another law's where effects have keys: of the one that let it have a key that makes it twice.
    """
    made = {
        effect.request: (place, effect)
        for effects in reading.effects.values()
        for place, effect in effects
        if effect.request is not None
    }
    sums: dict[Leg, list[tuple[int, Effect, Sent]]] = {}
    for sent in reading.sent:
        if not sent.ours or not sent.effect or sent.call.amount is None or sent.row is None:
            continue
        yield from _request(reading, sent, sent.row, sent.call.amount, made.get(sent.request.id))
        alone = sent.call.key is None and sent.leg is not None and not reading.is_stale(sent)
        if alone and sent.leg is not None and sent.request.id in made:
            sums.setdefault(sent.leg, []).append((*made[sent.request.id], sent))
    for leg, effects in sums.items():
        yield from _together(reading, leg, effects)


def _request(
    reading: Reading, sent: Sent, row: str, column: str, made: tuple[int, Effect] | None
) -> Iterator[Met | Breach]:
    asked = _asked(reading, sent, row, column)
    said = sent.request.params.get(_FIELD)
    element = of_call(sent.call, "amount")
    if not asked:
        return
    if said is not None:
        if not any(_same_amount(said, value) for value in asked):
            says = f"asked for an amount of {said}; the row's {column} was {_words(asked)}"
            yield Breach(element, says, (sent.place,), row)
        else:
            yield Met(element)
    elif made is not None and made[1].amount is not None:
        if not any(_same_amount(str(made[1].amount), value) for value in asked):
            says = (
                f"named no amount, which made an effect of {made[1].amount}, all that was left; "
                f"the row's {column} was {_words(asked)}"
            )
            yield Breach(element, says, (sent.place, made[0]), row)
        else:
            yield Met(element)


def _asked(reading: Reading, sent: Sent, row: str, column: str) -> list[Value]:
    """The values of the column since the sender's last look: an event may have changed it meanwhile."""
    since = sent.claim.place if sent.claim is not None else sent.leg.start if sent.leg is not None else sent.place
    first = reading.row_at(row, since)
    versions = [version.write.new for version in reading.after(row, since) if version.place < sent.place]
    values = [columns.get(column) for columns in (first, *versions) if columns is not None]
    return [value for value in dict.fromkeys(values) if value is not None]


def _same_amount(said: str, value: Value) -> bool:
    """Whether both are the same decimal number, however it is spelled: a column of numeric holds 1000.00 for 1000."""
    text = text_of(value)
    try:
        return text is not None and Decimal(said) == Decimal(text)
    except InvalidOperation:
        return said == text


def _words(asked: list[Value]) -> str:
    return " or ".join(str(value) for value in asked)


def _together(reading: Reading, leg: Leg, effects: list[tuple[int, Effect, Sent]]) -> Iterator[Breach]:
    """Breach: the effects of one leg add up to more than the amount asked for."""
    call = reading.lifecycle.call[leg.call]
    if len(effects) < 2 or call.amount is None:
        return
    end = leg.end if leg.end is not None else len(reading.history.records)
    rows = [reading.row_at(leg.row, leg.start), *(version.write.new for version in reading.after(leg.row, leg.start)
                                                  if version.place < end)]  # fmt: skip
    asked = max((value for row in rows if row and (value := number(row.get(call.amount))) is not None), default=None)
    total = sum(effect.amount or 0 for _, effect, _ in effects)
    if asked is not None and total > asked:
        says = f"its requests made {len(effects)} effects of {total} together; the row's {call.amount} was {asked:g}"
        places = tuple(sorted(place for place, _, _ in effects))
        yield Breach(of_call(call, "amount"), says, places, leg.row)
