"""The driver for an implementation that speaks the protocol over HTTP. The kit cannot kill its process."""

from __future__ import annotations

from collections.abc import Iterable

from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.drivers.adapter import Reach, Spoken
from pointsman_conformance.drivers.adapter_copy import BreakableTransport
from pointsman_conformance.drivers.copy import Body
from pointsman_conformance.protocol.over_http import Http
from pointsman_conformance.protocol.session import DEADLINE
from pointsman_conformance.provider.options import ProviderOptions


def over_http(  # noqa: PLR0913 - what is said once, by name
    lifecycle: Lifecycle,
    url: str,
    dsn: str,
    *,
    roles: Iterable[str] | None = None,
    deadline: float = DEADLINE,
    enforced: bool = False,
    options: ProviderOptions = ProviderOptions(),  # noqa: B008 - frozen
) -> Spoken:
    """A driver for the adapter that answers POST at `url`, with a test bed in the empty database of `dsn`.

    Raises DriverError, and UsageError for a text that is no URL.
    """

    def open_line(_number: int) -> tuple[BreakableTransport, Body | None]:
        return Http(url), None

    Http(url).close()  # raises now if the URL is wrong
    reach = Reach(open_line, kills=False, copies=False)
    return Spoken(lifecycle, dsn, reach, roles=roles, deadline=deadline, enforced=enforced, options=options)
