"""Saves the failures of an account as replay files, and writes the certificate."""

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
    """Save each failure into `folder`, and return the account with the paths of the files.

    The folder is made if there is a failure. A file that cannot be written is a trouble of the account, not an error:
    a full disk must not lose the failures.
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
    """Write the certificate, whole or not at all. Returns a sentence if it could not be written, else nothing."""
    try:
        deliver(json.dumps(certificate(accounts), indent=2, ensure_ascii=False) + "\n", str(file))
    except UsageError as problem:
        return (f"The certificate is not there: {problem}",)
    return ()
