"""unknown-status-untouched: leaves a row alone whose status it does not know."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman_conformance.core.history import Delivered, Turn
from pointsman_conformance.laws.judgement import Breach, Element, Judgements, Met
from pointsman_conformance.laws.parts import RowVersion
from pointsman_conformance.laws.reading import Reading

_ELEMENT = Element("unknown_status", ("unknown_status",))


def judge(reading: Reading) -> Judgements:
    """No copy of ours writes a row whose status the spec does not know, whatever turns and events it gets."""
    for versions in reading.of_row.values():
        ends = [*(version.place for version in versions[1:]), len(reading.history.records)]
        for version, end in zip(versions, ends, strict=True):
            if version.ours and version.write.old is not None and version.before is None:
                yield _told(reading, version)
            if version.write.new is not None and version.after is None and not version.ours:
                yield from _left_alone(reading, version, end)


def _told(reading: Reading, version: RowVersion) -> Breach:
    table = reading.lifecycle.table
    old, new = version.write.old or {}, version.write.new
    stored = old.get(table.status_column) if table is not None else None
    did = "deleted" if new is None else "wrote"
    to = f", and made it {version.after}" if version.after is not None else ""
    says = f"{did} a row whose status is {stored!r}, which the spec does not know{to}"
    return Breach(_ELEMENT, says, (version.place,), version.row)


def _left_alone(reading: Reading, version: RowVersion, end: int) -> Iterator[Met]:
    """The subject had a turn, or an event for the row, while the row was like that."""
    for record in reading.history.records[version.place : end]:
        mine = record.who in reading.history.subject
        if mine and (isinstance(record, Turn) or (isinstance(record, Delivered) and record.row == version.row)):
            yield Met(_ELEMENT)
            return
