"""The verbs, our own and those that other packages add, and the parser of each.

A verb's module is imported only when that verb is requested. The verbs of other
packages are looked up only for a name that is not one of our own, for help and
for completion: searching every installed distribution takes time.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn, cast

from pointsman.reporting import FORMATS
from pointsman.spec.errors import UsageError
from pointsman.spec.finding import did_you_mean
from pointsman.verbs import OWN, Verb

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

GROUP = "pointsman.verbs"
"""The group of entry points by which other packages add verbs."""


# --- verbs ---------------------------------------------------------------


def find_verb(name: str) -> Verb:
    """The module of the verb `name`.

    Raises:
        UsageError: if there is no such verb, or its package cannot be imported.
    """
    if name in OWN:
        return cast("Verb", import_module(f"pointsman.verbs.{name.replace('-', '_')}"))
    added = _added()
    if name in added.names:
        return _load(added, name)
    known = (*OWN, *added.names)
    raise UsageError(f"there is no verb {name!r}.{did_you_mean(name, known)} `pointsman --help` lists the verbs.")


def all_verbs() -> tuple[dict[str, Verb], tuple[str, ...]]:
    """Every verb by name, our own first; and a sentence for each verb of another package that cannot be imported."""
    found = {name: find_verb(name) for name in OWN}
    failed: list[str] = []
    added = _added()
    for name in sorted(added.names - found.keys()):
        try:
            found[name] = _load(added, name)
        except UsageError as error:
            failed.append(str(error))
    return found, tuple(failed)


def _added() -> EntryPoints:
    from importlib.metadata import entry_points  # noqa: PLC0415 - slower than all other imports of this module

    return entry_points(group=GROUP)


def _load(added: EntryPoints, name: str) -> Verb:
    entry = next(iter(added.select(name=name)))
    try:
        return cast("Verb", entry.load())
    except Exception as error:  # the import of another package may raise anything
        raise UsageError(
            f"the verb {name!r} comes from {entry.value!r}, which cannot be loaded: {type(error).__name__}: {error}"
        ) from error


# --- parsers ---------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `UsageError`, with a suggestion for a misspelled word."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line with `message`.

        Raises:
            UsageError: always.
        """
        stop = "" if message.endswith((".", "?")) else "."
        raise UsageError(f"{message}{stop} `{self.prog} --help` says what there is.")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse all of `args`. For a verb with a default for `command`, the words after ``--`` are the command.

        Raises:
            UsageError: names the first word that is not understood.
        """
        words = list(args or ())
        command: list[str] | None = None
        if self.get_default("command") is not None and "--" in words:
            at = words.index("--")
            words, command = words[:at], words[at + 1 :]
        found, extra = self.parse_known_args(words, namespace)
        if command is not None:
            found.command = command
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
    """The parser of one verb: its own arguments, and the report's options that every verb takes."""
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
    """One parser with every verb as a subparser; shell completion is made from it."""
    parser = bare_parser()
    below = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    for name, verb in all_verbs()[0].items():
        _configure(below.add_parser(name, help=verb.HELP, description=verb.HELP, allow_abbrev=False), verb)
    return parser


def bare_parser() -> Parser:
    """The parser of the options that may stand in place of a verb: --help and --version."""
    parser = Parser(prog="pointsman", allow_abbrev=False, add_help=False)
    parser.add_argument("-h", "--help", action="store_true", help="show the verbs")
    parser.add_argument("-V", "--version", action="store_true", help="show the version")
    return parser
