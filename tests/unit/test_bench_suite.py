"""The comparison of what the tests cost in two checkouts: what is counted, and how it is printed."""

import json
import subprocess
import sys
import time
from pathlib import Path

from bench import suite
from bench.meter.conftest import COLLECTING, seconds
from bench.suite import ELSEWHERE, IN_TOTAL, Measured, table

BUSY = "import time\nuntil = time.process_time() + 0.3\nwhile time.process_time() < until: pass\n"


def test_the_lines_of_all_processes_are_added_up_by_folder_and_the_rest_is_elsewhere(tmp_path: Path) -> None:
    for number, lines in enumerate(
        (
            [(COLLECTING, 2.0), ("tests/unit/rules/test_a.py::test_one[x::y]", 1.0)],
            [(COLLECTING, 3.0), ("tests/unit/rules/test_b.py::test_two", 0.5), ("tests/unit/test_c.py::test_c", 0.25)],
        )
    ):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / f"{number}.jsonl").write_text(text, encoding="utf-8")
    found = suite._by_folder(tmp_path.glob("*.jsonl"), 10.0, passed=True)
    assert found.seconds == {
        COLLECTING: 5.0, "tests/unit/rules": 1.5, "tests/unit/test_c.py": 0.25, ELSEWHERE: 3.25, IN_TOTAL: 10.0
    }  # fmt: skip
    assert dict(found.tests) == {COLLECTING: 0, "tests/unit/rules": 2, "tests/unit/test_c.py": 1}


def test_the_table_has_medians_and_ratios_and_what_only_one_side_has() -> None:
    before = [
        Measured({"a": spent, ELSEWHERE: 0.0, IN_TOTAL: spent}, {"a": 3}, passed=True) for spent in (9.0, 4.0, 3.0)
    ]
    after = [Measured({"a": 2.0, "b": 1.0, ELSEWHERE: 0.0, IN_TOTAL: 3.0}, {"a": 3, "b": 1}, passed=True)]
    assert [line.split() for line in table(before, after)[1:]] == [
        ["3/3", "4.0", "2.0", "0.50", "a"],
        ["0/1", "-", "1.0", "-", "b"],
        ["0.0", "0.0", "-", ELSEWHERE],
        ["4.0", "3.0", "0.75", *IN_TOTAL.split()],
    ]


def test_a_process_that_still_runs_is_counted_and_once_it_has_ended_as_well() -> None:
    before = seconds()
    with subprocess.Popen([sys.executable, "-c", f"{BUSY}print(flush=True)\ninput()"], stdin=-1, stdout=-1) as busy:
        assert busy.stdout is not None
        busy.stdout.readline()
        time.sleep(0.02)  # the system counts in hundredths
        if sys.platform == "linux":
            assert seconds() - before >= 0.25
        busy.communicate(b"\n")
    assert seconds() - before >= 0.25
