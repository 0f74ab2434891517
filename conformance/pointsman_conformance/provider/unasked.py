"""The request that would have made an effect: for effects from before the run, and for those made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pointsman.spec.lifecycle import Call, Lifecycle
from pointsman.spec.meaning import columns_of, parameter, replaced, text_of
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.wire import HttpRequest
from pointsman_conformance.provider.addresses import Endpoint
from pointsman_conformance.provider.from_spec import ANYTHING
from pointsman_conformance.provider.ledger import About


@dataclass(frozen=True, slots=True)
class Unasked:
    """Fills the templates of `call` for `row`, from the row's `columns` and from the receipts that it has (`made`)."""

    lifecycle: Lifecycle
    made: Mapping[str, About]
    call: Call
    row: str
    columns: Mapping[str, Value]

    @property
    def base(self) -> Call | None:
        """The call whose receipt the path names."""
        places = Endpoint.of(self.call.request.text).path.columns
        for other in self.lifecycle.calls:
            if other is not self.call and any(column in places for column, _ in other.records):
                return other
        return None

    @property
    def base_receipt(self) -> str | None:
        """The receipt of the base call in the row; None where the row has none."""
        found = (self.columns.get(column) for column, _ in (self.base.records if self.base is not None else ()))
        return next((str(value) for value in found if value is not None), None)

    def request(self, amount: int | None, *, marked: bool) -> HttpRequest:
        """The request, with the call's marks and key if `marked`.

        What names the row is left out otherwise, since only the implementation sends that. What is not known is
        left open.
        """
        known = self._known()
        endpoint = Endpoint.of(self.call.request.text)
        params = {} if amount is None or self.call.amount is None else {"amount": str(amount)}
        for name, template in self.call.marks:
            if marked or self._primary_key not in template.columns:
                params[parameter(name)] = replaced(template.text, known, ANYTHING)
        key = _filled(self.call.key.text, known) if marked and self.call.key is not None else None
        path = replaced(endpoint.text, known, ANYTHING)
        return HttpRequest(endpoint.method, path, params, key)

    def _known(self) -> dict[str, str]:
        table = self.lifecycle.table
        known: dict[str, str] = {}
        for column in table.columns if table is not None else ():
            if isinstance(column.default, int):
                known[column.name] = str(column.default)
        known |= {name: text for name, value in self.columns.items() if (text := text_of(value)) is not None}
        known[self._primary_key] = self.row
        return known | self._receipts(known)

    @property
    def _primary_key(self) -> str:
        return self.lifecycle.table.primary_key if self.lifecycle.table is not None else "id"

    def _receipts(self, known: Mapping[str, str]) -> dict[str, str]:
        """The receipt that the path names: the row's own where the provider made it, else its newest."""
        base = self.base
        made = [name for name, about in self.made.items() if about.call is base and about.row == self.row]
        if base is None or not made:
            return {}
        places = Endpoint.of(self.call.request.text).path.columns
        wanted = [column for column, _ in base.records if column in places]
        return {column: known[column] if known.get(column) in made else made[-1] for column in wanted}


def _filled(text: str, known: Mapping[str, str]) -> str | None:
    """The template's text; None where a column is not known."""
    return replaced(text, known) if known.keys() >= set(columns_of(text)) else None
