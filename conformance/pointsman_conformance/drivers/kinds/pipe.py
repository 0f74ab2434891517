"""`--driver pipe`: a process that speaks the protocol on its standard input and output."""

from __future__ import annotations

from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Driver
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.drivers.kinds.kind import DriverKind, DriverNeed, DriverOption, Surroundings


def _open(lifecycle: Lifecycle, implementation: Implementation, around: Surroundings) -> Driver:
    from pointsman_conformance.drivers.pipe import over_pipe  # noqa: PLC0415 - costs time
    from pointsman_conformance.protocol.session import DEADLINE  # noqa: PLC0415 - costs time
    from pointsman_conformance.provider.options import ProviderOptions  # noqa: PLC0415 - costs time

    tap = implementation.tap
    if tap is not None and around.enforced:  # the second pass has a file of its own
        tap = tap.with_suffix(f".enforced{tap.suffix}")
    return over_pipe(
        lifecycle, implementation.command, around.dsn,
        roles=implementation.roles or None, environment=implementation.environment or None,
        folder=implementation.folder, tap=tap, enforced=around.enforced,
        deadline=DEADLINE + (implementation.slow_answer or 0.0),
        options=ProviderOptions(slow_answer=implementation.slow_answer or 0.0),
    )  # fmt: skip


KIND = DriverKind(
    word="pipe",
    help="JSON lines on standard input and output",
    shown="pipe",
    open=_open,
    needs=frozenset({DriverNeed.COMMAND, DriverNeed.DATABASE}),
    takes=frozenset({DriverOption.TAP}),
    says_roles=True,
)
