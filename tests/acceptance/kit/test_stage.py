"""The test bed on a real PostgreSQL: every version of every row is seen, and its clock moves unnoticed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import psycopg
import pytest

from pointsman.loading.load import load, load_text
from pointsman.spec.lifecycle import ClaimBy, Enforcement
from pointsman.sql.schema import table_of
from pointsman.sql.schema_target import schema_sql
from pointsman_conformance.core.driver import Ack, DriverError
from pointsman_conformance.core.history import KIT, Delivered, Request, Write
from pointsman_conformance.core.plan import (
    Create,
    Dashboard,
    Fault,
    FaultKind,
    Happen,
    Move,
    Point,
    SetUnknownStatus,
    Work,
)
from pointsman_conformance.testbed.settling import next_due
from pointsman_conformance.testbed.testbed import Testbed, on_stage
from tests.acceptance.kit.boxes import SELLER_TRANSFER, SPECS, breaches


def no_pause(fault: Fault) -> None:
    raise AssertionError(fault)


@contextmanager
def staged(dsn: str, spec: Path = SELLER_TRANSFER, *, enforced: bool = False) -> Iterator[Testbed]:
    with on_stage(load(spec), dsn, enforced=enforced) as stage:
        stage.begin()
        yield stage


def writes(stage: Testbed) -> list[Write]:
    history = stage.chronicle.history(frozenset(), frozenset())
    return [record for record in history.records if isinstance(record, Write)]


def takers(stage: Testbed, event: str) -> set[str]:
    """An actor for each transition of the event."""
    return {each.by[0] for each in stage.lifecycle.transitions if each.event == event and each.by}


@pytest.mark.parametrize("enforced", [False, True])
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_a_row_can_be_made_in_every_status_of_every_spec(database: str, spec: Path, *, enforced: bool) -> None:
    with staged(database, spec, enforced=enforced) as stage:
        for number, status in enumerate(stage.lifecycle.statuses, 1):
            stage.create(Create(str(number), status.name))
            row = stage.table.rows()[str(number)]
            assert stage.rules.status_of(row) == status
            assert not [name for name in status.requires if row[name] is None]
        assert len(writes(stage)) == len(stage.lifecycle.statuses)


def test_a_version_is_seen_though_a_later_one_was_committed_before_it(database: str) -> None:
    with staged(database) as stage, psycopg.connect(database) as first, psycopg.connect(database) as second:
        stage.create(Create("1", "pending"))
        stage.create(Create("2", "pending"))
        second.execute("SELECT txid_current()")  # the older transaction writes later
        first.execute("UPDATE seller_transfers SET retry_count = 1 WHERE id = 1")
        second.execute("UPDATE seller_transfers SET retry_count = 2 WHERE id = 2")
        second.commit()
        seen = [write.new["retry_count"] for write in writes(stage) if write.new is not None]
        first.commit()
        late = [write.new["retry_count"] for write in writes(stage) if write.new is not None]
    assert (seen, late) == ([0, 0, 2], [0, 0, 2, 1])


def test_every_version_of_a_row_is_seen_also_by_another_writer(database: str) -> None:
    with staged(database) as stage, psycopg.connect(database) as other:
        stage.create(Create("1", "pending"))
        other.execute("UPDATE seller_transfers SET retry_count = 1")
        other.execute("UPDATE seller_transfers SET retry_count = 2")
        assert len(writes(stage)) == 1, "nothing is seen before it is committed"
        other.commit()
        other.execute("DELETE FROM seller_transfers")
        other.commit()
        found = writes(stage)
        assert [write.new["retry_count"] if write.new else None for write in found] == [0, 1, 2, None]
        assert found[1].transaction == found[2].transaction != found[3].transaction
        assert [write.row for write in found] == ["1"] * 4
        assert found[0].who == KIT
        assert found[1].who.startswith("outside")


def test_versions_that_are_committed_late_are_seen_once(database: str) -> None:
    with staged(database) as stage, psycopg.connect(database) as slow, psycopg.connect(database) as quick:
        stage.create(Create("1", "pending"))
        stage.create(Create("2", "pending"))
        slow.execute("UPDATE seller_transfers SET retry_count = 5 WHERE id = 1")
        for count in range(3):
            quick.execute("UPDATE seller_transfers SET retry_count = %s WHERE id = 2", (count,))
            quick.commit()
            writes(stage)
        slow.commit()
        counts = [(write.row, write.new["retry_count"]) for write in writes(stage) if write.new]
        assert counts == [("1", 0), ("2", 0), ("2", 0), ("2", 1), ("2", 2), ("1", 5)]


def test_time_passes_and_no_timestamp_changes_on_the_runs_clock(database: str) -> None:
    with staged(database) as stage:
        stage.create(Create("1", "pending"))
        stage.create(Create("2", "reversal_pending", {"key_first_used_at": 0.25}))
        before, seen = stage.table.stored(), len(writes(stage))
        for seconds in (3600.0, 0.000001, 86400.5):
            assert stage.advance(seconds).answer is Ack.APPLIED
        assert stage.table.stored() == before
        assert before["2"]["key_first_used_at"] == 0.25
        assert 90_000 < stage.clock.now() < 90_060
        assert len(writes(stage)) == seen, "nobody wrote anything"


def test_what_is_due_later_is_due_once_the_time_has_passed(database: str) -> None:
    with staged(database) as stage:
        stage.create(Create("1", "pending", {"next_retry_at": 5000.0}))
        assert stage.work(Work("transfer_worker"), no_pause).answer is Ack.SKIPPED
        stage.advance(5000)
        assert stage.work(Work("transfer_worker"), no_pause).answer is Ack.APPLIED


def test_time_stands_still_while_another_session_locks_a_row(database: str) -> None:
    with staged(database) as stage, psycopg.connect(database) as holder:
        stage.create(Create("1", "pending"))
        holder.execute("SELECT FROM seller_transfers FOR UPDATE")
        assert "stood still" in stage.advance(3600).message
        assert stage.clock.now() < 3600
        holder.rollback()
        assert stage.advance(3600).answer is Ack.APPLIED


def test_a_new_run_knows_nothing_of_the_one_before(database: str) -> None:
    with staged(database) as stage, psycopg.connect(database) as holder:
        stage.create(Create("1", "reversal_pending"))
        stage.work(Work("reversal_worker"), no_pause)
        stage.advance(500)
        holder.execute("SELECT FROM seller_transfers FOR UPDATE")
        stage.begin()
        assert stage.table.rows() == {}
        assert stage.clock.now() < 10
        assert writes(stage) == []
        assert stage.provider.hooks == ()
        with pytest.raises(psycopg.OperationalError):
            holder.execute("SELECT 1")


def test_a_request_stands_after_the_writes_before_it(database: str) -> None:
    with staged(database) as stage:
        for label in "12":
            stage.create(Create(label, "reversal_pending"))
        stage.work(Work("reversal_worker"), no_pause)
        records = stage.chronicle.history(frozenset(), frozenset()).records
        for place, record in enumerate(records):
            if isinstance(record, Request):
                row = record.params["metadata[row]"]
                before = [each for each in records[:place] if isinstance(each, Write) and each.row == row]
                assert before[-1].new is not None
                assert before[-1].new["claim_count"] == 1


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_the_kits_own_actors_work_on_every_spec_also_where_the_database_enforces_it(database: str, spec: Path) -> None:
    with staged(database, spec, enforced=True) as stage:
        table = table_of(stage.lifecycle)
        assert table.enforce == frozenset(Enforcement)
        labels = {status.name: str(number) for number, status in enumerate(stage.lifecycle.statuses, 1)}
        for status, label in labels.items():
            stage.create(Create(label, status))
        for actor in stage.lifecycle.actors:
            stage.work(Work(actor.name), no_pause)
        for event in stage.lifecycle.events:
            for number, (status, label) in enumerate(labels.items()):
                for name in takers(stage, event.name):
                    stage.happen(Happen(label, event.name, name, f"{event.name} {status} {number}"), no_pause)
        for actor in stage.lifecycle.actors:
            stage.move(Move("1", stage.lifecycle.statuses[-1].name, actor.name), no_pause)
            stage.work(Work(actor.name), no_pause)
        everybody = frozenset(actor.name for actor in stage.lifecycle.actors)
        history = stage.chronicle.history(everybody, frozenset({KIT}))
        assert len(history.writes) >= len(labels)


def test_an_undeclared_status_can_be_set_unless_the_database_forbids_it(postgres_twice: list[str]) -> None:
    for dsn, enforced in zip(postgres_twice, (False, True), strict=True):
        with staged(dsn, enforced=enforced) as stage:
            stage.create(Create("1", "pending"))
            played = stage.estrange(SetUnknownStatus("1"))
            assert (played.answer is Ack.APPLIED) is not enforced
            assert stage.table.rows()["1"]["status"] == ("pending" if enforced else "in_limbo")


def test_a_person_at_the_dashboard_makes_an_effect(database: str) -> None:
    with staged(database) as stage:
        stage.create(Create("1", "reversal_pending"))
        assert stage.dashboard(Dashboard("1", "create_reversal", part=True)).answer is Ack.APPLIED
        assert stage.dashboard(Dashboard("1", "create_reversal")).answer is Ack.APPLIED
        assert stage.dashboard(Dashboard("9", "create_reversal")).answer is None
        assert [hook.type for hook in stage.provider.hooks][-2:] == ["transfer.reversed"] * 2


def test_what_only_a_later_webhook_tells_is_told_by_the_provider(database: str) -> None:
    payout = next(spec for spec in SPECS if spec.stem == "payout")
    with staged(database, payout) as stage:
        stage.create(Create("1", "in_transit"))
        failed = Happen("1", "payout_failed", "webhook", "ev1")
        answers = [stage.happen(failed, no_pause).answer for _ in range(2)]
        history = stage.chronicle.history(frozenset(), frozenset())
        told = {(each.id, each.hook) for each in history.records if isinstance(each, Delivered)}
        assert (stage.table.rows()["1"]["status"], answers[0]) == ("failed", Ack.APPLIED)
        assert [hook for _, hook in told] == ["payout.failed"], "a duplicate is the same webhook"


def test_faults_strike_the_kits_own_actors_too(database: str) -> None:
    with staged(database) as stage:
        stage.create(Create("1", "reversal_pending"))
        played = stage.work(Work("reversal_worker", faults=(Fault(FaultKind.LOST_REPLY),)), no_pause)
        assert played.fired == (0,)
        assert stage.table.rows()["1"]["status"] == "reversal_pending"
        stage.advance(1000)
        crash = Fault(FaultKind.CRASH, Point.REQUEST_AFTER)
        assert stage.work(Work("reversal_worker", faults=(crash,)), no_pause).answer is None
        stage.advance(1000)
        stage.work(Work("reversal_worker"), no_pause)
        assert stage.table.rows()["1"]["status"] == "reversed"
        assert breaches(stage.lifecycle, stage.chronicle.history(frozenset(), frozenset())) == []


def test_a_claim_by_row_lock_holds_its_row_through_the_call(database: str) -> None:
    spec = next(spec for spec in SPECS if spec.stem == "export_file")
    with staged(database, spec) as stage, psycopg.connect(database, autocommit=True) as other:
        claims = stage.lifecycle.claims
        assert claims is not None
        assert claims.by is ClaimBy.LOCK
        stage.create(Create("1", stage.lifecycle.queues[0].statuses[0]))
        held = []

        def look(_fault: Fault) -> None:
            held.append(
                other.execute("SELECT count(*) FROM (SELECT FROM export_files FOR UPDATE SKIP LOCKED) AS f").fetchone()
            )

        pause = Fault(FaultKind.PAUSE, Point.REQUEST_AFTER)
        stage.work(Work(stage.lifecycle.queues[0].worker or "", faults=(pause,)), look)
        assert held == [(0,)]
        assert other.execute(
            "SELECT count(*) FROM (SELECT FROM export_files FOR UPDATE SKIP LOCKED) AS f"
        ).fetchone() == (1,)


def test_a_database_that_is_gone_is_told_as_a_failure_of_the_stage(database: str) -> None:
    with staged(database) as stage, psycopg.connect(database, autocommit=True) as other:
        stage.create(Create("1", "pending"))
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for act in (
            stage.begin,
            lambda: stage.create(Create("2", "pending")),
            lambda: stage.work(Work("transfer_worker"), no_pause),
            lambda: stage.chronicle.history(frozenset(), frozenset()),
            lambda: stage.advance(5),
            stage.table.rows,
        ):
            with pytest.raises(DriverError):
                act()


@pytest.mark.parametrize("enforced", [False, True])
def test_a_table_of_the_user_is_used_without_its_checks_and_trigger(database: str, *, enforced: bool) -> None:
    lifecycle = load(SELLER_TRANSFER)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(schema_sql(lifecycle).encode())
        owner.execute("ALTER TABLE seller_transfers ADD note text NOT NULL DEFAULT 'mine', ADD seen_at timestamptz")
    with on_stage(lifecycle, database, enforced=enforced) as stage:
        stage.begin()
        assert stage.create(Create("1", "pending")).answer is Ack.APPLIED
        assert (stage.estrange(SetUnknownStatus("1")).answer is Ack.APPLIED) is not enforced
        assert "note" not in stage.table.rows()["1"]
    with psycopg.connect(database) as owner, pytest.raises(psycopg.Error) if enforced else nullcontext():
        owner.execute("UPDATE seller_transfers SET status = 'reversed'")


OWN_SCHEMA = """
CREATE TABLE orders (id bigserial PRIMARY KEY);
CREATE TABLE seller_transfers (
  id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders, status text NOT NULL, amount_cents bigint NOT NULL,
  reversal_cents bigint, stripe_transfer_id text, stripe_reversal_id text, retry_count integer NOT NULL,
  next_retry_at timestamptz, claim_count integer NOT NULL, key_generation integer NOT NULL,
  key_first_used_at timestamptz, refund_requested_at timestamptz
)
"""
OWN_ROW = """
WITH o AS (INSERT INTO orders DEFAULT VALUES RETURNING id)
INSERT INTO seller_transfers
SELECT %(id)s, o.id, %(status)s, %(amount_cents)s, %(reversal_cents)s, %(stripe_transfer_id)s, %(stripe_reversal_id)s,
       %(retry_count)s, %(next_retry_at)s, 0, 0, %(key_first_used_at)s, NULL
FROM o
"""


def test_a_user_may_give_the_sql_that_makes_a_row_of_their_table(database: str) -> None:
    with on_stage(load(SELLER_TRANSFER), database, schema_sql=OWN_SCHEMA, row_sql=OWN_ROW) as stage:
        stage.begin()
        for label in ("1", "2"):
            assert stage.create(Create(label, "reversal_pending")).answer is Ack.APPLIED
        stage.work(Work("reversal_worker"), no_pause)
        assert {row["status"] for row in stage.table.rows().values()} == {"reversed"}
        stage.begin()
        assert stage.create(Create("1", "pending")).answer is Ack.APPLIED


def test_no_database_is_told_as_a_failure_of_the_stage() -> None:
    with (
        pytest.raises(DriverError, match="Cannot connect"),
        on_stage(load(SELLER_TRANSFER), "postgresql://nobody:hunter2@127.0.0.1:1/none"),
    ):
        pass


TYPED = """
pointsman: 1
lifecycle: refund
table:
  name: refunds
  columns:
    told: {type: 'TYPE', nullable: true}
    kept: {type: 'TYPE'}
    due_at: {type: timestamptz, nullable: true}
actors: {manager: handler, payer: worker}
statuses:
  open: {initial: true, resting: true}
  approved: {requires: [told, due_at], on_entry: {due_at: now}}
  paid: {terminal: true}
transitions:
  - {from: open, to: approved, event: approve, by: manager}
  - {from: approved, to: paid, event: paid, by: payer}
events:
  approve: {carries: {told: told}, otherwise: {approved: ignore, paid: ignore}}
queues:
  pay: {statuses: [approved], worker: payer, due: due_at, order: due_at, index: refunds_due}
"""
TYPES = (
    *("bigint", "integer", "smallint", "numeric", "numeric(12,2)", "boolean", "text", "varchar", "varchar(5)", "char"),
    *("char(3)", "uuid", "timestamptz", "timestamp", "date", "json", "jsonb"),
)


@pytest.mark.parametrize("column", TYPES)
def test_a_column_of_every_type_is_filled_carried_and_read(database: str, column: str) -> None:
    lifecycle = load_text(TYPED.replace("TYPE", column))
    with on_stage(lifecycle, database) as stage:
        stage.begin()
        for number, status in enumerate(("open", "approved", "paid"), 1):
            assert stage.create(Create(str(number), status)).answer is Ack.APPLIED
        assert stage.happen(Happen("1", "approve", "manager", "e1"), no_pause).answer is Ack.APPLIED
        stage.look_for_tampering()
        stage.advance(3600.5)
        stage.look_for_tampering()
        for _ in range(20):
            stage.work(Work("payer"), no_pause)
        assert {row["status"] for row in stage.table.rows().values()} == {"paid"}
        assert all(row["kept"] is not None for row in stage.table.rows().values())


@pytest.mark.parametrize("due", ["infinity", "-infinity", "9999-12-31", "0001-01-01 BC"])
def test_a_due_time_that_is_no_date_of_python_is_a_value_of_the_table(database: str, due: str) -> None:
    with staged(database) as stage, psycopg.connect(database, autocommit=True) as worker:
        stage.create(Create("1", "reversal_pending"))
        worker.execute("UPDATE seller_transfers SET next_retry_at = %s", [due])
        stage.look_for_tampering()
        stage.advance(60.0)
        stage.look_for_tampering()
        for actor in ("reversal_worker", "admin"):
            stage.work(Work(actor), no_pause)
        assert stage.move(Move("1", "permanently_failed", "admin"), no_pause).answer is not None
        assert next_due(stage.rules, stage.table.stored().values(), stage.clock.now()) is None or due.endswith(
            ("y", "C")
        )
        stage.look_for_tampering()


KEYS = ("bigint", "smallint", "numeric", "text", "varchar(40)", "uuid", "whole", "name_of_it")


@pytest.mark.parametrize("key", KEYS)
def test_a_key_and_times_of_every_type_also_of_domains_are_the_users(database: str, key: str) -> None:
    setup = f"""
        CREATE DOMAIN whole AS bigint CHECK (VALUE > 0); CREATE DOMAIN half AS text; CREATE DOMAIN name_of_it AS half;
        CREATE DOMAIN moment AS timestamptz; CREATE TYPE state AS ENUM ('open', 'approved', 'paid');
        CREATE TABLE refunds (
          id {key} PRIMARY KEY, status state NOT NULL, told text, kept text NOT NULL, due_at moment
        );
        """
    with on_stage(load_text(TYPED.replace("TYPE", "text")), database, schema_sql=setup) as stage:
        for _ in range(2):
            stage.begin(distinct=True)
            assert stage.create(Create("1", "open")).answer is Ack.APPLIED
            assert stage.create(Create("2", "approved", {"due_at": 600.0})).answer is Ack.APPLIED
            assert stage.estrange(SetUnknownStatus("1")).answer is None  # an enum has no such value
            assert stage.happen(Happen("1", "approve", "manager", "e1"), no_pause).answer is Ack.APPLIED
            stage.work(Work("payer"), no_pause)
            assert stage.table.rows()["2"]["status"] == "approved"
            stage.advance(3600.0)
            for _ in range(20):
                stage.work(Work("payer"), no_pause)
            assert {row["status"] for row in stage.table.rows().values()} == {"paid"}
            stage.look_for_tampering()
