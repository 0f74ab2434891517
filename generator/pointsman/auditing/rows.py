"""Answers all questions about rows in one pass over the table.

One aggregate over one sequential scan counts, for every status, its rows and
the rows that contradict the spec. Then examples are fetched for each probe that
hit rows: in one query for all probes that hit few rows, and with a LIMIT in a
query of its own for each probe that hit many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, cast

from pointsman.auditing.check import AuditContext, Probe
from pointsman.database import Database, DatabaseError, DatabaseRow
from pointsman.live.table import LiveColumn
from pointsman.sql.quoting import identifier, literal

_T = TypeVar("_T")

FEW = 1000
"""One further pass fetches the examples of all probes that hit at most this many rows."""

MOST_VALUES = 10
"""The most values that a tally lists."""

MOST_COUNTS = 800
"""The most counts in one query; PostgreSQL allows 1,664 columns."""


@dataclass(frozen=True, slots=True)
class Example:
    """A row: its key, and the columns that the probe shows, as texts. None is null."""

    key: str
    shown: tuple[tuple[str, str | None], ...] = ()

    def __str__(self) -> str:
        shown = ", ".join(f"{column} {'null' if value is None else repr(value)}" for column, value in self.shown)
        return f"{self.key} ({shown})" if shown else self.key


@dataclass(frozen=True, slots=True)
class Hit:
    """A probe that hit rows: their count, some examples, and the query that lists all of them.

    `values` holds, for a probe with a tally, the commonest values of its column
    with the number of rows of each; None is null.
    """

    probe: Probe
    count: int
    examples: tuple[Example, ...]
    query: str
    values: tuple[tuple[str | None, int], ...] = ()


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many rows are in a status.

    Attributes:
        status: the name of the status; None for rows whose status the spec does not know.
        rows: their number.
    """

    status: str | None
    rows: int


@dataclass(frozen=True)
class Counted:
    """The results of the pass. `failed` holds a sentence for each probe that the server could not answer."""

    statuses: tuple[StatusCount, ...]
    hits: tuple[Hit, ...]
    failed: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Counts:
    """The counts for one status: all its rows, and the rows for which each condition is true."""

    rows: int
    where: dict[str, int]


@dataclass(frozen=True)
class _Question:
    """A probe with the SQL of its status and of its condition on this table."""

    probe: Probe
    status: str
    condition: str

    @property
    def where(self) -> str:
        parts = [part for part in (self.status, self.condition) if part != "true"]
        return " and ".join(f"({part})" if len(parts) > 1 else part for part in parts) or "true"


class Rows:
    """Counts the rows of one subject. `examples` is their number for each probe, `sample` a share in per cent."""

    def __init__(
        self, database: Database, subject: AuditContext, *, examples: int = 5, sample: float | None = None
    ) -> None:
        self._database = database
        self._subject = subject
        self._examples = examples
        self._sample = sample
        self._status = _StatusColumn(subject)
        key = subject.table.primary_key
        self._key = identifier(key) if subject.has(key) else "ctid"

    def count(self, probes: Iterable[Probe]) -> Counted:
        """Count the rows that each probe hits, and fetch examples.

        Raises:
            DatabaseError: the table may not be read, or time ran out.
        """
        questions = [question for probe in probes if (question := self._question(probe)) is not None]
        answerable, failed = self._answerable(questions)
        totals = self._totals(answerable)
        counts = {id(question): _among(totals, question) for question in answerable}
        hit = [question for question in answerable if counts[id(question)]]
        examples = self._find_examples(hit, counts)
        return Counted(
            statuses=tuple(StatusCount(status, counted.rows) for status, counted in totals.items()),
            hits=tuple(
                Hit(
                    question.probe,
                    counts[id(question)],
                    examples[id(question)],
                    self._listing(question),
                    self._tally(question),
                )
                for question in hit
            ),
            failed=failed,
        )

    # --- questions -------------------------------------------------------------

    def _question(self, probe: Probe) -> _Question | None:
        status = self._status.condition(probe.statuses)
        return None if status is None else _Question(probe, status, probe.condition)

    def _answerable(self, questions: list[_Question]) -> tuple[list[_Question], tuple[str, ...]]:
        """The questions that the server can plan, and a sentence for each of the others. EXPLAIN reads no row."""
        conditions = tuple(dict.fromkeys(question.condition for question in questions))
        refused: dict[str, str] = {}
        for part in _parts(conditions):
            if self._refusal(part) is not None:
                refused |= {one: why for one in part if (why := self._refusal((one,))) is not None}
        failed = tuple(
            f"{question.probe.says}: not counted, {refused[question.condition]}."
            for question in questions
            if question.condition in refused
        )
        return [question for question in questions if question.condition not in refused], failed

    def _refusal(self, conditions: Sequence[str]) -> str | None:
        try:
            self._database.read(f"explain {self._counting(conditions)}")
        except DatabaseError as error:
            if error.timed_out:
                raise
            return str(error)
        return None

    # --- counting ----------------------------------------------------------------

    def _totals(self, questions: list[_Question]) -> dict[str | None, _Counts]:
        """For each status the number of its rows, and the number of rows for which each condition is true."""
        conditions = tuple(dict.fromkeys(question.condition for question in questions))
        totals: dict[str | None, _Counts] = {}
        for part in _parts(conditions):
            for key, rows, *counts in self._database.read(self._counting(part)):
                status = self._status.names.get(str(key)) if key is not None else None
                found = totals.setdefault(status, _Counts(int(cast("int", rows)), {}))
                found.where.update(zip(part, (int(cast("int", count)) for count in counts), strict=True))
        return totals

    def _counting(self, conditions: Sequence[str]) -> str:
        counts = "".join(f",\n  count(*) filter (where {condition})" for condition in conditions)
        return (
            f"select {self._status.group}, count(*){counts}\nfrom {self._subject.live.sql}{self._sampling}\ngroup by 1"
        )

    @property
    def _sampling(self) -> str:
        return "" if self._sample is None else f" tablesample system ({self._sample:g})"

    # --- examples ----------------------------------------------------------------

    def _find_examples(self, hit: list[_Question], counts: dict[int, int]) -> dict[int, tuple[Example, ...]]:
        """Examples for each question. A time-out leaves out examples and does not affect the counts."""
        found: dict[int, tuple[Example, ...]] = {id(question): () for question in hit}
        if not self._examples:
            return found
        few = [question for question in hit if self._sample is None and counts[id(question)] <= FEW]
        try:
            for part in _parts(few):
                found |= self._examples_together(part) if part else {}
            for question in hit:
                if question not in few:
                    found[id(question)] = self._first_examples(question)
        except DatabaseError as error:
            if not error.timed_out:
                raise
        return found

    def _first_examples(self, question: _Question) -> tuple[Example, ...]:
        rows = self._database.read(f"{self._listing(question)} limit {self._examples}")
        return tuple(_example(row, question.probe.shows) for row in rows)

    def _examples_together(self, questions: Sequence[_Question]) -> dict[int, tuple[Example, ...]]:
        shows = tuple(dict.fromkeys(column for question in questions for column in question.probe.shows))
        hits = ", ".join(f"coalesce({question.where}, false)" for question in questions)
        wanted = " or ".join(f"({question.where})" for question in questions)
        rows = self._database.read(
            f"select {self._columns(shows)}, {hits} from {self._subject.live.sql}"  # noqa: S608 - as above
            f" where {wanted} order by {self._subject.live.sql}.{self._key} limit {2 * FEW * len(questions)}"
        )
        found: dict[int, tuple[Example, ...]] = {}
        for place, question in enumerate(questions, start=1 + len(shows)):
            kept = [row for row in rows if row[place]][: self._examples]
            found[id(question)] = tuple(_narrowed(_example(row, shows), question.probe.shows) for row in kept)
        return found

    def _tally(self, question: _Question) -> tuple[tuple[str | None, int], ...]:
        if question.probe.tally is None:
            return ()
        column = identifier(question.probe.tally)
        rows = self._in_time(
            f"select {column}::text, count(*) from {self._subject.live.sql}{self._sampling}"  # noqa: S608 - as above
            f" where {question.where} group by 1 order by 2 desc, 1 limit {MOST_VALUES}"
        )
        return tuple((None if value is None else str(value), int(cast("int", count))) for value, count in rows)

    def _in_time(self, query: str) -> tuple[DatabaseRow, ...]:
        try:
            return self._database.read(query)
        except DatabaseError as error:
            if error.timed_out:
                return ()
            raise

    def _listing(self, question: _Question) -> str:
        columns = self._columns(question.probe.shows)
        return f"select {columns} from {self._subject.live.sql} where {question.where}"  # noqa: S608 - as above

    def _columns(self, shows: Iterable[str]) -> str:
        return ", ".join(f"{column}::text" for column in (self._key, *(identifier(column) for column in shows)))


class _StatusColumn:
    """The status column in SQL: compared in its own type where that is possible, else as text."""

    def __init__(self, subject: AuditContext) -> None:
        live = subject.live.column.get(subject.table.status_column)
        statuses = subject.lifecycle.statuses
        self._exists = live is not None
        self._values = {each.name: each.value for each in statuses if live is None or _can_hold(live, each.value)}
        self._sql = _comparable(live) if live is not None else "null"
        # A char(n) pads its value with blanks, and the cast to text drops them.
        padded = live is not None and live.base == "character"
        self.names = {value.rstrip(" ") if padded else value: name for name, value in self._values.items()}

    @property
    def group(self) -> str:
        """SQL for the status of a row as text, null for a status that the spec does not know."""
        known = self._known()
        return "null::text" if known is None else f"(case when {known} then {self._sql} end)::text"

    def condition(self, statuses: tuple[str, ...] | None) -> str | None:
        """SQL that is true in `statuses` (None: any; empty: none that the spec knows); None if no row can be there."""
        if statuses is None:
            return "true"
        if not self._exists:
            return None
        if not statuses:
            known = self._known()
            return "true" if known is None else f"({known}) is not true"
        values = [self._values[name] for name in statuses if name in self._values]
        return self._one_of(values) if values else None

    def _known(self) -> str | None:
        return self._one_of(list(self._values.values())) if self._exists and self._values else None

    def _one_of(self, values: list[str]) -> str:
        listed = ", ".join(literal(value) for value in values)
        return f"{self._sql} = {listed}" if len(values) == 1 else f"{self._sql} in ({listed})"


def _parts(things: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """`things` in parts that fit one query; one empty part if there are none."""
    for start in range(0, max(len(things), 1), MOST_COUNTS):
        yield things[start : start + MOST_COUNTS]


def _among(totals: dict[str | None, _Counts], question: _Question) -> int:
    """The number of rows that contradict the spec in the statuses of the question."""
    statuses = question.probe.statuses
    wanted: set[str | None] = set(totals) if statuses is None else {*statuses} or {None}
    return sum(counted.where.get(question.condition, 0) for status, counted in totals.items() if status in wanted)


def _can_hold(live: LiveColumn, value: str) -> bool:
    """False for a value that is no label of the enum: no row has it, and comparing with it is an error."""
    return live.labels is None or value in live.labels


def _comparable(live: LiveColumn) -> str:
    column = identifier(live.name)
    return column if live.is_text or live.labels is not None else f"{column}::text"


def _example(row: Sequence[object], shows: tuple[str, ...]) -> Example:
    texts: Iterator[str | None] = (None if value is None else str(value) for value in row)
    return Example(next(texts) or "", tuple(zip(shows, texts, strict=False)))


def _narrowed(example: Example, shows: tuple[str, ...]) -> Example:
    return Example(example.key, tuple(pair for pair in example.shown if pair[0] in shows))
