"""A reversal worker that is odd, and legal.

Written without a look at ``service/``: it is slow, reads much more than it needs, claims
many rows at once with queries of its own, works them off from the back, compares under a row
lock instead of in the write, looks every accepted reversal up at Stripe, and speaks plain HTTP. None of that
breaks a law, so a conformance kit that fails it is wrong.

    DATABASE_URL=... STRIPE_API_BASE=... STRIPE_API_KEY=... python examples/seller_transfers/odd_worker.py
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
from guard.python.seller_transfer_guard import Status, assert_transition
from psycopg.rows import DictRow, dict_row

Row = dict[str, Any]

BATCH = 25
LIMIT = 12
LEASE = timedelta(minutes=10)
TIME_TO_SEND = timedelta(seconds=210)
"""The longest pause before a request plus the time in which the request settles."""

KEY_LIFETIME = timedelta(hours=24)
LONG, SHORT = timedelta(hours=6), timedelta(minutes=1)
DAWDLE = 0.02
"""Seconds that it wastes at every turn."""

DUE = """
select * from seller_transfers where status = %s and next_retry_at <= now()
order by next_retry_at, id limit %s for update skip locked
"""
TAKE = """
update seller_transfers set claim_count = claim_count + 1, next_retry_at = now() + %s, retry_count = retry_count + %s,
  key_first_used_at = case when %s = 1 then coalesce(key_first_used_at, now()) else key_first_used_at end
where id = %s returning *
"""
LOOK = """
select *, next_retry_at - clock_timestamp() as lease_left, clock_timestamp() - key_first_used_at as key_age
from seller_transfers where id = %s {}
"""
LOOK_ONLY, LOOK_AND_LOCK = LOOK.format(""), LOOK.format("for update")

RENEW = "key_generation = key_generation + 1, key_first_used_at = null"
GIVE_BACK = "retry_count = retry_count - 1"


@dataclass(frozen=True)
class Reply:
    """An answer of Stripe; status 0 for none. `body` is empty where it was not a JSON object."""

    status: int
    body: Row

    @property
    def error(self) -> Row:
        """The `error` object of the body; empty without one."""
        told = self.body.get("error")
        return told if isinstance(told, dict) else {}


# --- Stripe, by hand -----------------------------------------------------------


def ask(method: str, path: str, form: Row | None = None, key: str | None = None) -> Reply:
    """One request on a connection of its own. Any failure on the way gives a reply of status 0."""
    place = urlsplit(os.environ["STRIPE_API_BASE"])
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.netloc, timeout=15)
    headers = {"Authorization": f"Bearer {os.environ['STRIPE_API_KEY']}"}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    if key is not None:
        headers["Idempotency-Key"] = key
    try:
        connection.request(method, path, urlencode(form) if form is not None else None, headers)
        response = connection.getresponse()
        return Reply(response.status, _object(response.read()))
    except (OSError, http.client.HTTPException):
        return Reply(0, {})
    finally:
        connection.close()


def _object(body: bytes) -> Row:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def every_reversal(row: Row) -> list[Row] | None:
    """All reversals of the row's transfer, a small page at a time; None if Stripe did not say."""
    found: list[Row] = []
    path = f"/v1/transfers/{row['stripe_transfer_id']}/reversals?limit=3"
    while True:
        reply = ask("GET", path + (f"&starting_after={found[-1]['id']}" if found else ""))
        if reply.status != 200 or "data" not in reply.body:
            return None
        found.extend(reply.body["data"])
        if not reply.body.get("has_more"):
            return found


def receipt(row: Row, reversals: list[Row]) -> str | None:
    """The reversal with our mark; else the last one, if all together take back at least our amount."""
    for each in reversals:
        if (each.get("metadata") or {}).get("row") == str(row["id"]):
            return str(each["id"])
    enough = sum(each["amount"] for each in reversals) >= row["reversal_cents"]
    return str(reversals[-1]["id"]) if reversals and enough else None


# --- a batch -------------------------------------------------------------------


def claim(database: psycopg.Connection[DictRow]) -> list[Row]:
    """Lock due rows, decide in Python, write each, commit them all. `settling`: no attempt is left."""
    taken = []
    with database.transaction():
        for row in database.execute(DUE, [Status.REVERSAL_PENDING.value, BATCH]).fetchall():
            tries = 0 if row["retry_count"] >= LIMIT else 1
            written = database.execute(TAKE, [LEASE, tries, tries, row["id"]]).fetchone()
            taken.append({**(written or {}), "settling": tries == 0})
    return taken


def still_mine(row: Row, now: Row | None) -> bool:
    """True if `now` still has the status and the claim of `row`."""
    return now is not None and (now["status"], now["claim_count"]) == (row["status"], row["claim_count"])


def last_look(database: psycopg.Connection[DictRow], row: Row) -> Row | None:
    """The row again with its lease and the age of its key, if there is time to send."""
    now = database.execute(LOOK_ONLY, [row["id"]]).fetchone()
    if now is None or not still_mine(row, now) or now["lease_left"] <= TIME_TO_SEND:
        return None
    return {**row, **now}


def work(database: psycopg.Connection[DictRow]) -> bool:
    """One batch, from the back. Every row is looked at twice: all at first, and each before its request."""
    database.execute("select * from seller_transfers").fetchall()  # for no reason
    batch = claim(database)
    good = [row for row in batch if last_look(database, row)]
    for row in reversed(good):
        time.sleep(DAWDLE)
        now = last_look(database, row)
        if now is not None:
            one(database, now)
    return bool(batch)


def one(database: psycopg.Connection[DictRow], row: Row) -> None:
    """Send or settle one row, and record what came of it."""
    age = row["key_age"]
    if row["settling"] and age is None:
        end(database, row)  # nothing was sent since the last definite answer
    elif age is not None and age >= KEY_LIFETIME - TIME_TO_SEND:
        settle_old_key(database, row)
    else:
        send(database, row)


def send(database: psycopg.Connection[DictRow], row: Row) -> None:
    """Send the request and record each kind of reply."""
    path = f"/v1/transfers/{row['stripe_transfer_id']}/reversals"
    form = {"amount": row["reversal_cents"], "metadata[row]": row["id"]}
    reply = ask("POST", path, form, f"reversal-{row['id']}-{row['key_generation']}")
    if reply.status == 200 and reply.body.get("id"):
        every_reversal(row)  # an odd extra look-up, whose result is not used
        done(database, row, reply.body["id"])
    elif reply.status == 409:
        later(database, row, pause(row), after_lease=True, also=back(row))
    elif reply.status in {401, 403, 429}:
        later(database, row, vary(SHORT), also=back(row))
    elif reply.status >= 500 or reply.error.get("type") == "idempotency_error" or is_already(reply):
        settle_answered(database, row)
    elif reply.status == 400 and reply.error.get("code") == "balance_insufficient":
        later(database, row, pause(row), also=[RENEW])
    elif reply.status in {400, 402, 404} and reply.error:
        end(database, row)
    else:
        later(database, row, pause(row), after_lease=True)


def is_already(reply: Reply) -> bool:
    """True if Stripe's message says *already done*, for which it has no code."""
    return reply.status == 400 and str(reply.error.get("message")).endswith(" is already fully reversed.")


def settle_answered(database: psycopg.Connection[DictRow], row: Row) -> None:
    """Settle a request whose answer leaves its effect unknown."""
    known = every_reversal(row)
    if known is None:
        later(database, row, pause(row), after_lease=True)
    elif receipt(row, known):
        done(database, row, receipt(row, known))
    elif row["retry_count"] >= LIMIT:
        end(database, row)
    else:
        later(database, row, pause(row), also=[RENEW])


def settle_old_key(database: psycopg.Connection[DictRow], row: Row) -> None:
    """Look up a key that Stripe may have forgotten. Nothing is sent in this round, so the attempt is given back."""
    known = every_reversal(row)
    if known is None:
        later(database, row, vary(LONG), also=back(row))
    elif receipt(row, known):
        done(database, row, receipt(row, known))
    elif row["settling"]:
        end(database, row)
    else:
        later(database, row, timedelta(0), also=[RENEW, *back(row)])


# --- writes -------------------------------------------------------------


@contextmanager
def locked(database: psycopg.Connection[DictRow], row: Row) -> Iterator[Row | None]:
    """The row, locked and compared, inside a transaction; None if its status or claim has changed."""
    with database.transaction():
        now = database.execute(LOOK_AND_LOCK, [row["id"]]).fetchone()
        yield now if still_mine(row, now) else None


def done(database: psycopg.Connection[DictRow], row: Row, found: str | None) -> None:
    """Record that the transfer is reversed."""
    with locked(database, row) as now:
        if now is not None:
            assert_transition(now["status"], Status.REVERSED)
            write(
                database, row, f"status = '{Status.REVERSED}', stripe_reversal_id = %s, next_retry_at = null", [found]
            )


def end(database: psycopg.Connection[DictRow], row: Row) -> None:
    """Record that it will not be reversed; if the lease is over, record only that the key is spent."""
    with locked(database, row) as now:
        if now is not None and now["lease_left"] > timedelta(0):
            assert_transition(now["status"], Status.PERMANENTLY_FAILED)
            write(database, row, f"status = '{Status.PERMANENTLY_FAILED}', {RENEW}", [])
        elif now is not None:
            write(database, row, f"next_retry_at = now(), {RENEW}", [])


def later(
    database: psycopg.Connection[DictRow],
    row: Row,
    after: timedelta,
    *,
    after_lease: bool = False,
    also: list[str] | None = None,
) -> None:
    """Keep the status and make the row due after `after`."""
    due = "greatest(next_retry_at, now() + %s)" if after_lease else "now() + %s"
    with locked(database, row) as now:
        if now is not None:
            write(database, row, ", ".join([f"next_retry_at = {due}", *(also or [])]), [after])


def write(database: psycopg.Connection[DictRow], row: Row, assignments: str, values: list[object]) -> None:
    """Write the locked row."""
    statement = f"update seller_transfers set {assignments} where id = %s"  # noqa: S608 - the assignments are above
    database.execute(statement.encode(), [*values, row["id"]])


def back(row: Row) -> list[str]:
    """The assignment that gives back the attempt which the claim counted; none if it counted none."""
    return [] if row["settling"] else [GIVE_BACK]


def pause(row: Row) -> timedelta:
    """The pause before the next attempt."""
    return vary(min(LONG, SHORT * 2 ** (max(row["retry_count"], 1) - 1)))


def vary(length: timedelta) -> timedelta:
    """`length` with random jitter."""
    return length * random.triangular(0.82, 1.18)  # noqa: S311 - spreads load, keeps no secret


def main() -> None:
    """Work for ever."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        try:
            url = os.environ["DATABASE_URL"]
            with psycopg.connect(url, autocommit=True, row_factory=dict_row) as database:
                while True:
                    if not work(database):
                        time.sleep(0.1)
        except psycopg.Error as problem:
            print(f"database: {problem}", file=sys.stderr)
            time.sleep(0.5)


if __name__ == "__main__":
    main()
