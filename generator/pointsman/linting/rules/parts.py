"""The parts that a spec gives to columns: due time, counter, fence, amount, receipt and so on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pointsman.spec.lifecycle import Call, Lifecycle
from pointsman.spec.source import Path


class ColumnUse(StrEnum):
    """A part that a column can play."""

    FENCE = "fence"
    GENERATION = "generation"
    FIRST_USED = "first_used"
    AMOUNT = "amount"
    RECEIPT = "receipt"
    ATTEMPTS = "attempts"
    DUE = "due"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class UsedColumn:
    """A part that `column` plays for `owner`: a call, a queue, an event or the claims.

    `says` continues a message after the column's name: ``is the fence of the claims``.
    """

    column: str
    part: ColumnUse
    owner: str
    says: str
    path: Path


def played(lifecycle: Lifecycle) -> Iterator[UsedColumn]:
    """Every part of every column, in the order of `ColumnUse`, except that the parts of one call stand together."""
    claims = lifecycle.claims
    if claims is not None and claims.fence is not None:
        yield UsedColumn(claims.fence, ColumnUse.FENCE, "claims", "is the fence of the claims", ("claims", "fence"))
    for call in lifecycle.calls:
        yield from _by_call(call)
    for queue in lifecycle.queues:
        path: Path = ("queues", queue.name)
        if queue.attempts is not None:
            says = f"counts the attempts of the queue {queue.name}"
            yield UsedColumn(queue.attempts.column, ColumnUse.ATTEMPTS, queue.name, says, (*path, "attempts", "column"))
        if queue.due is not None:
            says = f"says when a row of the queue {queue.name} is due"
            yield UsedColumn(queue.due, ColumnUse.DUE, queue.name, says, (*path, "due"))
    for event in lifecycle.events:
        if event.keep_in is not None:
            yield UsedColumn(
                event.keep_in, ColumnUse.KEPT, event.name, f"keeps {event.name}", ("events", event.name, "keep_in")
            )


def _by_call(call: Call) -> Iterator[UsedColumn]:
    name, path = call.name, ("calls", call.name)
    if call.key_generation is not None:
        says = f"counts the generations of {name}'s key"
        yield UsedColumn(call.key_generation, ColumnUse.GENERATION, name, says, (*path, "key_generation"))
    if call.key_first_used is not None:
        says = f"says since when a key of {name} has been in use"
        yield UsedColumn(call.key_first_used, ColumnUse.FIRST_USED, name, says, (*path, "key_first_used"))
    if call.amount is not None:
        yield UsedColumn(call.amount, ColumnUse.AMOUNT, name, f"is the amount of {name}", (*path, "amount", "column"))
    for column, _ in call.records:
        yield UsedColumn(
            column, ColumnUse.RECEIPT, name, f"holds what a reply to {name} brings", (*path, "records", column)
        )
