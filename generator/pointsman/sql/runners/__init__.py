"""The runners that `pointsman migrate` can write files for, one per module; `RUNNERS` is all of them."""

from __future__ import annotations

from pointsman.sql.runner import Runner
from pointsman.sql.runners.alembic import ALEMBIC
from pointsman.sql.runners.dbmate import DBMATE
from pointsman.sql.runners.flyway import FLYWAY
from pointsman.sql.runners.golang_migrate import GOLANG_MIGRATE
from pointsman.sql.runners.plain import PLAIN

RUNNERS: tuple[Runner, ...] = (
    PLAIN,
    GOLANG_MIGRATE,
    FLYWAY,
    DBMATE,
    ALEMBIC,
)
"""Every runner; the first is the default."""
