"""The command line: finds the verb, runs it, reports its result and returns the exit code.

Only the module of the requested verb is imported. The report goes to standard
output, every other message to standard error. The exit codes are those of
`pointsman.result.Exit`, and `DEFECT` for a run that has no result.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO, cast

from pointsman.commands import all_verbs, bare_parser, find_verb, verb_parser
from pointsman.reporting import Looks, render, spoken
from pointsman.reporting.deliver import can_deliver, deliver, say
from pointsman.result import Exit, Result
from pointsman.spec.errors import OptionError, SpecError, UsageError
from pointsman.spec.finding import did_you_mean

DEFECT = 70
"""The exit code if Pointsman itself failed (EX_SOFTWARE of sysexits.h). It is not one of `Exit`: there is no result."""

EXAMPLE = "pointsman lint spec/orders.yaml"


def main(argv: Sequence[str] | None = None) -> int:
    """Run `pointsman` with the arguments `argv` (None: those of the process) and return its exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    if argv is None:
        # This is the whole process, and it keeps its objects until it ends. Searching them for garbage would take a
        # quarter of the time that a large spec takes.
        gc.set_threshold(50_000)
    _survive_any_encoding()
    code = _guarded(words)
    return code if _flushed() else max(code, Exit.USAGE)


def _guarded(words: Sequence[str]) -> int:
    """Run, and turn every exception into an exit code and at most one line on standard error."""
    try:
        return _run(words)
    except SystemExit as leaving:  # how argparse ends --help and --version
        return leaving.code if isinstance(leaving.code, int) else Exit.OK
    except UsageError as error:
        say(f"pointsman: {error.as_flag if isinstance(error, OptionError) else error}")
        return Exit.USAGE
    except KeyboardInterrupt:
        say("pointsman: interrupted")
        return Exit.INTERRUPTED
    except BrokenPipeError:  # a reader such as `head` closed the pipe while help was printed
        return Exit.OK
    except Exception as defect:  # noqa: BLE001 - a user gets one line, not a traceback
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
        # The reader closed the pipe early. That changes neither the result nor its exit code.
        return
    if arguments.output is not None and not arguments.quiet:
        say(spoken(result, arguments.output))


def _looks(arguments: argparse.Namespace) -> Looks:
    """How text may look at its destination: a terminal, a pipe or a file."""
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
    """Make both streams escape a character that they cannot encode; by default it would end the run."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _speaks_unicode(stream: TextIO | None) -> bool:
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("_", "-")
    return encoding in {"utf-8", "utf8", "utf-8-sig", "utf-16", "utf-32"}


def _flushed() -> bool:
    """Flush standard output; False if that fails. Left to the interpreter's exit, a failure would print a traceback."""
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
    """Point standard output at the null device, so that its buffer can be flushed at exit without an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stdout.fileno())
    os.close(nowhere)


# --- no verb ---------------------------------------------------------------


def _without_a_verb(words: Sequence[str]) -> int:
    known, extra = bare_parser().parse_known_args(words)
    strange = next((word for word in extra if word.startswith("-")), None)
    if strange is not None and not known.help and not known.version:
        hint = did_you_mean(strange.split("=", 1)[0], ("--help", "--version"))
        raise UsageError(f"{strange!r} is not understood here.{hint} Options follow the verb: `{EXAMPLE} --quiet`.")
    if known.version:
        from pointsman import __version__

        _print(f"pointsman {__version__}")
    else:
        verbs, failed = all_verbs()
        _print(_overview({name: verb.HELP for name, verb in verbs.items()}))
        for why in failed:
            say(f"pointsman: {why}")
    return Exit.OK


def _overview(verbs: Mapping[str, str]) -> str:
    """The text that `pointsman` prints if no verb is given."""
    width = max((len(name) for name in verbs), default=0)
    lines = "\n".join(f"  {name:<{width}}  {words}" for name, words in verbs.items())
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
