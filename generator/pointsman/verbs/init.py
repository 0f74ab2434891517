"""`pointsman init`: a first spec, from a list of statuses or from a live table."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pointsman.result import Code, Prose, Result
from pointsman.spec.errors import UsageError
from pointsman.spec.finding import did_you_mean

if TYPE_CHECKING:
    from pointsman.database import Database
    from pointsman.draft import SpecDraft
    from pointsman.live.table import LiveTable

HELP = "write a first spec, from a list of statuses or from a live table"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `init`: a name with statuses, or a table."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="the lifecycle's name; the table's unless given")
    parser.add_argument("statuses", nargs="*", metavar="STATUS", help="the statuses, as the database stores them")
    parser.add_argument("--initial", action="append", default=[], metavar="STATUS", help="rows may start here")
    parser.add_argument("--terminal", action="append", default=[], metavar="STATUS", help="there is no way out")
    parser.add_argument("--resting", action="append", default=[], metavar="STATUS", help="a row may stay here for ever")
    parser.add_argument("--table", metavar="[SCHEMA.]TABLE", help="read the statuses from this table")
    parser.add_argument("--column", default="status", help="the table's status column (default: status)")
    parser.add_argument(
        "--dsn", help="the table's database, as for audit: a DSN or env:NAME (default: env:DATABASE_URL)"
    )
    parser.add_argument("--out", metavar="FILE", help="where the spec goes; - is standard output (default: NAME.yaml)")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def run(arguments: argparse.Namespace) -> Result:
    """Draft the spec from the statuses or the table, and write it to a file or to standard output."""
    from pointsman.draft import written

    draft = _marked(_drafted(arguments), arguments)
    text = written(draft)
    if arguments.out == "-":
        return Result("init", blocks=(Code(text, "yaml"),), data={"spec": text})
    path = Path(arguments.out or f"{draft.lifecycle}.yaml")
    _write(path, text, force=arguments.force)
    return Result(
        "init",
        blocks=(Prose(_next(draft, path)),),
        data={"file": path.as_posix(), "spec": text},
        summary=f"{path.as_posix()}: {len(draft.statuses)} statuses from {draft.origin}.",
    )


# --- what to draft ---------------------------------------------------------------


def _drafted(arguments: argparse.Namespace) -> SpecDraft:
    if arguments.table is None:
        return _from_words(arguments)
    if arguments.statuses:
        raise UsageError("--table reads the statuses from the table; leave them out, or leave out --table.")
    return _from_table(arguments)


def _from_words(arguments: argparse.Namespace) -> SpecDraft:
    from pointsman.draft import DraftStatus, SpecDraft, is_name, named

    if arguments.dsn is not None:
        raise UsageError("--dsn goes with --table, which says where the statuses are.")
    if arguments.name is None or not arguments.statuses:
        raise UsageError("Give a name and the statuses (init seller_transfer pending completed), or --table.")
    if not is_name(arguments.name):
        raise UsageError(f"{arguments.name!r} is no name for a lifecycle: use letters, digits and underscores.")
    if repeated := sorted({value for value in arguments.statuses if arguments.statuses.count(value) > 1}):
        raise UsageError(f"The status {repeated[0]!r} is given twice.")
    statuses = tuple(
        DraftStatus(name, value, initial=place == 0)
        for place, (value, name) in enumerate(named(arguments.statuses).items())
    )
    return SpecDraft(arguments.name, statuses, "the command line", guessed=True)


def _from_table(arguments: argparse.Namespace) -> SpecDraft:
    from pointsman.database import DatabaseError, Timeouts, connect, resolve_dsn
    from pointsman.live.drafting import draft_of

    schema, table = _split(arguments.table)
    timeouts = Timeouts(timedelta(minutes=1), timedelta(seconds=2))
    with connect(resolve_dsn(arguments.dsn), timeouts=timeouts) as database:
        try:
            live = _found(database, table, schema)
            name = _lifecycle_name(arguments.name, table)
            return draft_of(database, live, arguments.column, name, in_schema=schema is not None)
        except DatabaseError as error:
            advice = " Grant the role SELECT on it." if error.denied else ""
            raise UsageError(f"The table {arguments.table} could not be read: {error}.{advice}") from error


def _found(database: Database, table: str, schema: str | None) -> LiveTable:
    from pointsman.live.table import KINDS, READABLE, elsewhere, find

    live = find(database, table, schema)
    if live is None:
        others = elsewhere(database, table)
        known = f" There is one in {', '.join(others)}: write {others[0]}.{table}." if others else ""
        raise UsageError(f"There is no table {table!r}{f' in {schema!r}' if schema else ' on the search path'}.{known}")
    if live.kind not in READABLE:
        raise UsageError(f"{live.sql} is a {KINDS[live.kind]}; name the table that holds the rows.")
    return live


def _split(text: str) -> tuple[str | None, str]:
    """Split ``schema.table``; the schema is None where `text` has none.

    Double quotes work as in SQL; a name without them is taken as it is spelled.
    """
    part = r'("(?:[^"]|"")+"|[^".]+)'
    found = re.fullmatch(rf"(?:{part}\.)?{part}", text)
    if found is None:
        raise UsageError(f"{text!r} is no name of a table: write schema.table, with double quotes around a dot.")
    schema, table = (_unquoted(word) if word is not None else None for word in found.groups())
    return schema, table or ""


def _unquoted(word: str) -> str:
    return word[1:-1].replace('""', '"') if word.startswith('"') else word


def _lifecycle_name(given: str | None, table: str) -> str:
    from pointsman.draft import is_name, named

    if given is not None and not is_name(given):
        raise UsageError(f"{given!r} is no name for a lifecycle: use letters, digits and underscores.")
    return given if given is not None else named([table])[table]


# --- what the options say about statuses -------------------------------------------


def _marked(draft: SpecDraft, arguments: argparse.Namespace) -> SpecDraft:
    """Mark the statuses that the options name as initial, terminal or resting."""
    initial, terminal, resting = (
        _named(draft, words) for words in (arguments.initial, arguments.terminal, arguments.resting)
    )
    if both := sorted(terminal & resting):
        raise UsageError(f"{both[0]!r} cannot be both terminal and resting.")
    statuses = tuple(
        replace(
            status,
            initial=status.name in initial if initial else status.initial,
            terminal=status.name in terminal,
            resting=status.name in resting,
        )
        for status in draft.statuses
    )
    return replace(draft, statuses=statuses, guessed=draft.guessed and not initial)


def _named(draft: SpecDraft, words: list[str]) -> frozenset[str]:
    names = {status.value: status.name for status in draft.statuses}
    for word in words:
        if word not in names:
            raise UsageError(f"{word!r} is none of the statuses.{did_you_mean(word, names)}")
    return frozenset(names[word] for word in words)


# --- the file ----------------------------------------------------------------------


def _write(path: Path, text: str, *, force: bool) -> None:
    from pointsman.writing.adding import add
    from pointsman.writing.emit import write
    from pointsman.writing.output import Output

    output = Output(path.name, text)
    if force:
        write((output,), path.parent, force=True)
        return
    if path.exists():
        raise UsageError(f"{path.as_posix()} is there already; name another file with --out, or give --force.")
    add((output,), path.parent)


def _next(draft: SpecDraft, path: Path) -> str:
    file = path.as_posix()
    lines = [
        "Next:",
        f"  write the transitions in {file}: every move that is allowed",
        f"  pointsman lint {file}     says what is still missing",
        f"  pointsman show {file}     shows the matrix",
    ]
    if draft.table is not None:
        lines.append(f"  pointsman audit {file}    holds the table against it")
    return "\n".join(lines)
