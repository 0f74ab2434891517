"""The benchmark of status histories, on small ones: both checks agree with what happened, and figures are printed."""

import subprocess
import sys

from tests.checkout import TOP


def test_it_prints_how_both_checks_grow() -> None:
    command = [sys.executable, "bench/linear.py", "100", "200"]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("by versions") == 2
    assert done.stdout.count("by configurations") == 2
