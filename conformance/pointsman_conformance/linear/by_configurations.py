"""Linearizability without an audit: all that can be true so far, carried along in time.

A configuration is a status, the operations under way that have taken effect already, and how many
unknown operations of each sort have. Unknown operations with the same edges can stand for each
other, so that counts replace sets of them: without that, each would double the search. Of two
configurations that agree in all else, the one that used fewer unknown operations is kept.

After: Lowe, "Testing for linearizability" (2017), just-in-time linearization.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pointsman_conformance.linear.operation import (
    LINEARIZABLE,
    Edge,
    Ending,
    LinearAnswer,
    Linearity,
    OperationKind,
    StatusOperation,
    told,
)

LIMIT = 100_000
"""How many configurations are followed at one moment before giving up."""


@dataclass(frozen=True, slots=True)
class _Configuration:
    """`done`: numbers of operations that have not returned yet, and took effect. `used`: unknown ones, by sort."""

    status: str
    done: frozenset[int] = frozenset()
    used: tuple[int, ...] = ()


class _TooManyError(Exception):
    """More configurations than are followed."""


def by_configurations(initial: str, operations: Sequence[StatusOperation], limit: int = LIMIT) -> Linearity:
    """Whether `operations` can have happened to a row that began as `initial`, and that no other writer changed.

    *Undecided* where more than `limit` configurations would have to be followed at once.
    """
    search = _Search(operations, limit)
    configurations: tuple[_Configuration, ...] = (_Configuration(initial, used=(0,) * len(search.sorts)),)
    try:
        for _, is_return, number in search.moments:
            if not is_return:
                search.begin(number)
                continue
            reached = search.closure(configurations)
            configurations = search.finish(reached, number)
            if not configurations:
                possible = ", ".join(sorted({configuration.status for configuration in reached}))
                says = f"{told(operations[number])}, but the row can only have been {possible} then"
                return Linearity(LinearAnswer.NOT, number, says)
    except _TooManyError:
        return Linearity(LinearAnswer.UNDECIDED, says=f"more than {limit} possibilities at once")
    return LINEARIZABLE


class _Search:
    """The operations under way at a moment, and the configurations that follow from each."""

    def __init__(self, operations: Sequence[StatusOperation], limit: int) -> None:
        self.operations = operations
        self.limit = limit
        unknown = (operation.edges for operation in operations if _is_unknown_change(operation))
        self.sorts: tuple[tuple[Edge, ...], ...] = tuple(dict.fromkeys(unknown))
        self.called = [0] * len(self.sorts)
        self.under_way: set[int] = set()
        self.moments = sorted(_moments(operations))

    def begin(self, number: int) -> None:
        operation = self.operations[number]
        if operation.may_be_missing:
            self.called[self.sorts.index(operation.edges)] += 1
        else:
            self.under_way.add(number)

    def finish(self, reached: Iterable[_Configuration], number: int) -> tuple[_Configuration, ...]:
        """Those in which the operation took effect; from now on that goes without saying."""
        self.under_way.discard(number)
        least = _Least()
        for configuration in reached:
            if number in configuration.done:
                done = configuration.done - {number}
                least.add(_Configuration(configuration.status, done, configuration.used))
        return tuple(least)

    def closure(self, configurations: Iterable[_Configuration]) -> tuple[_Configuration, ...]:
        """Everything that can have happened by now, but what needs more unknown operations than something as good."""
        found = _Least()
        waiting = deque(each for each in map(self._with_pure, configurations) if found.add(each))
        while waiting:
            for following in self._next(waiting.popleft()):
                reached = self._with_pure(following)
                if found.add(reached):
                    waiting.append(reached)
            if found.size > self.limit:
                raise _TooManyError
        return tuple(found)

    def _with_pure(self, configuration: _Configuration) -> _Configuration:
        """With every read and refusal that can happen here: to be done with them never hurts."""
        fit = {
            number
            for number in self.under_way - configuration.done
            if self.operations[number].is_pure and self.operations[number].fits(configuration.status)
        }
        if not fit:
            return configuration
        return _Configuration(configuration.status, configuration.done | fit, configuration.used)

    def _next(self, configuration: _Configuration) -> Iterator[_Configuration]:
        for number in self.under_way - configuration.done:
            operation = self.operations[number]
            if not operation.is_pure:
                for target in operation.targets(configuration.status):
                    yield _Configuration(target, configuration.done | {number}, configuration.used)
        for sort, edges in enumerate(self.sorts):
            if configuration.used[sort] < self.called[sort]:
                used = tuple(count + (each == sort) for each, count in enumerate(configuration.used))
                for target in (target for source, target in edges if source == configuration.status != target):
                    yield _Configuration(target, configuration.done, used)


class _Least:
    """Configurations, without those that used more unknown ones than another in the same status with as much done."""

    def __init__(self) -> None:
        self.size = 0
        self._groups: dict[tuple[str, frozenset[int]], list[tuple[int, ...]]] = {}

    def add(self, configuration: _Configuration) -> bool:
        """Whether it is better than what is there in some way, and is there now."""
        group = self._groups.setdefault((configuration.status, configuration.done), [])
        if any(_at_most(used, configuration.used) for used in group):
            return False
        kept = [used for used in group if not _at_most(configuration.used, used)]
        self.size += 1 + len(kept) - len(group)
        group[:] = [*kept, configuration.used]
        return True

    def __iter__(self) -> Iterator[_Configuration]:
        for (status, done), group in self._groups.items():
            for used in group:
                yield _Configuration(status, done, used)


def _at_most(some: tuple[int, ...], others: tuple[int, ...]) -> bool:
    return all(one <= other for one, other in zip(some, others, strict=True))


def _is_unknown_change(operation: StatusOperation) -> bool:
    return operation.may_be_missing and operation.kind is OperationKind.CHANGE


def _moments(operations: Sequence[StatusOperation]) -> Iterator[tuple[float, bool, int]]:
    """Calls and returns; at the same time calls come first, for only an earlier return is before a call."""
    for number, operation in enumerate(operations):
        if operation.may_be_missing and operation.kind is OperationKind.READ:
            continue
        yield operation.call, False, number
        if operation.ending is not Ending.UNKNOWN:
            yield (float("inf") if operation.returned is None else operation.returned), True, number
