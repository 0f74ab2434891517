"""The words of a command line that say whom to judge, the same for every verb that drives an implementation."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from pointsman import config
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.implementations import BOOK, DRIVERS, Implementation, configured


def ask_whom(parser: argparse.ArgumentParser, *, spec: bool = True) -> None:
    """Add the arguments that name an implementation."""
    if spec:
        parser.add_argument(
            "spec", metavar="SPEC", help="a spec; without a command, those that pointsman.toml names conform to it"
        )
    parser.set_defaults(command=())
    whom = parser.add_argument_group("whom", "the command that starts the implementation stands at the end, behind --")
    whom.add_argument(
        "--role", action="append", default=[], metavar="ACTOR",
        help="an actor of the spec that it plays; may be repeated",
    )  # fmt: skip
    whom.add_argument(
        "--driver", choices=DRIVERS, metavar="DRIVER",
        help="black-box: a process that knows nothing of us (the usual, with a command); pipe: JSON lines;"
        " http: the same messages to --url; book: the kit's own implementation, in memory",
    )  # fmt: skip
    whom.add_argument("--name", help="what reports call it (default: the command's last part)")
    whom.add_argument("--url", help="where it listens, with --driver http")
    whom.add_argument("--wrong", metavar="NAME", help="with --driver book: break a law, to see what that looks like")
    process = parser.add_argument_group("its process")
    process.add_argument(
        "--env", action="append", default=[], metavar="NAME=TEMPLATE",
        help="a variable of its environment, instead of the usual ones; docs/conform.md has the places",
    )  # fmt: skip
    process.add_argument("--setup", default="", metavar="CMD", help="run this once before; it may make the table")
    process.add_argument(
        "--row", type=Path, metavar="FILE",
        help="the INSERT of a row, in SQL with %%(id)s, %%(status)s and so on, for a table of your own",
    )  # fmt: skip
    process.add_argument("--webhook-path", metavar="PATH", help="where it takes webhooks (default: /webhooks/stripe)")
    process.add_argument("--ready", metavar="REGEX", help="it is ready when it prints a line like this")
    process.add_argument(
        "--tap", type=Path, metavar="FILE",
        help="with --driver pipe: write down what it is told; `cat FILE | COMMAND` says it again",
    )  # fmt: skip


def subjects(arguments: argparse.Namespace, lifecycle: Lifecycle) -> tuple[Implementation, ...]:
    """Whom the command line names, else all that ``[[conform]]`` names for this spec. Raises UsageError for nobody."""
    command = tuple(arguments.command)
    if command or arguments.driver or arguments.url or arguments.wrong:
        return (_named(arguments, command),)
    found = _configured(Path(lifecycle.source.file))
    if arguments.role:
        wanted = tuple(arguments.role)
        found = tuple(replace(each, roles=wanted) for each in found if set(wanted) <= each.played(lifecycle))
    if not found:
        raise UsageError(
            "whom to judge? Give the command that starts the implementation behind --, with --role ACTOR;"
            " or list it in pointsman.toml under [[conform]]; or see `--driver book` at work."
        )
    return found


def one_subject(arguments: argparse.Namespace, lifecycle: Lifecycle, roles: Collection[str]) -> Implementation:
    """Whom the command line names, else the first in pointsman.toml that plays `roles`. Raises UsageError for nobody.

    One that is named without a role plays `roles`.
    """
    found = subjects(arguments, lifecycle)
    fitting = [subject for subject in found if set(roles) <= subject.played(lifecycle)]
    subject = next(iter(fitting or found))
    return (
        subject if subject.roles or subject.driver in ("pipe", "http") else replace(subject, roles=tuple(sorted(roles)))
    )


def _named(arguments: argparse.Namespace, command: tuple[str, ...]) -> Implementation:
    driver = arguments.driver or (BOOK if arguments.wrong else "http" if arguments.url else "black-box")
    if driver == "http" and not arguments.url:
        raise UsageError("--driver http needs --url.")
    if driver in ("black-box", "pipe") and not command:
        raise UsageError(f"--driver {driver} needs the command that starts it, behind --.")
    if arguments.tap is not None and driver != "pipe":
        raise UsageError(f"--tap writes down what goes over a pipe, and --driver {driver} has none.")
    name = arguments.name or (Path(command[0]).name if command else arguments.wrong or arguments.url or "by the book")
    return Implementation(
        name,
        driver,
        tuple(arguments.role),
        command,
        url=arguments.url,
        environment=dict(_variable(given) for given in arguments.env),
        ready=arguments.ready,
        setup=tuple(shlex.split(arguments.setup)),
        wrong=arguments.wrong,
        tap=arguments.tap,
        row=arguments.row,
        webhook_path=arguments.webhook_path,
    )


def _variable(given: str) -> tuple[str, str]:
    name, equals, template = given.partition("=")
    if not name or not equals:
        raise UsageError(f"--env {given!r} names no variable: write NAME=TEMPLATE.")
    return name, template


def _configured(spec: Path) -> tuple[Implementation, ...]:
    file = config.find(Path.cwd())
    if file is None:
        return ()
    return tuple(configured(given) for given in config.subjects(file) if given.spec.resolve() == spec.resolve())
