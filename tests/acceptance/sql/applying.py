"""Applying SQL files as a migration runner does, and seeing what there is afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from pointsman.database import Database, connect
from pointsman.sql.catalogue import Catalogue, read
from pointsman.sql.schema import TableName

ROOT = Path(__file__).resolve().parents[3]
MIGRATIONS = ROOT / "migrations"
SPEC = ROOT / "spec" / "seller_transfer.yaml"
HISTORY = ROOT / "spec" / "history"


def history(number: int) -> Path:
    """The spec as it was at that migration."""
    return HISTORY / f"seller_transfer_{number}.yaml"


@dataclass(frozen=True)
class Pair:
    """One migration of plain SQL."""

    up: Path
    down: Path


def pairs(folder: Path) -> tuple[Pair, ...]:
    """The migrations in `folder`, in order."""
    ups = [path for path in sorted(folder.glob("[0-9]*_*.sql")) if not path.stem.endswith("_down")]
    return tuple(Pair(up, up.with_name(f"{up.stem}_down.sql")) for up in ups)


def send(dsn: str, text: str) -> None:
    """Send a file whole, as one query of several statements, without a transaction of the sender's."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(text.encode())


def send_file(dsn: str, path: Path) -> None:
    send(dsn, path.read_text(encoding="utf-8"))


def apply_all(dsn: str, folder: Path) -> None:
    for pair in pairs(folder):
        send_file(dsn, pair.up)


@dataclass(frozen=True)
class Snapshot:
    """One table's catalogue, and the names of all that is in the public schema beside it."""

    table: Catalogue | None
    relations: tuple[str, ...]
    functions: tuple[str, ...]


def snapshot(dsn: str, table: str = "seller_transfers") -> Snapshot:
    with connect(dsn) as database, database.transaction(read_only=True):
        return Snapshot(
            read(database, TableName(table)),
            _names(database, "select relname from pg_class where relnamespace = 'public'::regnamespace"),
            _names(database, "select proname || prosrc from pg_proc where pronamespace = 'public'::regnamespace"),
        )


def _names(database: Database, query: str) -> tuple[str, ...]:
    return tuple(sorted(str(name) for (name,) in database.ask(query)))


def numbers(paths: Iterable[Path]) -> list[int]:
    """The numbers that the file names begin with."""
    return [int(found[0]) for path in paths if (found := re.match(r"\d+", path.name))]
