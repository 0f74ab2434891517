"""Known failures: a list of what an implementation is known to do wrong, that cannot rot.

The file is TOML, one ``[[known]]`` table for each entry. An entry must say why, where
that is followed up, and until when. One that no longer fails, fails in other words, was never put to the
test or is out of date is an error itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from pointsman.errors import UsageError
from pointsman.laws import LAWS
from pointsman_conformance.laws.judgement import Breach, LawVerdict, requirement

FIELDS = ("id", "message", "reason", "link", "until")


class KnownError(UsageError):
    """The file of known failures cannot be read; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A known failure.

    `id` is a law, or a requirement (``law/element``), with ``*`` for any part. `message` is a part of what the kit says
    of the failure. `until` is the last day on which the entry counts.
    """

    id: str
    message: str
    reason: str
    link: str
    until: date

    def covers(self, requirement: str) -> bool:
        """Whether it speaks about this requirement."""
        return fnmatchcase(requirement, self.id if "/" in self.id else f"{self.id}/*")

    def excuses(self, requirement: str, says: str, today: date) -> bool:
        """Whether it is this failure that is known."""
        return self.covers(requirement) and self.message in says and today <= self.until


@dataclass(frozen=True, slots=True)
class Excused:
    """`verdicts` without what is known; `known` has a line for each failure that was taken out.

    `stale` has a sentence for each entry that is wrong: then the list must be mended.
    """

    verdicts: tuple[LawVerdict, ...]
    known: tuple[str, ...]
    stale: tuple[str, ...]


def judge(entries: Iterable[Known], verdicts: Iterable[LawVerdict], today: date) -> Excused:
    """Take the known failures out of `verdicts`, which are all that a campaign came to, and judge the list by them."""
    entries, verdicts = tuple(entries), tuple(verdicts)
    known: dict[str, None] = {}
    left = []
    for verdict in verdicts:
        unknown = []
        for breach in verdict.breaches:
            entry = _excuse(entries, verdict.law, breach, today)
            if entry is None:
                unknown.append(breach)
            else:
                known[f"{requirement(verdict.law, breach.element)}: {entry.reason} ({entry.link})"] = None
        left.append(replace(verdict, breaches=tuple(unknown)))
    stale = tuple(words for entry in entries if (words := _wrong(entry, verdicts, today)) is not None)
    return Excused(tuple(left), tuple(known), stale)


def _excuse(entries: tuple[Known, ...], law: str, breach: Breach, today: date) -> Known | None:
    name = requirement(law, breach.element)
    return next((entry for entry in entries if entry.excuses(name, breach.says, today)), None)


def _wrong(entry: Known, verdicts: tuple[LawVerdict, ...], today: date) -> str | None:
    if today > entry.until:
        return f"{entry.id}: the entry ran out on {entry.until}; mend the implementation, or say anew why it may wait."
    said = [
        breach.says
        for verdict in verdicts
        for breach in verdict.breaches
        if entry.covers(requirement(verdict.law, breach.element))
    ]
    if any(entry.message in words for words in said):
        return None
    if said:
        return f"{entry.id}: it fails in other words than {entry.message!r}: {said[0]}"
    if any(entry.covers(name) for verdict in verdicts for name, _ in verdict.met):
        return f"{entry.id}: it does not fail any more; take the entry out."
    return f"{entry.id}: it was never put to the test, so nobody knows whether the entry still holds."


# --- the file --------------------------------------------------------------------


def load(path: Path) -> tuple[Known, ...]:
    """The entries of a file. Raises KnownError, which tells every mistake in it."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise KnownError(f"{path} cannot be read: {problem.strerror or problem}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise KnownError(f"{path} is no TOML: {problem}") from None
    entries = told.get("known", [])
    wrong = [f"there is no {key!r} in it, only [[known]]" for key in told if key != "known"]
    if not isinstance(entries, list):
        wrong.append("'known' must be written [[known]]: a table for each entry")
    else:
        wrong += [f"entry {number}: {words}" for number, each in enumerate(entries, 1) for words in _mistakes(each)]
    if wrong:
        raise KnownError("\n".join(f"{path}: {each}" for each in wrong))
    return tuple(Known(**each) for each in entries)


def _mistakes(told: object) -> Iterator[str]:
    if not isinstance(told, dict):
        yield "it must be a table"
        return
    for key in told:
        if key not in FIELDS:
            yield f"there is no {key!r} in an entry, only {', '.join(FIELDS)}"
    for key in FIELDS:
        value = told.get(key)
        if key not in told:
            yield f"it lacks {key!r}"
        elif key == "until":
            if not isinstance(value, date) or isinstance(value, datetime):
                yield "'until' must be a date such as 2027-01-31, without quotes"
        elif not isinstance(value, str) or not value.strip():
            yield f"{key!r} must be a text that is not empty"
    if isinstance(told.get("id"), str) and not _names_a_law(told["id"]):
        yield f"no law is called {told['id'].partition('/')[0]!r}; `pointsman conform --list SPEC` prints them"


def _names_a_law(pattern: str) -> bool:
    return any(fnmatchcase(law.id, pattern.partition("/")[0]) for law in LAWS)
