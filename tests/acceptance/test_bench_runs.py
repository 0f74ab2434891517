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
WITH_C = (
    "C, breadth-first: the same states and transitions",
    "times the speed of C, explored, one thread",
    "times the seconds of C on the clock, two threads",
)
WITH_TLC = ("TLC, one worker: the same states", "times TLC, explored")
WITH_SPIN = ("Spin, breadth-first: the same states and transitions", "times the better of Spin, explored", "times Spin")


def test_it_compares_our_figures_with_those_of_c_spin_and_tlc() -> None:
    need("spin", why="install the package spin")
    need("gcc")
    need("java", why="install a Java runtime 11 or later, such as the package default-jre-headless")
    said = run(os.environ["PATH"])
    assert [words for words in (*ALWAYS, *WITH_C, *WITH_SPIN, *WITH_TLC) if words not in said] == []
    assert "MISSED" not in said, "tiny worlds are no measure of anything"


def test_without_the_others_it_says_so_and_prints_the_rest() -> None:
    said = run("")
    for other in ("C", "Spin", "TLC"):
        assert f"nothing is compared with {other}\n" in said
    assert [words for words in ALWAYS if words not in said] == []


def run(path: str) -> str:
    command = [sys.executable, "bench/check.py", "--quick"]
    done = subprocess.run(
        command, cwd=TOP, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
