"""Every runner's files, run as that runner runs them, end in the same catalogue as the schema.

Alembic is run itself. golang-migrate and dbmate are Go programs that send a file
or a part of one as a single query, Flyway is a Java program that sends statement
after statement: here the same is done with their files, by their own rules for
transactions, because what matters is how PostgreSQL takes what they send.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Attempts, Column, Enforcement, Lifecycle, Now, Queue, Status, Table, Transition
from pointsman.sql.runner import Runner, number
from pointsman.sql.runners import RUNNERS
from pointsman.sql.schema_target import schema_sql
from pointsman.sql.steps import steps
from pointsman.writing.adding import add
from tests.acceptance.sql.applying import SPEC, Snapshot, history, send, snapshot
from tests.lifecycles import HOSTILE_VALUES, UNPRINTABLE_VALUES
from tests.toolchains import need

BY_NAME = {runner.name: runner for runner in RUNNERS}
DBMATE_PART = re.compile(r"^-- migrate:(up|down)(.*)$", re.MULTILINE)


# --- what is migrated -------------------------------------------------------------


def _hostile() -> tuple[Lifecycle, ...]:
    """Lifecycles whose every file holds values that some runner might take for its own."""
    values = (
        *HOSTILE_VALUES,
        *UNPRINTABLE_VALUES,
        ":name",
        "a :name",
        "\\:x",
        "%(x)s",
        "${flyway:user}",
        "-- migrate:down",
    )
    statuses = tuple(
        Status(f"s{n}", value, on_entry=(("due_at", Now.NOW), ("note", value))) for n, value in enumerate(values)
    )
    ring = tuple(Transition(a.name, b.name) for a, b in zip(statuses, statuses[1:] + statuses[:1], strict=True))
    columns = (Column("due_at", "timestamptz", nullable=True), Column("note", "text", nullable=True))
    table = Table("seller_transfers", "status", columns=columns, enforce=frozenset())
    before = Lifecycle("hostile", statuses, (), table=table)
    demanding = tuple(replace(status, requires=("due_at", "note")) for status in statuses)
    later = (*columns, Column("attempts", "integer", default=0))
    queue = Queue(
        "all", tuple(s.name for s in statuses), due="due_at", index="idx_all", attempts=Attempts("attempts", 3)
    )
    enforced = replace(table, columns=later, enforce=frozenset(Enforcement))
    after = replace(before, statuses=demanding, transitions=ring, table=enforced, queues=(queue,))
    required = (replace(later[0], nullable=False, default=Now.NOW), *later[1:])
    last = replace(after, table=replace(enforced, columns=required), queues=(replace(queue, statuses=("s0", "s1")),))
    return before, after, last


SETS: dict[str, tuple[Lifecycle, ...]] = {
    "seller_transfer": (load(history(980)), load(history(981)), load(history(982)), load(SPEC)),
    "hostile": _hostile(),
}


def write(runner: Runner, versions: tuple[Lifecycle, ...], folder: Path) -> list[str]:
    """Write all the migrations and return their numbers."""
    numbers: list[str] = []
    for old, new in zip((None, *versions[:-1]), versions, strict=True):
        planned = number(steps(old, new), "seller_transfers", str(int(numbers[-1]) + 1 if numbers else 980))
        add(runner.render(planned, folder), folder)
        numbers += [each.number for each in planned]
    return numbers


# --- runners ----------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """Applies one file's way up, or its way down."""

    up: Callable[[str, Path, str], None]
    down: Callable[[str, Path, str], None]


def the_file(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def psql(dsn: str, path: Path, *options: str) -> None:
    words = [need("psql"), "--no-psqlrc", "-qX", "-v", "ON_ERROR_STOP=1", *options, "-f", str(path), dsn]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def whole_file(suffix: str) -> Callable[[str, Path, str], None]:
    """golang-migrate: the file as one query, in no transaction of the runner's."""
    return lambda dsn, folder, n: send(dsn, the_file(folder, f"{n}_*{suffix}").read_text(encoding="utf-8"))


def flyway(prefix: str) -> Callable[[str, Path, str], None]:
    def run(dsn: str, folder: Path, n: str) -> None:
        script = the_file(folder, f"{prefix}{n}__*.sql")
        settings = dict(line.split("=") for line in Path(f"{script}.conf").read_text(encoding="utf-8").splitlines())
        assert settings["placeholderReplacement"] == "false"
        together = settings["executeInTransaction"] == "true"
        psql(dsn, script, *(["--single-transaction"] if together else []))

    return run


def dbmate(direction: str) -> Callable[[str, Path, str], None]:
    def run(dsn: str, folder: Path, n: str) -> None:
        text = the_file(folder, f"{n}_*.sql").read_text(encoding="utf-8")
        found = DBMATE_PART.split(text)
        assert found[0] == ""
        assert found[1::3] == ["up", "down"]
        at = 3 * (direction == "down")
        options, sql = found[2 + at], found[3 + at]
        if options.strip() == "transaction:false":
            send(dsn, sql)
            return
        assert not options.strip()
        with psycopg.connect(dsn) as connection:
            connection.execute(sql.encode())

    return run


RUNS = {
    "plain": Run(
        lambda dsn, folder, n: psql(dsn, next(p for p in folder.glob(f"{n}_*.sql") if not p.stem.endswith("_down"))),
        lambda dsn, folder, n: psql(dsn, the_file(folder, f"{n}_*_down.sql")),
    ),
    "golang-migrate": Run(whole_file(".up.sql"), whole_file(".down.sql")),
    "flyway": Run(flyway("V"), flyway("U")),
    "dbmate": Run(dbmate("up"), dbmate("down")),
}


def test_the_files_of_every_runner_are_applied_here() -> None:
    assert {*RUNS, "alembic"} == set(BY_NAME), "RUNS says how a runner's files are applied"


def rows(dsn: str, lifecycle: Lifecycle) -> None:
    """A row in every status that needs nothing but the status."""
    with psycopg.connect(dsn) as connection:
        for status in lifecycle.statuses:
            connection.execute("insert into seller_transfers (status) values (%s)", (status.value,))


def expected(dsn: str, lifecycle: Lifecycle) -> Snapshot:
    send(dsn, "drop schema public cascade; create schema public")
    send(dsn, schema_sql(lifecycle))
    return snapshot(dsn)


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("versions", SETS.values(), ids=SETS)
def test_files_go_up_and_down_and_up_to_the_schema(
    name: str, versions: tuple[Lifecycle, ...], database: str, tmp_path: Path
) -> None:
    run, found = RUNS[name], write(BY_NAME[name], versions, tmp_path)
    empty = snapshot(database)
    for n in found:
        run.up(database, tmp_path, n)
        if versions is SETS["hostile"] and n == found[0]:
            rows(database, versions[0])
    up = snapshot(database)
    for n in reversed(found):
        run.down(database, tmp_path, n)
    assert snapshot(database) == empty
    for n in found:
        run.up(database, tmp_path, n)
    assert snapshot(database) == up == expected(database, versions[-1])


# --- Alembic ------------------------------------------------------------------------

ENVIRONMENT = """
from alembic import context
from sqlalchemy import create_engine, pool

url = context.config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    context.configure(url=url, dialect_opts={"paramstyle": "named"})
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An Alembic project without revisions."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENVIRONMENT, encoding="utf-8")
    return tmp_path


def alembic(project: Path, dsn: str, buffer: StringIO | None = None) -> Config:
    config = Config(output_buffer=buffer) if buffer else Config()
    config.set_main_option("script_location", str(project))
    config.set_main_option("path_separator", "os")
    url = dsn.replace("postgresql://", "postgresql+psycopg://", 1)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def without_versions(found: Snapshot) -> Snapshot:
    return replace(found, relations=tuple(name for name in found.relations if not name.startswith("alembic_version")))


@pytest.mark.parametrize("versions", SETS.values(), ids=SETS)
def test_alembic_itself_goes_up_and_down_and_up_to_the_schema(
    versions: tuple[Lifecycle, ...], database: str, project: Path
) -> None:
    found = write(BY_NAME["alembic"], versions, project / "versions")
    config = alembic(project, database)
    empty = snapshot(database)
    command.upgrade(config, found[0])
    if versions is SETS["hostile"]:
        rows(database, versions[0])
    command.upgrade(config, "head")
    up = without_versions(snapshot(database))
    command.downgrade(config, "base")
    assert without_versions(snapshot(database)) == empty
    command.upgrade(config, "head")
    assert without_versions(snapshot(database)) == up == expected(database, versions[-1])


@pytest.mark.parametrize("versions", SETS.values(), ids=SETS)
def test_alembics_offline_script_makes_the_schema(
    versions: tuple[Lifecycle, ...], database: str, project: Path, tmp_path: Path
) -> None:
    write(BY_NAME["alembic"], versions, project / "versions")
    script = StringIO()
    command.upgrade(alembic(project, database, script), "head", sql=True)
    path = tmp_path / "offline.sql"
    path.write_text(script.getvalue(), encoding="utf-8")
    psql(database, path)
    assert without_versions(snapshot(database)) == expected(database, versions[-1])


def test_alembic_finds_one_chain_of_revisions(project: Path) -> None:
    from alembic.script import ScriptDirectory

    found = write(BY_NAME["alembic"], SETS["seller_transfer"], project / "versions")
    directory = ScriptDirectory.from_config(alembic(project, "postgresql://nobody@127.0.0.1:1/none"))
    assert [script.revision for script in directory.walk_revisions()] == list(reversed(found))


# --- linting ------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in BY_NAME if name != "alembic"])
@pytest.mark.parametrize("versions", SETS.values(), ids=SETS)
def test_squawk_has_nothing_to_say_of_any_runners_files(
    name: str, versions: tuple[Lifecycle, ...], tmp_path: Path
) -> None:
    write(BY_NAME[name], versions, tmp_path)
    together: list[str] = []
    alone: list[str] = []
    for script in scripts(name, tmp_path):
        (together if script.in_transaction else alone).append(str(script.path))
    # Flyway and dbmate open the transaction themselves where a script has none.
    wrapped = ["--assume-in-transaction"] if name in ("flyway", "dbmate") else []
    for files, options in ((together, wrapped), (alone, [])):
        words = [str(Path(sys.executable).with_name("squawk")), "--reporter", "gcc", *options, *files]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout) == (0, "")


@dataclass(frozen=True)
class Script:
    """What a runner runs at one time, and whether it opens a transaction for it."""

    path: Path
    in_transaction: bool


def scripts(name: str, folder: Path) -> Iterator[Script]:
    for path in sorted(folder.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        if name == "dbmate":
            found = DBMATE_PART.split(text)
            for direction, options, sql in zip(found[1::3], found[2::3], found[3::3], strict=True):
                part = path.with_name(f"{path.stem}.{direction}.part")
                part.write_text(sql, encoding="utf-8")
                yield Script(part, "transaction:false" not in options)
        else:
            settings = Path(f"{path}.conf")
            own = settings.is_file() and "executeInTransaction=false" in settings.read_text(encoding="utf-8")
            yield Script(path, not own)
