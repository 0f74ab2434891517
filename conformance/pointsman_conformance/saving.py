"""Keeps what is worth keeping of an account: its failures as replay files, and the certificate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pointsman.reporting.deliver import deliver
from pointsman.spec.errors import UsageError
from pointsman_conformance import replay
from pointsman_conformance.report.account import Failure, ImplementationAccount
from pointsman_conformance.report.record import certificate


def keep(account: ImplementationAccount, folder: Path) -> ImplementationAccount:
    """Save each failure into `folder`, which is made if there is something to save; the account with where they are.

    What cannot be written is trouble of the account: a full disk must not cost what was found.
    """
    kept: list[Failure] = []
    trouble: list[str] = []
    for failure in account.failures:
        saved = replay.of_failure(
            failure, account.lifecycle, account.about, spec=account.spec, driver=account.driver, seed=account.seeds[0]
        )
        try:
            kept.append(replace(failure, saved=replay.save(folder, saved).as_posix()))
        except UsageError as problem:
            kept.append(failure)
            trouble.append(f"The run that breaks {failure.law} is not saved. {problem}")
    return replace(account, failures=tuple(kept), trouble=(*account.trouble, *trouble))


def keep_certificate(accounts: Sequence[ImplementationAccount], file: Path) -> tuple[str, ...]:
    """Write the certificate, whole or not at all; a sentence where it could not be written."""
    try:
        deliver(json.dumps(certificate(accounts), indent=2, ensure_ascii=False) + "\n", str(file))
    except UsageError as problem:
        return (f"The certificate is not there: {problem}",)
    return ()
