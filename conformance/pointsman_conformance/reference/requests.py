"""The requests that a call's templates make of a row."""

from __future__ import annotations

import re

from pointsman.spec.lifecycle import Call, Template
from pointsman_conformance.core.history import Columns, Value
from pointsman_conformance.core.wire import HttpRequest

_PLACE = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")


def text(value: Value) -> str:
    """A value as a request has it; nothing for null."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def rendered(template: Template, row: Columns) -> str:
    """`template` with the row's values."""
    if not template.columns:
        return template.text
    return _PLACE.sub(lambda place: text(row.get(place[1])), template.text)


def reads(template: Template, said: str) -> dict[str, str] | None:
    """The columns' values that make `template` into `said`; None where nothing does."""
    pieces = _PLACE.split(template.text)
    columns = pieces[1::2]
    match = re.fullmatch("(.+)".join(re.escape(piece) for piece in pieces[::2]), said)
    return dict(zip(columns, match.groups(), strict=True)) if match is not None else None


def form_name(mark: str) -> str:
    """A mark's name as a form has it: ``metadata.row`` is ``metadata[row]``."""
    first, *rest = mark.split(".")
    return first + "".join(f"[{part}]" for part in rest)


def effect_request(call: Call, row: Columns, token: str) -> HttpRequest:
    """The request that makes the effect: its marks, its amount, and the key of this generation."""
    method, path, params = _taken_apart(rendered(call.request, row))
    if call.amount is not None:
        params["amount"] = text(row.get(call.amount))
    for name, template in call.marks:
        params[form_name(name)] = rendered(template, row)
    key = rendered(call.key, row) if call.key is not None else None
    return HttpRequest(method, path, params, key, token)


def look_up_request(call: Call, row: Columns, token: str, after: str | None = None) -> HttpRequest:
    """The request that asks for the effect; of a list, the part that follows `after`."""
    template = call.look_up.request if call.look_up is not None else call.request
    method, path, params = _taken_apart(rendered(template, row))
    if after is not None:
        params["starting_after"] = after
    return HttpRequest(method, path, params, None, token)


def _taken_apart(request: str) -> tuple[str, str, dict[str, str]]:
    """Method, path and query. What follows a blank is a header, which no provider of the kit reads."""
    method, _, rest = request.partition(" ")
    path, _, query = rest.partition(" ")[0].partition("?")
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return method.upper(), path, {name: value for name, _, value in pairs}
