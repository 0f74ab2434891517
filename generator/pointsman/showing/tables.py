"""The tables beside the matrix: statuses, conditions on moves, queues, events from outside."""

from __future__ import annotations

from datetime import timedelta

from pointsman.result import Grid, GridCell
from pointsman.spec.lifecycle import (
    Backoff,
    EarlyEvent,
    EffectState,
    Event,
    Lifecycle,
    Now,
    Queue,
    Setting,
    Status,
)

_ANSWER_TONE = {EarlyEvent.KEEP: "good", EarlyEvent.IGNORE: "quiet", EarlyEvent.REFUSE: "refused"}


def tables(lifecycle: Lifecycle) -> tuple[Grid, ...]:
    """Return a table for each part that the spec has."""
    there = (
        (any(s.requires or s.on_entry or s.means for s in lifecycle.statuses), _statuses),
        (any(t.needs or t.when_text for t in lifecycle.transitions), _conditions),
        (bool(lifecycle.queues), _queues),
        (bool(lifecycle.events), _events),
    )
    return tuple(table(lifecycle) for said, table in there if said)


def data(lifecycle: Lifecycle) -> dict[str, object]:
    """Return the statuses, queues and events as JSON values."""
    return {
        "lifecycle": lifecycle.name,
        "summary": lifecycle.summary,
        "statuses": [_status_data(status) for status in lifecycle.statuses],
        "queues": [_queue_data(queue) for queue in lifecycle.queues],
        "events": [_event_data(lifecycle, event) for event in lifecycle.events],
    }


# --- statuses --------------------------------------------------------------


def _statuses(lifecycle: Lifecycle) -> Grid:
    rows = tuple(
        (
            GridCell(status.name, "strong"),
            GridCell("\n".join(status.requires)),
            GridCell("\n".join(f"{column} = {_setting(value)}" for column, value in status.on_entry)),
            GridCell("\n".join(_effect(call, effect) for call, effect in status.means)),
        )
        for status in lifecycle.statuses
    )
    return Grid(("status", "requires", "sets on entry", "means"), rows, title="What a status says of its row")


def _conditions(lifecycle: Lifecycle) -> Grid:
    rows = tuple(
        (
            GridCell(transition.source, "strong"),
            GridCell(transition.target, "moves"),
            GridCell(transition.event or ""),
            GridCell(
                "\n".join((*_needs(transition.needs), *((transition.when_text,) if transition.when_text else ())))
            ),
        )
        for transition in lifecycle.transitions
        if transition.needs or transition.when_text
    )
    return Grid(("from", "to", "by event", "only if"), rows, title="Moves that ask for more than a status")


def _needs(needs: tuple[tuple[str, EffectState], ...]) -> tuple[str, ...]:
    return tuple(_effect(call, effect) for call, effect in needs)


def _effect(call: str, effect: EffectState) -> str:
    return f"{call} is {'done' if effect is EffectState.DONE else 'not done'}"


def _setting(value: Setting) -> str:
    if value is None:
        return "null"
    return "now" if isinstance(value, Now) else repr(value).lower() if isinstance(value, bool) else repr(value)


def _status_data(status: Status) -> dict[str, object]:
    return {
        "name": status.name,
        "value": status.value,
        "kind": str(status.kind),
        "initial": status.initial,
        "summary": status.summary,
        "requires": list(status.requires),
        "on_entry": {column: _setting(value) for column, value in status.on_entry},
        "means": {call: str(effect) for call, effect in status.means},
    }


# --- queues ----------------------------------------------------------------


def _queues(lifecycle: Lifecycle) -> Grid:
    rows = tuple(
        (
            GridCell(queue.name, "strong"),
            GridCell("\n".join(queue.statuses)),
            GridCell(queue.worker or "none", "" if queue.worker else "bad"),
            GridCell(queue.call or "", "quiet"),
            GridCell(_due(queue)),
            GridCell(_attempts(queue)),
            GridCell(queue.index or "none", "quiet" if queue.index else "bad"),
        )
        for queue in lifecycle.queues
    )
    return Grid(("queue", "statuses", "worker", "calls", "due", "attempts", "index"), rows, title="Queues")


def _due(queue: Queue) -> str:
    lines = [queue.due or "never"]
    if queue.order:
        lines.append(f"first by {', '.join(queue.order)}")
    return "\n".join(lines)


def _attempts(queue: Queue) -> str:
    if queue.attempts is None:
        return "not counted"
    limit = "no limit" if queue.attempts.limit is None else f"at most {queue.attempts.limit}"
    return f"{limit}, in {queue.attempts.column}" + (f"\n{_backoff(queue.backoff)}" if queue.backoff else "")


def _backoff(backoff: Backoff) -> str:
    ceiling = f", at most {_span(backoff.ceiling)}" if backoff.ceiling is not None else ""
    jitter = f", ±{backoff.jitter:.0%}" if backoff.jitter else ""
    return f"{_span(backoff.first)} x {backoff.factor:g}{ceiling}{jitter}"


def _span(span: timedelta) -> str:
    """Return the span as a spec spells it, in the largest unit that divides it."""
    for unit, size in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1))):
        if span >= size and not span % size:
            return f"{span // size}{unit}"
    return f"{span.total_seconds():g}s"


def _queue_data(queue: Queue) -> dict[str, object]:
    return {
        "name": queue.name,
        "statuses": list(queue.statuses),
        "worker": queue.worker,
        "call": queue.call,
        "due": queue.due,
        "order": list(queue.order),
        "index": queue.index,
        "attempts": None
        if queue.attempts is None
        else {"column": queue.attempts.column, "limit": queue.attempts.limit},
        "backoff": None if queue.backoff is None else _backoff_data(queue.backoff),
    }


def _backoff_data(backoff: Backoff) -> dict[str, object]:
    """Return the pauses in seconds, the factor as a number, and the jitter as a share from 0 to 1."""
    return {
        "first_seconds": backoff.first.total_seconds(),
        "factor": backoff.factor,
        "ceiling_seconds": None if backoff.ceiling is None else backoff.ceiling.total_seconds(),
        "jitter": backoff.jitter,
    }


# --- events ----------------------------------------------------------------


def _events(lifecycle: Lifecycle) -> Grid:
    """Return the table of what becomes of each event from outside in each status."""
    columns = [_answers(lifecycle, event) for event in lifecycle.events]
    rows = tuple(
        (GridCell(status.name, "strong"), *(column[position] for column in columns))
        for position, status in enumerate(lifecycle.statuses)
    )
    return Grid(
        ("in status", *(event.name for event in lifecycle.events)),
        rows,
        title="Events from outside",
        legend="\n".join(_event_legend(event) for event in lifecycle.events),
    )


def _answers(lifecycle: Lifecycle, event: Event) -> list[GridCell]:
    otherwise = dict(event.otherwise)
    return [_answer(_taken(lifecycle, event, status.name), otherwise.get(status.name)) for status in lifecycle.statuses]


def _answer(taken: list[str], otherwise: EarlyEvent | None) -> GridCell:
    if taken:
        return GridCell("\n".join(f"moves to {target}" for target in taken), "moves")
    return GridCell("no answer", "bad") if otherwise is None else GridCell(otherwise, _ANSWER_TONE[otherwise])


def _taken(lifecycle: Lifecycle, event: Event, status: str) -> list[str]:
    return [transition.target for transition in lifecycle.moves[status] if transition.event == event.name]


def _event_legend(event: Event) -> str:
    delivery = str(event.delivery).replace("_", " ")
    kept = f"; kept in {event.keep_in} until it can apply" if event.keep_in else ""
    carried = ", ".join(f"{column} from {field}" for column, field in event.carries)
    return f"{event.name} arrives {delivery}{kept}" + (f"; it carries {carried}" if carried else "") + "."


def _event_data(lifecycle: Lifecycle, event: Event) -> dict[str, object]:
    answers = dict(event.otherwise)
    return {
        "name": event.name,
        "value": event.value,
        "delivery": str(event.delivery),
        "keep_in": event.keep_in,
        "carries": dict(event.carries),
        "answers": {
            status.name: {
                "moves_to": _taken(lifecycle, event, status.name),
                "otherwise": str(answers[status.name]) if status.name in answers else None,
            }
            for status in lifecycle.statuses
        },
    }
