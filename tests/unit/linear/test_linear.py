"""Famous histories of one status, by hand: both checks say the same of them, and which operation is the odd one."""

import pytest

from pointsman_conformance.linear import (
    Ending,
    LinearAnswer,
    OperationKind,
    StatusOperation,
    StatusVersion,
    by_configurations,
    by_versions,
)


def read(call: float, returned: float | None, status: str) -> StatusOperation:
    return StatusOperation(call, returned, OperationKind.READ, status=status)


def change(call: float, returned: float | None, edge: str, ending: Ending = Ending.OK) -> StatusOperation:
    edges = tuple((each[0], each[1]) for each in edge.split())
    return StatusOperation(call, returned, OperationKind.CHANGE, ending, edges=edges)


def refused(call: float, returned: float, edge: str) -> StatusOperation:
    return change(call, returned, edge, Ending.REFUSED)


def unknown(call: float, returned: float | None, edge: str) -> StatusOperation:
    return change(call, returned, edge, Ending.UNKNOWN)


Case = tuple[tuple[StatusVersion, ...], tuple[StatusOperation, ...], int | None]

CASES: dict[str, Case] = {
    "nothing happened": ((StatusVersion("a"),), (), None),
    "one after the other": (
        (StatusVersion("a"), StatusVersion("b", 0)),
        (change(0, 1, "ab"), read(2, 3, "b")),
        None,
    ),
    "a read beside a change may see either": (
        (StatusVersion("a"), StatusVersion("b", 0)),
        (change(0, 5, "ab"), read(1, 2, "a"), read(3, 4, "b")),
        None,
    ),
    "two reads that see time go back": (
        (StatusVersion("a"), StatusVersion("b", 0)),
        (change(0, 5, "ab"), read(1, 2, "b"), read(3, 4, "a")),
        2,
    ),
    "a lost update: two were told that they did the same": (
        (StatusVersion("a"), StatusVersion("b", 0)),
        (change(0, 5, "ab"), change(1, 6, "ab")),
        1,
    ),
    "a stale read": (
        (StatusVersion("a"), StatusVersion("b", 0)),
        (change(0, 1, "ab"), read(2, 3, "a")),
        1,
    ),
    "an unknown change that took effect after its caller had gone": (
        (StatusVersion("a"), StatusVersion("b", 0)),
        (unknown(0, 1, "ab"), read(2, 3, "a"), read(4, 5, "b")),
        None,
    ),
    "an unknown change that never took effect": ((StatusVersion("a"),), (unknown(0, 1, "ab"), read(2, 3, "a")), None),
    "an unknown change takes effect once": (
        (StatusVersion("a"), StatusVersion("b", 0), StatusVersion("a", 1)),
        (unknown(0, None, "ab"), change(1, 2, "ba"), read(3, 4, "a"), read(5, 6, "b")),
        3,
    ),
    "two unknown changes of a sort stand for each other": (
        (StatusVersion("a"), StatusVersion("b", 0), StatusVersion("a", 2), StatusVersion("b", 1)),
        (unknown(0, None, "ab"), unknown(0, None, "ab"), change(1, 2, "ba"), read(3, 4, "b")),
        None,
    ),
    "an effect before its call": (
        (StatusVersion("a"), StatusVersion("b", 1)),
        (read(0, 1, "b"), change(2, 3, "ab")),
        1,
    ),
    "refused although it was possible": ((StatusVersion("a"),), (refused(0, 1, "ab"),), 0),
    "refused beside another that came first": (
        (StatusVersion("a"), StatusVersion("b", 1)),
        (refused(0, 3, "ab"), change(1, 2, "ab")),
        None,
    ),
    "refused before anything had happened": (
        (StatusVersion("a"), StatusVersion("b", 1)),
        (refused(0, 1, "ab"), change(2, 3, "ab")),
        0,
    ),
    "an event with two edges takes the one that is there": (
        (StatusVersion("c"), StatusVersion("d", 0)),
        (change(0, 1, "ab cd"), refused(2, 3, "ab cd")),
        None,
    ),
    "an event that is kept changes nothing, and may be applied later": (
        (StatusVersion("a"), StatusVersion("b", 1), StatusVersion("c", 2)),
        (change(0, 1, "aa bc"), change(2, 3, "ab"), change(4, 5, "aa bc")),
        None,
    ),
    "kept in a status where it was applicable": (
        (StatusVersion("b"),),
        (change(0, 1, "aa bc"), read(2, 3, "b")),
        1,
    ),
    "called at the moment when another returned is beside it": (
        (StatusVersion("a"), StatusVersion("b", 0)),
        (change(0, 1, "ab"), read(1, 2, "a")),
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_by_versions_says_so(name: str) -> None:
    versions, operations, odd = CASES[name]
    verdict = by_versions(versions, operations)
    assert (verdict.answer is LinearAnswer.LINEARIZABLE) is (odd is None)
    assert (verdict.says == "") is (odd is None)


@pytest.mark.parametrize("name", CASES)
def test_by_configurations_says_so_and_names_the_first_operation_that_cannot_be(name: str) -> None:
    versions, operations, odd = CASES[name]
    verdict = by_configurations(versions[0].status, operations)
    assert (verdict.answer is LinearAnswer.LINEARIZABLE) is (odd is None)
    assert (verdict.says == "") is (odd is None)
    if name != "an effect before its call":  # without an audit it is the read that cannot be
        assert verdict.operation == odd


def test_by_versions_says_what_was_wrong_in_a_sentence() -> None:
    versions, operations, _ = CASES["a lost update: two were told that they did the same"]
    verdict = by_versions(versions, operations)
    assert verdict.operation == 1
    assert verdict.says == (
        "an operation (a to b) was applied, but no version of the row is by it: the update was lost"
    )
    versions, operations, _ = CASES["a stale read"]
    assert by_versions(versions, operations).says == (
        "an operation read 'a', but from version 1 on, seen before its call, the row was b"
    )


def test_a_refused_change_that_wrote_and_one_that_wrote_twice_are_found_by_versions() -> None:
    refusal = by_versions((StatusVersion("a"), StatusVersion("b", 0)), (refused(0, 1, "ab"),))
    assert refusal.answer is LinearAnswer.NOT
    assert "wrote a version" in refusal.says
    twice = by_versions(
        (StatusVersion("a"), StatusVersion("b", 0), StatusVersion("a"), StatusVersion("b", 0)), (change(0, 1, "ab"),)
    )
    assert twice.answer is LinearAnswer.NOT
    assert "wrote 2 versions" in twice.says
    other = by_versions((StatusVersion("a"), StatusVersion("c", 0)), (change(0, 1, "ab"),))
    assert other.answer is LinearAnswer.NOT
    assert "moved the row from a to c" in other.says


def test_who_wrote_a_version_may_be_unsure_and_then_nothing_is_decided_by_versions() -> None:
    versions = (StatusVersion("a"), StatusVersion("b", unsure=True))
    verdict = by_versions(versions, (change(0, 3, "ab"), change(1, 2, "ab")))
    assert verdict.answer is LinearAnswer.UNDECIDED
    assert verdict.says


def test_too_many_possibilities_are_undecided_never_wrong() -> None:
    operations = [unknown(0, None, f"{source}{target}") for source in "abcde" for target in "abcde" if source != target]
    verdict = by_configurations("a", [*operations, read(1, 2, "z")], limit=20)
    assert verdict.answer is LinearAnswer.UNDECIDED
    assert "20" in verdict.says
