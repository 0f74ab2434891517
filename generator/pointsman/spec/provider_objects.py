"""The fields of the objects that a provider is known to send, by the request that it answers.

Known is what the kit's own provider plays of Stripe: transfers, their reversals, and refunds. Source: the attributes of
`Transfer`, `TransferReversal` and `Refund` in stripe-python (16.1.0), which are made from Stripe's OpenAPI document. Of
every other request and every other provider nothing is known, and so nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from pointsman.spec.lifecycle import Call, Webhook
from pointsman.spec.meaning import index_of, parts_of, request_parts


class FieldForm(Enum):
    """The form of an object's field.

    A *value* is a text, a number or a boolean. A *reference* is another object's id, or that object where the request
    expands it. An *object* has members that are not listed here.
    """

    VALUE = "value"
    REFERENCE = "reference"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class SentList:
    """A list of objects that all have these fields."""

    fields: SentFields


SentFields = Mapping[str, "FieldForm | SentList | SentFields"]
"""The fields of an object, by name."""


@dataclass(frozen=True, slots=True)
class ProviderObject:
    """A kind of object: its name for people, and its fields."""

    name: str
    fields: SentFields


def _fields(values: str, references: str, objects: str) -> dict[str, FieldForm | SentList | SentFields]:
    forms = ((values, FieldForm.VALUE), (references, FieldForm.REFERENCE), (objects, FieldForm.OBJECT))
    return {name: form for names, form in forms for name in names.split()}


_REVERSAL = ProviderObject(
    "transfer reversal",
    _fields(
        "amount created currency id object",
        "balance_transaction destination_payment_refund source_refund transfer",
        "metadata",
    ),
)
_TRANSFER = ProviderObject(
    "transfer",
    {
        **_fields(
            "amount amount_reversed created currency description id livemode object reversed source_type "
            "transfer_group",
            "balance_transaction destination destination_payment source_transaction",
            "metadata",
        ),
        "reversals": {**_fields("object has_more total_count url", "", ""), "data": SentList(_REVERSAL.fields)},
    },
)
_REFUND = ProviderObject(
    "refund",
    _fields(
        "amount created currency customer_account description failure_reason id instructions_email object "
        "pending_reason reason receipt_number status",
        "balance_transaction charge customer failure_balance_transaction payment_intent payment_method "
        "source_transfer_reversal transfer_reversal",
        "destination_details metadata next_action presentment_details",
    ),
)

STRIPE_OBJECTS: Mapping[str, ProviderObject] = MappingProxyType(
    {
        "POST v1/transfers": _TRANSFER,
        "GET v1/transfers": _TRANSFER,
        "GET v1/transfers/*": _TRANSFER,
        "POST v1/transfers/*/reversals": _REVERSAL,
        "GET v1/transfers/*/reversals": _REVERSAL,
        "GET v1/transfers/*/reversals/*": _REVERSAL,
        "POST v1/refunds": _REFUND,
        "GET v1/refunds": _REFUND,
        "GET v1/refunds/*": _REFUND,
        "POST v1/refunds/*/cancel": _REFUND,
    }
)
"""The object that Stripe answers a request with, or lists, by method and path; ``*`` is an id."""

_OF_WEBHOOKS: Mapping[str, ProviderObject] = MappingProxyType({"transfer": _TRANSFER, "refund": _REFUND})


def object_of_request(call: Call, request: str) -> ProviderObject | None:
    """The object that the provider answers `request` (a template's text) with, or lists; None where it is not known."""
    if call.provider != "stripe":
        return None
    method, path, _ = request_parts(request)
    words = ["*" if "{" in word else word for word in path.strip("/").split("/")]
    return STRIPE_OBJECTS.get(f"{method} {'/'.join(words)}")


def object_of_webhook(call: Call, hook: Webhook) -> ProviderObject | None:
    """The object that a webhook of this type is about; None where that is not known."""
    return _OF_WEBHOOKS.get(parts_of(hook.type)[0]) if call.provider == "stripe" else None


def may_be_sent(known: ProviderObject, path: str) -> bool:
    """Whether a dotted path may name a value in the object, or a header of the response (a name with a hyphen)."""
    return "-" in path or _names_a_value(known.fields, parts_of(path))


def _names_a_value(form: FieldForm | SentList | SentFields | None, parts: tuple[str, ...]) -> bool:
    if form is None:
        return False
    if isinstance(form, FieldForm):
        return form is not FieldForm.OBJECT if not parts else form is not FieldForm.VALUE
    if not parts:
        return False
    if isinstance(form, SentList):
        return index_of(parts[0]) is not None and _names_a_value(form.fields, parts[1:])
    return _names_a_value(form.get(parts[0]), parts[1:])
