"""The benchmark of searching, on two seeds: it runs to the end and prints every figure."""

import subprocess
import sys

from tests.checkout import TOP

FIGURES = (
    "one rule per transition, Hypothesis: median",
    "guided, Hypothesis: median",
    "guided, random source: median",
    "guided by Hypothesis: ",
    "guided on a random source: ",
    "a step beside the implementation: ",
)


def test_it_compares_three_ways_of_searching() -> None:
    command = [sys.executable, "bench/search.py", "2", "60"]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [words for words in FIGURES if words not in done.stdout] == []
