"""The arguments that name an implementation, the same for every verb that drives one."""

from __future__ import annotations

import argparse
import math
import shlex
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from pointsman import config
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.configuration import conform_entries
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.drivers.kinds import DRIVERS, USUAL_DRIVER, driver_kind, driver_words
from pointsman_conformance.drivers.kinds.kind import DriverKind, DriverNeed, DriverOption

ANY_DRIVER = "pipe"
"""The driver that can ask most of an implementation."""


def add_implementation(parser: argparse.ArgumentParser, *, spec: bool = True) -> None:
    """Add the arguments that name an implementation; with `spec`, the spec as well."""
    if spec:
        parser.add_argument(
            "spec",
            metavar="SPEC",
            help="a spec; without a command, the implementations that pointsman.toml lists for it",
        )
    parser.set_defaults(command=())
    group = parser.add_argument_group(
        "implementation", "the command that starts the implementation stands at the end, behind --"
    )
    group.add_argument(
        "--role", action="append", default=[], metavar="ACTOR",
        help="an actor of the spec that it plays; may be repeated",
    )  # fmt: skip
    group.add_argument("--driver", choices=driver_words(), metavar="DRIVER", help=_driver_help())
    group.add_argument("--name", help="what reports call it (default: the command's last part)")
    group.add_argument("--url", help="where it listens, with --driver http")
    group.add_argument("--wrong", metavar="NAME", help="with --driver book: break a law, to see what that looks like")
    process = parser.add_argument_group("its process")
    process.add_argument(
        "--env", action="append", default=[], metavar="NAME=TEMPLATE",
        help="a further variable of its environment, beside the usual ones; docs/conform.md has the places",
    )  # fmt: skip
    process.add_argument("--setup", default="", metavar="CMD", help="run this once before; it may make the table")
    process.add_argument(
        "--row", type=Path, metavar="FILE",
        help="the INSERT of a row, in SQL with %%(id)s, %%(status)s and so on, for a table of your own",
    )  # fmt: skip
    process.add_argument("--webhook-path", metavar="PATH", help="where it takes webhooks (default: /webhooks/stripe)")
    process.add_argument("--ready", metavar="REGEX", help="it is ready when it prints a line like this")
    process.add_argument(
        "--starts-within", type=float, metavar="SECONDS", help="how long it may take to get ready (default: 30)"
    )
    process.add_argument(
        "--patience", type=float, metavar="SECONDS",
        help="how long it may be silent while it is at work, before the kit goes on (default: 5)",
    )  # fmt: skip
    process.add_argument(
        "--slow-answer", type=float, metavar="SECONDS",
        help="play answers of the provider that take so long, too: more than its client waits (default: none)",
    )  # fmt: skip
    process.add_argument(
        "--move-clock", type=Path, metavar="LIBRARY",
        help="move its system's clock with the time of a run, by this libfaketime.so.1 (default: it is not moved)",
    )  # fmt: skip
    process.add_argument(
        "--tap", type=Path, metavar="FILE",
        help="with --driver pipe: write down what it is told; `cat FILE | COMMAND` says it again",
    )  # fmt: skip


def _driver_help() -> str:
    own = [f"{kind.word}: {kind.help}" for kind in DRIVERS]
    added = driver_words()[len(DRIVERS) :]
    return "; ".join([*own, *(f"{word}: added by another package" for word in added)]).replace("%", "%%")


def implementations(arguments: argparse.Namespace, lifecycle: Lifecycle) -> tuple[Implementation, ...]:
    """The implementation that the command line names, else all that ``[[conform]]`` names for this spec.

    Raises:
        SpecError: there are mistakes in ``[[conform]]``.
        UsageError: there is none, or the command line lacks what its driver needs.
    """
    command = tuple(arguments.command)
    if command or arguments.driver or arguments.url or arguments.wrong:
        return (_named(arguments, command),)
    found = _configured(Path(lifecycle.source.file))
    if arguments.role:
        wanted = tuple(arguments.role)
        found = tuple(replace(each, roles=wanted) for each in found if set(wanted) <= each.played(lifecycle))
    if not found:
        raise UsageError(
            "No implementation given. Put its start command after --, with --role ACTOR; or list it in pointsman.toml"
            " under [[conform]]; or see `--driver book` at work."
        )
    return found


def listed(arguments: argparse.Namespace, lifecycle: Lifecycle) -> tuple[Implementation, ...]:
    """What `implementations` finds; without any, one that speaks the protocol and plays the named roles, or all.

    Nothing is started for a list, so that it needs no command. Raises as `implementations`.
    """
    named = arguments.command or arguments.driver or arguments.url or arguments.wrong
    if named or _configured(Path(lifecycle.source.file)):
        return implementations(arguments, lifecycle)
    roles = tuple(arguments.role) or tuple(actor.name for actor in lifecycle.actors)
    return (Implementation(name="an implementation", driver=ANY_DRIVER, roles=roles),)


def one_implementation(arguments: argparse.Namespace, lifecycle: Lifecycle, roles: Collection[str]) -> Implementation:
    """The implementation that the command line names, else the first in pointsman.toml that plays `roles`.

    One that is named without a role, and cannot say itself what it plays, plays `roles`. Raises as `implementations`.
    """
    found = implementations(arguments, lifecycle)
    first = next((each for each in found if set(roles) <= each.played(lifecycle)), found[0])
    if first.roles or driver_kind(first.driver).says_roles:
        return first
    return replace(first, roles=tuple(sorted(roles)))


def _named(arguments: argparse.Namespace, command: tuple[str, ...]) -> Implementation:
    kind = _kind(arguments)
    if DriverNeed.URL in kind.needs and not arguments.url:
        raise UsageError(f"--driver {kind.word} needs --url.")
    if DriverNeed.COMMAND in kind.needs and not command:
        raise UsageError(f"--driver {kind.word} needs the command that starts it, behind --.")
    if arguments.tap is not None and DriverOption.TAP not in kind.takes:
        raise UsageError(f"--tap writes down what goes over a pipe, and --driver {kind.word} has none.")
    program = Path(command[0]).name if command else None
    return Implementation(
        name=arguments.name or program or arguments.wrong or arguments.url or kind.usual_name,
        driver=kind.word,
        roles=tuple(arguments.role),
        command=command,
        url=arguments.url,
        environment=dict(_variable(given) for given in arguments.env),
        ready=arguments.ready,
        setup=tuple(shlex.split(arguments.setup)),
        row=arguments.row,
        webhook_path=arguments.webhook_path,
        patience=_above_zero("--patience", arguments.patience),
        starts_within=_above_zero("--starts-within", arguments.starts_within),
        slow_answer=_above_zero("--slow-answer", arguments.slow_answer),
        move_clock=arguments.move_clock,
        tap=arguments.tap,
        wrong=arguments.wrong,
    )


def _kind(arguments: argparse.Namespace) -> DriverKind:
    """The kind that ``--driver`` names, else the first that reads a given ``--wrong`` or ``--url``, else the usual."""
    if arguments.driver:
        return driver_kind(arguments.driver)
    if arguments.wrong:
        return next(kind for kind in DRIVERS if DriverOption.WRONG in kind.takes)
    if arguments.url:
        return next(kind for kind in DRIVERS if DriverNeed.URL in kind.needs)
    return USUAL_DRIVER


def _above_zero(option: str, seconds: float | None) -> float | None:
    if seconds is not None and not 0 < seconds < math.inf:
        raise UsageError(f"{option} {seconds:g} is no time: give seconds above 0.")
    return seconds


def _variable(given: str) -> tuple[str, str]:
    name, equals, template = given.partition("=")
    if not name or not equals:
        raise UsageError(f"--env {given!r} names no variable: write NAME=TEMPLATE.")
    return name, template


def _configured(spec: Path) -> tuple[Implementation, ...]:
    file = config.find(Path.cwd())
    if file is None:
        return ()
    return tuple(each.implementation for each in conform_entries(file) if each.spec.resolve() == spec.resolve())
