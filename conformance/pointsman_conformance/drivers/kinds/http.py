"""`--driver http`: an implementation that speaks the protocol over HTTP."""

from __future__ import annotations

from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Driver
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.drivers.kinds.kind import DriverKind, DriverNeed, Surroundings


def _open(lifecycle: Lifecycle, implementation: Implementation, around: Surroundings) -> Driver:
    from pointsman_conformance.drivers.http import over_http  # noqa: PLC0415 - costs time
    from pointsman_conformance.protocol.session import DEADLINE  # noqa: PLC0415 - costs time
    from pointsman_conformance.provider.options import ProviderOptions  # noqa: PLC0415 - costs time

    if implementation.url is None:
        raise UsageError("the driver http needs the URL at which the implementation listens.")
    roles = implementation.roles or None
    slow = implementation.slow_answer or 0.0
    return over_http(
        lifecycle, implementation.url, around.dsn, roles=roles, enforced=around.enforced,
        deadline=DEADLINE + slow, options=ProviderOptions(slow_answer=slow),
    )  # fmt: skip


KIND = DriverKind(
    word="http",
    help="the same messages to --url",
    shown="http",
    open=_open,
    needs=frozenset({DriverNeed.URL, DriverNeed.DATABASE}),
    says_roles=True,
)
