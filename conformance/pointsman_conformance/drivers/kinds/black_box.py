"""`--driver black-box`: a process that knows nothing of the kit."""

from __future__ import annotations

from dataclasses import replace

from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Capability, Driver
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.drivers.kinds.kind import DriverKind, DriverNeed, DriverOption, Surroundings


def _open(lifecycle: Lifecycle, implementation: Implementation, around: Surroundings) -> Driver:
    from pointsman_conformance.drivers.black_box import BlackBox, Command  # noqa: PLC0415 - costs time
    from pointsman_conformance.drivers.environment import USUAL  # noqa: PLC0415 - costs time
    from pointsman_conformance.drivers.patience import Patience  # noqa: PLC0415 - costs time
    from pointsman_conformance.provider.options import ProviderOptions  # noqa: PLC0415 - costs time

    command = Command(
        implementation.command,
        str(implementation.folder),
        {**USUAL, **implementation.environment},
        implementation.ready,
        implementation.setup,
        row_sql=_row_sql(implementation),
    )
    if implementation.webhook_path is not None:
        command = replace(command, webhook_path=implementation.webhook_path)
    patience = Patience.of(implementation.patience, implementation.starts_within, around.seconds)
    slow = implementation.slow_answer or 0.0
    return BlackBox(
        lifecycle, command, implementation.roles, around.dsn,
        name=implementation.name, enforced=around.enforced, patience=patience.outlasting(slow),
        options=ProviderOptions(slow_answer=slow), moved=around.moved,
    )  # fmt: skip


def _row_sql(implementation: Implementation) -> str | None:
    if implementation.row is None:
        return None
    try:
        return implementation.row.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"the row's INSERT cannot be read from {str(implementation.row)!r}: {problem}") from None


KIND = DriverKind(
    word="black-box",
    help="a process that knows nothing of the kit (the usual, with a command)",
    shown="black box",
    open=_open,
    capabilities=frozenset({Capability.CRASHES, Capability.PAUSES, Capability.CUTS, Capability.COPIES}),
    needs=frozenset({DriverNeed.COMMAND, DriverNeed.ROLES, DriverNeed.DATABASE}),
    takes=frozenset({DriverOption.MOVE_CLOCK}),
)
