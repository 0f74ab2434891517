"""The doctor tells a broken adapter from a broken worker."""

import sys
from pathlib import Path

import pytest

from pointsman.loading.load import load
from pointsman_conformance.doctor import Sign, examine
from pointsman_conformance.drivers.in_process import by_the_book
from pointsman_conformance.drivers.pipe import over_pipe
from pointsman_conformance.postgres import PostgresServer
from tests.acceptance.protocol.subjects import BOOK, DOOR, HERE, SCHEMA, SELLER_TRANSFER, SPEC, door, misbehaving

SPECS = sorted(SPEC.parent.glob("*.yaml"))


def signs(server: PostgresServer, command: list[str], deadline: float = 20.0) -> dict[str, Sign]:
    lifecycle = DOOR if "door_adapter" in " ".join(command) else SELLER_TRANSFER
    with server.database() as dsn:
        found = examine(lifecycle, lambda: over_pipe(lifecycle, command, dsn, deadline=deadline))
    return {sign.name: sign for sign in found}


def test_a_healthy_adapter_has_nothing_to_do(postgres: PostgresServer) -> None:
    found = signs(postgres, BOOK)
    assert [sign for sign in found.values() if sign.good is False or sign.do] == []
    assert list(found) == [
        "starts",
        "says who it is",
        "a row appears",
        "admin acts",
        "admin's writes agree with the rows",
        "refund_handler acts",
        "refund_handler's writes agree with the rows",
        "reversal_worker acts",
        "reversal_worker reaches the provider",
        "reversal_worker's writes agree with the rows",
        "webhook acts",
        "webhook's writes agree with the rows",
    ]


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_the_book_is_healthy_in_every_spec(spec: Path) -> None:
    lifecycle = load(spec)
    found = examine(lifecycle, lambda: by_the_book(lifecycle))
    assert [sign for sign in found if sign.good is False] == []
    assert any(sign.good and sign.name.endswith(" acts") for sign in found)


def test_an_adapter_that_does_nothing_is_told_so(postgres: PostgresServer) -> None:
    command = [sys.executable, str(HERE / "linting_fake.py"), str(SCHEMA), "reversal_worker", "events"]
    found = signs(postgres, command)
    assert found["a row appears"].good
    acts = found["reversal_worker acts"]
    assert acts.good is False
    assert "it never connected to the database that it was told. It answered ignored." in acts.says
    assert "from the message start" in acts.do
    provider = found["reversal_worker reaches the provider"]
    assert (provider.good, "It sent nothing for create_reversal" in provider.says) == (False, True)


@pytest.mark.parametrize(
    ("way", "name", "words"),
    [
        ("crashes on start", "starts", "exit status 1; its log ends: no configuration"),
        ("is nobody", "starts", "It says that it plays worker"),
        ("hangs on work", "reversal_worker acts", "no answer within 2 s"),
        ("no JSON", "reversal_worker acts", "what it said is no JSON"),
    ],
)
def test_an_implementation_that_is_lost_is_told_where(
    postgres: PostgresServer, way: str, name: str, words: str
) -> None:
    role = ["", "reversal_worker"] if way != "is nobody" else []
    found = signs(postgres, [*misbehaving(way), *role], deadline=2.0)
    ill = [sign for sign in found.values() if sign.good is False]
    assert [sign.name for sign in ill] == [name]
    assert words in ill[0].says
    assert ill[0].do


def test_who_keeps_rows_and_does_not_tell_of_them_is_told_so(postgres: PostgresServer) -> None:
    assert [sign.name for sign in signs(postgres, door()).values() if sign.good is False] == []
    found = signs(postgres, door("forgets"))
    assert "was made and is not there" in found["a row appears"].says
    lying = signs(postgres, door("lies"))["porter's writes agree with the rows"]
    assert (lying.good, "was left as" in lying.says) == (False, True)
