"""The smoke probe, as a user runs it."""

from __future__ import annotations

import subprocess
import sys

from tests.acceptance.reference.shop import SERVICE


def test_the_smoke_probe_follows_a_refund_from_end_to_end() -> None:
    run = subprocess.run(
        [sys.executable, str(SERVICE / "smoke.py")], check=False, capture_output=True, text=True, timeout=120
    )
    assert (run.returncode, run.stderr) == (0, "")
    seen = [status for line in run.stdout.splitlines() for status in STATUSES if f"row 1 is {status}" in line]
    assert seen == list(STATUSES)
    assert "the table and Stripe agree" in run.stdout


STATUSES = ("pending", "completed", "reversal_pending", "reversed")
