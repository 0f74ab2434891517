"""Values that the kit invents for a column of a type, so that the database takes them."""

from __future__ import annotations

import uuid

from pointsman.spec.fitting import family
from pointsman.spec.lifecycle import Column
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.values import TIMESTAMPS

WHOLE = 1000
"""An invented amount, in the currency's smallest unit."""


def invented(column: Column, key: str, now: float) -> Value:
    """A value of the column's type, another one for each row `key` where the type allows it.

    Timestamps are `now`, in seconds of the run's clock.
    """
    bare, _, length = column.type.partition("(")
    match family(column.type):
        case "whole":
            return WHOLE
        case "time":
            return now if bare in TIMESTAMPS else "2000-01-01"
        case "boolean":
            return False
    if bare == "uuid":
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{column.name} {key}"))
    if bare in {"json", "jsonb"}:
        return "{}"
    text, most = f"{column.name}_{key}", length.partition(")")[0] or ("1" if bare == "char" else "")
    return text[-int(most) :] if most else text
