"""A result as workflow commands, by which GitHub Actions marks lines of a pull request.

The runner reads commands from all output of a step: a line that begins with two
colons, and in an older spelling two hashes and a bracket anywhere. Text from a
spec is escaped so that it forms neither.
"""

from __future__ import annotations

from pointsman.reporting import Looks, counted
from pointsman.reporting.visible import visible
from pointsman.result import Result
from pointsman.spec.finding import Finding, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(result: Result, looks: Looks) -> str:
    """A command for each finding and for each part that was not checked, and a summary for the log."""
    lines = [_annotation(finding) for finding in result.findings]
    lines += [f"::warning title=pointsman {result.verb}::{_data(f'Incomplete: {why}')}" for why in result.incomplete]
    said = " ".join(part for part in (counted(result.findings), result.summary) if part) or "nothing to report"
    if not looks.brief:
        lines.append(_harmless(f"pointsman {result.verb}: {said}"))
    return "".join(f"{line}\n" for line in lines)


def _annotation(finding: Finding) -> str:
    place = finding.place
    properties = f"file={_property(place.file)},line={place.line},col={place.column},title={_property(finding.code)}"
    words = f"{finding.message}\n{finding.help}" if finding.help else finding.message
    return f"::{_COMMANDS[finding.severity]} {properties}::{_data(words)}"


def _data(text: str) -> str:
    """`text` escaped in the way that the runner reverses."""
    return visible(text, keep="\r\n").replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _harmless(line: str) -> str:
    return visible(line).replace("##[", "# #[")
