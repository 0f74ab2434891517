"""`pointsman lint`: the spec as a graph, held against the lint rules."""

from __future__ import annotations

import argparse

from pointsman.result import Result
from pointsman.spec.errors import UsageError
from pointsman.spec.finding import Severity
from pointsman.spec.lifecycle import Lifecycle

HELP = "say what is wrong with a spec: unreachable, stuck, unowned, contradictory"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `lint`."""
    parser.add_argument("specs", nargs="+", metavar="SPEC", help="a spec; - reads standard input")
    parser.add_argument(
        "--fail-on",
        choices=[str(severity) for severity in Severity],
        default=str(Severity.WARNING),
        metavar="SEVERITY",
        help="error, warning or note: findings of this weight and above fail the run (default: warning)",
    )


def run(arguments: argparse.Namespace) -> Result:
    """Lint every spec. A spec that cannot be loaded does not keep the others from being linted."""
    from pointsman.api.linting import lint
    from pointsman.api.loading import load_each

    if arguments.specs.count("-") > 1:
        raise UsageError("standard input can be read once: give - once.")
    loaded, refused = load_each(arguments.specs)
    found = {spec: lint(loaded[spec]) if spec in loaded else refused[spec] for spec in dict.fromkeys(arguments.specs)}
    linted = [(spec, lifecycle, len(found[spec])) for spec, lifecycle in loaded.items()]
    return Result(
        "lint",
        tuple(finding for findings in found.values() for finding in findings),
        data={"specs": [_record(*one) for one in linted]},
        summary="\n".join(_sentence(lifecycle, count) for _, lifecycle, count in linted),
        unloadable=bool(refused),
        fails_from=Severity(arguments.fail_on),
    )


def _record(spec: str, lifecycle: Lifecycle, findings: int) -> dict[str, object]:
    return {
        "spec": spec,
        "lifecycle": lifecycle.name,
        "statuses": len(lifecycle.statuses),
        "transitions": len(lifecycle.transitions),
        "findings": findings,
    }


def _sentence(lifecycle: Lifecycle, findings: int) -> str:
    counts = (
        _counted(len(lifecycle.statuses), "status", "statuses"),
        _counted(len(lifecycle.transitions), "transition", "transitions"),
        _counted(findings, "finding", "findings"),
    )
    return f"{lifecycle.name}: {', '.join(counts)}"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
