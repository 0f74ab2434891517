"""Reads the answer to a look-up: found, absent, undecided or unreadable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from pointsman.spec.lifecycle import Call, Lifecycle, Repeat
from pointsman.spec.meaning import paths
from pointsman.spec.meaning.paths import Json, ScalarValue
from pointsman.spec.meaning.responses import ReceivedResponse, receipts_of, recorded
from pointsman.spec.meaning.templates import filled, text_of

Row = Mapping[str, object]
"""A row's values by column."""

_GONE = frozenset({404, 410})


class LookUpResult(StrEnum):
    """The results of a look-up that was answered.

    *Unreadable*: an effect of ours is there, and a field that the call records, or the receipt, is missing or no
    column can hold it. *Undecided*: nothing of ours is there so far, and the list goes on. Nothing may be sent again on
    the ground of either.
    """

    FOUND = "found"
    ABSENT = "absent"
    UNDECIDED = "undecided"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class LookUpAnswer:
    """The result of a look-up, and the columns that the found effect fills (`receipts`).

    `certain` is False where the answer rests on objects that carry no mark of ours: they may be another's. `after` is
    the ``id`` behind which the list goes on, None where it does not or no ``id`` says where.
    """

    result: LookUpResult
    receipts: Mapping[str, ScalarValue] = field(default_factory=dict)
    certain: bool = True
    after: str | None = None


def is_answer(response: ReceivedResponse) -> bool:
    """Whether a response answers a question about an object: it is whole and says what is there, or that nothing is.

    That is one of the 200s, 404 and 410, unless the body was cut off. Silence, a refusal and an error say nothing.
    """
    return (response.succeeded or response.status in _GONE) and not response.is_cut_off


def looked_up(
    call: Call, row: Row | None, response: ReceivedResponse, others: frozenset[str] = frozenset()
) -> LookUpAnswer | None:
    """The result of the call's look-up for `row`; None where the response is no answer, or the call has no look-up.

    `row` is None where the row is not known; then no object in a list can be told to be ours. `others` are the receipts
    that other calls left in the row (`receipts_of_others`): an object that is known by one of them is not this call's.
    """
    if call.look_up is None or not is_answer(response):
        return None
    listed = paths.field(response.body, "data")
    if response.succeeded and isinstance(listed, list):
        more = paths.field(response.body, "has_more") is True
        return _in_list(call, row, listed, more=more)
    return _in_object(call, row, response, others)


def receipts_of_others(lifecycle: Lifecycle, call: Call, row: Row) -> frozenset[str]:
    """The receipts that other calls of the lifecycle have left in the row, as texts."""
    own = {column for column, _ in call.records}
    columns = {column for other in lifecycle.calls for column, _ in other.records} - own
    return frozenset(text for column in columns if (text := text_of(row.get(column))) is not None)


def is_ours(call: Call, row: Row, item: object) -> bool:
    """Whether an object at the provider carries every mark that the call makes of the row.

    Of a call without marks every object is ours: what the request of the look-up asks for is all that tells.
    """
    return isinstance(item, Mapping) and all(_carries(item, path, filled(mark, row)) for path, mark in call.marks)


def _carries(item: Mapping[str, Json], path: str, mark: str | None) -> bool:
    return mark is not None and text_of(paths.scalar(paths.field(item, path))) == mark


# --- a list -------------------------------------------------------------------------


def _in_list(call: Call, row: Row | None, listed: list[Json], *, more: bool) -> LookUpAnswer:
    certain = bool(call.marks)
    if row is not None:
        ours = [item for item in listed if is_ours(call, row, item)]
        if not ours and call.repeat is Repeat.ALREADY_DONE and _is_whole(call, row, listed):
            ours, certain = listed[:1], False
        if ours:
            return _readable(call, ours, certain=certain)
    if more:
        return LookUpAnswer(LookUpResult.UNDECIDED, after=_last_id(listed))
    others_count = row is None or not call.marks or call.repeat is Repeat.ALREADY_DONE
    return LookUpAnswer(LookUpResult.ABSENT, certain=not (listed and others_count))


def _readable(call: Call, ours: list[Json], *, certain: bool) -> LookUpAnswer:
    """The first of our objects that has all the call records, and the receipt."""
    for item in ours:
        receipts = recorded(call, partial(paths.field, item))
        if receipts is not None and call.look_up is not None and _scalar_at(item, call.look_up.receipt) is not None:
            return LookUpAnswer(LookUpResult.FOUND, receipts, certain)
    return LookUpAnswer(LookUpResult.UNREADABLE, certain=certain)


def _is_whole(call: Call, row: Row, listed: list[Json]) -> bool:
    """Whether the objects together are all that the call asks for: by their ``amount``, where the call has one."""
    asked = row.get(call.amount) if call.amount is not None else None
    if not isinstance(asked, int) or isinstance(asked, bool):
        return bool(listed)
    amounts = [paths.field(item, "amount") for item in listed]
    made = [amount for amount in amounts if isinstance(amount, int) and not isinstance(amount, bool)]
    return bool(listed) and sum(made) >= asked


def _last_id(listed: list[Json]) -> str | None:
    last = paths.field(listed[-1], "id") if listed else None
    return last if isinstance(last, str) else None


def _scalar_at(item: Json, path: str) -> ScalarValue | None:
    return paths.scalar(paths.field(item, path))


# --- one object -----------------------------------------------------------------------


def _in_object(call: Call, row: Row | None, response: ReceivedResponse, others: frozenset[str]) -> LookUpAnswer | None:
    """The object that the request names, or that there is none: it is the effect if it has the receipt."""
    there = response.field(call.look_up.receipt) if call.look_up is not None else None
    certain = bool(call.marks)
    if there is None:
        if response.succeeded and (not response.body or isinstance(response.body, str)):
            return None  # nothing was sent that could say so
        if response.succeeded and certain and row is not None and is_ours(call, row, response.body):
            return LookUpAnswer(LookUpResult.UNREADABLE)
        return LookUpAnswer(LookUpResult.ABSENT)
    receipt = paths.scalar(there)
    if receipt is not None and text_of(receipt) in others and not _says_ended(response):
        return LookUpAnswer(LookUpResult.ABSENT)
    receipts = receipts_of(call, response)
    if receipt is None or receipts is None:
        return LookUpAnswer(LookUpResult.UNREADABLE, certain=certain)
    return LookUpAnswer(LookUpResult.FOUND, receipts, certain)


def _says_ended(response: ReceivedResponse) -> bool:
    """Whether another call's object says that it was ended: its ``status`` begins with ``cancel``."""
    status = paths.field(response.body, "status")
    return isinstance(status, str) and status.startswith("cancel")
