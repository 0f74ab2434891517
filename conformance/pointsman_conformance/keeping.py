"""Keeps what is worth keeping of an account: its failures as replay files, and the certificate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pointsman.reporting.deliver import deliver
from pointsman_conformance import replay
from pointsman_conformance.report.account import Account
from pointsman_conformance.report.record import certificate


def keep(account: Account, folder: Path) -> Account:
    """Save each failure into `folder`, which is made if there is something to save; the account with where they are.

    Raises UsageError where a file cannot be written.
    """
    kept = []
    for failure in account.failures:
        saved = replay.of_failure(
            failure, account.lifecycle, account.about, spec=account.spec, driver=account.driver, seed=account.seeds[0]
        )
        kept.append(replace(failure, saved=replay.save(folder, saved).as_posix()))
    return replace(account, failures=tuple(kept))


def keep_certificate(accounts: Sequence[Account], file: Path) -> None:
    """Write the certificate, whole or not at all. Raises UsageError."""
    deliver(json.dumps(certificate(accounts), indent=2, ensure_ascii=False) + "\n", str(file))
