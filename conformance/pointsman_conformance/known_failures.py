"""Known failures: a list of the laws that an implementation is known to break, which is itself checked.

The file is TOML, with one ``[[known]]`` table for each entry. An entry must give a reason, a link
to where the failure is followed up, and a last day. It is an error if the failure of an entry no longer
occurs, occurs with another message, was never put to the test, or if the last day has passed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from pointsman.spec.errors import UsageError
from pointsman.spec.laws import JUDGED
from pointsman_conformance.laws.judgement import Breach, LawVerdict, requirement

FIELDS = ("id", "message", "reason", "link", "until")


class KnownError(UsageError):
    """The file of known failures cannot be read; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A known failure.

    `id` is a law, or a requirement (``law/element``), with ``*`` for any part. `message` is a part of the kit's
    message about the failure. `until` is the last day on which the entry counts.
    """

    id: str
    message: str
    reason: str
    link: str
    until: date

    def covers(self, requirement: str) -> bool:
        """True if the entry is about this requirement."""
        return fnmatchcase(requirement, self.id if "/" in self.id else f"{self.id}/*")

    def excuses(self, requirement: str, says: str, today: date) -> bool:
        """True if the entry excuses a breach of `requirement` with the message `says` on the day `today`."""
        return self.covers(requirement) and self.message in says and today <= self.until


@dataclass(frozen=True, slots=True)
class Excused:
    """`verdicts` without the known failures; `known` has a line for each failure that was taken out.

    `stale` has a sentence for each entry that is wrong and must be changed.
    """

    verdicts: tuple[LawVerdict, ...]
    known: tuple[str, ...]
    stale: tuple[str, ...]


class Excuses:
    """Takes the known failures out of each run of a campaign, and collects the entries that are wrong."""

    def __init__(self, entries: Iterable[Known], today: date) -> None:
        self._entries, self._today = tuple(entries), today
        self._known: dict[str, None] = {}
        self._failed: set[Known] = set()
        self._tested: set[Known] = set()
        self._other_words: dict[Known, str] = {}

    def take_out(self, verdicts: Iterable[LawVerdict]) -> tuple[LawVerdict, ...]:
        """The verdicts of one run, without the known failures."""
        return tuple(self._of_verdict(verdict) for verdict in verdicts)

    @property
    def known(self) -> tuple[str, ...]:
        """A line for each requirement whose known failure was taken out."""
        return tuple(self._known)

    @property
    def stale(self) -> tuple[str, ...]:
        """A sentence for each entry that all the runs so far show to be wrong."""
        return tuple(words for entry in self._entries if (words := self._wrong(entry)) is not None)

    def _of_verdict(self, verdict: LawVerdict) -> LawVerdict:
        for entry in self._entries:
            if any(entry.covers(name) for name, _ in verdict.met):
                self._tested.add(entry)
        left = tuple(breach for breach in verdict.breaches if not self._is_known(verdict.law, breach))
        return replace(verdict, breaches=left)

    def _is_known(self, law: str, breach: Breach) -> bool:
        name, excused = requirement(law, breach.element), False
        for entry in self._entries:
            if not entry.covers(name):
                continue
            if entry.message in breach.says:
                self._failed.add(entry)
            else:
                self._other_words.setdefault(entry, breach.says)
            if not excused and entry.excuses(name, breach.says, self._today):
                self._known[f"{name}: {entry.reason} ({entry.link})"] = None
                excused = True
        return excused

    def _wrong(self, entry: Known) -> str | None:
        name = entry.id
        if self._today > entry.until:
            return f"{name}: the entry ran out on {entry.until}; mend the implementation, or say anew why it may wait."
        if entry in self._failed:
            return None
        if entry in self._other_words:
            return f"{name}: it fails in other words than {entry.message!r}: {self._other_words[entry]}"
        if entry in self._tested:
            return f"{name}: it does not fail any more; take the entry out."
        return f"{name}: it was never put to the test, so the entry could not be checked."


def judge(entries: Iterable[Known], verdicts: Iterable[LawVerdict], today: date) -> Excused:
    """Take the known failures out of `verdicts`, which must be those of all runs, and check the entries by them."""
    excuses = Excuses(entries, today)
    left = excuses.take_out(verdicts)
    return Excused(left, excuses.known, excuses.stale)


# --- the file --------------------------------------------------------------------


def load(path: Path) -> tuple[Known, ...]:
    """The entries of a file. Raises KnownError, whose message names every mistake in the file."""
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
    return any(fnmatchcase(law.id, pattern.partition("/")[0]) for law in JUDGED)
