"""A kind of driver: how the command line names it, what it needs, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Capability, Driver
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.processes.moved_clock import MovedClock


class DriverNeed(StrEnum):
    """What a driver cannot work without."""

    COMMAND = "command"
    """The command that starts the implementation."""
    URL = "url"
    """The address at which the implementation listens."""
    ROLES = "roles"
    """The actors that the implementation plays: it cannot say so itself."""
    DATABASE = "database"
    """An empty PostgreSQL database, which the kit makes and drops."""


class DriverOption(StrEnum):
    """An option of the command line that only some drivers read."""

    TAP = "tap"
    WRONG = "wrong"
    MOVE_CLOCK = "move clock"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the kit gives to a driver that it opens.

    Attributes:
        dsn: the URL of an empty database; "" for a driver that needs none.
        enforced: the table gets the generated CHECKs and trigger.
        moved: the clock of the processes and of the server, where the kit moves it; else None.
        seconds: how long the whole run may take; None for no limit. A process that never gets ready must not take
            longer to be given up.
    """

    dsn: str = ""
    enforced: bool = False
    seconds: float | None = None
    moved: MovedClock | None = None


@dataclass(frozen=True, slots=True)
class DriverKind:
    """One way to reach an implementation.

    Attributes:
        word: its name for ``--driver`` and for ``driver`` in pointsman.toml.
        help: a few words for ``--help``.
        shown: how a report says that the implementation was reached.
        open: makes the driver. Imports what costs time inside. Raises DriverError where the implementation or its
            surroundings cannot be started, and UsageError for a mistake in what the user gave.
        capabilities: what an implementation can be asked for at most. It may declare less when it is started.
        needs: what must be given.
        takes: the options that this kind reads and others do not.
        usual_name: the name of an implementation without a name, command and URL.
        says_roles: the implementation says itself which actors it plays.
        in_memory: a run takes next to no time: runs are counted in steps, not in seconds.
    """

    word: str
    help: str
    shown: str
    open: Callable[[Lifecycle, Implementation, Surroundings], Driver]
    capabilities: frozenset[Capability] = frozenset(Capability)
    needs: frozenset[DriverNeed] = frozenset()
    takes: frozenset[DriverOption] = frozenset()
    usual_name: str = "an implementation"
    says_roles: bool = False
    in_memory: bool = False

    @property
    def configurable(self) -> bool:
        """True if pointsman.toml can name it: it reaches an implementation of the user's, by a command or a URL."""
        return bool(self.needs & {DriverNeed.COMMAND, DriverNeed.URL})
