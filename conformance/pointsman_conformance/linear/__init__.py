"""Concurrent histories of one row's status: is there one order that explains what everybody was told?"""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.history import History
from pointsman_conformance.linear.by_configurations import by_configurations
from pointsman_conformance.linear.by_versions import by_versions
from pointsman_conformance.linear.from_history import from_history
from pointsman_conformance.linear.operation import (
    Ending,
    LinearAnswer,
    Linearity,
    OperationKind,
    RowHistory,
    StatusOperation,
    StatusVersion,
)

__all__ = [
    "Ending",
    "LinearAnswer",
    "Linearity",
    "OperationKind",
    "RowHistory",
    "StatusOperation",
    "StatusVersion",
    "by_configurations",
    "by_versions",
    "from_history",
    "linearity",
    "verdict_on",
]


def linearity(lifecycle: Lifecycle, history: History) -> Mapping[str, Linearity]:
    """The verdict on each row: by its versions, and where those leave open who wrote one, by configurations."""
    return {row: verdict_on(told) for row, told in from_history(lifecycle, history).items()}


def verdict_on(told: RowHistory) -> Linearity:
    """The verdict on one row."""
    verdict = by_versions(told.versions, told.operations)
    if verdict.answer is not LinearAnswer.UNDECIDED:
        return verdict
    return by_configurations(told.versions[0].status, told.operations)
