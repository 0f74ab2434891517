"""The tables and short texts that `check` prints for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pointsman.checking.running import PropertyOutcome
from pointsman.checking.verdict import Checked, PropertyStanding, Verdict
from pointsman.reporting.folding import fold
from pointsman.reporting.stories.table import grid as story_grid
from pointsman.result import Block, Grid, GridCell, Prose
from pointsman.spec.lifecycle import Lifecycle, Property, WhileKept
from pointsman.spec.premises import PREMISES
from pointsman.verdicts.account import Fall, SpecAccount
from pointsman.verdicts.laws import runs, table
from pointsman.world.scope import Scope
from pointsman.world.truths import BUILT_IN

_TONES = {
    PropertyStanding.HOLDS: "good",
    PropertyStanding.VIOLATED: "bad",
    PropertyStanding.UNKNOWN: "strong",
    PropertyStanding.VACUOUS: "strong",
}
_WIDE = 42
"""The width of a cell of a story, in characters: a longer text is broken into lines, so that the table fits a page."""
_MOST = 8
"""The number of transitions that never fire to name; the JSON record names all."""


def of_account(account: SpecAccount) -> tuple[Block, ...]:
    """Return the blocks of one spec: worlds, properties, what is never reached, the shortest run of each violation."""
    stories = (_told(fall) for fall in account.falls if fall.verdict.story is not None)
    laws: tuple[Block, ...] = ()
    if account.laws is not None:
        laws = (table(account.lifecycle.name, account.laws.dropped), runs(account.laws.dropped))
    return (_worlds(account), *_properties(account), *_coverage(account), *stories, *laws)


def _worlds(account: SpecAccount) -> Grid:
    header = ("world", "rows", "workers", "attempts", "states", "transitions", "depth", "reduction")
    without = f", without {', '.join(account.without)}" if account.without else ""
    rows = tuple(_world(scope, outcome) for scope, outcome in account.worlds)
    return Grid(header, rows, f"{account.lifecycle.name}{without}")


def _world(scope: Scope, outcome: PropertyOutcome) -> tuple[GridCell, ...]:
    size = (scope.world.name, str(scope.rows), str(scope.workers), str(scope.attempts))
    if not isinstance(outcome, Checked):
        return (*map(GridCell, size), *(GridCell("-", "quiet") for _ in range(4)))
    cut = " (cut)" if outcome.cut else ""
    found = (f"{outcome.states:,}{cut}", f"{outcome.transitions:,}", f"{outcome.depth:,}", outcome.reduction)
    return tuple(map(GridCell, (*size, *found)))


def _properties(account: SpecAccount) -> Iterator[Grid]:
    if not account.judged:
        return
    worlds = [checked.scope.world.name for checked in account.checked]
    sentences = {prop.id: prop.sentence for prop in BUILT_IN} | {p.name: says(p) for p in account.lifecycle.properties}
    rows = [
        (GridCell(prop), *(_standing(verdicts.get(world)) for world in worlds), GridCell(sentences[prop], "quiet"))
        for prop, verdicts in account.judged.items()
    ]
    yield Grid(("property", *worlds, "what it says"), tuple(rows))


def says(prop: Property) -> str:
    """Return the summary of a property that the spec states, or its kind where it has no summary."""
    return prop.summary or f"{prop.kind.value.replace('_', ' ')}, in the spec"


def _standing(verdict: Verdict | None) -> GridCell:
    if verdict is None:
        return GridCell("-", "quiet")
    steps = "" if verdict.steps is None else f", {verdict.steps} step{'' if verdict.steps == 1 else 's'}"
    return GridCell(f"{verdict.standing}{steps}", _TONES[verdict.standing])


def _coverage(account: SpecAccount) -> Iterator[Prose]:
    lines = [_unfired(account.lifecycle, number, why) for number, why in account.never_fires.items()]
    if len(lines) > _MOST:
        lines[_MOST:] = [f"and {len(lines) - _MOST} more transitions."]
    if account.never_reached:
        lines.append(f"Never reached: {', '.join(account.never_reached)}.")
    if lines:
        yield Prose("\n".join(lines))


def _unfired(lifecycle: Lifecycle, number: int, why: str) -> str:
    move = lifecycle.transitions[number]
    event = f" ({move.event})" if move.event else ""
    return f"Never fires: {move.source} to {move.target}{event}: {why}."


def _stated(lifecycle: Lifecycle) -> Iterator[str]:
    """What the spec says, and `check` takes for true."""
    for event in lifecycle.events:
        if event.while_kept is WhileKept.SAME:
            yield f"while {event.name} is kept, another one is the same one"
    for move in lifecycle.transitions:
        if move.leaves_open:
            by = f" ({move.event})" if move.event else ""
            yield f"{move.source} to {move.target}{by} leaves {', '.join(move.leaves_open)} open"


# --- stories -----------------------------------------------------------------


def _told(fall: Fall) -> Grid:
    assert fall.verdict.story is not None  # noqa: S101 - narrows: a fall without a story is not told
    return narrow(story_grid(fall.verdict.story))


def narrow(grid: Grid) -> Grid:
    """Return a story's table without the column of the workers' variables, and with long cells broken into lines.

    The saved forms of a story hold everything.
    """
    kept = [place for place, word in enumerate(grid.header) if word != "worker"]
    rows = tuple(tuple(GridCell(fold(row[p].text, _WIDE), row[p].tone) for p in kept) for row in grid.rows)
    return replace(grid, header=tuple(grid.header[place] for place in kept), rows=rows)


# --- what it rests on ------------------------------------------------------------


def grounds(accounts: Sequence[SpecAccount], without: Iterable[str]) -> Prose:
    """Return the premises that the verdicts rest on, and the scope that they hold for."""
    dropped = set(without)
    taken = ", ".join(_marked(p.id, dropped) for p in PREMISES if not p.fairness)
    fair = ", ".join(_marked(p.id, dropped) for p in PREMISES if p.fairness)
    said = "".join(
        f"Said by {account.lifecycle.name}: {words}.\n" for account in accounts for words in _stated(account.lifecycle)
    )
    return Prose(
        f"Premises: {taken}.\n"
        f"Fairness: {fair}.\n"
        f"{said}"
        f"Scope: {_reach(accounts)}\n"
        "`pointsman explain NAME` says what a property, law or premise means; docs/check.md how far a verdict reaches."
    )


def _marked(name: str, dropped: set[str]) -> str:
    return f"{name} (not assumed)" if name in dropped else name


def _reach(accounts: Sequence[SpecAccount]) -> str:
    """Return a sentence on how many rows and attempts were explored."""
    scopes = [scope for account in accounts for scope, _ in account.worlds]
    rows = max(scope.rows for scope in scopes)
    attempts = max(scope.attempts for scope in scopes)
    limits = [q.attempts.limit or 0 for a in accounts for q in a.lifecycle.queues if q.attempts is not None]
    most = max(limits, default=0)
    one = "one row, which is enough for what concerns a row alone" if rows == 1 else f"up to {rows} rows"
    tries = f"up to {attempts} of {most} attempts; " if most > attempts else ""
    return f"{one}; {tries}at most one request for each row is still executing when its caller has gone."


def summary(account: SpecAccount) -> str:
    """Return one line: how many properties are violated, or hold, and how many states were explored."""
    worlds = len(account.checked)
    size = f"{account.states:,} states in {worlds} world{'' if worlds == 1 else 's'}"
    judged = len(account.judged)
    fell = len({fall.verdict.prop for fall in account.falls})
    count = f"{fell} of {judged} properties violated" if fell else f"{len(account.holding)} of {judged} properties hold"
    return f"{account.lifecycle.name}: {count}, {size}"
