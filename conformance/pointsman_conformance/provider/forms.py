"""Fields of a form, as they go over the wire: flat names with brackets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from pointsman.spec.meaning import put_field
from pointsman_conformance.core.wire import HttpRequest, Json
from pointsman_conformance.provider.replies import NotStored, error

METADATA = "metadata"

_BRACKET = re.compile(r"\[([^\]]*)\]")


def nested(params: Mapping[str, str]) -> dict[str, Json]:
    """The fields as a JSON body: ``metadata[row]`` becomes ``{"metadata": {"row": ..}}``.

    A number in brackets is a place in a list, but in the metadata, whose names are the sender's own.
    """
    found: dict[str, Json] = {METADATA: {}} if any(_parts(name)[0] == METADATA for name in params) else {}
    for name, value in params.items():
        put_field(found, _parts(name), value)
    return found


MOST_DIGITS = 18
"""The most digits of a whole number in a request: what a bigint holds in any case."""


@lru_cache(maxsize=512)
def _parts(name: str) -> tuple[str, ...]:
    return (name.split("[", 1)[0], *_BRACKET.findall(name))


def metadata(request: HttpRequest) -> dict[str, Json]:
    """The request's metadata."""
    found = nested(request.params).get(METADATA)
    return found if isinstance(found, dict) else {}


def whole(told: str) -> int | None:
    """The whole number that a text of decimal digits is; None for any other text, and for one of too many digits."""
    return int(told) if told.isdecimal() and len(told) <= MOST_DIGITS else None


def amount(request: HttpRequest, param: str = "amount") -> int | None:
    """The amount asked for; None where none is named. Raises NotStored for one that is no positive number."""
    told = request.params.get(param)
    if told is None or told == "":
        return None
    found = whole(told)
    if found is None:
        raise NotStored(error(400, f"Invalid integer: {told}", code="parameter_invalid_integer", param=param))
    if found < 1:
        words = "This value must be greater than or equal to 1."
        raise NotStored(error(400, words, code="parameter_invalid_integer", param=param))
    return found


def required(param: str) -> NotStored:
    """The request lacks a field."""
    return NotStored(error(400, f"Missing required param: {param}.", code="parameter_missing", param=param))
