"""Both ways to check a status history against every order, on thousands of small random histories."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pointsman_conformance.linear import (
    Ending,
    LinearAnswer,
    OperationKind,
    StatusOperation,
    StatusVersion,
    by_configurations,
    by_versions,
)

STATUSES = "abc"
EDGES = (("a", "b"), ("b", "c"), ("c", "a"), ("a", "c"))
SORTS = (*((edge,) for edge in EDGES), (("a", "b"), ("c", "a")), (("a", "a"), ("b", "c")))
"""What a change may ask for: mostly one edge, some two, one that is content with a status."""
HISTORIES = 20_000


# --- every order -----------------------------------------------------------------


def may_come_next(operations: Sequence[StatusOperation], left: frozenset[int]) -> Iterator[int]:
    """Of the operations that are left, those before whose call no other of them has returned.

    An operation of unknown outcome orders no later one after it: it may take effect after its end.
    """
    binding = (operations[number] for number in left if operations[number].ending is not Ending.UNKNOWN)
    first = min((each.returned for each in binding if each.returned is not None), default=float("inf"))
    for number in left:
        if not first < operations[number].call:
            yield number


def fits(operation: StatusOperation, status: str) -> bool:
    """What a read or a refused change can have met, said once more."""
    if operation.kind is OperationKind.READ:
        return operation.status == status
    return status not in {source for source, _ in operation.edges}


def happened(operations: Sequence[StatusOperation], status: str) -> bool:
    """Some order of the operations, with or without each unknown one, fits what all were told. All orders are tried."""

    def goes_on(status: str, left: frozenset[int]) -> bool:
        if all(operations[number].ending is Ending.UNKNOWN for number in left):
            return True
        for number in may_come_next(operations, left):
            operation = operations[number]
            if operation.is_pure:
                if fits(operation, status) and goes_on(status, left - {number}):
                    return True
            elif any(goes_on(target, left - {number}) for target in operation.targets(status)):
                return True
        return False

    return goes_on(status, frozenset(range(len(operations))))


def happened_as(versions: Sequence[StatusVersion], operations: Sequence[StatusOperation]) -> bool:
    """The same, where the changes are those that made the versions, in their order."""
    writers = frozenset(version.writer for version in versions if version.writer is not None)
    known = frozenset(number for number, each in enumerate(operations) if each.ending is not Ending.UNKNOWN)

    def goes_on(at: int, left: frozenset[int]) -> bool:
        last = at == len(versions) - 1
        if last and not left & (writers | known):
            return True
        if not last and versions[at + 1].writer is None and goes_on(at + 1, left):
            return True
        return any(
            goes_on(after, left - {number})
            for number in may_come_next(operations, left)
            if (after := step(versions, operations[number], number, at, number in writers)) is not None
        )

    return goes_on(0, frozenset(range(len(operations))))


def step(
    versions: Sequence[StatusVersion], operation: StatusOperation, number: int, at: int, writes: bool
) -> int | None:
    """The version after the operation, if it can happen at version `at`; else None."""
    status = versions[at].status
    if writes:
        following = versions[at + 1] if at + 1 < len(versions) else None
        made = following is not None and following.writer == number and not operation.is_pure
        return at + 1 if made and following is not None and following.status in operation.targets(status) else None
    if operation.is_pure:
        return at if fits(operation, status) else None
    return at if operation.ending is Ending.OK and (status, status) in operation.edges else None


# --- random histories --------------------------------------------------------------


def really(source: random.Random, most: int) -> tuple[list[StatusVersion], list[StatusOperation]]:
    """A history that did happen: each operation at an instant, with a call before and a return after it."""
    status = source.choice(STATUSES)
    versions, operations = [StatusVersion(status)], []
    for instant in range(source.randint(1, most)):
        call = instant - source.choice((0.4, 0.4, 1.4, 2.4))
        returned: float | None = instant + source.choice((0.4, 0.4, 1.4, 2.4))
        if source.random() < 0.1:
            target = source.choice([target for start, target in EDGES if start == status])
            versions.append(StatusVersion(target))
            status = target
        elif source.random() < 0.25:
            operations.append(StatusOperation(call, returned, OperationKind.READ, status=status))
        else:
            edges = source.choice(SORTS)
            targets = [target for start, target in edges if start == status]
            unknown = source.random() < 0.3
            if source.random() < 0.3 and unknown:
                targets, returned = [], None
            ending = Ending.UNKNOWN if unknown else Ending.OK if targets else Ending.REFUSED
            operations.append(StatusOperation(call, returned, OperationKind.CHANGE, ending, edges=edges))
            if targets and targets[0] != status:
                status = targets[0]
                versions.append(StatusVersion(status, len(operations) - 1))
    return versions, operations


def distorted(
    source: random.Random, versions: list[StatusVersion], operations: list[StatusOperation]
) -> tuple[list[StatusVersion], list[StatusOperation]]:
    """The same history with some things told otherwise; it may be one that can happen, still."""
    for _ in range(source.randint(2, 6)):
        if not operations:
            break
        number = source.randrange(len(operations))
        operation = operations[number]
        way = source.randrange(5)
        if way == 0 and operation.kind is OperationKind.READ:
            operations[number] = replace(operation, status=source.choice(STATUSES))
        elif way == 1 and operation.kind is OperationKind.CHANGE:
            operations[number] = replace(operation, ending=source.choice(list(Ending)))
        elif way == 2:
            later = source.choice((-3, -2, -1, 1, 2, 3))
            ended = None if operation.returned is None else operation.returned + later
            operations[number] = replace(operation, call=operation.call + later, returned=ended)
        elif way == 3 and operation.returned is not None:
            operations[number] = replace(operation, returned=operation.call)
        elif way == 4 and len(versions) > 1:
            at = source.randrange(1, len(versions))
            versions[at] = replace(versions[at], writer=source.choice([None, number]))
    return versions, operations


def some(seed: int, most: int) -> Iterator[tuple[list[StatusVersion], list[StatusOperation]]]:
    source = random.Random(seed)  # noqa: S311 - histories to try, no secrets
    for _ in range(HISTORIES):
        versions, operations = really(source, most)
        if source.random() < 0.8:
            versions, operations = distorted(source, versions, operations)
        yield versions, operations


# --- both agree with it ---------------------------------------------------------------


def test_by_versions_agrees_with_every_order() -> None:
    answers: Counter[LinearAnswer] = Counter()
    for versions, operations in some(1, 6):
        verdict = by_versions(versions, operations)
        expected = happened_as(versions, operations)
        assert (verdict.answer is LinearAnswer.LINEARIZABLE) is expected, (versions, operations, verdict)
        answers[verdict.answer] += 1
    assert min(answers[LinearAnswer.LINEARIZABLE], answers[LinearAnswer.NOT]) > HISTORIES / 4, answers


def test_by_configurations_agrees_with_every_order() -> None:
    answers: Counter[LinearAnswer] = Counter()
    for versions, operations in some(2, 6):
        # Changes by others are not recorded here: they are left out, and some histories with them.
        status = versions[0].status
        verdict = by_configurations(status, operations)
        assert (verdict.answer is LinearAnswer.LINEARIZABLE) is happened(operations, status), (
            status,
            operations,
            verdict,
        )
        answers[verdict.answer] += 1
    assert min(answers[LinearAnswer.LINEARIZABLE], answers[LinearAnswer.NOT]) > HISTORIES / 4, answers


def test_what_could_not_be_followed_to_the_end_is_never_given_a_verdict_that_is_wrong() -> None:
    answers: Counter[LinearAnswer] = Counter()
    for versions, operations in some(3, 6):
        status = versions[0].status
        verdict = by_configurations(status, operations, limit=3)
        answers[verdict.answer] += 1
        if verdict.answer is not LinearAnswer.UNDECIDED:
            assert (verdict.answer is LinearAnswer.LINEARIZABLE) is happened(operations, status)
    assert min(answers.values()) > HISTORIES / 40, answers
    assert len(answers) == len(LinearAnswer)


def test_a_history_that_is_linearizable_by_its_versions_is_so_without_them() -> None:
    """When every change is some operation's."""
    agreed = 0
    for versions, operations in some(4, 9):
        if all(version.writer is not None for version in versions[1:]) and (
            by_versions(versions, operations).answer is LinearAnswer.LINEARIZABLE
        ):
            assert by_configurations(versions[0].status, operations).answer is LinearAnswer.LINEARIZABLE
            agreed += 1
    assert agreed > HISTORIES / 8


def test_the_operation_that_is_named_makes_the_difference() -> None:
    """Without all that was called after it has failed, there would still be no order; nothing before it is to blame."""
    for versions, operations in some(5, 6):
        status = versions[0].status
        verdict = by_configurations(status, operations)
        if verdict.operation is None:
            continue
        end = operations[verdict.operation].returned
        before = [each for each in operations if end is None or each.call <= end]
        assert not happened(before, status)
        assert verdict.says
