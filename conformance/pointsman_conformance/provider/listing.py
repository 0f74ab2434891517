"""Lists as Stripe's API has them: newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pointsman_conformance.core.wire import HttpReply, Json
from pointsman_conformance.provider.forms import whole
from pointsman_conformance.provider.ledger import Object
from pointsman_conformance.provider.replies import NotStored, error

PAGING = frozenset({"limit", "starting_after", "ending_before", "expand"})
"""Fields of a query that choose the page and no object."""


def page(oldest_first: Sequence[Object], params: Mapping[str, str], url: str, default: int = 10) -> HttpReply:
    """The page that `params` ask for. Raises NotStored for a limit or a cursor that is none."""
    found = list(reversed(oldest_first))
    limit = _limit(params, default)
    if (after := params.get("starting_after")) is not None:
        found = found[_place(found, after, "starting_after") + 1 :]
    elif (before := params.get("ending_before")) is not None:
        upto = _place(found, before, "ending_before")
        data: list[Json] = list(found[max(0, upto - limit) : upto])
        return HttpReply(200, {"object": "list", "data": data, "has_more": upto > limit, "url": url})
    data = list(found[:limit])
    return HttpReply(200, {"object": "list", "data": data, "has_more": len(found) > limit, "url": url})


def _limit(params: Mapping[str, str], default: int) -> int:
    told = params.get("limit", str(default))
    found = whole(told)
    if found is None or not 1 <= found <= 100:
        raise NotStored(error(400, f"Invalid limit: {told}", param="limit", code="parameter_invalid_integer"))
    return found


def _place(found: Sequence[Object], name: str, param: str) -> int:
    for place, each in enumerate(found):
        if each["id"] == name:
            return place
    raise NotStored(error(400, f"No such object: '{name}'", param=param, code="resource_missing"))
