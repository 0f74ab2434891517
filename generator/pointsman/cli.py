"""The command line: finds the verb, runs it, reports its result and gives the exit code.

Only the module of the verb that was called for is imported. Standard output is
the report; everything else that has to be said goes to standard error. The exit
codes are those of `pointsman.result.Exit`. One code stands outside them, because
a run that ends with it came to no result: `DEFECT`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, cast

from pointsman.errors import SpecError, UsageError
from pointsman.finding import did_you_mean
from pointsman.reporting import FORMATS, Looks, render, spoken
from pointsman.reporting.deliver import can_deliver, deliver
from pointsman.reporting.visible import visible
from pointsman.result import Exit, Result
from pointsman.verbs import OWN, Verb

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

DEFECT = 70
"""Pointsman itself failed (EX_SOFTWARE of sysexits.h). Not one of `Exit`: there is no result to speak of."""

GROUP = "pointsman.verbs"
"""The group of entry points by which other packages add verbs."""

EXAMPLE = "pointsman lint spec/orders.yaml"


def main(argv: Sequence[str] | None = None) -> int:
    """Run `pointsman` with these words (without the program's name) and return its exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    _survive_any_encoding()
    code = _guarded(words)
    return code if _flushed() else max(code, Exit.USAGE)


def _guarded(words: Sequence[str]) -> int:
    """Whatever happens becomes an exit code and, at most, a line on standard error."""
    try:
        return _run(words)
    except SystemExit as leaving:  # how argparse ends --help and --version
        return leaving.code if isinstance(leaving.code, int) else Exit.OK
    except UsageError as error:
        say(f"pointsman: {error}")
        return Exit.USAGE
    except KeyboardInterrupt:
        say("pointsman: interrupted")
        return Exit.INTERRUPTED
    except BrokenPipeError:  # a reader such as `head` has seen enough, while help was printed
        return Exit.OK
    except Exception as defect:  # noqa: BLE001 - nobody should have to read a traceback
        return _confess(defect)


def _run(words: Sequence[str]) -> int:
    if not words or words[0].startswith("-"):
        return _without_a_verb(words)
    name, rest = words[0], words[1:]
    verb = find_verb(name)
    parser = verb_parser(name, verb)
    arguments = parser.parse_args(rest)
    if arguments.output is not None:
        can_deliver(arguments.output)
    try:
        result = verb.run(arguments)
    except SpecError as error:
        result = Result(verb=name, findings=error.findings, unloadable=True)
    _report(result, arguments)
    return result.exit_code


def _report(result: Result, arguments: argparse.Namespace) -> None:
    looks = _looks(arguments)
    text = render(result, arguments.format, looks)
    try:
        deliver(text, arguments.output)
    except BrokenPipeError:
        # The reader left early. The result stands, and so does its exit code.
        return
    if arguments.output is not None and not arguments.quiet:
        say(spoken(result, arguments.output))


def _looks(arguments: argparse.Namespace) -> Looks:
    """How text may look where it goes: a terminal, a pipe or a file."""
    stdout = cast("TextIO | None", sys.stdout)
    terminal = arguments.output is None and stdout is not None and stdout.isatty()
    asked: str = arguments.color
    colorful = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    width = None
    if terminal:
        import shutil

        width = shutil.get_terminal_size().columns
    return Looks(
        color=asked == "always" or (asked == "auto" and colorful),
        unicode=arguments.output is not None or _speaks_unicode(stdout),
        terminal=terminal,
        width=width,
        brief=arguments.quiet,
    )


def say(text: str) -> None:
    """Talk to the person: standard error, never the report."""
    stderr = cast("TextIO | None", sys.stderr)
    if stderr is None:
        return
    try:
        stderr.write(visible(text, keep="\n") + "\n")
        stderr.flush()
    except OSError:
        # Nobody can be told. The exit code still says it.
        return


def _confess(defect: Exception) -> int:
    if os.environ.get("POINTSMAN_TRACEBACK"):
        import traceback

        say("".join(traceback.format_exception(defect)).rstrip("\n"))
    said = f"{type(defect).__name__}: {defect}" if str(defect) else type(defect).__name__
    say(
        f"pointsman: a defect in Pointsman, not in your spec ({said[:300]!r}). Please report it with the command that "
        "you ran; POINTSMAN_TRACEBACK=1 in the environment shows where it happened."
    )
    return DEFECT


# --- streams ---------------------------------------------------------------


def _survive_any_encoding() -> None:
    """A character that a stream cannot encode is escaped instead of ending the run."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _speaks_unicode(stream: TextIO | None) -> bool:
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("_", "-")
    return encoding in {"utf-8", "utf8", "utf-8-sig", "utf-16", "utf-32"}


def _flushed() -> bool:
    """Flush standard output now, or the interpreter would complain about it on its way out."""
    stdout = cast("TextIO | None", sys.stdout)
    if stdout is None:
        return True
    try:
        stdout.flush()
    except BrokenPipeError:
        _abandon(stdout)
    except OSError as error:
        _abandon(stdout)
        say(f"pointsman: Cannot write to standard output: {error.strerror}.")
        return False
    return True


def _abandon(stdout: TextIO) -> None:
    """Send what is still buffered nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stdout.fileno())
    os.close(nowhere)


# --- verbs -----------------------------------------------------------------


def find_verb(name: str) -> Verb:
    """The module of the verb called `name`. Raises UsageError where there is none."""
    if name in own_verbs():
        return cast("Verb", import_module(f"pointsman.verbs.{name.replace('-', '_')}"))
    added = _added()
    if name in added.names:
        return _load(added, name)
    known = (*own_verbs(), *added.names)
    raise UsageError(f"there is no verb {name!r}.{did_you_mean(name, known)} `pointsman --help` lists the verbs.")


def own_verbs() -> tuple[str, ...]:
    """The verbs of this package that are there."""
    return tuple(name for name in OWN if find_spec(f"pointsman.verbs.{name.replace('-', '_')}"))


def all_verbs() -> Iterator[tuple[str, Verb]]:
    """Every verb with its module, own ones first; what other packages add and cannot be loaded is left out and said."""
    own = own_verbs()
    for name in own:
        yield name, find_verb(name)
    added = _added()
    for name in sorted(added.names - set(own)):
        try:
            yield name, _load(added, name)
        except UsageError as error:
            say(f"pointsman: {error}")


def _added() -> EntryPoints:
    # Looking through every installed distribution takes time that an own verb need not spend.
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def _load(added: EntryPoints, name: str) -> Verb:
    entry = next(iter(added.select(name=name)))
    try:
        return cast("Verb", entry.load())
    except Exception as error:
        raise UsageError(
            f"the verb {name!r} comes from {entry.value!r}, which cannot be loaded: {type(error).__name__}: {error}"
        ) from error


# --- parsers ---------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `UsageError`, and says what was probably meant."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        stop = "" if message.endswith((".", "?")) else "."
        raise UsageError(f"{message}{stop} `{self.prog} --help` says what there is.")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse all of `args`, or say which word is not understood."""
        found, extra = self.parse_known_args(args, namespace)
        if extra:
            word = extra[0].split("=", 1)[0]
            known = did_you_mean(word, self._option_string_actions) if word.startswith("-") else ""
            self.error(f"{word!r} is not understood here.{known}")
        return found

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        listed = ", ".join(choices)
        raise argparse.ArgumentError(action, f"{value!r} is not one of {listed}.{did_you_mean(str(value), choices)}")


def verb_parser(name: str, verb: Verb) -> Parser:
    """The parser of one verb: its own arguments and what every verb takes."""
    parser = Parser(
        prog=f"pointsman {name}",
        description=verb.HELP,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _configure(parser, verb)
    return parser


def _configure(parser: argparse.ArgumentParser, verb: Verb) -> None:
    verb.configure(parser)
    group = parser.add_argument_group("report")
    group.add_argument(
        "--format",
        choices=[form.name for form in FORMATS],
        metavar="FORMAT",
        default=FORMATS[0].name,
        help="; ".join(f"{form.name}: {form.help}" for form in FORMATS) + f" (default: {FORMATS[0].name})",
    )
    group.add_argument("--output", metavar="FILE", help="write the report there instead of to standard output")
    group.add_argument(
        "--color",
        choices=["auto", "always", "never"],
        metavar="WHEN",
        default="auto",
        help="auto, always or never; auto is on a terminal, unless NO_COLOR is set (default: auto)",
    )
    group.add_argument("--quiet", action="store_true", help="findings on one line each, and no summary")


def whole_parser() -> Parser:
    """One parser with every verb as a subparser: what completion is made from."""
    parser = _bare_parser()
    below = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    for name, verb in all_verbs():
        _configure(below.add_parser(name, help=verb.HELP, description=verb.HELP, allow_abbrev=False), verb)
    return parser


def _bare_parser() -> Parser:
    parser = Parser(prog="pointsman", allow_abbrev=False, add_help=False)
    parser.add_argument("-h", "--help", action="store_true", help="show the verbs")
    parser.add_argument("-V", "--version", action="store_true", help="show the version")
    return parser


def _without_a_verb(words: Sequence[str]) -> int:
    known, extra = _bare_parser().parse_known_args(words)
    strange = next((word for word in extra if word.startswith("-")), None)
    if strange is not None and not known.help and not known.version:
        hint = did_you_mean(strange.split("=", 1)[0], ("--help", "--version"))
        raise UsageError(f"{strange!r} is not understood here.{hint} Options follow the verb: `{EXAMPLE} --quiet`.")
    if known.version:
        from pointsman import __version__

        _print(f"pointsman {__version__}")
    else:
        _print(_overview((name, verb.HELP) for name, verb in all_verbs()))
    return Exit.OK


def _overview(verbs: Iterable[tuple[str, str]]) -> str:
    """What `pointsman` alone prints."""
    listed = list(verbs)
    width = max((len(name) for name, _ in listed), default=0)
    lines = "\n".join(f"  {name:<{width}}  {words}" for name, words in listed)
    return (
        "One spec for the lifecycle of a table's rows: checked, generated, kept true.\n"
        "\n"
        f"  $ {EXAMPLE}\n"
        "\n"
        f"Verbs\n{lines}\n"
        "\n"
        "`pointsman VERB --help` says what a verb takes; `pointsman --version` which version this is.\n"
        "Exit codes: 0 all is well, 1 findings, 2 wrong usage, 3 the spec cannot be loaded, 4 incomplete, 130 Ctrl-C."
    )


def _print(text: str) -> None:
    deliver(text + "\n", None)
