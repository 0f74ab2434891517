"""Runs the project's commands for a developer, from a bare clone: python3 dev.py VERB.

Needs Python 3.11 or newer and nothing else. The first run makes a virtual
environment in .venv from the locked requirements, hashes checked; later runs
find it ready and start at once.
"""

import sys

# Checked before the imports below, which an older Python does not have.
if sys.version_info < (3, 11):
    sys.stderr.write(
        "dev.py needs Python 3.11 or newer; this is Python %d.%d (%s).\n"
        "Run it with a newer one, for example: python3.12 dev.py verify\n"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )
    sys.exit(2)
if sys.platform == "win32":
    sys.stderr.write("dev.py runs on Linux and macOS; on Windows, use the Linux subsystem.\n")
    sys.exit(2)

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shlex
import shutil
import signal
import subprocess
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

HERE = Path(__file__).resolve().parent
SPEC = "spec/seller_transfer.yaml"

VERIFY = ("pointsman", "verify", SPEC)
"""The main job: lint and check the spec, compare the generated files, drive the reference service."""

LINT: tuple[tuple[str, ...], ...] = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports", "--no-logo"),
    ("python", "dev.py", "secrets"),
    ("pointsman", "generate", "--check"),
)
"""The commands of `lint`; all are run, and then the failed ones are named."""

PYTEST = ("python", "-m", "pytest", "--numprocesses", "auto", "--maxprocesses", "8", "--dist", "loadfile")
"""The command for tests: one process for each processor. The tests of a file run in one process, so that what they
share is prepared once."""

NO_NETWORK = ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ProxyError", "Max retries exceeded")
"""Words of pip's output when it could not reach its index."""


class CannotRunError(Exception):
    """No command can be run here; the message says why and what to do."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment: its folder and the lock that it is made from."""

    folder: Path
    lock: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """The file that marks a finished environment: written last and removed first."""
        return self.folder / "ready"


USUAL = Environment(HERE / ".venv", HERE / "requirements-dev.lock")
LOWEST = Environment(HERE / ".venv-lowest", HERE / "requirements-lowest.lock")


# The environment.


def prepare(environment: Environment) -> None:
    """Make or renew `environment`, or find that it is ready. Raises `CannotRunError`."""
    packages, project = _wanted(environment)
    if _stamped(environment) == [packages, project]:
        return
    with _alone(environment):
        stamped = _stamped(environment)
        if stamped == [packages, project]:  # another run made it while this one waited
            return
        environment.stamp.unlink(missing_ok=True)
        if stamped[:1] != [packages]:
            _make(environment)
        _say(f"Installing this project into {environment.folder.name} ...")
        _pip(environment, "install", "--no-deps", "--no-build-isolation", "--editable", str(HERE))
        environment.stamp.write_text(f"{packages}\n{project}\n", encoding="ascii")


def _wanted(environment: Environment) -> tuple[str, str]:
    """The stamp's text of an environment that is up to date: for the packages, and for the project itself."""
    interpreter = f"{sys.version}\n{sys.base_prefix}\n{environment.folder}\n"
    packages = hashlib.sha256(interpreter.encode() + environment.lock.read_bytes())
    project = hashlib.sha256((HERE / "pyproject.toml").read_bytes())
    return packages.hexdigest(), project.hexdigest()


def _stamped(environment: Environment) -> list[str]:
    try:
        return environment.stamp.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return []


def _make(environment: Environment) -> None:
    _check_venv()
    name = environment.folder.name
    _say(f"Making {name} from {environment.lock.name} (once; about a minute) ...")
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(environment.folder)
    base = getattr(sys, "_base_executable", None) or sys.executable
    made = subprocess.run([base, "-m", "venv", environment.folder], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise CannotRunError(f"{name} could not be made:\n{made.stdout}{made.stderr}")
    _pip(environment, "install", "--require-hashes", "--requirement", str(environment.lock))


def _check_venv() -> None:
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return
    major, minor = sys.version_info[:2]
    raise CannotRunError(
        f"This Python ({sys.executable}) cannot make virtual environments: its venv or ensurepip is not installed.\n"
        f"On Debian and Ubuntu: apt-get install python{major}.{minor}-venv. Then run the same command again."
    )


def _pip(environment: Environment, *arguments: str) -> None:
    ran = subprocess.run(
        [str(environment.python), "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", *arguments],
        cwd=HERE,
        env=_variables(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ran.returncode == 0:
        return
    sys.stderr.write(ran.stdout)
    if any(sign in ran.stdout for sign in NO_NETWORK):
        raise CannotRunError(
            "The packages could not be fetched: the package index cannot be reached from here.\n"
            "Check the network and pip's proxy and index settings (pip config list), then run the same command again."
        )
    raise CannotRunError("The packages could not be installed; pip's own words are above. Is there a network?")


@contextlib.contextmanager
def _alone(environment: Environment) -> Iterator[None]:
    """Lock the environment: a second run waits and then finds the work done."""
    path = environment.folder.with_name(f"{environment.folder.name}.lock")
    with path.open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"Waiting for another run that is making {environment.folder.name} ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _variables(environment: Environment) -> dict[str, str]:
    """Our environment variables, with the environment's programs first and none that redirects its Python.

    Compiled modules are kept, whatever the developer's setting: the tests start hundreds of Pythons.
    """
    dropped = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    path = os.pathsep.join((str(environment.folder / "bin"), kept.get("PATH", os.defpath)))
    return {**kept, "VIRTUAL_ENV": str(environment.folder), "PATH": path}


# The verbs.


def verify(_: Sequence[str]) -> int:
    """Show Pointsman at work on the seller-transfer spec and the code that is built on it."""
    prepare(USUAL)
    _say(f"$ {shlex.join(VERIFY)}")
    return _become(USUAL, VERIFY)


def test(arguments: Sequence[str]) -> int:
    """Run the tests; what follows the verb goes to pytest."""
    prepare(USUAL)
    return _become(USUAL, (*PYTEST, *arguments))


def test_lowest(arguments: Sequence[str]) -> int:
    """Run the tests on the oldest packages that pyproject.toml allows."""
    prepare(LOWEST)
    return _become(LOWEST, (*PYTEST, *arguments))


def lint(_: Sequence[str]) -> int:
    """Check everything that needs no test: style, types, layers, secrets, generated files."""
    prepare(USUAL)
    failed = []
    for command in LINT:
        _say(f"$ {shlex.join(command)}")
        if _run(USUAL, command) != 0:
            failed.append(shlex.join(command))
    if failed:
        _say("Failed: " + "; ".join(failed))
    return 1 if failed else 0


def secrets(_: Sequence[str]) -> int:
    """Look for secrets in every file that git knows or would add."""
    prepare(USUAL)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the developer's git
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        raise CannotRunError(f"git could not list the files to scan:\n{listed.stderr}")
    files = [name for name in listed.stdout.split("\0") if name and (HERE / name).is_file()]
    return _become(USUAL, ("detect-secrets-hook", "--baseline", ".secrets.baseline", *files))


def new(arguments: Sequence[str]) -> int:
    """Make the files of a rule, target, law, runner or driver: new rule NAME (see CONTRIBUTING.md)."""
    from scaffold.names import CannotMakeError  # noqa: PLC0415 - the other verbs need only this file
    from scaffold.new import make  # noqa: PLC0415 - the same

    try:
        _say(make(arguments, HERE))
    except CannotMakeError as refusal:
        raise CannotRunError(f"dev.py new: {refusal}") from refusal
    return 0


VERBS = {"verify": verify, "test": test, "test-lowest": test_lowest, "lint": lint, "secrets": secrets, "new": new}
WITH_ARGUMENTS = ("test", "test-lowest", "new")


def _run(environment: Environment, command: Sequence[str]) -> int:
    """Run `command` of `environment` to its end and return its exit code."""
    variables = _variables(environment)
    with subprocess.Popen([_program(command[0], variables), *command[1:]], cwd=HERE, env=variables) as child:
        try:
            code = child.wait()
        except KeyboardInterrupt:
            child.wait()  # the terminal interrupted the child too, which may have to clean up
            raise
    return 128 - code if code < 0 else code


def _become(environment: Environment, command: Sequence[str]) -> NoReturn:
    """Replace this process by `command` of `environment`: signals and the exit code are then its own."""
    variables = _variables(environment)
    os.chdir(HERE)
    sys.stdout.flush()
    os.execve(_program(command[0], variables), list(command), variables)  # noqa: S606 - no shell is what we want


def _program(name: str, variables: Mapping[str, str]) -> str:
    found = shutil.which(name, path=variables["PATH"])
    if found is None:
        raise CannotRunError(f"{name} is not installed; remove .venv and run the same command again.")
    return found


def _say(words: str) -> None:
    print(words, flush=True)


def usage() -> str:
    """The verbs and what each does."""
    verbs = "\n".join(f"  {name:12} {verb.__doc__}" for name, verb in VERBS.items())
    return f"usage: python3 dev.py VERB [ARGUMENTS]\n\n{textwrap.dedent(__doc__ or '')}\n{verbs}\n"


def main(arguments: Sequence[str]) -> int:
    """Run the verb; exit codes are its program's, 2 when nothing could be run, 130 after Ctrl-C."""
    verb, *rest = arguments or [""]
    if verb in ("-h", "--help", "help"):
        _say(usage())
        return 0
    if verb not in VERBS:
        sys.stderr.write(f"{usage()}\ndev.py: no such verb: {verb!r}\n")
        return 2
    if rest and verb not in WITH_ARGUMENTS:
        sys.stderr.write(f"dev.py: {verb} takes no arguments, got: {shlex.join(rest)}\n")
        return 2
    try:
        return VERBS[verb](rest)
    except CannotRunError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
