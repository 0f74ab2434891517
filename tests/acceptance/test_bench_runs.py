"""The benchmark of checking, on tiny worlds: it runs to the end and prints every figure."""

import os
import subprocess
import sys

from tests.checkout import TOP
from tests.toolchains import need

ALWAYS = (
    "ours, explored",
    "bytes for a state at the peak, as counted",
    "pointsman check, safety and liveness",
    "Seconds for all liveness beside seconds for safety",
    "pointsman check, the default worlds",
    "default reduction: growth",
)
WITH_SPIN = ("Spin, breadth-first: the same states and transitions", "times the better of Spin, explored", "times Spin")


def test_it_compares_our_figures_with_those_of_spin() -> None:
    need("spin", why="install the package spin")
    need("gcc")
    said = run(os.environ["PATH"])
    assert [words for words in (*ALWAYS, *WITH_SPIN) if words not in said] == []
    assert "MISSED" not in said, "tiny worlds are no measure of anything"


def test_without_spin_it_says_so_and_prints_the_rest() -> None:
    said = run("")
    assert "nothing is compared with Spin" in said
    assert [words for words in ALWAYS if words not in said] == []


def run(path: str) -> str:
    command = [sys.executable, "bench/check.py", "--quick"]
    done = subprocess.run(
        command, cwd=TOP, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
