"""Each wrong implementation, behind the protocol and on a real PostgreSQL, is failed by the law that it breaks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman_conformance.drivers.adapter import Spoken
from pointsman_conformance.laws import judge
from pointsman_conformance.mutants import WRONG
from pointsman_conformance.mutants.plans import PLANS
from pointsman_conformance.postgres import PostgresServer
from tests.acceptance.protocol.subjects import BOOK, SELLER_TRANSFER, on_pipe


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that says who the implementation is."""
    file = tmp_path_factory.mktemp("wrong") / "name"
    file.write_text("", encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def driver(postgres: PostgresServer, chosen: Path) -> Iterator[Spoken]:
    roles = ",".join(actor.name for actor in SELLER_TRANSFER.actors)
    command = [*BOOK[:-1], roles, "--wrong-file", str(chosen)]
    with postgres.database() as dsn, on_pipe(dsn, command) as made:
        yield made


def broken(driver: Spoken, name: str) -> list[str]:
    driver.begin(name)
    assert [played.trouble for step in PLANS[name] if (played := driver.play(step)).trouble] == []
    return [verdict.law for verdict in judge(SELLER_TRANSFER, driver.history()) if verdict.breaches]


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_implementation_is_failed_by_its_law(driver: Spoken, chosen: Path, name: str) -> None:
    chosen.write_text(name, encoding="utf-8")
    assert WRONG[name].law in broken(driver, name)


@pytest.mark.parametrize("name", WRONG)
def test_an_honest_one_keeps_every_law_in_the_same_plan(driver: Spoken, chosen: Path, name: str) -> None:
    chosen.write_text("", encoding="utf-8")
    assert broken(driver, name) == []
