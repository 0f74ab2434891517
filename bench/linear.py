"""Measures how the time of the two checks of a status history grows with its length.

    python bench/linear.py [OPERATIONS...]

One row goes round a small lifecycle while eight callers read and change it; a tenth of the
changes has an unknown outcome. Seconds are the best of three; the last column is the ratio of the time
to that of the size before, divided by the ratio of the sizes: 1 is linear.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

from pointsman_conformance.linear import (
    Ending,
    LinearAnswer,
    Linearity,
    OperationKind,
    StatusOperation,
    StatusVersion,
    by_configurations,
    by_versions,
)

SIZES = (5_000, 10_000, 20_000)
CALLERS = 8
ROUND = {"pending": "completed", "completed": "reversal_pending", "reversal_pending": "pending"}


def a_history(size: int) -> tuple[list[StatusVersion], list[StatusOperation]]:
    """A linearizable history: each operation takes effect at its instant, concurrent with seven others."""
    source = random.Random(size)  # noqa: S311 - a history to measure with, no secrets
    status = next(iter(ROUND))
    versions, operations = [StatusVersion(status)], []
    for instant in range(size):
        call, returned = instant - source.random() * CALLERS, instant + source.random()
        if source.random() < 0.4:
            operations.append(StatusOperation(call, returned, OperationKind.READ, status=status))
            continue
        start = source.choice(list(ROUND))
        takes = start == status
        ending = Ending.OK if takes else Ending.REFUSED
        if source.random() < 0.15:
            ending, takes = Ending.UNKNOWN, takes and source.random() < 0.5
        operations.append(StatusOperation(call, returned, OperationKind.CHANGE, ending, edges=((start, ROUND[start]),)))
        if takes:
            status = ROUND[start]
            versions.append(StatusVersion(status, len(operations) - 1))
    return versions, operations


def seconds(check: Callable[[], Linearity]) -> float:
    """Seconds of one check; the best of three."""
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        verdict = check()
        taken.append(time.perf_counter() - begun)
        if verdict.answer is not LinearAnswer.LINEARIZABLE:
            raise SystemExit(f"a linearizable history was found {verdict.answer}: {verdict.says}")
    return min(taken)


def main(sizes: list[int]) -> None:
    print(f"{'':22}{'operations':>12}{'unknown':>9}{'seconds':>10}{'beside linear':>15}")
    histories = {size: a_history(size) for size in sizes}
    for name in ("by versions", "by configurations"):
        before: tuple[int, float] | None = None
        for size, (versions, operations) in histories.items():
            if name == "by versions":
                took = seconds(lambda: by_versions(versions, operations))  # noqa: B023 - called in this round only
            else:
                took = seconds(lambda: by_configurations("pending", operations))  # noqa: B023 - called in this round only
            unknown = sum(operation.ending is Ending.UNKNOWN for operation in operations)
            ratio = "" if before is None else f"{took / before[1] / (size / before[0]):15.2f}"
            print(f"{name:22}{size:12,}{unknown:9,}{took:10.3f}{ratio}")
            before = size, took


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or list(SIZES))
