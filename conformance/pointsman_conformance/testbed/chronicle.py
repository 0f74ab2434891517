"""The history as it grows: the records of the audit, the provider and the kit, in one order.

Before a record is added, the versions that were committed until then are read from the audit. So a request stands after
the writes that were done before it was sent.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from pointsman_conformance.core.clock import Clock
from pointsman_conformance.core.history import KIT, History, Record, Write
from pointsman_conformance.core.values import TableShape, key_text
from pointsman_conformance.testbed.audit import Audit, AuditedVersion


@dataclass(frozen=True, slots=True)
class Writer:
    """The copy behind a connection and, if the copy plays a single actor, that actor."""

    who: str
    actor: str | None = None


class Chronicle:
    """Collects records. Any thread may use it."""

    def __init__(self, audit: Audit, shape: TableShape, clock: Clock) -> None:
        self._audit, self._shape, self._clock = audit, shape, clock
        self._lock = threading.RLock()
        self._records: list[Record] = []
        self._writers: dict[int, Writer] = {}
        self._counts: Counter[int] = Counter()
        self.heard: Callable[[Record], None] = lambda _record: None
        """Called with every record, in order, under the chronicle's lock; must not wait for another thread."""

    def know(self, backend: int, writer: Writer) -> None:
        """Attribute the writes of the server's process `backend` to `writer` from now on."""
        with self._lock:
            self._writers[backend] = writer

    def record(self, record: Record) -> None:
        """Add `record`, after everything that was committed before."""
        with self._lock:
            self.take_in()
            self._add(record)

    def take_in(self) -> None:
        """Add the new versions of the audit."""
        with self._lock:
            for version in self._audit.take():
                self._counts[version.backend] += 1
                self._add(self._write(version))

    @property
    def writes(self) -> int:
        """The number of versions that were taken in since `clear`."""
        return self._counts.total()

    def written(self, backend: int) -> int:
        """The number of versions that the server's process `backend` has committed until now."""
        with self._lock:
            self.take_in()
            return self._counts[backend]

    def clear(self) -> None:
        """Delete all records. The attribution of connections stays."""
        with self._lock:
            self._audit.clear()
            self._records = []
            self._counts.clear()

    def history(self, roles: frozenset[str], subject: frozenset[str]) -> History:
        """The history until now."""
        with self._lock:
            self.take_in()
            return History(tuple(self._records), roles, subject)

    def __len__(self) -> int:
        return len(self._records)

    def since(self, place: int) -> tuple[Record, ...]:
        """The records from `place` on."""
        with self._lock:
            return tuple(self._records[place:])

    def _add(self, record: Record) -> None:
        self._records.append(record)
        self.heard(record)

    def _write(self, version: AuditedVersion) -> Write:
        writer = self._writers.get(version.backend)
        who = Writer(f"outside {version.application or version.backend}") if writer is None else writer
        row = version.new if version.new is not None else version.old or {}
        return Write(
            at=self._clock.time_of(version.at),
            who=who.who,
            row=key_text(row.get(self._shape.key)),
            old=None if version.old is None else self._shape.from_database(version.old),
            new=None if version.new is None else self._shape.from_database(version.new),
            actor=who.actor,
            transaction=version.transaction,
        )


KIT_WRITER = Writer(KIT)
