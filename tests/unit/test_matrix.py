"""The matrix as a table: every pair, what it is, and the numbers above it."""

import json

import pytest
from hypothesis import given, settings

from pointsman.loading.load import load
from pointsman.result import Grid
from pointsman.showing import matrix, tables
from pointsman.spec.lifecycle import Lifecycle
from tests.guards import SELLER_TRANSFER, expected
from tests.lifecycles import ladder, lifecycles

SELLER = load(SELLER_TRANSFER)


def _grid(lifecycle: Lifecycle, *, insist: bool = False) -> Grid:
    grid = matrix.blocks(lifecycle, matrix=insist)[0]
    assert isinstance(grid, Grid)
    return grid


def _table(title: str) -> Grid:
    return next(grid for grid in tables.tables(SELLER) if grid.title == title)


def _texts(grid: Grid) -> list[list[str]]:
    return [[cell.text for cell in row] for row in grid.rows]


def test_of_36_pairs_7_move_6_stay_and_23_are_refused() -> None:
    assert matrix.totals(SELLER) == matrix.Totals(pairs=36, moves=7, same_status=6, refused=23)
    tones = [cell.tone for row in _grid(SELLER).rows for cell in row[1:]]
    assert (tones.count("moves"), tones.count("bump"), tones.count("refused")) == (7, 6, 23)
    assert _grid(SELLER).title.endswith("7 move, 6 same-status, 23 refused")


def test_a_cell_of_a_transition_names_its_event_and_actors() -> None:
    grid = _grid(SELLER)
    column = grid.header.index("completed")
    row = next(row for row in grid.rows if row[0].text.startswith("failed\n"))
    assert row[column].text == "transfer_accepted\n  retry_worker\n  webhook\n  admin"
    assert row[grid.header.index("permanently_failed")].text.startswith("given_up *\n")


@settings(deadline=None)
@given(lifecycles())
def test_the_matrix_says_of_every_pair_what_the_graph_says(lifecycle: Lifecycle) -> None:
    grid = _grid(lifecycle, insist=True)
    names = [status.name for status in lifecycle.statuses]
    assert list(grid.header[1:]) == names
    allowed = [cell.tone != "refused" for row in grid.rows for cell in row[1:]]
    assert allowed == list(expected(lifecycle).values())
    sums = matrix.totals(lifecycle)
    assert sums.moves + sums.same_status == sum(allowed)
    assert sums.pairs - sums.refused == sum(allowed)


@settings(deadline=None)
@given(lifecycles())
def test_what_a_machine_is_told_is_the_same(lifecycle: Lifecycle) -> None:
    told = json.loads(json.dumps({**tables.data(lifecycle), **matrix.data(lifecycle)}))
    pairs = {(pair["from"], pair["to"]): pair["is"] for pair in told["allowed"]}
    assert set(pairs) == lifecycle.pairs | {(name, name) for name in lifecycle.status}
    assert all((kind == "same_status") == (a == b) for (a, b), kind in pairs.items())
    assert len(pairs) + told["totals"]["refused"] == len(lifecycle.statuses) ** 2
    ways = [(p["from"], p["to"], way["event"], tuple(way["actors"])) for p in told["allowed"] for way in p["by"]]
    assert sorted(ways, key=repr) == sorted(((*t.pair, t.event, t.by) for t in lifecycle.transitions), key=repr)


@pytest.mark.parametrize(("size", "insist", "wide"), [(12, False, True), (13, False, False), (40, True, True)])
def test_many_statuses_get_lines_of_their_own_unless_a_matrix_is_insisted_on(
    size: int, insist: bool, wide: bool
) -> None:
    header = _grid(ladder(size), insist=insist).header
    assert (len(header) == size + 1) is wide
    assert wide or header == ("from", "kind", "to", "by event", "by actor")


def test_the_list_holds_every_transition_and_every_dead_end() -> None:
    rows = _texts(_grid(ladder(40)))
    assert len(rows) == 78 + 1
    assert rows[0] == ["step_0000", "initial, transient", "step_0001", "next", ""]
    assert rows[1][:2] == ["", ""]
    assert rows[-1] == ["step_0039", "terminal", "no way out", "", ""]


def test_queues_are_shown_with_who_what_when_and_how_often() -> None:
    assert _texts(_table("Queues"))[2] == [
        "reversal",
        "reversal_pending",
        "reversal_worker",
        "create_reversal",
        "next_retry_at\nfirst by next_retry_at, id",
        "at most 12, in retry_count\n1m x 2, at most 6h, ±20%",
        "idx_seller_transfers_reversal_pending",
    ]


def test_each_event_from_outside_has_its_answer_in_every_status() -> None:
    assert _texts(_table("Events from outside")) == [
        ["pending", "keep"],
        ["completed", "moves to reversal_pending"],
        ["failed", "keep"],
        ["reversal_pending", "ignore"],
        ["reversed", "ignore"],
        ["permanently_failed", "ignore"],
    ]


def test_moves_that_ask_for_more_than_a_status_are_shown_with_what_they_ask() -> None:
    assert ["failed", "permanently_failed", "given_up", "create_transfer is not done"] in _texts(
        _table("Moves that ask for more than a status")
    )


def test_what_a_status_says_of_its_row_is_shown() -> None:
    row = next(row for row in _texts(_table("What a status says of its row")) if row[0] == "failed")
    assert row == ["failed", "next_retry_at", "retry_count = 0\nnext_retry_at = now", ""]


def test_a_spec_that_says_nothing_more_than_its_matrix_gets_no_empty_tables() -> None:
    assert tables.tables(ladder(3)) == ()
