"""Random lifecycles that a spec could say, with stored values chosen to hurt.

`lifecycles()` draws whole `Lifecycle` objects as the loader would build them:
names are unique also when case and underscores do not count, everything that is
referred to exists, a terminal status has no way out. Stored values hold quotes,
newlines, SQL, template fragments, look-alikes and other names' spellings.
"""

from __future__ import annotations

import functools
import hashlib
from datetime import timedelta

from hypothesis import strategies as st

from pointsman.spec.lifecycle import (
    Actor,
    ActorKind,
    Attempts,
    Backoff,
    Column,
    Delivery,
    EarlyEvent,
    Event,
    Lifecycle,
    Now,
    Queue,
    Status,
    Table,
    Transition,
)
from pointsman.spec.names import folded
from pointsman.spec.source import Source

NAMES = (
    "pending",
    "completed",
    "reversal_pending",
    "reversalDone",
    "yes",
    "no",
    "NULL",
    "none",
    "true",
    "class",
    "def",
    "type",
    "func",
    "select",
    "user",
    "table",
    "name",
    "value",
    "mro",
    "end",
    "node",
    "subgraph",
    "state",
    "note",
    "A1",
    "x",
    "HTTPServerError",
    "status",
    "all_statuses",
    "can_transition",
    "TRANSITIONS",
    "permanently_failed_after_every_attempt_was_spent_and_settled",
)
"""Names that mean something in one of the languages we write."""

HOSTILE_VALUES = (
    "in review",
    "it's",
    'say "no"',
    "''",
    '""',
    '"""',
    "'; drop table t; --",
    "$$; select 1; $$",
    "$pointsman$",
    "/* */ -- //",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{# #}",
    "${HOME} `id`",
    "%s %(x)s %%",
    "{0} {x!r}",
    "back\\slash",
    "\\",
    "\\n",
    "\\N \\G \\l",
    "a -> b",
    "<b>&amp;</b>",
    "a:b;c#d",
    "[*]",
    " ",
    "  leading and trailing  ",
    "null",
    "None",
    "0",
    "1.0",
    "ready",
    "Ready",
    "READY",
    "ready ",
    "re\u0301ady",
    "r\u00e9ady",
    "\u0440\u0435\u0430dy",
    "готово",
    "完了",
    "✅",
    "𝔣𝔯𝔞𝔨𝔱𝔲𝔯",
    "DO NOT EDIT.",
    "*/",
    "]]>",
    "v" * 300,
)
"""Printable stored values."""

UNPRINTABLE_VALUES = ("two\nlines", "\n", "tab\there", "zero\u200bwidth", "right\u202eto left", "line\u2028separator")
"""Stored values that a database takes and a terminal does not show."""

_PLAIN_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
_COLUMN_TYPES = ("text", "bigint", "integer", "timestamptz", "boolean")


@functools.cache
def names() -> st.SearchStrategy[str]:
    """One name that the language allows."""
    return st.one_of(st.sampled_from(NAMES), st.from_regex(r"\A[A-Za-z][A-Za-z0-9_]{0,9}\Z"))


@functools.cache
def _lower_names() -> st.SearchStrategy[str]:
    return names().map(str.lower)


@functools.cache
def stored_values(*, printable: bool = False) -> st.SearchStrategy[str]:
    """One stored value; with `printable` only such as `str.isprintable` lets through."""
    hostile = HOSTILE_VALUES if printable else HOSTILE_VALUES + UNPRINTABLE_VALUES
    return st.one_of(
        st.sampled_from(hostile),
        st.sampled_from(NAMES),
        _PLAIN_TEXT.filter(str.isprintable) if printable else _PLAIN_TEXT,
    )


@functools.cache
def summaries() -> st.SearchStrategy[str | None]:
    """What an author may write about anything."""
    return st.one_of(st.none(), st.sampled_from(HOSTILE_VALUES + UNPRINTABLE_VALUES), _PLAIN_TEXT)


@st.composite
def lifecycles(draw: st.DrawFn, *, min_statuses: int = 1, max_statuses: int = 7, printable: bool = False) -> Lifecycle:
    """A lifecycle. With `printable`, every stored value is, as in a spec that was read from a file."""
    found = draw(st.lists(names(), min_size=min_statuses, max_size=max_statuses, unique_by=folded))
    values = draw(st.lists(stored_values(printable=printable), min_size=len(found), max_size=len(found), unique=True))
    taken = set(found)
    # A name stands for itself unless the spec says otherwise; two statuses never store the same value.
    stored = [
        value if draw(st.booleans()) or value in taken else name for name, value in zip(found, values, strict=True)
    ]
    if len(set(stored)) < len(stored):
        stored = values
    actors = draw(_actors())
    transitions = draw(_transitions(tuple(found), actors))
    table = draw(st.none() | _tables())
    return Lifecycle(
        name=draw(names()),
        summary=draw(summaries()),
        statuses=draw(_statuses(tuple(zip(found, stored, strict=True)), transitions, table)),
        transitions=transitions,
        table=table,
        actors=actors,
        events=draw(_events(tuple(found), transitions, table)),
        same_status=tuple(c.name for c in table.columns) if table else None,
        queues=draw(_queues(tuple(found), actors, table)) if table else (),
        source=Source("spec/random.yaml", hashlib.sha256(repr(stored).encode()).hexdigest()),
    )


@st.composite
def _actors(draw: st.DrawFn) -> tuple[Actor, ...]:
    found = draw(st.lists(names(), max_size=4, unique_by=folded))
    return tuple(Actor(name, draw(st.sampled_from(ActorKind)), draw(summaries())) for name in found)


@st.composite
def _transitions(draw: st.DrawFn, statuses: tuple[str, ...], actors: tuple[Actor, ...]) -> tuple[Transition, ...]:
    status = st.sampled_from(statuses)
    event = st.sampled_from(("go", "stop", "given_up", "refund_requested"))
    edges = draw(st.lists(st.tuples(status, status, event), max_size=3 * len(statuses), unique=True))
    return tuple(
        Transition(
            source,
            target,
            event=name,
            by=tuple(a.name for a in actors if draw(st.booleans())),
            summary=draw(summaries()),
            path=("transitions", position),
        )
        for position, (source, target, name) in enumerate(edges)
    )


@st.composite
def _tables(draw: st.DrawFn) -> Table:
    columns = draw(st.lists(_lower_names(), max_size=4, unique_by=folded))
    reserved = {"status", "id", "due_at", "attempt_count"}
    declared = tuple(
        Column(name, draw(st.sampled_from(_COLUMN_TYPES)), nullable=draw(st.booleans()))
        for name in columns
        if name not in reserved
    )
    due = Column("due_at", "timestamptz", nullable=draw(st.booleans()), default=Now.NOW)
    count = Column("attempt_count", "integer", default=0)
    name = draw(st.sampled_from(("orders", "seller_transfers", "order", "user", "select", "Mixed")))
    return Table(name, "status", columns=(*declared, due, count))


@st.composite
def _statuses(
    draw: st.DrawFn, named: tuple[tuple[str, str], ...], transitions: tuple[Transition, ...], table: Table | None
) -> tuple[Status, ...]:
    leaves = {t.source for t in transitions if t.source != t.target}
    first = draw(st.integers(0, len(named) - 1))
    nullable = tuple(c.name for c in table.columns if c.nullable) if table else ()
    return tuple(
        Status(
            name,
            value,
            initial=position == first or draw(st.integers(0, 5)) == 0,
            # A self-transition of a terminal status would be a way out of the map.
            terminal=(terminal := name not in leaves and not any(t.source == name for t in transitions)),
            resting=not terminal and draw(st.booleans()),
            requires=tuple(c for c in nullable if draw(st.booleans())),
            on_entry=(("attempt_count", 0), ("due_at", Now.NOW)) if table and draw(st.booleans()) else (),
            summary=draw(summaries()),
        )
        for position, (name, value) in enumerate(named)
    )


@st.composite
def _events(
    draw: st.DrawFn, statuses: tuple[str, ...], transitions: tuple[Transition, ...], table: Table | None
) -> tuple[Event, ...]:
    found = draw(st.lists(st.sampled_from(("go", "stop", "refund_requested")), max_size=2, unique=True))
    kept = [c.name for c in table.columns if c.type == "timestamptz" and c.nullable] if table else []
    answers = [EarlyEvent.IGNORE, EarlyEvent.REFUSE] + ([EarlyEvent.KEEP] if kept else [])
    events: list[Event] = []
    for name in found:
        taken = {t.source for t in transitions if t.event == name}
        otherwise = tuple((s, draw(st.sampled_from(answers))) for s in statuses if s not in taken)
        keeps = any(answer is EarlyEvent.KEEP for _, answer in otherwise)
        events.append(
            Event(
                name,
                draw(stored_values()),
                delivery=draw(st.sampled_from(Delivery)),
                otherwise=otherwise,
                keep_in=kept[0] if keeps else None,
                summary=draw(summaries()),
            )
        )
    return tuple(events)


@st.composite
def _queues(draw: st.DrawFn, statuses: tuple[str, ...], actors: tuple[Actor, ...], table: Table) -> tuple[Queue, ...]:
    left = list(statuses)
    queues: list[Queue] = []
    for name in draw(st.lists(names(), max_size=3, unique_by=folded)):
        own = [s for s in left if draw(st.booleans())]
        left = [s for s in left if s not in own]
        if not own:
            continue
        queues.append(
            Queue(
                name,
                tuple(own),
                worker=draw(st.sampled_from(actors)).name if actors else None,
                due="due_at",
                order=("due_at", table.primary_key),
                index=f"idx_random_{name.lower()}"[:63],
                attempts=Attempts("attempt_count", draw(st.none() | st.integers(1, 20))),
                backoff=Backoff(timedelta(minutes=1), ceiling=timedelta(hours=6), jitter=0.2),
                summary=draw(summaries()),
            )
        )
    return tuple(queues)


def ladder(size: int) -> Lifecycle:
    """A lifecycle of `size` statuses, two moves out of each but the last: for measuring, not for surprises."""
    statuses = tuple(
        Status(f"step_{n:04}", f"step_{n:04}", initial=n == 0, terminal=n == size - 1) for n in range(size)
    )
    transitions = tuple(
        Transition(statuses[n].name, statuses[min(n + hop, size - 1)].name, event=event, path=("transitions", n))
        for n in range(size - 1)
        for hop, event in ((1, "next"), (7, "skip"))
    )
    digest = hashlib.sha256(str(size).encode()).hexdigest()
    return Lifecycle("ladder", statuses, transitions, source=Source("spec/ladder.yaml", digest))
