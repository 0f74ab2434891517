"""Black boxes for tests: the book as a process, and how a run of it is judged."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Driver, Played
from pointsman_conformance.core.history import History, Record
from pointsman_conformance.core.plan import Plan
from pointsman_conformance.drivers.black_box import Command
from pointsman_conformance.laws import judge

ROOT = Path(__file__).parents[3]
SELLER_TRANSFER = ROOT / "spec" / "seller_transfer.yaml"
SPECS = sorted((ROOT / "spec").glob("*.yaml"))


def seller_transfer() -> Lifecycle:
    return load(SELLER_TRANSFER)


def book(*actors: str, spec: Path = SELLER_TRANSFER, wrong: str | None = None, poll: float = 0.02) -> Command:
    """The book as a process."""
    words = [sys.executable, "-m", "pointsman_conformance.reference", str(spec), "--poll", str(poll)]
    for actor in actors:
        words += ["--actor", actor]
    if wrong is not None:
        words += ["--wrong", wrong]
    return Command(tuple(words), folder=str(ROOT))


def shell(script: str, *, ready: str | None = None) -> Command:
    """A process of the shell; ``$BOOK`` in the script is the reversal worker by the book."""
    words = " ".join(book("reversal_worker").words)
    return Command(("/bin/sh", "-c", script.replace("$BOOK", words)), folder=str(ROOT), ready=ready)


def play(driver: Driver, plan: Plan) -> list[Played]:
    """The plan on a fresh stage."""
    driver.begin("a case")
    return [driver.play(step) for step in plan]


def breaches(lifecycle: Lifecycle, history: History) -> list[tuple[str, str]]:
    """Every breach as law and words."""
    return [(verdict.law, breach.says) for verdict in judge(lifecycle, history) for breach in verdict.breaches]


def kinds(records: Iterable[Record], who: str | None = None) -> list[str]:
    """The records' kinds, of one copy or of all."""
    return [record.kind for record in records if who in (None, record.who)]
