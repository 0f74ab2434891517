"""An implementation under test: its name, the actors it plays, and what its driver needs to start it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pointsman.spec.lifecycle import Lifecycle


@dataclass(frozen=True, kw_only=True)
class Implementation:
    """An implementation under test, as the command line or ``[[conform]]`` in pointsman.toml describes it.

    Attributes:
        name: what reports call it.
        driver: ``black-box``, ``pipe``, ``http``, ``book``, or the name under which a package registers a driver.
        roles: the actors of the spec that it plays. Empty: it says so itself (`pipe`, `http`), or plays all (`book`).
        command: the words that start it, run in `folder`.
        url: where it listens.
        environment: further variables of its process, as templates; one of the usual names replaces the usual one.
        ready: a regular expression; the process is ready when it prints a matching line.
        setup: the words of a command that runs once before the implementation starts, and may make the table.
        row: a file with the INSERT of a row, where `setup` makes the table.
        webhook_path: where it takes webhooks; None for the usual path.
        patience: seconds for which its process may be silent while it is at work; None for the usual time.
        starts_within: seconds that a process may take until it is ready; None for the usual time.
        slow_answer: seconds of real time that a slow answer of the provider takes; None: there is none.
        move_clock: the library by which the clock of its process is moved with the time of a run; None: it is not.
        budget: seconds for which it is judged; None for the usual time.
        tap: a file that gets every line sent over the pipe.
        wrong: the name of a wrong implementation that the driver `book` runs.
    """

    name: str
    driver: str
    roles: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    folder: Path = field(default_factory=Path.cwd)
    url: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: str | None = None
    setup: tuple[str, ...] = ()
    row: Path | None = None
    webhook_path: str | None = None
    patience: float | None = None
    starts_within: float | None = None
    slow_answer: float | None = None
    move_clock: Path | None = None
    budget: float | None = None
    tap: Path | None = None
    wrong: str | None = None

    def played(self, lifecycle: Lifecycle) -> frozenset[str]:
        """The actors that it plays, as far as that is known before it is started."""
        return frozenset(self.roles or (actor.name for actor in lifecycle.actors))
