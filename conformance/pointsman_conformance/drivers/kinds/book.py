"""`--driver book`: the kit's reference implementation, or a wrong one, in memory."""

from __future__ import annotations

from pointsman.spec.errors import UsageError
from pointsman.spec.finding import did_you_mean
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Driver
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.drivers.kinds.kind import DriverKind, DriverOption, Surroundings


def _open(lifecycle: Lifecycle, implementation: Implementation, around: Surroundings) -> Driver:
    from pointsman_conformance.drivers.in_process import InProcess  # noqa: PLC0415 - costs time

    del around  # it works in memory
    roles = implementation.roles or None
    if implementation.wrong is None:
        return InProcess(lifecycle, roles=roles)
    from pointsman_conformance.mutants import WRONG  # noqa: PLC0415 - costs time
    from pointsman_conformance.mutants.linearizable import NOT_LINEARIZABLE  # noqa: PLC0415 - costs time

    known = {**WRONG, **NOT_LINEARIZABLE}
    wrong = known.get(implementation.wrong)
    if wrong is None:
        hint = did_you_mean(implementation.wrong, known)
        listed = ", ".join(known)
        raise UsageError(f"there is no wrong implementation {implementation.wrong!r}.{hint} There are: {listed}.")
    return InProcess(lifecycle, wrong.make, roles, name=implementation.wrong)


KIND = DriverKind(
    word="book",
    help="the kit's own implementation, in memory",
    shown="by the book, in memory",
    open=_open,
    takes=frozenset({DriverOption.WRONG}),
    usual_name="by the book",
    in_memory=True,
)
