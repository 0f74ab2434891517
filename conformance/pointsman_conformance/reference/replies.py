"""What an implementation by the book makes of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from pointsman.spec.lifecycle import Call, Match, Outcome, Repeat, Silence
from pointsman_conformance.core.history import Columns, Value
from pointsman_conformance.core.wire import Heard, HttpReply, Json, NoReply
from pointsman_conformance.reference.requests import rendered

CONFLICT = 409


def outcome_of(call: Call, heard: Heard) -> Outcome:
    """The first line of the call's outcomes that matches.

    Accepted without its receipts is unknown, as is what matches nothing.
    """
    for rule in call.outcomes:
        if any(_fits(match, heard) for match in rule.matches):
            lacks = rule.outcome is Outcome.ACCEPTED and receipts_of(call, heard) is None
            return Outcome.UNKNOWN if lacks else rule.outcome
    return Outcome.UNKNOWN


def is_conflict(heard: Heard) -> bool:
    """A request with this key is still under way."""
    return isinstance(heard, HttpReply) and heard.status == CONFLICT


def receipts_of(call: Call, heard: Heard) -> dict[str, Value] | None:
    """The columns that the answer fills; None where it lacks one, or is none."""
    if not isinstance(heard, HttpReply) or not isinstance(heard.body, Mapping):
        return None if call.records or not isinstance(heard, HttpReply) or _cut_off(heard) else {}
    return _columns_of(call, heard.body, heard.headers)


def _cut_off(reply: HttpReply) -> bool:
    """A body that began as an object and is none."""
    return isinstance(reply.body, str) and bool(reply.body.strip())


def _columns_of(
    call: Call, body: Mapping[str, Json], headers: Mapping[str, str] | None = None
) -> dict[str, Value] | None:
    found: dict[str, Value] = {}
    for column, name in call.records:
        value = scalar(field_of(body, name, headers))
        if value is None:
            return None
        found[column] = value
    return found


def field_of(body: Mapping[str, Json] | str, name: str, headers: Mapping[str, str] | None = None) -> Json:
    """A field by its dotted name, else the header of that name; None where there is neither."""
    found: Json = dict(body) if isinstance(body, Mapping) else None
    for part in name.split("."):
        if isinstance(found, list) and part.isdigit():
            found = found[int(part)] if int(part) < len(found) else None
        else:
            found = found.get(part) if isinstance(found, dict) else None
    if found is None and headers:
        return next((value for header, value in headers.items() if header.lower() == name.lower()), None)
    return found


def scalar(value: Json) -> Value:
    """What a column can hold; None for a list or an object."""
    return value if value is None or isinstance(value, str | int | float | bool) else None


class LookUpResult(StrEnum):
    """What a look-up came to. *Vain*: no answer that says anything."""

    FOUND = "found"
    ABSENT = "absent"
    VAIN = "vain"


@dataclass(frozen=True, slots=True)
class LookUpFinding:
    """What a look-up came to, with the receipts of what was found. `after`: the list goes on behind this object."""

    finding: LookUpResult
    receipts: Mapping[str, Value]
    after: str | None = None


VAIN = LookUpFinding(LookUpResult.VAIN, {})
ABSENT = LookUpFinding(LookUpResult.ABSENT, {})


def looked_up(call: Call, row: Columns, heard: Heard, known: frozenset[str]) -> LookUpFinding:
    """What the answer to a look-up says. `known` are the receipts that other calls have left in the row."""
    if isinstance(heard, NoReply) or _cut_off(heard) or call.look_up is None:
        return VAIN
    there = 200 <= heard.status < 300
    if not there and heard.status not in {404, 410}:
        return VAIN
    listed = field_of(heard.body, "data")
    if there and isinstance(listed, list):
        return _in_list(
            call, row, [each for each in listed if isinstance(each, dict)], field_of(heard.body, "has_more")
        )
    return _in_object(call, heard, known)


def _in_list(call: Call, row: Columns, listed: list[dict[str, Json]], more: Json) -> LookUpFinding:
    ours = [each for each in listed if is_marked(call, row, each)]
    if not ours and call.repeat is Repeat.ALREADY_DONE and _is_whole(call, row, listed):
        ours = listed[:1]  # somebody else's; all that was asked for is done
    for each in ours:
        receipts = _columns_of(call, each)
        if receipts is not None:
            return LookUpFinding(LookUpResult.FOUND, receipts)
    last = listed[-1].get("id") if listed else None
    return LookUpFinding(LookUpResult.ABSENT, {}, last) if more is True and isinstance(last, str) else ABSENT


def is_marked(call: Call, row: Columns, thing: Mapping[str, Json]) -> bool:
    """The object carries our marks; without any, every object that is found so is ours."""
    return all(str(field_of(thing, name)) == rendered(template, row) for name, template in call.marks)


def _is_whole(call: Call, row: Columns, listed: list[dict[str, Json]]) -> bool:
    asked = row.get(call.amount) if call.amount is not None else None
    if not isinstance(asked, int):
        return bool(listed)
    amounts = [each.get("amount") for each in listed]
    return sum(amount for amount in amounts if isinstance(amount, int)) >= asked


def _in_object(call: Call, reply: HttpReply, known: frozenset[str]) -> LookUpFinding:
    """One object: the effect's own, or the one that it changes, which then has to say so."""
    if call.look_up is None:
        return VAIN
    receipt = scalar(field_of(reply.body, call.look_up.receipt, reply.headers))
    if receipt is None or (str(receipt) in known and not _says_ended(reply)):
        return ABSENT
    receipts = receipts_of(call, reply)
    return LookUpFinding(LookUpResult.FOUND, receipts) if receipts is not None else VAIN


def _says_ended(reply: HttpReply) -> bool:
    """A call whose look-up shows another call's object ends that object, which then has a status that says so."""
    status = field_of(reply.body, "status")
    return isinstance(status, str) and status.startswith("cancel")


def _fits(match: Match, heard: Heard) -> bool:
    if match.silence is Silence.UNMATCHED:
        return True
    if isinstance(heard, NoReply) or match.silence is not None:
        return isinstance(heard, NoReply) and match.silence is not None and match.silence.value == heard.silence
    return (
        (not match.http or any(low <= heard.status <= high for low, high in match.http))
        and match.code in {None, _error(heard, "code")}
        and match.type in {None, _error(heard, "type")}
        and (match.message is None or fnmatchcase(_error(heard, "message") or "", match.message))
    )


def _error(reply: HttpReply, name: str) -> str | None:
    """A field of the error: wrapped as Stripe has it, or of the body itself."""
    value = field_of(reply.body, f"error.{name}")
    if value is None:
        value = field_of(reply.body, name)
    return value if isinstance(value, str) else None
