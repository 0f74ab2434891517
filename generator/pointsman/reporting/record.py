"""A result as JSON, by a published schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pointsman import __version__
from pointsman.reporting import Looks
from pointsman.result import Result
from pointsman.spec.finding import Finding

_SCHEMA = Path(__file__).parent / "result.schema.json"

VERSION = 1
"""The version of the record. It rises when a key goes away or changes its meaning."""


def render(result: Result, looks: Looks) -> str:  # noqa: ARG001 - a format for machines
    """One JSON object, in ASCII, which every stream's encoding can write."""
    return json.dumps(record(result), indent=2) + "\n"


def record(result: Result) -> dict[str, Any]:
    """The result as JSON values. Blocks for a person are left out: `data` holds the same facts."""
    return {
        "result": VERSION,
        "pointsman": __version__,
        "verb": result.verb,
        "exit_code": int(result.exit_code),
        "summary": result.summary,
        "unloadable": result.unloadable,
        "incomplete": list(result.incomplete),
        "findings": [_finding(finding) for finding in result.findings],
        "data": dict(result.data),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.place
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "place": {"file": place.file, "line": place.line, "column": place.column},
        "help": finding.help,
        "subject": finding.subject,
        "fingerprint": finding.fingerprint,
        "facts": dict(finding.facts),
    }


def result_schema() -> dict[str, object]:
    """The JSON Schema of `record`."""
    schema: dict[str, object] = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return schema
