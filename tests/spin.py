"""Spin, run to the end: what it counted and what it found, as data.

Everything that makes a verdict worth less than it looks is an error here: a
message of Spin's, a bound that was hit, a claim that was not used, a verifier
that did not end by itself.
"""

from __future__ import annotations

import atexit
import functools
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.toolchains import c_compiler, need

_COUNT = r"^\s*(\d+) {}"
_SECONDS = 120
_SHALLOW = 300_000
"""Steps: the depth that is tried first."""
_TOO_LITTLE = ("max search depth too small", "out of memory", "memory limit", "Hint: ", "search was truncated")


class SpinError(Exception):
    """Spin or its verifier did not do the whole of its work."""


@dataclass(frozen=True, slots=True)
class Spun:
    """What a verifier reported.

    `transitions` are those between states: pan's own figure has one more, for
    the initial state. `depth` is where the first error was found.
    """

    states: int
    transitions: int
    errors: int
    depth: int | None
    text: str

    @property
    def broken(self) -> bool:
        """Whether an assertion failed."""
        return "assertion violated" in self.text

    @property
    def deadlock(self) -> bool:
        """Whether a state without a command was found."""
        return "invalid end state" in self.text.partition("Full statespace search")[0]

    @property
    def cycle(self) -> bool:
        """Whether a run was found that breaks a response."""
        return "acceptance cycle (at depth" in self.text


def check_safety(
    text: str, folder: Path, *, defines: Sequence[str] = (), bfs: bool = False, depth: int = 5_000_000
) -> Spun:
    """Explore a model in its safety form. `defines` are for Spin, such as ``INVARIANT=0``.

    With `bfs` an error is found where it is nearest to the initial state.
    """
    built = ("-DSAFETY", *(("-DBFS",) if bfs else ()))
    return _run(text, folder, [f"-D{name}" for name in defines], built, [], depth)


def check_response(text: str, folder: Path, number: int, *, fair: bool = True, depth: int = 5_000_000) -> Spun:
    """Look for a run that breaks one response of a model in its liveness form, counted from 1."""
    claim = f"response_{number}"
    found = _run(text, folder, [], _nfair(text), ["-a", *(("-f",) if fair else ()), "-N", claim], depth)
    if f"never claim         \t+ ({claim})" not in found.text or "acceptance   cycles \t+" not in found.text:
        raise SpinError(f"the claim {claim} was not checked:\n{found.text}")
    return found


def _nfair(text: str) -> tuple[str, ...]:
    """What the model's own opening lines say the verifier must be built with."""
    return tuple(re.findall(r"-DNFAIR=\d+", text)[:1])


def _run(
    text: str, folder: Path, for_spin: Sequence[str], for_compiler: Sequence[str], for_pan: Sequence[str], depth: int
) -> Spun:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.pml").write_text(text, encoding="utf-8")  # for the reader of a failure
    spin, compiler = need("spin", why="install the package spin"), c_compiler()
    pan = str(_verifier(text, (spin, *for_spin), (compiler, *for_compiler)))
    # Most models need a shallow stack, and to fill a deep one takes longer than to search them.
    if depth > _SHALLOW:
        said = _output([pan, "-w20", *for_pan, f"-m{_SHALLOW}"], folder)
        if "max search depth too small" not in said:
            return read(said)
    return read(_output([pan, "-w20", *for_pan, f"-m{depth}"], folder))


@functools.lru_cache(maxsize=4)
def _verifier(text: str, spin: tuple[str, ...], compiler: tuple[str, ...]) -> Path:
    """The verifier of a model, compiled; one model has several responses, and is asked for one after the other.

    `spin` and `compiler` are the programs, each with the options of this verifier.
    """
    folder = Path(tempfile.mkdtemp(prefix="pointsman-spin-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "model.pml").write_text(text, encoding="utf-8")
    said = _output([*spin, "-o2", "-a", "model.pml"], folder)
    if re.search(r"\berror\b|\bsyntax\b|\bwarning\b", said, re.IGNORECASE):
        raise SpinError(f"spin does not take this model:\n{said}")
    _output([*compiler, "-w", "-DNOREDUCE", "-o", "pan", "pan.c"], folder)
    return folder / "pan"


def read(text: str) -> Spun:
    """What a verifier's report says.

    Raises:
        SpinError: it did not look at everything that it was asked to look at, or this is no report.
    """
    if said := [words for words in _TOO_LITTLE if words in text]:
        raise SpinError(f"the search was not complete ({', '.join(said)}):\n{text}")
    errors = re.search(r"errors: (\d+)", text)
    if errors is None:
        raise SpinError(f"this is no report:\n{text}")
    depth = re.search(r"\(at depth (\d+)\)", text)
    return Spun(
        states=_figure(r"states, stored", text),
        transitions=_figure(r"transitions \(=", text) - 1,
        errors=int(errors[1]),
        depth=int(depth[1]) if depth else None,
        text=text,
    )


def _figure(words: str, text: str) -> int:
    found = re.search(_COUNT.format(words), text, re.MULTILINE)
    if found is None:
        raise SpinError(f"no figure for {words!r}:\n{text}")
    return int(found[1])


def _output(command: Sequence[str], folder: Path) -> str:
    """All that `command` prints.

    Raises:
        SpinError: it failed.
    """
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode:
        raise SpinError(f"{Path(command[0]).name} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout
