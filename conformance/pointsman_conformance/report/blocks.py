"""An account as tables and short prose for a person."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.result import Block, Grid, GridCell, Prose
from pointsman.spec.laws import JUDGED
from pointsman_conformance.report.account import (
    Failure,
    Harm,
    ImplementationAccount,
    ImplementationVerdict,
    LawStanding,
    OfLaw,
)
from pointsman_conformance.report.findings import harm_in_words
from pointsman_conformance.report.telling import grid as told

_TONES = {
    LawStanding.KEPT: "good",
    LawStanding.BROKEN: "bad",
    LawStanding.NO_EVIDENCE: "strong",
    LawStanding.NOT_APPLICABLE: "quiet",
}
_SENTENCES = {law.id: law.sentence for law in JUDGED}
_SHOWN = 3
"""The most failing runs that are shown; every one is saved."""


def blocks(account: ImplementationAccount) -> tuple[Block, ...]:
    """The blocks of the report: the implementation, its laws, its coverage, and the smallest run of the first failures.

    For an implementation that could not be started, the title alone.
    """
    if account.unseen:
        return (Prose(_title(account)),)
    stories = (block for failure in account.failures[:_SHOWN] for block in _story(account, failure))
    known = (Prose("Known failures, excused:\n" + "\n".join(f"  {words}" for words in account.known)),)
    covered = (*_coverage(account), *_retold(account), *untested(account.not_tested))
    return (_laws(account), *covered, *(known if account.known else ()), *stories)


def untested(sentences: tuple[str, ...]) -> tuple[Block, ...]:
    """What no run puts to the test, under a heading; nothing where there is nothing."""
    return (Prose("Not tested:\n" + "\n".join(f"  {words}" for words in sentences)),) if sentences else ()


def _laws(account: ImplementationAccount) -> Grid:
    rows = tuple(
        (
            GridCell(law.law),
            GridCell(law.standing, _TONES[law.standing]),
            GridCell(_seen(law)),
            GridCell(_words(law), "quiet"),
        )
        for law in account.laws
    )
    return Grid(("law", "standing", "met", "an implementation ..."), rows, _title(account))


def _title(account: ImplementationAccount) -> str:
    about = account.about
    who = " ".join(word for word in (about.name, about.version) if word)
    language = f", {about.language}" if about.language else ""
    return f"{account.lifecycle.name}: {who}{language}, as {', '.join(sorted(about.roles))} ({account.driver})"


def _seen(law: OfLaw) -> str:
    count = sum(times for _, times in law.met)
    return f"{count:,}" if count else "-"


def _words(law: OfLaw) -> str:
    return law.why if law.standing is LawStanding.NOT_APPLICABLE else _SENTENCES[law.law]


def _coverage(account: ImplementationAccount) -> Iterator[Block]:
    if not account.coverage:
        return
    parts = [f"{sort.sort} {sort.required - len(sort.missing)}/{sort.required}" for sort in account.coverage]
    yield Prose(f"Covered: {', '.join(parts)}.")


def _retold(account: ImplementationAccount) -> Iterator[Block]:
    """The number of the model checker's stories that were played, and what could not be played, by name."""
    if not account.stories:
        return
    played = sum(story.played for story in account.stories)
    lines = [f"Stories of the model checker: {played} of {len(account.stories)} played."]
    for story in account.stories:
        head = f"  {story.name}" if story.played else f"  {story.name}, not played"
        lines += [f"{head}: {words}" for words in story.left_out or (() if story.played else ("the search had ended",))]
    yield Prose("\n".join(lines))


def _story(account: ImplementationAccount, failure: Failure) -> Iterator[Block]:
    steps = f"{len(failure.plan)} step{'' if len(failure.plan) == 1 else 's'}"
    title = f"{failure.requirement}: the smallest run found, {steps}"
    yield told(account.lifecycle, failure.history, failure.breach.records, failure.breach.row, title)
    if failure.harm is not None:
        yield Prose(_harm(failure.harm))


def _harm(harm: Harm) -> str:
    """The harm in a sentence; a run of `check` also step by step."""
    if harm.story is None:
        return harm_in_words(harm)
    width = len(str(harm.story.length))
    steps = [f"  {number:>{width}} {deed.actor}: {deed.says}" for number, deed in enumerate(harm.story.deeds, 1)]
    if harm.story.loop is not None:
        on = harm.story.loop < harm.story.length
        steps.append("    and so on for ever" if on else "    and nothing more ever happens")
    return "\n".join([harm_in_words(harm), *steps])


def summary(account: ImplementationAccount) -> str:
    """One line: the verdict, and how many runs and steps were played."""
    seeds = ", ".join(map(str, account.seeds))
    played = f"{account.runs:,} runs, {account.steps:,} steps, {account.seconds:.0f} s, seed {seeds}"
    kept = sum(law.standing is LawStanding.KEPT for law in account.laws)
    applying = sum(law.standing is not LawStanding.NOT_APPLICABLE for law in account.laws)
    words = {
        ImplementationVerdict.CONFORMANT: f"conformant: {kept} of {applying} kept",
        ImplementationVerdict.NOT_CONFORMANT: f"not conformant: {_broken(account)}",
        ImplementationVerdict.TAMPERED: "tampered with: a write was hidden from the audit",
        ImplementationVerdict.INCOMPLETE: f"incomplete: nothing broken, {kept} of {applying} put to the test",
    }
    return f"{account.about.name}: {words[account.verdict]}; {played}"


def _broken(account: ImplementationAccount) -> str:
    laws = [law.law for law in account.laws if law.standing is LawStanding.BROKEN]
    return f"breaks {', '.join(laws)}" if laws else "the list of known failures is stale"
