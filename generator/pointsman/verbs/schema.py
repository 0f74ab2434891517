"""`pointsman schema`: the JSON Schemas that Pointsman publishes."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping

from pointsman.result import Code, Result

HELP = "print the JSON Schema of the spec language, of results, of checks and stories, or of exported systems"


def configure(parser: argparse.ArgumentParser) -> None:
    """Which of them."""
    parser.add_argument(
        "--of",
        choices=["spec", "result", "check", "story", "system"],
        default="spec",
        help="spec: what a spec may hold, for editors; result: what --format json prints;"
        " check: the data in it after check; story: a run that check --stories saves;"
        " system: what export --to json writes (default: spec)",
    )


def run(arguments: argparse.Namespace) -> Result:
    """The schema, as text and as data."""
    schema = _schema(arguments.of)
    return Result("schema", blocks=(Code(json.dumps(schema, indent=2) + "\n", "json"),), data=schema)


def _schema(of: str) -> Mapping[str, object]:
    if of == "result":
        from pointsman.reporting.record import result_schema

        return result_schema()
    if of == "check":
        from pointsman.verdicts.record import check_schema

        return check_schema()
    if of == "story":
        from pointsman.reporting.stories.record import story_schema

        return story_schema()
    if of == "system":
        from pointsman.rendering.exports.json_of_system import system_schema

        return system_schema()
    from pointsman.language import schema

    found: Mapping[str, object] = schema()
    return found
