"""stable-key: sends one effect under one key until a definite answer or a settled absence."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.spec.lifecycle import Call, Outcome
from pointsman.spec.meaning import filled
from pointsman_conformance.core.history import Columns
from pointsman_conformance.laws.elements import of_call
from pointsman_conformance.laws.judgement import Breach, Judgements, Met
from pointsman_conformance.laws.keys import resent
from pointsman_conformance.laws.reading import Reading, Sent


def judge(reading: Reading) -> Judgements:
    """Every request has a key; the key is the effect's own, and the same until what became of it is known.

    A key that its sender could not have, because it is in the memory of another process, is key-survives-crash's.
    """
    yield from _without_a_key(reading)
    yield from _for_something_else(reading)
    for each in resent(reading):
        element = of_call(each.sent.call, "key")
        if each.same:
            if not each.free:
                yield Met(element)
        elif not each.free and not each.lost:
            first = each.earlier[-1]
            says = f"sent {each.sent.call.name} under the key {each.sent.key!r} although {_of(each.earlier)}"
            yield Breach(element, says, (first.place, each.sent.place), each.sent.row)


def _of(earlier: tuple[Sent, ...]) -> str:
    key = earlier[-1].key
    if any(each.heard is Outcome.ACCEPTED for each in earlier):
        return f"the provider had accepted {key!r}: this asks for a second effect"
    return f"the outcome of {key!r} was not known yet: no definite answer was heard, and no look-up found it absent"


def _without_a_key(reading: Reading) -> Iterator[Breach]:
    for sent in reading.sent:
        if sent.ours and sent.effect and sent.call.key is not None and sent.key is None:
            says = f"sent {sent.call.name} without an idempotency key; the spec's is {sent.call.key.text}"
            yield Breach(of_call(sent.call, "key"), says, (sent.place,), sent.row)


def _for_something_else(reading: Reading) -> Iterator[Breach]:
    """One key for two effects, or with other parameters although the row says the same."""
    first: dict[str, Sent] = {}
    for sent in reading.sent:
        if not sent.effect or sent.call.key is None or sent.key is None or sent.row is None:
            continue
        other = first.setdefault(sent.key, sent)
        if other is sent or not sent.ours:
            continue
        says = _another_effect(reading, other, sent) or _another_wish(reading, other, sent)
        if says is not None:
            yield Breach(of_call(sent.call, "key"), says, (other.place, sent.place), sent.row)


def _another_effect(reading: Reading, other: Sent, sent: Sent) -> str | None:
    if (other.row, other.call.name) == (sent.row, sent.call.name) or _by_the_spec(reading, sent):
        return None
    return (
        f"the key {sent.key!r} was sent for {other.call.name} of row {other.row} "
        f"and then for {sent.call.name} of row {sent.row}"
    )


def _by_the_spec(reading: Reading, sent: Sent) -> bool:
    """The key is what the spec makes of this row: that another has the same is the spec's fault."""
    row = _seen(reading, sent)
    return sent.call.key is not None and row is not None and filled(sent.call.key, row) == sent.key


def _another_wish(reading: Reading, other: Sent, sent: Sent) -> str | None:
    if other.request.params == sent.request.params and other.request.path == sent.request.path:
        return None
    before, now = _seen(reading, other), _seen(reading, sent)
    if before is None or now is None or _told(sent.call, before) != _told(sent.call, now):
        return None
    names = {*other.request.params, *sent.request.params}
    differing = sorted(name for name in names if other.request.params.get(name) != sent.request.params.get(name))
    what = ", ".join(differing) or "the path"
    return f"the key {sent.key!r} was sent again with other parameters ({what}), and the row had not changed in them"


def _seen(reading: Reading, sent: Sent) -> Columns | None:
    """The row as the sender had it; None where it may have read another version of what is sent."""
    now = reading.row_at(sent.row or "", sent.place)
    if sent.claim is None or now is None or _told(sent.call, now) == _told(sent.call, sent.claim.after):
        return now
    return None


def _told(call: Call, row: Columns) -> tuple[object, ...]:
    """The columns of a row that go into the call's request."""
    templates = (
        call.request,
        *(template for _, template in call.marks),
        *((call.key,) if call.key is not None else ()),
    )
    columns = {name for template in templates for name in template.columns} | ({call.amount} if call.amount else set())
    return tuple(row.get(name) for name in sorted(columns))
