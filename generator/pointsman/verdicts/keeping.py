"""Saves every counterexample and witness as a JSON record, an ITF trace, Mermaid and SVG."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from pointsman.checking.verdict import VerdictKind
from pointsman.reporting.deliver import deliver
from pointsman.reporting.stories.itf import itf
from pointsman.reporting.stories.mermaid import mermaid
from pointsman.reporting.stories.record import to_record
from pointsman.reporting.stories.svg import svg
from pointsman.spec.errors import UsageError
from pointsman.verdicts.account import SpecAccount
from pointsman.world.story import Story

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


def make_folder(folder: Path) -> None:
    """Make the folder where there is none, before a long run and not after it.

    Raises:
        UsageError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--stories {str(folder)!r} cannot be made: {error.strerror or error}.") from error


def keep(accounts: tuple[SpecAccount, ...], folder: Path) -> tuple[str, ...]:
    """Write all stories into `folder`, each file whole or not at all, and give the paths without their endings.

    Raises:
        UsageError: a file cannot be written.
    """
    kept: list[str] = []
    for account in accounts:
        for name, story, witness in _stories(account):
            kept.append(_free((folder / name).as_posix(), kept))
            _write(kept[-1], story, witness=witness)
    return tuple(kept)


def _stories(account: SpecAccount) -> Iterator[tuple[str, Story, bool]]:
    """Yield every story of a spec with its file name, and True for a witness: a run that shows something reachable."""
    lifecycle = account.lifecycle.name
    for checked in account.checked:
        for verdict in checked.verdicts:
            if verdict.story is not None:
                name = _name(lifecycle, checked.scope.world.name, verdict.prop)
                yield name, verdict.story, verdict.kind is VerdictKind.REACHABILITY
    for one in account.laws.dropped if account.laws is not None else ():
        if one.verdict is not None and one.verdict.story is not None:
            beside = () if one.beside is None else (one.beside,)
            yield _name(lifecycle, "without", one.wrong, *beside, one.verdict.prop), one.verdict.story, False


def _name(*parts: str) -> str:
    return "-".join(_NOT_IN_A_NAME.sub("-", part) for part in parts)


def _free(path: str, taken: list[str]) -> str:
    """Return `path`, with a number behind it where it is taken: two specs may have lifecycles of one name."""
    found, number = path, 1
    while found in taken:
        number += 1
        found = f"{path}-{number}"
    return found


def _write(path: str, story: Story, *, witness: bool) -> None:
    deliver(json.dumps(to_record(story), indent=2) + "\n", f"{path}.json")
    deliver(json.dumps(itf(story, witness=witness), indent=2) + "\n", f"{path}.itf.json")
    deliver(mermaid(story, witness=witness), f"{path}.mmd")
    deliver(svg(story, witness=witness), f"{path}.svg")
