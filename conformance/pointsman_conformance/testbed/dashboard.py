"""Effects that a person makes by hand at the provider's dashboard."""

from __future__ import annotations

import contextlib

from pointsman.spec.lifecycle import Call
from pointsman_conformance.core.history import Columns
from pointsman_conformance.provider.provider import Provider


def made_by_hand(provider: Provider, call: Call, key: str, row: Columns, *, part: bool) -> bool:
    """Make the call's effect at the provider. False if the provider refuses it.

    Its amount is the row's, or half of that for a `part`; where the row has none, all that is left.
    """
    asked = row.get(call.amount) if call.amount is not None else None
    amount = int(asked) if isinstance(asked, int | float) and asked > 0 else None
    if part and amount is not None:
        amount = max(1, amount // 2)
    with contextlib.suppress(LookupError):
        return provider.by_hand(call.name, key, amount, row)
    return False
