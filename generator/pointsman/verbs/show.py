"""`pointsman show`: a spec as tables."""

from __future__ import annotations

import argparse

from pointsman.result import Result
from pointsman.showing import matrix, tables

HELP = "show a spec as a matrix: which status moves where, by which event and actor; what stays; what is refused"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `show`."""
    parser.add_argument("spec", metavar="SPEC", help="a spec, or - for standard input")
    parser.add_argument("--matrix", action="store_true", help=f"a matrix also for more than {matrix.WIDEST} statuses")


def run(arguments: argparse.Namespace) -> Result:
    """Load the spec and lay out its tables. Raises SpecError where the spec cannot be loaded."""
    from pointsman.api.loading import load

    lifecycle = load(arguments.spec)
    return Result(
        "show",
        blocks=(*matrix.blocks(lifecycle, matrix=arguments.matrix), *tables.tables(lifecycle)),
        data={**tables.data(lifecycle), **matrix.data(lifecycle)},
    )
