"""Which moves lead a row on: measured over the ways of workers, whatever others may do."""

import pytest

from pointsman.checking.check import check
from pointsman.loading.load import load_text
from pointsman.world.scope import Scope
from pointsman.world.ways import WorkersWays

ORDER = """\
pointsman: 1
lifecycle: order
table:
  name: orders
  columns:
    heavy:  {type: boolean}
    due_at: {type: timestamptz, nullable: true}
actors: {packer: worker, driver: worker, support: handler, boss: admin, courier: webhook}
statuses:
  new:    {initial: true, requires: [due_at], on_entry: {due_at: now}}
  packed: {requires: [due_at], on_entry: {due_at: now}}
  sent:   {terminal: true}
  called_off: {terminal: true}
transitions:
  - {from: new,    to: packed, event: pack, by: packer}
  - {from: packed, to: sent,   event: send, by: driver}
queues:
  pack: {statuses: [new],    worker: packer, due: due_at, order: due_at, index: orders_new}
  send: {statuses: [packed], worker: driver, due: due_at, order: due_at, index: orders_packed}
"""


def fallen(text: str) -> set[str]:
    found = check(load_text(text, "order.yaml"), Scope(1, 1, 1)).verdicts
    return {verdict.prop for verdict in found if verdict.standing == "violated"}


def having(*moves: str) -> str:
    return ORDER.replace("queues:\n", "".join(f"  - {{{move}}}\n" for move in moves) + "queues:\n")


@pytest.mark.parametrize("actor", ["support", "boss"])
def test_a_shorter_way_that_others_may_take_makes_no_workers_way_unfair(actor: str) -> None:
    assert fallen(ORDER) == set()
    assert fallen(having(f"from: new, to: called_off, event: call_off, by: {actor}")) == set()


def test_a_row_that_only_others_move_on_is_never_resolved() -> None:
    text = having("from: new, to: called_off, event: call_off, by: support").replace(
        "  - {from: packed, to: sent,   event: send, by: driver}\n",
        "  - {from: packed, to: sent,   event: send, by: support}\n",
    )
    assert fallen(text) == {"every-row-is-resolved"}


def test_a_report_that_turns_a_row_back_is_no_progress_towards_its_end() -> None:
    back = "from: packed, to: new, event: unpack, by: driver"
    assert fallen(having(back)) == set()
    text = having(back).replace("  - {from: packed, to: sent,   event: send, by: driver}\n", "")
    assert fallen(text) == {"every-row-is-resolved"}


def test_a_handler_that_turns_rows_back_for_ever_is_seen() -> None:
    assert fallen(having("from: packed, to: new, event: unpack, by: support")) == {"every-row-is-resolved"}


def test_the_longer_of_two_ways_of_workers_is_a_way_on_too_where_a_condition_chooses() -> None:
    text = having("from: new, to: called_off, event: drop, by: packer, when: heavy").replace(
        "event: pack, by: packer", "event: pack, by: packer, when: not heavy"
    )
    assert fallen(text) == set()


def test_nearer_is_counted_in_moves_of_workers_and_back_by_whatever_moves() -> None:
    workers = frozenset({("new", "packed"), ("packed", "sent"), ("packed", "new"), ("held", "new")})
    ways = WorkersWays(
        workers, workers | {("new", "off"), ("new", "held"), ("sent", "packed")}, frozenset({"sent", "off"})
    )
    assert ways.distance == {"sent": 0, "off": 0, "packed": 1, "new": 2, "held": 3}
    assert [ways.goes_round("packed", "new"), ways.goes_round("new", "packed")] == [True, False]
    assert [ways.goes_round("held", "new"), ways.goes_round("new", "held")] == [False, True]
    assert ways.goes_round("new", "new")
    assert [ways.leads_on("new", "off"), ways.leads_on("sent", "off"), ways.leads_on("sent", "packed")] == [
        True, True, False,
    ]  # fmt: skip


def test_a_move_to_where_no_worker_leads_on_from_is_no_way_on() -> None:
    pairs = frozenset({("new", "lost"), ("new", "sent")})
    ways = WorkersWays(pairs, pairs, frozenset({"sent"}))
    assert not ways.leads_on("new", "lost")
    assert not ways.goes_round("new", "lost")
