"""Violated properties as findings with a place in the spec, and undecided ones as sentences."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.checking.forecast import in_words
from pointsman.checking.verdict import Checked, PropertyStanding
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.source import Path, Place
from pointsman.verdicts import laws
from pointsman.verdicts.account import Fall, SpecAccount
from pointsman.verdicts.pages import ADVICE, OWN
from pointsman.world.story import Story
from pointsman.world.system import Side


def findings(account: SpecAccount) -> tuple[Finding, ...]:
    """Return one finding for each violated property and each part of the spec that it is about."""
    return tuple(_finding(account, fall) for fall in account.falls)


def _finding(account: SpecAccount, fall: Fall) -> Finding:
    verdict = fall.verdict
    own = verdict.subject.startswith("property:")
    code = OWN if own else verdict.prop
    facts = {"property": verdict.prop, "world": fall.world}
    if verdict.steps is not None:
        facts["steps"] = str(verdict.steps)
    facts["worlds"] = ", ".join(world for world, _ in fall.places)
    if account.without:
        facts["without"] = ", ".join(account.without)
    return Finding(
        code,
        Severity.ERROR,
        f"{verdict.says}{_where(account, fall)}",
        place_of(account.lifecycle, verdict.subject, verdict.story),
        _help(code, fall),
        subject=verdict.subject or verdict.prop,
        facts=tuple(facts.items()),
    )


def _where(account: SpecAccount, fall: Fall) -> str:
    """Return the end of a message: `` (6 steps, world default and 2 more, without stable-key)``."""
    steps = fall.verdict.steps
    others = len(fall.places) - 1
    parts = [
        *([] if steps is None else [f"{steps} step{'' if steps == 1 else 's'}"]),
        f"world {fall.world}" + (f" and {others} more" if others else ""),
        *([f"without {', '.join(account.without)}"] if account.without else []),
    ]
    return f" ({', '.join(parts)})"


def _help(code: str, fall: Fall) -> str:
    explain = f" `pointsman explain {code}` says more"
    if fall.verdict.story is None:
        return f"{ADVICE[code]}{explain}."
    return f"{ADVICE[code]}{explain}; --stories DIR saves the run, drawn."


# --- places ----------------------------------------------------------------------


_PARTS = {"status": "statuses", "call": "calls", "event": "events", "queue": "queues", "property": "properties"}
"""The key of a spec under which a subject of each kind stands."""


def place_of(lifecycle: Lifecycle, subject: str, story: Story | None = None) -> Place:
    """Return the place of a verdict's subject in the spec.

    A subject that is a row, or something done to a row, has the place of the row's last status in the story.
    """
    return lifecycle.place(*_path(lifecycle, subject, story))


def _path(lifecycle: Lifecycle, subject: str, story: Story | None) -> Path:
    kind, _, name = subject.partition(":")
    if kind == "transition":
        return lifecycle.transitions[int(name)].path
    if kind == "status" and ":" in name:
        return ("statuses", name.partition(":")[0], "requires")
    if name and kind in _PARTS:
        return (_PARTS[kind], name)
    return _last_status(lifecycle, subject, story)


def _last_status(lifecycle: Lifecycle, subject: str, story: Story | None) -> Path:
    if story is None:
        return ()
    last = story.deeds[-1].state if story.deeds else story.start
    rows = [variable for variable in story.variables if variable.side is Side.ROW and variable.label == "status"]
    row = next((variable for variable in rows if variable.part == subject), rows[0] if rows else None)
    name = row.values[last[row.name]] if row is not None else ""
    return ("statuses", name) if name in lifecycle.status else ()


# --- what is not decided ------------------------------------------------------------


def undecided(account: SpecAccount) -> tuple[str, ...]:
    """Return a sentence for each world that was not explored to its end, and for each vacuous property."""
    return tuple(_undecided(account))


def _undecided(account: SpecAccount) -> Iterator[str]:
    name = account.lifecycle.name
    for scope, outcome in account.worlds:
        where = f"{name}, world {scope.world.name}"
        if isinstance(outcome, Checked):
            yield from (f"{where}: {words}" for words in _unknown(outcome, tuple(account.judged)))
        else:
            yield f"{where}: not looked at: {outcome.why}."
    if account.laws is not None:
        yield from laws.undecided(name, account.laws.dropped, account.laws.stopped)
    for prop in account.vacuous:
        says = next(iter(account.judged[prop].values())).says
        yield f"{name}: {prop} is vacuous: {says}."


def _unknown(checked: Checked, order: tuple[str, ...]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for verdict in sorted(checked.verdicts, key=lambda verdict: order.index(verdict.prop)):
        if verdict.standing is PropertyStanding.UNKNOWN:
            reasons.setdefault(verdict.says, []).append(verdict.prop)
    for says, props in reasons.items():
        more = f" and {len(props) - 1} more properties are" if len(props) > 1 else " is"
        yield f"{props[0]}{more} unknown: {says} and {checked.states:,} states."
    if not reasons and checked.cut:
        yield f"not explored to its end: {checked.cut}."
    if checked.forecast is not None:
        yield f"{in_words(checked.forecast)}."
