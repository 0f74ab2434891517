"""The matrix of a lifecycle: for each pair of statuses, the events that move a row, or that the move is refused."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from pointsman.result import Grid, GridCell, Prose
from pointsman.spec.finding import shown
from pointsman.spec.lifecycle import Lifecycle, Status, Transition

WIDEST = 12
"""The most statuses for a matrix. With more, the matrix does not fit a screen, and each status gets lines instead."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of ordered pairs of statuses.

    Attributes:
        pairs: all of them.
        moves: pairs of two statuses with a transition.
        same_status: pairs of a status with itself.
        refused: the rest.
    """

    pairs: int
    moves: int
    same_status: int
    refused: int


def totals(lifecycle: Lifecycle) -> Totals:
    """Count the pairs of the matrix. A declared self-transition counts as a pair of the same status."""
    size = len(lifecycle.statuses)
    moves = sum(source != target for source, target in lifecycle.pairs)
    return Totals(pairs=size * size, moves=moves, same_status=size, refused=size * size - size - moves)


def blocks(lifecycle: Lifecycle, *, matrix: bool = False) -> tuple[Grid | Prose, ...]:
    """Return the table of pairs and a text on how to read it. With `matrix`, it is always a matrix."""
    wide = matrix or len(lifecycle.statuses) <= WIDEST
    return (_matrix(lifecycle) if wide else _by_status(lifecycle), Prose(_reading(lifecycle)))


def data(lifecycle: Lifecycle) -> dict[str, object]:
    """Return the pairs as JSON values. A pair that is not in `allowed` is refused."""
    return {
        "totals": asdict(totals(lifecycle)),
        "allowed": [_allowed(lifecycle, *pair) for pair in _allowed_pairs(lifecycle)],
        "same_status_columns": None if lifecycle.same_status is None else list(lifecycle.same_status),
    }


# --- tables ----------------------------------------------------------------


def _matrix(lifecycle: Lifecycle) -> Grid:
    names = [status.name for status in lifecycle.statuses]
    rows = tuple(
        (_status_cell(status), *(_pair_cell(lifecycle, status, target) for target in names))
        for status in lifecycle.statuses
    )
    return Grid(
        ("from \\ to", *names),
        rows,
        _title(lifecycle),
        "Under an event stand the actors that may take it. · is refused." + _starred(lifecycle),
    )


def _pair_cell(lifecycle: Lifecycle, status: Status, target: str) -> GridCell:
    taken = [transition for transition in lifecycle.moves[status.name] if transition.target == target]
    if target == status.name:
        return GridCell("\n".join(("same status", *map(_way, taken))), "bump")
    if not taken:
        return GridCell("·", "refused")
    return GridCell("\n".join(_way(transition) for transition in taken), "moves")


def _by_status(lifecycle: Lifecycle) -> Grid:
    renamed = any(status.value != status.name for status in lifecycle.statuses)
    rows: list[tuple[GridCell, ...]] = []
    for status in lifecycle.statuses:
        head = (
            GridCell(status.name, "strong"),
            GridCell(_kind(status)),
            *((GridCell(_value(status)),) if renamed else ()),
        )
        moves = [_move(transition) for transition in lifecycle.moves[status.name]]
        for position, move in enumerate(moves or [(GridCell("no way out", "quiet"), GridCell(""), GridCell(""))]):
            rows.append((*(head if position == 0 else (GridCell(""),) * len(head)), *move))
    header = ("from", "kind", *(("stored as",) if renamed else ()), "to", "by event", "by actor")
    legend = "Every pair that is not listed is refused, a status's own aside." + _starred(lifecycle)
    return Grid(header, tuple(rows), _title(lifecycle), legend)


def _move(transition: Transition) -> tuple[GridCell, ...]:
    by = ", ".join(transition.by)
    return GridCell(transition.target, "moves"), GridCell(_event(transition)), GridCell(by, "quiet")


def _status_cell(status: Status) -> GridCell:
    value = _value(status)
    return GridCell("\n".join((status.name, _kind(status), *((f"stored as {value}",) if value else ()))), "strong")


def _kind(status: Status) -> str:
    return f"{'initial, ' if status.initial else ''}{status.kind}"


def _value(status: Status) -> str:
    return "" if status.value == status.name else shown(status.value, 30)


def _way(transition: Transition) -> str:
    return "\n".join((_event(transition) or "moves", *(f"  {actor}" for actor in transition.by)))


def _event(transition: Transition) -> str:
    """Return the event, with a star where the transition has a condition or needs an effect."""
    return f"{transition.event or ''}{' *' if transition.needs or transition.when_text else ''}".strip()


def _starred(lifecycle: Lifecycle) -> str:
    asked = any(transition.needs or transition.when_text for transition in lifecycle.transitions)
    return " * asks for more: see below." if asked else ""


def _title(lifecycle: Lifecycle) -> str:
    sums = totals(lifecycle)
    return (
        f"{lifecycle.name}: {len(lifecycle.statuses)} statuses, {sums.pairs} ordered pairs: "
        f"{sums.moves} move, {sums.same_status} same-status, {sums.refused} refused"
    )


def _reading(lifecycle: Lifecycle) -> str:
    """Return two sentences: on a write that keeps the status, and on a status that the spec does not know."""
    bumps = lifecycle.same_status
    if bumps is None:
        columns = "the spec does not say which columns it may change"
    elif bumps:
        columns = f"it may change {', '.join(bumps)}"
    else:
        columns = "it may change no declared column"
    return (
        f"A write that leaves the status as it is is always allowed: {columns}.\n"
        "A status that the spec does not know is always refused, also to itself."
    )


# --- pairs -----------------------------------------------------------------


def _allowed_pairs(lifecycle: Lifecycle) -> list[tuple[str, str]]:
    """Return the pairs that are not refused; of each status, the pair with itself first."""
    found: list[tuple[str, str]] = []
    for status in lifecycle.statuses:
        targets = dict.fromkeys((status.name, *(t.target for t in lifecycle.moves[status.name])))
        found += [(status.name, target) for target in targets]
    return found


def _allowed(lifecycle: Lifecycle, source: str, target: str) -> dict[str, object]:
    return {
        "from": source,
        "to": target,
        "is": "same_status" if source == target else "moves",
        "by": [
            {
                "event": transition.event,
                "actors": list(transition.by),
                "when": transition.when_text,
                "needs": {call: str(effect) for call, effect in transition.needs},
            }
            for transition in lifecycle.moves[source]
            if transition.target == target
        ],
    }
