"""The requests that a call's templates make of a row."""

from __future__ import annotations

from pointsman.spec.lifecycle import Call, Template
from pointsman.spec.meaning import parameter, replaced, request_parts, text_of
from pointsman_conformance.core.history import Columns
from pointsman_conformance.core.wire import HttpRequest


def effect_request(call: Call, row: Columns, token: str) -> HttpRequest:
    """The request that makes the effect: its marks, its amount, and the key of this generation."""
    method, path, query = request_parts(_filled(call.request, row))
    params = dict(query)
    if call.amount is not None:
        params["amount"] = text_of(row.get(call.amount)) or ""
    for mark, template in call.marks:
        params[parameter(mark)] = _filled(template, row)
    key = _filled(call.key, row) if call.key is not None else None
    return HttpRequest(method, path, params, key, token)


def look_up_request(call: Call, row: Columns, token: str, after: str | None = None) -> HttpRequest:
    """The request that asks for the effect; of a list, the part that follows the object `after`, an ``id``."""
    template = call.look_up.request if call.look_up is not None else call.request
    method, path, query = request_parts(_filled(template, row))
    params = dict(query)
    if after is not None:
        params["starting_after"] = after
    return HttpRequest(method, path, params, None, token)


def _filled(template: Template, row: Columns) -> str:
    """`template` with the row's values; a column that is null leaves its place empty."""
    return replaced(template.text, {name: text_of(row.get(name)) or "" for name in template.columns})
