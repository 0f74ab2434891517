"""PostgreSQL, and the queries that were generated from the spec."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from psycopg.rows import DictRow, dict_row

QUERIES = Path(__file__).resolve().parents[3] / "migrations" / "queries.sql"

Connection = psycopg.Connection[DictRow]


def connect(database_url: str) -> Connection:
    """A connection on which every statement is a transaction of its own. Raises psycopg.Error.

    The generated queries have their parameters as ``$1``, which is what a raw cursor takes.
    """
    connection: psycopg.Connection[Any] = psycopg.connect(
        database_url,
        autocommit=True,
        connect_timeout=10,
        keepalives_idle=30,
        tcp_user_timeout=30_000,  # milliseconds; without it, the wait for a server that vanished takes minutes
        row_factory=dict_row,
        cursor_factory=psycopg.RawCursor,
        application_name="seller_transfers",
    )
    return connection


@cache
def query(name: str) -> LiteralString:
    """The generated query of this name, without its semicolon. Raises KeyError."""
    parts = re.split(r"^-- name: (\w+)$", QUERIES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))[name].strip().removesuffix(";")
    return cast("LiteralString", found)  # a file of this repository, as literal as if it stood here
