"""What a process is told by its environment."""

import pytest

from pointsman_conformance.core.driver import DriverError
from pointsman_conformance.drivers.environment import USUAL, DatabaseAddress, LaunchFacts, environment

TOLD = LaunchFacts(
    DatabaseAddress("127.0.0.1", 6001, "post gres", "hunter2", "shop"),
    "http://127.0.0.1:6002",
    "hunter2",
    "hunter2",
    6003,
)


def test_without_templates_it_gets_the_usual_names() -> None:
    found = environment(USUAL, TOLD)
    assert found["DATABASE_URL"] == "postgresql://post%20gres:hunter2@127.0.0.1:6001/shop?sslmode=disable"
    assert found["STRIPE_API_BASE"] == "http://127.0.0.1:6002"
    assert found["STRIPE_API_KEY"] == "hunter2"
    assert found["STRIPE_WEBHOOK_SECRET"] == "hunter2"  # noqa: S105 - made up
    assert found["WEBHOOK_PORT"] == "6003"


def test_a_template_takes_the_address_apart() -> None:
    template = "jdbc:postgresql://{db.host}:{db.port}/{db.name}?user={db.user}&password={db.password}"
    found = environment({"JDBC": template}, TOLD)
    assert found["JDBC"] == "jdbc:postgresql://127.0.0.1:6001/shop?user=post gres&password=hunter2"
    assert "STRIPE_API_KEY" not in found


def test_other_databases_of_ours_are_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_hunter2")
    monkeypatch.setenv("OTHER", "kept")
    found = environment({"A": "{db.host}"}, TOLD)
    assert found["OTHER"] == "kept"
    assert {"PGPASSWORD", "STRIPE_API_KEY"}.isdisjoint(found)


def test_a_field_that_there_is_not_is_named() -> None:
    with pytest.raises(DriverError, match=r"no \{db.hots\} to tell .* db.host"):
        environment({"A": "{db.hots}"}, TOLD)


def test_a_database_without_a_host_cannot_be_reached_by_processes() -> None:
    assert DatabaseAddress.of("postgresql://a:b%40c@db.example:5433/shop?sslmode=disable") == DatabaseAddress(
        "db.example", 5433, "a", "b@c", "shop"
    )
    with pytest.raises(DriverError, match="by TCP"):
        DatabaseAddress.of("host=/tmp dbname=shop")
