"""Attempts, backoff and due times where rows are claimed by a lock, on histories by hand of the export file."""

import pytest

from pointsman.loading.load import load
from pointsman_conformance.core.history import KIT, Columns, Crashed, History, Record, Request, Response, Value, Write
from pointsman_conformance.core.wire import Json
from pointsman_conformance.laws import TESTS
from pointsman_conformance.laws.judgement import Breach, Met
from pointsman_conformance.laws.reader import read
from tests.checkout import TOP

SPEC = load(TOP / "spec" / "export_file.yaml")
LIMIT = 10


class Lane:
    """A history of one waiting row that grows; the copy that acts is "u1"."""

    def __init__(self, *, attempts: int = 0, due: float = 0.0) -> None:
        self.row: dict[str, Value] = {
            "id": 1, "status": "waiting", "object_etag": None, "attempts": attempts, "due_at": due,
        }  # fmt: skip
        self.records: list[Record] = [Write(at=0, who=KIT, row="1", old=None, new=dict(self.row))]
        self.now = 0.0

    def write(self, **columns: Value) -> None:
        old: Columns = dict(self.row)
        self.row.update(columns)
        self.records.append(Write(at=self.now, who="u1", row="1", old=old, new=dict(self.row), actor="uploader"))

    def ask(self, status: int | None, body: Json = None, *, method: str = "PUT") -> None:
        """A request and its answer; None is silence."""
        told = f"rq_{len(self.records)}"
        self.records.append(Request(at=self.now, who="u1", id=told, method=method, path="/exports/1"))
        said = body if isinstance(body, dict) else ""
        silence = "timeout" if status is None else None
        self.records.append(Response(at=self.now, who="u1", request=told, status=status, silence=silence, body=said))

    def crash(self) -> None:
        self.records.append(Crashed(at=self.now, who="u1"))

    def judged(self, law: str) -> tuple[list[Met], list[Breach]]:
        history = History(tuple(self.records), frozenset({"uploader"}), frozenset({"u1"}))
        said = list(TESTS[law](read(SPEC, history)))
        return [each for each in said if isinstance(each, Met)], [each for each in said if isinstance(each, Breach)]


def silent(**recorded: Value) -> Lane:
    lane = Lane()
    lane.ask(None)
    lane.write(**recorded)
    return lane


def test_the_record_counts_the_attempt() -> None:
    met, breaches = silent(attempts=1, due_at=10.0).judged("bounded-attempts")
    assert [each.element.name for each in met] == ["upload"]
    assert breaches == []


def test_a_record_that_counts_nothing_is_a_breach() -> None:
    (breach,) = silent(due_at=10.0).judged("bounded-attempts")[1]
    assert "recorded an attempt of put_file with attempts at 0" in breach.says


def test_what_was_not_tried_is_not_judged_by_it() -> None:
    lane = Lane()
    lane.ask(429)
    lane.write(due_at=10.0)
    assert lane.judged("bounded-attempts")[1] == []


def test_at_the_limit_nothing_is_sent_any_more() -> None:
    lane = Lane(attempts=LIMIT)
    lane.ask(404, method="HEAD")
    assert lane.judged("bounded-attempts") == ([], [])
    lane.ask(None)
    (breach,) = lane.judged("bounded-attempts")[1]
    assert "all 10 attempts were made" in breach.says


@pytest.mark.parametrize(("due", "wrong"), [(0.0, True), (7.0, False), (10.0, False), (13.0, False), (60.0, True)])
def test_after_an_unknown_there_is_no_lease_to_wait_for_but_the_pause(due: float, wrong: bool) -> None:
    assert bool(silent(attempts=1, due_at=due).judged("backoff")[1]) is wrong


def test_a_copy_that_died_recorded_nothing() -> None:
    lane = Lane()
    lane.ask(None)
    lane.crash()
    lane.write(due_at=1.0)
    assert lane.judged("backoff") == ([], [])
    assert lane.judged("bounded-attempts")[1] == []


def test_a_row_is_left_alone_before_it_is_due() -> None:
    early = Lane(due=300.0)
    early.ask(None)
    assert "300 seconds before its due_at" in early.judged("due-only")[1][0].says
    again = silent(attempts=1, due_at=100.0)
    again.ask(None)
    assert len(again.judged("due-only")[1]) == 1
    again.now = 100.0
    again.ask(None)
    assert len(again.judged("due-only")[1]) == 1
