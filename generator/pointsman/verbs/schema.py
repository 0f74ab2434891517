"""`pointsman schema`: the JSON Schemas that Pointsman publishes."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping

from pointsman.result import Code, Result

HELP = "print the JSON Schema of the spec language, or of results"


def configure(parser: argparse.ArgumentParser) -> None:
    """Which of the two."""
    parser.add_argument(
        "--of",
        choices=["spec", "result"],
        default="spec",
        help="spec: what a spec may hold, for editors; result: what --format json prints (default: spec)",
    )


def run(arguments: argparse.Namespace) -> Result:
    """The schema, as text and as data."""
    schema = _schema(arguments.of)
    return Result("schema", blocks=(Code(json.dumps(schema, indent=2) + "\n", "json"),), data=schema)


def _schema(of: str) -> Mapping[str, object]:
    if of == "result":
        from pointsman.reporting.record import result_schema

        return result_schema()
    from pointsman.language import schema

    found: Mapping[str, object] = schema()
    return found
