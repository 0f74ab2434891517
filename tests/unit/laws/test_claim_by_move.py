"""A claim that is a move: one write takes the row, moves it to where it is worked on, and sets the lease."""

from collections.abc import Mapping
from functools import cache

import pytest

from pointsman.loading.load import load_text
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.history import KIT, Columns, Effect, History, Record, Request, Response, Value, Write
from pointsman_conformance.drivers.copy import claims
from pointsman_conformance.laws import TESTS
from pointsman_conformance.laws.judgement import Breach, Met
from pointsman_conformance.laws.reader import read

SPEC = """\
pointsman: 1
lifecycle: payback
table:
  name: paybacks
  columns:
    amount_cents: {type: bigint, check: amount_cents > 0}
    receipt:      {type: text, nullable: true}
    tries:        {type: integer, default: 0}
    due_at:       {type: timestamptz, nullable: true, default: now}
    claim_count:  {type: integer, default: 0}
actors: {payer: worker}
statuses:
  approved: {initial: true, requires: [due_at], on_entry: {due_at: now}}
  paying:   {requires: [due_at]}
  parked:   {requires: [due_at], on_entry: {due_at: now}}
  paid:     {terminal: true, requires: [receipt], means: {pay: done}}
transitions:
  - {from: approved, to: paying, event: picked_up, by: payer}
  - {from: paying, to: paid, event: made, by: payer}
  - {from: paying, to: parked, event: put_off, by: payer}
same_status: {allow: [tries, due_at, claim_count]}
unknown_status: refuse
claims: {by: bump, lease: 10m, fence: claim_count, longest_pause: 2m}
settle: {first: resend_same_key}
calls:
  pay:
    provider: http
    request: POST /paybacks
    amount: {column: amount_cents}
    repeat: already_done
    marks: {row: "{id}"}
    key: "payback-{id}"
    settles_within: 90s
    look_up: {request: "GET /paybacks?row={id}", receipt: id}
    records: {receipt: id}
    outcomes:
      - {accepted: [{http: 200}], stored: true}
      - {unknown: [{http: 5xx}, timeout, connection, unmatched]}
queues:
  pick_up: {statuses: [approved], worker: payer, due: due_at, order: [due_at, id], index: paybacks_approved}
  pay:
    statuses: [paying, parked]
    worker: payer
    due: due_at
    order: [due_at, id]
    index: paybacks_paying
    call: pay
    attempts: {column: tries, limit: 5}
    backoff: {first: 1m, factor: 2, ceiling: 2h, jitter: 0.2}
    then: {accepted: made, unknown: again, exhausted: settle, settled_done: made, settled_absent: again}
"""

LEASE = 600.0


@cache
def _payback() -> Lifecycle:
    return load_text(SPEC)


class Lane:
    """A history of one row that grows; the copy that acts is "p1" unless another is given."""

    def __init__(self, status: str = "approved", due: float = 0.0, tries: int = 0) -> None:
        self.row: dict[str, Value] = {
            "id": 1, "status": status, "amount_cents": 700, "receipt": None, "tries": tries, "due_at": due,
            "claim_count": 0,
        }  # fmt: skip
        self.records: list[Record] = [Write(at=0, who=KIT, row="1", old=None, new=dict(self.row))]
        self.now = 0.0

    def write(self, who: str = "p1", **columns: Value) -> None:
        self.put(columns, who)

    def put(self, columns: Columns, who: str = "p1") -> None:
        old: Columns = dict(self.row)
        self.row.update(columns)
        self.records.append(Write(at=self.now, who=who, row="1", old=old, new=dict(self.row), actor="payer"))

    def pick_up(self, **columns: Value) -> None:
        """The claim that moves; `columns` replace what it writes."""
        fence = self.row["claim_count"]
        assert isinstance(fence, int)
        usual: Mapping[str, Value] = {
            "status": "paying", "tries": 1, "due_at": self.now + LEASE, "claim_count": fence + 1,
        }  # fmt: skip
        self.put({**usual, **columns})

    def send(self, who: str = "p1", status: int | None = 200) -> None:
        told = f"rq_{len(self.records)}"
        self.records.append(
            Request(
                at=self.now, who=who, id=told, method="POST", path="/paybacks",
                params={"amount": "700", "row": "1"}, key="payback-1",
            )
        )  # fmt: skip
        if status is None:
            self.records.append(Response(at=self.now, who=who, request=told, silence="timeout"))
            return
        self.records.append(Effect(at=self.now, receipt="pb_1", request=told, call="pay", row="1", amount=700))
        self.records.append(Response(at=self.now, who=who, request=told, status=status, body={"id": "pb_1"}))

    def judged(self, law: str) -> tuple[list[Met], list[Breach]]:
        history = History(tuple(self.records), frozenset({"payer"}), frozenset({"p1", "p2"}))
        said = list(TESTS[law](read(_payback(), history)))
        return [each for each in said if isinstance(each, Met)], [each for each in said if isinstance(each, Breach)]

    def broken(self) -> set[str]:
        return {law for law in TESTS if self.judged(law)[1]}


def test_a_move_that_claims_as_well_is_a_claim() -> None:
    lane = Lane()
    lane.pick_up()
    lane.send()
    lane.write(status="paid", receipt="pb_1")
    assert lane.broken() == set()
    for law in ("claim-is-a-write", "due-only", "stale-claim-sends-nothing", "bounded-attempts", "conditional-write"):
        assert lane.judged(law)[0], law


@pytest.mark.parametrize(
    "columns",
    [{"claim_count": 0}, {"due_at": 0.0}, {"due_at": None}],
    ids=["no fence", "no lease", "never due"],
)
def test_a_move_that_takes_no_claim_is_none(columns: Mapping[str, Value]) -> None:
    lane = Lane()
    lane.pick_up(**columns)
    lane.send()
    assert "claim-is-a-write" in lane.broken()


def test_a_move_that_claims_with_too_short_a_lease_breaks_the_law_of_the_claim() -> None:
    lane = Lane()
    lane.pick_up(due_at=60.0)
    lane.send()
    assert "claim-is-a-write" in lane.broken()
    assert "the lease of the spec is 600 s" in lane.judged("claim-is-a-write")[1][0].says


def test_a_move_that_claims_before_the_row_is_due_comes_too_early() -> None:
    lane = Lane(due=3600.0)
    lane.pick_up()
    lane.send()
    (breach,) = lane.judged("due-only")[1]
    assert breach.says == "claimed a row of the queue pick_up 3600 seconds before its due_at"


def test_what_is_sent_when_the_lease_of_such_a_claim_is_over_comes_too_late() -> None:
    lane = Lane()
    lane.pick_up()
    lane.now = 590.0
    lane.send()
    assert "stale-claim-sends-nothing" in lane.broken()


def test_a_record_under_such_a_claim_that_another_copy_took_is_no_conditional_write() -> None:
    lane = Lane()
    lane.pick_up()
    lane.send(status=None)
    lane.now = 700.0
    lane.write("p2", claim_count=2, due_at=1300.0, tries=2)
    lane.write("p1", due_at=2000.0)
    assert "conditional-write" in lane.broken()


def test_the_count_may_begin_with_the_claim_that_moves_the_row_into_its_queue() -> None:
    lane = Lane(tries=4)
    lane.pick_up(tries=1)
    lane.send()
    assert lane.judged("bounded-attempts")[1] == []


def test_a_claim_that_moves_and_does_not_count_is_found() -> None:
    lane = Lane(tries=3)
    lane.pick_up(tries=3)
    lane.send()
    assert "bounded-attempts" in lane.broken()


def test_the_version_column_of_a_mapper_makes_no_claim_of_a_move() -> None:
    """It rises with every write, also where the row comes into another queue and is due at once."""
    lane = Lane("paying")
    lane.write(claim_count=1, due_at=LEASE, tries=1)
    lane.send(status=None)
    lane.write(status="parked", claim_count=2, due_at=0.0)
    lane.now = 10.0
    lane.write(claim_count=3, due_at=10.0 + LEASE, tries=2)
    lane.send()
    assert lane.broken() == set()


def test_a_holder_that_moves_its_row_on_claims_nothing_new() -> None:
    lane = Lane("paying")
    lane.write(claim_count=1, due_at=LEASE, tries=1)
    lane.send(status=None)
    lane.write(status="parked", claim_count=2, due_at=700.0)
    assert lane.judged("due-only")[1] == []
    lane.send()
    assert "claim-is-a-write" in lane.broken()


@pytest.mark.parametrize(("due", "takes"), [(0.0, False), (LEASE, True)])
def test_only_a_lease_makes_a_claim_of_a_move_that_raises_the_fence(due: float, *, takes: bool) -> None:
    lane = Lane()
    lane.pick_up(due_at=due)
    history = History(tuple(lane.records), frozenset({"payer"}), frozenset({"p1"}))
    assert read(_payback(), history).versions[-1].takes is takes
    assert claims(_payback(), _last_write(lane)) is takes


def _last_write(lane: Lane) -> Write:
    record = lane.records[-1]
    assert isinstance(record, Write)
    return record


def test_the_driver_takes_a_write_of_the_status_it_had_for_a_claim_by_its_fence() -> None:
    lane = Lane("paying")
    lane.write(claim_count=1, due_at=LEASE, tries=1)
    assert claims(_payback(), _last_write(lane))
    lane.write(tries=2)
    assert not claims(_payback(), _last_write(lane))


# --- an implementation that claims nothing -------------------------------------------


def test_what_a_copy_without_claims_records_is_judged_where_it_surely_saw_the_row() -> None:
    lane = Lane("paying")
    lane.send(status=None)
    lane.write(due_at=1.0)
    assert "backoff" in lane.broken()


def test_what_it_records_after_another_copy_wrote_is_not_judged() -> None:
    lane = Lane("paying")
    lane.write("p2", due_at=-1.0)
    lane.send(status=None)
    lane.write(due_at=1.0)
    assert "backoff" not in lane.broken()


def test_how_a_copy_without_claims_counts_is_not_judged_as_if_it_had_claimed() -> None:
    lane = Lane("paying")
    lane.send(status=None)
    lane.write(due_at=60.0, tries=3)
    assert lane.broken() == {"claim-is-a-write"}
