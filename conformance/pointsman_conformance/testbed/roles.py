"""The database roles of a test bed: one that owns the table, two of the kit, and one of the implementation under test.

The implementation reads and writes rows, and nothing else: it owns no part of the table, so that it cannot disable a
trigger, and it cannot see the schema of the audit. Code of its setup that a statement of the kit sets off (a CHECK, a
default) runs with the rights of a role of the kit, and never with those of the one who made the database.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from pointsman.database import Database, DatabaseError
from pointsman.sql.quoting import identifier, literal
from pointsman_conformance.core.driver import DriverError
from pointsman_conformance.postgres import role_names

ROWS = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True, slots=True)
class TestbedRoles:
    """The roles of the test bed in `database`, and the DSNs of those that log in.

    `owner` owns the table and never logs in. `kit` makes, reads, ages and deletes rows, and owns the audit. `player`
    writes what the kit's own actors write. `worker` is the implementation under test, and its setup.
    """

    database: str
    owner: str
    kit: str
    player: str
    worker: str
    kit_dsn: str
    player_dsn: str
    worker_dsn: str


@contextlib.contextmanager
def testbed_roles(dsn: str, admin: Database) -> Iterator[TestbedRoles]:
    """Make the roles of a test bed in the database of `dsn`, a URI, and drop them at the end; the table stays.

    `admin` is a connection to that database of its owner, who may make roles. Raises DriverError.
    """
    (name,) = admin.ask("SELECT pg_catalog.current_database()")[0]
    names = role_names(str(name))
    words = {role: secrets.token_hex(16) for role in names[1:]}
    roles = TestbedRoles(str(name), *names, *(_dsn(dsn, role, word) for role, word in words.items()))
    with contextlib.suppress(DatabaseError):  # none is left over, as a rule
        _drop(admin, roles)
    try:
        _make(admin, roles, words)
        yield roles
    finally:
        with contextlib.suppress(DatabaseError):  # the server may be gone, and what is left ends with the database
            _drop(admin, roles)


def take_over(admin: Database, roles: TestbedRoles, table: str) -> None:
    """Take the table of that name, quoted, from the role of the setup, and leave it the rights to its rows.

    Raises:
        DatabaseError: the server refuses.
        DriverError: the setup made what the audit's trigger would run.
    """
    worker, ours = identifier(roles.worker), f"{identifier(roles.kit)}, {identifier(roles.player)}"
    schemas = tuple((str(schema), str(owner)) for schema, owner in admin.ask(_SCHEMAS))
    admin.execute(f"REVOKE CREATE ON DATABASE {identifier(roles.database)} FROM {worker}")
    for schema, owner in schemas:
        name = identifier(schema)
        if owner == roles.worker:
            admin.execute(f"ALTER SCHEMA {name} OWNER TO CURRENT_USER")
        admin.execute(f"REVOKE CREATE ON SCHEMA {name} FROM PUBLIC, {worker}")
        admin.execute(f"GRANT CREATE ON SCHEMA {name} TO {identifier(roles.owner)}")  # a new owner must have it
        admin.execute(f"GRANT USAGE ON SCHEMA {name} TO {worker}, {ours}")
        admin.execute(f"GRANT {ROWS} ON ALL TABLES IN SCHEMA {name} TO {ours}")
        admin.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {name} TO {worker}, {ours}")
    admin.execute(f"ALTER TABLE {table} OWNER TO {identifier(roles.owner)}")
    admin.execute(f"GRANT {ROWS} ON {table} TO {worker}, {ours}")
    for schema, _ in schemas:
        admin.execute(f"REVOKE CREATE ON SCHEMA {identifier(schema)} FROM {identifier(roles.owner)}")
    casts = admin.ask(
        "SELECT pg_catalog.format_type(castsource, NULL) FROM pg_catalog.pg_cast "
        "WHERE oid >= 16384 AND casttarget IN ('json'::pg_catalog.regtype, 'jsonb'::pg_catalog.regtype)"
    )
    if casts:
        raise DriverError(f"The setup makes a cast of {casts[0][0]} to JSON, which the audit would run: leave it out.")


_SCHEMAS = """
SELECT nspname, pg_catalog.pg_get_userbyid(nspowner) FROM pg_catalog.pg_namespace
WHERE nspname <> 'information_schema' AND NOT pg_catalog.starts_with(nspname, 'pg_')
"""


def _make(admin: Database, roles: TestbedRoles, words: dict[str, str]) -> None:
    name, worker = identifier(roles.database), identifier(roles.worker)
    logins = ", ".join(identifier(role) for role in words)
    try:
        admin.execute(f"CREATE ROLE {identifier(roles.owner)}")
        for role, word in words.items():
            admin.execute(f"CREATE ROLE {identifier(role)} LOGIN PASSWORD {literal(admin.verifier(role, word))}")
        for role in (roles.owner, *words):
            admin.execute(f"GRANT {identifier(role)} TO CURRENT_USER")  # to give it things, where we are no superuser
        admin.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC")
        admin.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {logins}")
        admin.execute(f"GRANT CREATE ON DATABASE {name} TO {worker}")
        admin.execute(f"GRANT CREATE, USAGE ON SCHEMA public TO {worker}")
    except DatabaseError as problem:
        raise DriverError(
            f"The roles of the test bed cannot be made: {problem}. The user of the server's DSN needs CREATEROLE."
        ) from problem
    # Only a superuser may: else other triggers fire for the kit too, and a policy hides rows from it.
    with contextlib.suppress(DatabaseError):
        admin.execute(f"ALTER ROLE {identifier(roles.kit)} IN DATABASE {name} SET session_replication_role = replica")
    with contextlib.suppress(DatabaseError):
        admin.execute(f"ALTER ROLE {identifier(roles.kit)} BYPASSRLS")
        admin.execute(f"ALTER ROLE {identifier(roles.player)} BYPASSRLS")


def _drop(admin: Database, roles: TestbedRoles) -> None:
    names = ", ".join(identifier(role) for role in (roles.worker, roles.player, roles.kit, roles.owner))
    admin.execute(f"REASSIGN OWNED BY {identifier(roles.owner)} TO CURRENT_USER")
    admin.execute(f"DROP OWNED BY {names} CASCADE")
    admin.execute(f"DROP ROLE IF EXISTS {names}")


def _dsn(dsn: str, user: str, password: str) -> str:
    """`dsn` with another user: both names are ours, and need no quoting in a URL."""
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{password}@{place}"))
