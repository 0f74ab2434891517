"""Verbs that end in every way a verb can end, added as another package would add them.

They are written into a folder with the entry points of an installed
distribution, so that the real program finds them by itself.
"""

from pathlib import Path

_MODULE = """
import argparse, sys, time
from pathlib import Path
from pointsman.spec.errors import SpecError, UsageError
from pointsman.result import Prose, Result
from tests.unit.reporting.samples import HOSTILE, finding, results

HELP = "do what a test asks for"

def configure(parser):
    parser.add_argument("way")
    parser.add_argument("--mark", metavar="FILE")

def run(arguments):
    if arguments.mark:
        Path(arguments.mark).write_text("ran")
    if arguments.way == "wait":
        time.sleep(60)
    if arguments.way == "crash":
        raise KeyError("a \\x1b[31mdefect")
    if arguments.way == "misuse":
        raise UsageError("name a spec.")
    if arguments.way == "unreadable":
        raise SpecError((finding(code="unknown-key"), finding("Another.")))
    if arguments.way == "hostile":
        return Result("probe", tuple(finding(words) for words in HOSTILE))
    if arguments.way == "many":
        return Result("probe", (finding(),), (Prose("line\\n" * 200_000),))
    return results()[arguments.way]
"""

_ENTRY_POINTS = """
[pointsman.verbs]
probe = probe_verb
broken = probe_verb_that_is_not_there
schema = probe_verb
"""


def install(folder: Path) -> None:
    """Put the verbs `probe` and `broken` into `folder`, and one that calls itself as an own verb is called."""
    described = folder / "probe-1.0.dist-info"
    described.mkdir()
    (folder / "probe_verb.py").write_text(_MODULE)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(_ENTRY_POINTS)
