"""Linearizability by the order of versions that an audit gives: no search, O(n log n).

The writes of a row are in the order of their commits, and each says who made it. So the
order of all changes is known, and what is left to find is between which
versions each read and each refusal belongs. The earliest place that time allows is always as good as
any other, since a later one only forbids more to those that come after.

After: Gibbons and Korach, "Testing shared memories" (1997), where the order of writes is given.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Mapping, Sequence

from pointsman_conformance.linear.operation import (
    LINEARIZABLE,
    Ending,
    LinearAnswer,
    Linearity,
    OperationKind,
    StatusOperation,
    StatusVersion,
    by_call,
    told,
)


def by_versions(versions: Sequence[StatusVersion], operations: Sequence[StatusOperation]) -> Linearity:
    """Whether `operations` can have happened while the row went through `versions`, the first being how it began."""
    if any(version.unsure for version in versions):
        return Linearity(LinearAnswer.UNDECIDED, says="several operations may have written the same version")
    written = {version.writer: number for number, version in enumerate(versions) if version.writer is not None}
    return _attribution(versions, operations, written) or _real_time(versions, operations, written)


def _attribution(
    versions: Sequence[StatusVersion], operations: Sequence[StatusOperation], written: Mapping[int, int]
) -> Linearity | None:
    """The first operation whose versions contradict what it was told, or None."""
    counts: dict[int, int] = {}
    for version in versions:
        if version.writer is not None:
            counts[version.writer] = counts.get(version.writer, 0) + 1
    for number, operation in enumerate(operations):
        wrong = _contradiction(operation, counts.get(number, 0))
        if wrong is None and number in written:
            wrong = _wrong_edge(versions, operation, written[number])
        if wrong is not None:
            return Linearity(LinearAnswer.NOT, number, f"{told(operation)}, but {wrong}")
    return None


def _contradiction(operation: StatusOperation, versions: int) -> str | None:
    if versions > 1:
        return f"it wrote {versions} versions of the row"
    if versions == 1 and (operation.is_pure or operation.kind is OperationKind.READ):
        return "it wrote a version of the row"
    if (
        versions == 0
        and operation.ending is Ending.OK
        and operation.kind is OperationKind.CHANGE
        and not _stays(operation)
    ):
        return "no version of the row is by it: the update was lost"
    return None


def _wrong_edge(versions: Sequence[StatusVersion], operation: StatusOperation, number: int) -> str | None:
    before = versions[number - 1].status if number else None
    if before is not None and versions[number].status in operation.targets(before):
        return None
    return f"it moved the row from {before or 'nothing'} to {versions[number].status}"


def _stays(operation: StatusOperation) -> frozenset[str]:
    """The statuses in which the answer ok changes nothing."""
    return frozenset(source for source, target in operation.edges if source == target)


def _real_time(
    versions: Sequence[StatusVersion], operations: Sequence[StatusOperation], written: Mapping[int, int]
) -> Linearity:
    """Walk by time of call. `seen` is the last version that an operation had met which had returned by then."""
    where = _places(versions)
    returned: list[tuple[float, int, int]] = []
    seen = 0
    by: int | None = None
    for number in by_call(operations):
        operation = operations[number]
        while returned and returned[0][0] < operation.call:
            _, version, who = heapq.heappop(returned)
            seen, by = (version, who) if version > seen else (seen, by)
        if number in written:
            if written[number] <= seen:
                return Linearity(LinearAnswer.NOT, number, _too_early(versions, operation, written[number], seen), by)
            met: int | None = written[number]
        elif operation.may_be_missing:
            continue
        else:
            met = _first_fit(operation, where, seen)
            if met is None:
                return Linearity(LinearAnswer.NOT, number, _too_late(versions, operation, seen), by)
        # One that is unknown bounds nothing by its end: it may take effect after it.
        if met is not None and operation.returned is not None and not operation.may_be_missing:
            heapq.heappush(returned, (operation.returned, met, number))
    return LINEARIZABLE


def _places(versions: Sequence[StatusVersion]) -> Mapping[str, list[int]]:
    """The numbers of the versions with each status, in order."""
    found: dict[str, list[int]] = {}
    for number, version in enumerate(versions):
        found.setdefault(version.status, []).append(number)
    return found


def _first_fit(operation: StatusOperation, where: Mapping[str, list[int]], seen: int) -> int | None:
    """The first version from `seen` on that a pure operation, or an answer that changes nothing, can have met."""
    stays = _stays(operation)
    fits = [status for status in where if (operation.fits(status) if operation.is_pure else status in stays)]
    places = [(where[status], bisect_left(where[status], seen)) for status in fits]
    return min((found[at] for found, at in places if at < len(found)), default=None)


def _too_early(versions: Sequence[StatusVersion], operation: StatusOperation, wrote: int, seen: int) -> str:
    return (
        f"{told(operation)}: its version ({wrote}, {versions[wrote].status}) was there before it was called, "
        f"for version {seen} ({versions[seen].status}) had been seen"
    )


def _too_late(versions: Sequence[StatusVersion], operation: StatusOperation, seen: int) -> str:
    since = ", ".join(dict.fromkeys(version.status for version in versions[seen:]))
    lost = "" if operation.is_pure else "no version is by it, the update was lost; "
    return f"{told(operation)}, but {lost}from version {seen} on, seen before its call, the row was {since}"
