"""A pytest plugin: options for the seed and the time, the fixture `conforms`, and failures without tracebacks.

It imports nothing of the kit until a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pointsman_conformance.search.campaign import Campaign

_QUIET = ("NotConformantError", "IncompleteError", "LawBrokenError")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--pointsman-seed`` and ``--pointsman-budget``."""
    group = parser.getgroup("pointsman", "conformance to a lifecycle (pointsman)")
    group.addoption("--pointsman-seed", type=int, default=0, metavar="N", help="seed of the runs (default: 0)")
    group.addoption(
        "--pointsman-budget", type=float, default=None, metavar="SECONDS", help="seconds for each implementation"
    )


@pytest.fixture
def conforms(pytestconfig: pytest.Config) -> Callable[..., Campaign]:
    """`pointsman_conformance.testing.conforms` with the seed and the budget of the command line."""
    # Every run of pytest in an environment with the kit loads this module; few of them need the kit.
    from pointsman_conformance.search.campaign import Budget  # noqa: PLC0415 - costs time
    from pointsman_conformance.testing import conforms as judge  # noqa: PLC0415 - costs time

    seconds = pytestconfig.getoption("--pointsman-budget")
    budget = Budget() if seconds is None else Budget(steps=10**9, seconds=seconds)
    return partial(judge, seed=pytestconfig.getoption("--pointsman-seed"), budget=budget)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report a broken law by its message alone: the traceback into the kit's code would not help."""
    report = yield
    error = call.excinfo
    if error is not None and report.failed and error.type.__name__ in _QUIET:
        report.longrepr = str(error.value)
    return report
