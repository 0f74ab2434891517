"""`pointsman export`: the world of a spec in the language of another tool.

The files hold the guarded commands that `check` explores, so that another model checker, or a tool of the user's, can
count and judge the same states.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pointsman.result import Grid, GridCell, Result
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.names import lower_snake

if TYPE_CHECKING:
    from pointsman.world.scope import Scope

HELP = "write what a spec's world does for another model checker: Spin, TLC, or a tool of your own"

_FORMATS = ("promela", "tla", "dot", "json")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `export`."""
    parser.add_argument("spec", metavar="SPEC", help="a spec, or - for standard input")
    parser.add_argument(
        "--to",
        required=True,
        choices=_FORMATS,
        metavar="FORMAT",
        help="promela for Spin, tla for TLC, dot for a picture of actors and moves, json for everything by a schema",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where to (default: exported/ and the lifecycle's name)"
    )
    parser.add_argument("--force", action="store_true", help="overwrite files that Pointsman did not generate")
    parser.add_argument("--world", default="default", metavar="NAME", help="which world (default: default)")
    parser.add_argument("--rows", type=int, metavar="N", help="how many rows, if not what the spec says or 1")
    parser.add_argument(
        "--workers", type=int, metavar="N", help="workers for each queue, if not what the spec says or 2"
    )
    parser.add_argument("--attempts", type=int, metavar="N", help="attempts explored, if not what the spec says or 2")
    parser.add_argument(
        "--without", action="append", default=[], metavar="LAW", help="a law or premise to drop; may be repeated"
    )


def run(arguments: argparse.Namespace) -> Result:
    """Build the world and write it.

    Raises:
        SpecError: the spec cannot be loaded.
        UsageError: there is no such world or law, a name cannot be written in this format, or a file is in the way.
    """
    from pointsman.api.loading import load
    from pointsman.rendering.exports.formats import FORMATS
    from pointsman.world.build import build
    from pointsman.writing import emit
    from pointsman.writing.target import mark_line

    lifecycle = load(arguments.spec)
    system = build(lifecycle, _scope(lifecycle, arguments), arguments.without)
    (chosen,) = (each for each in FORMATS if each.name == arguments.to)
    outputs = chosen.render(system, mark_line(lifecycle, chosen.opening, chosen.closing))
    folder: Path = arguments.out or Path("exported") / lower_snake(lifecycle.name)
    changed = emit.write(outputs, folder, force=arguments.force)
    files = {(folder / each.path).as_posix(): "written" if each.path in changed else "unchanged" for each in outputs}
    size = {"variables": len(system.variables), "commands": len(system.actions)}
    return Result(
        "export",
        blocks=(Grid(("file", ""), tuple((GridCell(path), GridCell(state)) for path, state in files.items())),),
        data={"files": list(files), "world": system.world, **size},
        summary=f"The world {system.world}: {size['variables']} variables, {size['commands']} commands.",
    )


def _scope(lifecycle: Lifecycle, arguments: argparse.Namespace) -> Scope:
    """Take the size of the world from the command line, else from the spec, else the smallest that fits the world."""
    from pointsman.world.scope import Scope, sizes, smallest, world_named

    world = world_named(lifecycle, arguments.world)
    rows, workers, attempts = sizes(lifecycle, arguments.rows, arguments.workers, arguments.attempts)
    if (arguments.rows, arguments.workers, arguments.attempts) == (None, None, None):
        return smallest(world, rows, workers, attempts)
    return Scope(rows, workers, attempts, world)
