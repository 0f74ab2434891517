"""Users of the tests' PostgreSQL server who may do less than its superuser."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from pointsman_conformance.postgres import PostgresServer


@contextmanager
def user(server: PostgresServer, *rights: str) -> Iterator[str]:
    """The DSN, of the database ``postgres``, of a new user with these rights, such as ``CREATEDB``."""
    name, word = f"plain_{secrets.token_hex(6)}", secrets.token_hex(8)
    with psycopg.connect(server.maintenance, autocommit=True) as superuser:
        making = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} ").format(sql.Identifier(name), sql.Literal(word))
        superuser.execute(making + sql.SQL(" ").join(map(sql.SQL, rights)))
        superuser.execute(sql.SQL("GRANT CONNECT ON DATABASE postgres TO {}").format(sql.Identifier(name)))
        try:
            place = urlsplit(server.maintenance)
            yield place._replace(netloc=f"{name}:{word}@{place.netloc.rpartition('@')[2]}").geturl()
        finally:
            superuser.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            superuser.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def databases_of(dsn: str) -> list[str]:
    """The databases that belong to the user of `dsn`."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datdba = current_user::regrole").fetchall()
    return sorted(str(name) for (name,) in found)


def roles_of(dsn: str, *databases: str) -> list[str]:
    """The roles of test beds in these databases."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT rolname FROM pg_roles").fetchall()
    return sorted(str(name) for (name,) in found if str(name).rpartition("_")[0] in databases)
