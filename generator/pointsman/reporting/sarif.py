"""A result as SARIF 2.1.0, for code scanning.

Relative paths stay relative: the service that reads the log resolves them
against the repository.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pointsman import __version__
from pointsman.reporting import Looks
from pointsman.result import Exit, Result
from pointsman.spec.finding import Finding

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

FINGERPRINT = "pointsman/v1"
"""The key of our fingerprint. The number rises when a fingerprint is computed from other facts."""


def render(result: Result, looks: Looks) -> str:  # noqa: ARG001 - a format for machines
    """One SARIF log with one run, in ASCII."""
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(result)]}, indent=2) + "\n"


def _run(result: Result) -> dict[str, Any]:
    codes = sorted({finding.code for finding in result.findings})
    return {
        "tool": {"driver": {"name": "pointsman", "version": __version__, "rules": [{"id": code} for code in codes]}},
        "automationDetails": {"id": f"pointsman/{result.verb}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(result)],
        "results": [_result(finding, codes) for finding in result.findings],
    }


def _invocation(result: Result) -> dict[str, Any]:
    return {
        "executionSuccessful": result.exit_code in {Exit.OK, Exit.FINDINGS},
        "exitCode": int(result.exit_code),
        "toolExecutionNotifications": [
            {"level": "warning", "message": {"text": f"Incomplete: {reason}"}} for reason in result.incomplete
        ],
    }


def _result(finding: Finding, codes: list[str]) -> dict[str, Any]:
    place = finding.place
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": finding.severity.value,
        "message": {"text": f"{finding.message}\n\n{finding.help}" if finding.help else finding.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri(place.file)},
                    "region": {"startLine": place.line, "startColumn": place.column},
                }
            }
        ],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": {"subject": finding.subject, "facts": dict(finding.facts)},
    }


def uri(file: str) -> str:
    """A file's name as a URI reference: absolute names as ``file://``, others relative with forward slashes."""
    path = Path(file)
    if path.is_absolute():
        return path.as_uri()
    # A colon in the first part of a relative reference would read as a scheme.
    return quote(path.as_posix(), safe="/", errors="surrogateescape")
