"""The environment variables by which an unmodified process learns where its database and its provider are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from pointsman_conformance.core.driver import DriverError
from pointsman_conformance.processes.clean_environment import clean_environment

USUAL: Mapping[str, str] = {
    "DATABASE_URL": "{db.url}",
    "STRIPE_API_BASE": "{provider.url}",
    "STRIPE_API_KEY": "{provider.key}",
    "STRIPE_WEBHOOK_SECRET": "{webhook.secret}",
    "WEBHOOK_PORT": "{webhook.port}",
}
"""The variables, and their templates, that are set unless `env` of `[[conform]]` names others."""

_PLACE = re.compile(r"\{([a-z]+\.[a-z]+)\}")


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """The parts of a database's URL."""

    host: str
    port: int
    user: str
    password: str
    name: str

    @classmethod
    def of(cls, dsn: str) -> DatabaseAddress:
        """The address in a DSN that is a URI with a host. Raises DriverError."""
        parts = urlsplit(dsn)
        if not parts.hostname or not parts.username:
            raise DriverError("The database must be named by a URL with a user and a host: processes reach it by TCP.")
        return cls(
            parts.hostname, parts.port or 5432, unquote(parts.username), unquote(parts.password or ""), parts.path[1:]
        )

    def at(self, port: int) -> DatabaseAddress:
        """The same database behind a port of this machine."""
        return DatabaseAddress("127.0.0.1", port, self.user, self.password, self.name)

    @property
    def url(self) -> str:
        """A URL that every client library reads."""
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        return f"postgresql://{quote(self.user, safe='')}{secret}@{self.host}:{self.port}/{self.name}?sslmode=disable"


@dataclass(frozen=True, slots=True)
class LaunchFacts:
    """Everything that a template can name. `key` is the copy's own secret at the provider."""

    database: DatabaseAddress
    provider: str
    key: str
    webhook_secret: str
    webhook_port: int

    def fields(self) -> Mapping[str, str]:
        """The facts by the names that templates use."""
        database = self.database
        return {
            "db.host": database.host,
            "db.port": str(database.port),
            "db.user": database.user,
            "db.password": database.password,
            "db.name": database.name,
            "db.url": database.url,
            "provider.url": self.provider,
            "provider.key": self.key,
            "webhook.secret": self.webhook_secret,
            "webhook.port": str(self.webhook_port),
        }


def environment(templates: Mapping[str, str], told: LaunchFacts) -> dict[str, str]:
    """The environment of a process: ours without the variables of other databases, and the filled templates.

    Raises DriverError for a template that names an unknown field.
    """
    fields = told.fields()
    return {**clean_environment(), **{name: _filled(template, fields) for name, template in templates.items()}}


def _filled(template: str, fields: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in fields:
            raise DriverError(f"There is no {{{found[1]}}} to tell a process; there is {', '.join(sorted(fields))}.")
        return fields[found[1]]

    return _PLACE.sub(value, template)
