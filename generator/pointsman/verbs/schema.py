"""`pointsman schema`: the JSON Schemas that Pointsman publishes."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points

from pointsman.result import Code, Result

HELP = "print the JSON Schema of the spec language, of results, or of anything else that Pointsman reads or writes"

GROUP = "pointsman.schemas"
"""The group of entry points by which other packages publish schemas: each names a function that returns a schema."""

_OWN = ("spec", "result", "check", "story", "system")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `schema`."""
    parser.add_argument(
        "--of",
        choices=[*_OWN, *sorted(entry_points(group=GROUP).names)],
        metavar="WHAT",
        default="spec",
        help="spec: what a spec may hold, for editors; result: what --format json prints;"
        " check: the data in it after check; story: a run that check --stories saves;"
        " system: what export --to json writes; conform: the data after conform, and in it the certificate;"
        " replay: a failure that conform saves; protocol: the messages of --driver pipe and http (default: spec)",
    )


def run(arguments: argparse.Namespace) -> Result:
    """Return the schema, as text and as data."""
    schema = _schema(arguments.of)
    return Result("schema", blocks=(Code(json.dumps(schema, indent=2) + "\n", "json"),), data=schema)


def _schema(of: str) -> Mapping[str, object]:
    if of not in _OWN:
        published: Callable[[], Mapping[str, object]] = entry_points(group=GROUP)[of].load()
        return published()
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
    from pointsman.loading.language import schema

    found: Mapping[str, object] = schema()
    return found
