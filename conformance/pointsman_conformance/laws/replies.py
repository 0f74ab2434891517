"""What the spec makes of a provider's answer, from the definition: the first line that matches wins."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase

from pointsman.spec.lifecycle import Call, Match, Outcome, Repeat, Silence
from pointsman_conformance.core.history import Columns, Response
from pointsman_conformance.core.wire import Json
from pointsman_conformance.laws.addresses import render


class LookedUp(StrEnum):
    """What an answered look-up shows. *Unclear*: the spec does not say how one is told from the other."""

    FOUND = "found"
    ABSENT = "absent"
    UNCLEAR = "unclear"


def outcome_of(call: Call, reply: Response) -> Outcome:
    """What `call`'s ordered outcomes make of `reply`.

    *Accepted* without a field that the call records is *unknown*, and so is a 2xx whose body was cut off.
    """
    if succeeded(reply) and _cut_off(reply):
        return Outcome.UNKNOWN
    for rule in call.outcomes:
        if any(_fits(match, reply) for match in rule.matches):
            lacks = rule.outcome is Outcome.ACCEPTED and not has_receipts(call, reply)
            return Outcome.UNKNOWN if lacks else rule.outcome
    return Outcome.UNKNOWN


def succeeded(reply: Response) -> bool:
    """An answer of the 200s."""
    return reply.status is not None and 200 <= reply.status < 300


def _cut_off(reply: Response) -> bool:
    """A body that is no JSON object; none at all can be meant so."""
    return isinstance(reply.body, str) and bool(reply.body.strip())


def has_receipts(call: Call, reply: Response) -> bool:
    """The body has every field that `call` records."""
    return all(field_of(reply.body, name) is not None for _, name in call.records)


def field_of(body: Mapping[str, Json] | str, name: str) -> Json:
    """A field by its dotted name (``metadata.uid``), None where there is none."""
    found: Json | Mapping[str, Json] = body
    for part in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found if not isinstance(found, Mapping) else dict(found)


def is_answer(reply: Response) -> bool:
    """It answers a question: a whole object, or that there is none."""
    return reply.status in {404, 410} or (succeeded(reply) and isinstance(reply.body, Mapping))


def looked_up(call: Call, row: Columns | None, reply: Response) -> LookedUp | None:
    """What the answer to a look-up of `call` shows of `row`; None where it is no answer."""
    if call.look_up is None or not is_answer(reply):
        return None
    listed = field_of(reply.body, "data")
    if isinstance(listed, list):
        more = field_of(reply.body, "has_more") is True
        return _in_list(call, row, listed, more=more)
    return _in_object(call, reply)


def _in_list(call: Call, row: Columns | None, listed: list[Json], *, more: bool) -> LookedUp:
    if row is None or not call.marks:
        return LookedUp.UNCLEAR if listed or more else LookedUp.ABSENT
    if any(_is_ours(call, row, item) for item in listed):
        return LookedUp.FOUND
    # Somebody else's effect can be all that is asked for, where a second one is "already done".
    others = bool(listed) and call.repeat is Repeat.ALREADY_DONE
    return LookedUp.UNCLEAR if others or more else LookedUp.ABSENT


def _is_ours(call: Call, row: Columns, item: Json) -> bool:
    if not isinstance(item, Mapping):
        return False
    return all(str(field_of(item, name)) == render(template, row) for name, template in call.marks)


def _in_object(call: Call, reply: Response) -> LookedUp:
    """One object: found if it has the receipt; unclear if it is an object that is there in any case."""
    if call.look_up is None or field_of(reply.body, call.look_up.receipt) is None:
        return LookedUp.ABSENT
    return LookedUp.FOUND if call.marks else LookedUp.UNCLEAR


def _fits(match: Match, reply: Response) -> bool:
    if match.silence is Silence.UNMATCHED:
        return True
    if match.silence is not None or reply.status is None:
        return match.silence is not None and match.silence == (reply.silence or Silence.CONNECTION)
    return (
        (not match.http or any(low <= reply.status <= high for low, high in match.http))
        and match.code in {None, _error(reply.body, "code")}
        and match.type in {None, _error(reply.body, "type")}
        and (match.message is None or fnmatchcase(_error(reply.body, "message") or "", match.message))
    )


def _error(body: Mapping[str, Json] | str, name: str) -> str | None:
    """A field of the error: as Stripe wraps it, or of the body itself."""
    if not isinstance(body, Mapping):
        return None
    wrapped = body.get("error")
    value = wrapped.get(name) if isinstance(wrapped, Mapping) else body.get(name)
    return value if isinstance(value, str) else None
