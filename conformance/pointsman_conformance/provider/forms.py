"""Fields of a form, as they go over the wire: flat names with brackets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pointsman_conformance.core.wire import HttpRequest, Json
from pointsman_conformance.provider.replies import NotStored, error

_BRACKET = re.compile(r"\[([^\]]*)\]")


def nested(params: Mapping[str, str]) -> dict[str, Json]:
    """The fields as nested objects: ``metadata[row]`` becomes ``{"metadata": {"row": ..}}``."""
    found: dict[str, Json] = {}
    for name, value in params.items():
        first, *rest = [name.split("[", 1)[0], *_BRACKET.findall(name)]
        place(found, [first, *rest], value)
    return found


def place(into: dict[str, Json], path: list[str], value: Json) -> None:
    """Put `value` where `path` leads, making objects on the way."""
    inner = into
    for step in path[:-1]:
        deeper = inner.get(step)
        if not isinstance(deeper, dict):
            deeper = {}
            inner[step] = deeper
        inner = deeper
    inner[path[-1]] = value


def metadata(request: HttpRequest) -> dict[str, Json]:
    """The request's metadata."""
    found = nested(request.params).get("metadata")
    return found if isinstance(found, dict) else {}


def amount(request: HttpRequest, param: str = "amount") -> int | None:
    """The amount asked for; None where none is named. Raises NotStored for one that is no positive number."""
    told = request.params.get(param)
    if told is None or told == "":
        return None
    if not told.isdecimal():
        raise NotStored(error(400, f"Invalid integer: {told}", code="parameter_invalid_integer", param=param))
    if int(told) < 1:
        words = "This value must be greater than or equal to 1."
        raise NotStored(error(400, words, code="parameter_invalid_integer", param=param))
    return int(told)


def required(param: str) -> NotStored:
    """The request lacks a field."""
    return NotStored(error(400, f"Missing required param: {param}.", code="parameter_missing", param=param))
