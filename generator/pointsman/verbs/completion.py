"""`pointsman completion SHELL`: a script that completes verbs, options, files and rules.

The package shtab makes the script from the parsers of the verbs: the script and the parsers cannot differ.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib.util import find_spec

from pointsman.result import Code, Result
from pointsman.spec.errors import UsageError

HELP = "print a completion script for a shell"

SHELLS = ("bash", "zsh", "fish", "tcsh")

_FILES = ("SPEC", "OLD", "NEW", "FILE")
_FOLDERS = ("DIR", "FOLDER")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `completion`."""
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh, fish or tcsh")
    parser.epilog = (
        "to install it:\n"
        "  bash   pointsman completion bash > ~/.local/share/bash-completion/completions/pointsman\n"
        '  zsh    pointsman completion zsh > "${fpath[1]}/_pointsman"\n'
        "  fish   pointsman completion fish > ~/.config/fish/completions/pointsman.fish\n"
        "  tcsh   pointsman completion tcsh > ~/.pointsman.tcsh, and source it in ~/.tcshrc"
    )


def run(arguments: argparse.Namespace) -> Result:
    """Return the script. Raises UsageError where shtab is not installed."""
    shell: str = arguments.shell
    if find_spec("shtab") is None:
        raise UsageError("completion needs the package shtab: pip install 'pointsman[completion]'.")
    import shtab

    from pointsman.commands import whole_parser

    parser = whole_parser()
    for action in _actions(parser):
        _teach(action, files=shtab.FILE, folders=shtab.DIRECTORY)
    return Result("completion", blocks=(Code(shtab.complete(parser, shell=shell), shell),))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to list them
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - nor a public name for what holds subparsers
            for below in action.choices.values():
                yield from _actions(below)


def _teach(action: argparse.Action, files: object, folders: object) -> None:
    """Set what completes an argument: rules, files or folders, as its metavar says."""
    named = action.metavar if isinstance(action.metavar, str) else ""
    if named == "RULE":
        action.choices = _rules()
    elif named in _FILES:
        action.complete = files  # type: ignore[attr-defined] # shtab reads it off the action
    elif named in _FOLDERS:
        action.complete = folders  # type: ignore[attr-defined] # as above, by shtab


def _rules() -> list[str]:
    from pointsman.linting.rules import LOAD_RULES, RULES

    return sorted([rule.code for rule in RULES] + [rule.code for rule in LOAD_RULES])
