"""Writes a first spec from a list of statuses or from a table.

A draft holds only what its origin shows. A table does not show transitions, so a
draft has none, and lint then reports for every status what is missing. Columns
and transitions that the author may want to add are comments in the draft.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pointsman.loading.language import VERSION
from pointsman.loading.load import load_text
from pointsman.loading.scalars import NAME
from pointsman.loading.structure import NAME_LENGTH
from pointsman.spec.errors import SpecError, UsageError
from pointsman.spec.names import folded

MOST_STATUSES = 500
"""The most statuses of a draft; a column with more distinct values is hardly a status column."""


@dataclass(frozen=True, slots=True)
class DraftStatus:
    """A status: its name in the spec, and the value that the database stores."""

    name: str
    value: str
    initial: bool = False
    terminal: bool = False
    resting: bool = False


@dataclass(frozen=True, slots=True)
class DraftColumn:
    """A column. `type` is None if the spec language lacks the type. `default` is written into the spec unchanged."""

    name: str
    type: str | None
    nullable: bool
    default: str | None = None


@dataclass(frozen=True, slots=True)
class DraftQueue:
    """A queue that an index suggests."""

    name: str
    statuses: tuple[str, ...]
    due: str
    order: tuple[str, ...]
    index: str


@dataclass(frozen=True)
class DraftTable:
    """The table: `used` are the columns that the queues use, `others` are the rest."""

    name: str
    schema: str | None
    primary_key: str | None
    status_column: str
    used: tuple[DraftColumn, ...] = ()
    others: tuple[DraftColumn, ...] = ()


@dataclass(frozen=True)
class SpecDraft:
    """A first spec. `origin` names the source of the statuses; `notes` are sentences for the author, as comments.

    `guessed`: the origin does not show in which status rows start, and the first status was taken.
    """

    lifecycle: str
    statuses: tuple[DraftStatus, ...]
    origin: str
    guessed: bool = False
    table: DraftTable | None = None
    queues: tuple[DraftQueue, ...] = ()
    notes: tuple[str, ...] = field(default=())


def is_name(text: str) -> bool:
    """True if a spec can use `text` as a name."""
    return re.fullmatch(NAME, text) is not None and len(text) <= NAME_LENGTH


def named(values: Iterable[str]) -> dict[str, str]:
    """Maps each distinct value to a name of its own, in the order of the values. A value that is a name keeps it."""
    given: dict[str, str] = {}
    taken: set[str] = set()
    distinct = list(dict.fromkeys(values))
    for value in sorted(distinct, key=lambda each: not is_name(each)):
        base = value if is_name(value) else _nearest_name(value)
        name, number = base, 2
        while folded(name) in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(folded(name))
        given[value] = name
    return {value: given[value] for value in distinct}


def _nearest_name(value: str) -> str:
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
    word = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:50].rstrip("_")
    if not word:
        return "status"
    return word if word[0].isalpha() else f"status_{word}"


def written(draft: SpecDraft) -> str:
    """The draft as YAML that loads without a finding.

    Raises:
        UsageError: if there are more than `MOST_STATUSES` statuses, or a spec cannot hold one of the texts, such as a
            status with a line end in it.
    """
    if len(draft.statuses) > MOST_STATUSES:
        raise UsageError(f"{len(draft.statuses)} statuses are too many for a lifecycle; is this the status column?")
    text = "\n".join(_lines(draft)) + "\n"
    try:
        load_text(text, f"{draft.lifecycle}.yaml")
    except SpecError as error:
        first = error.findings[0]
        raise UsageError(f"These statuses make no spec: {first.message}. {first.help}") from error
    return text


# --- the parts of the file -------------------------------------------------------


def _lines(draft: SpecDraft) -> Iterator[str]:
    opening = [f"The statuses are from {draft.origin}."]
    opening += ["That rows start in the first one is a guess."] * draft.guessed
    yield from (f"# {_comment(sentence)}" for sentence in (*opening, *draft.notes))
    yield f"pointsman: {VERSION}"
    yield f"lifecycle: {_scalar(draft.lifecycle)}"
    if draft.table is not None:
        yield from ("", *_table(draft.table))
    yield from ("", *_statuses(draft))
    yield from ("", *_transitions(draft))
    if draft.queues:
        yield from ("", *_queues(draft))


def _table(table: DraftTable) -> Iterator[str]:
    yield "table:"
    yield f"  name: {_scalar(table.name)}"
    if table.schema is not None:
        yield f"  schema: {_scalar(table.schema)}"
    if table.primary_key is not None:
        yield f"  primary_key: {_scalar(table.primary_key)}"
    yield f"  status_column: {_scalar(table.status_column)}"
    if table.used:
        yield "  columns:                    # only what the lifecycle reads or writes"
        yield from (f"    {_column(column)}" for column in table.used)
    if table.others:
        yield "  # The table's other columns; declare those that the lifecycle reads or writes:"
        yield from (f"  #   {_other(column)}" for column in table.others)


def _column(column: DraftColumn) -> str:
    parts = [f"type: {column.type}"]
    if column.nullable:
        parts.append("nullable: true")
    if column.default is not None:
        parts.append(f"default: {column.default}")
    return f"{_scalar(column.name)}: {{{', '.join(parts)}}}"


def _other(column: DraftColumn) -> str:
    if column.type is None or not is_name(column.name):
        why = "its name is none for a spec" if not is_name(column.name) else "its type is none of the spec language"
        return f"{_comment(column.name)} ({why})"
    return _column(column)


def _statuses(draft: SpecDraft) -> Iterator[str]:
    yield "statuses:                       # initial: rows may start here; terminal: no way out; resting: may stay"
    for status in draft.statuses:
        parts = [f"value: {_quoted(status.value)}"] if status.value != status.name else []
        kinds = {"initial": status.initial, "terminal": status.terminal, "resting": status.resting}
        parts += [f"{kind}: true" for kind, said in kinds.items() if said]
        yield f"  {_scalar(status.name)}: {{{', '.join(parts)}}}"


def _transitions(draft: SpecDraft) -> Iterator[str]:
    yield "# Nothing moves yet. Instead of [], write every move that is allowed, one on a line; all others are refused:"
    start = next((status.name for status in draft.statuses if status.initial), draft.statuses[0].name)
    end = next((status.name for status in draft.statuses if status.name != start), None)
    if end is not None:
        yield f"#   - {{from: {_scalar(start)}, to: {_scalar(end)}, event: what_happened}}"
    yield "transitions: []"


def _queues(draft: SpecDraft) -> Iterator[str]:
    yield "queues:                         # from the table's partial indexes; say which actor is the worker"
    for queue in draft.queues:
        yield f"  {_scalar(queue.name)}:"
        yield f"    statuses: [{', '.join(_scalar(name) for name in queue.statuses)}]"
        yield f"    due: {_scalar(queue.due)}"
        yield f"    order: [{', '.join(_scalar(name) for name in queue.order)}]"
        yield f"    index: {_scalar(queue.index)}"


# --- YAML ------------------------------------------------------------------------

_OTHERWISE_READ = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""Words that some readers of YAML do not take for a text."""


def _scalar(name: str) -> str:
    return _quoted(name) if name.lower() in _OTHERWISE_READ else name


def _quoted(text: str) -> str:
    """`text` in double quotes, on one line, with YAML's escapes."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    point = ord(character)
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def _comment(text: str) -> str:
    """`text` for a comment: characters that would end the line, or cannot be printed, are escaped."""
    return "".join(character if character.isprintable() else _escaped(character) for character in text)
