"""The right reversal workers before the kit: whatever happens to them, no law says that they are wrong."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pointsman.loading.load import load
from pointsman_conformance.drivers.black_box import BlackBox, Command
from pointsman_conformance.laws import judge
from pointsman_conformance.postgres import PostgresServer
from pointsman_conformance.search.planned import PlannedRun, tours
from tests.acceptance.reference.shop import SERVICE
from tests.checkout import TOP

LIFECYCLE = load(TOP / "spec/seller_transfer.yaml")
SHARE = 20
"""One tour of so many is played here; a campaign plays them all."""


def some_tours(box: BlackBox) -> list[PlannedRun]:
    return list(tours(LIFECYCLE, box.about))[::SHARE]


@pytest.mark.parametrize("enforced", [False, True])
def test_a_right_worker_breaks_no_law(postgres: PostgresServer, command: Sequence[str], enforced: bool) -> None:
    asked = Command(tuple(command), str(SERVICE))
    with (
        postgres.database() as dsn,
        BlackBox(LIFECYCLE, asked, ["reversal_worker"], dsn, enforced=enforced) as box,
    ):
        for tour in some_tours(box)[enforced::2]:
            box.begin(tour.name)
            trouble = [played.trouble for played in map(box.play, tour.plan) if played.trouble]
            breaches = [breach.says for verdict in judge(LIFECYCLE, box.history()) for breach in verdict.breaches]
            assert (trouble, breaches) == ([], []), tour.name
