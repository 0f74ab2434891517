"""Renders a result as text, JSON, SARIF, JUnit XML or annotations.

A format is a module with ``render(result, looks) -> str``, imported on demand.
Every format escapes the strings of a result: a spec may hold any character.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from pointsman.result import Result
from pointsman.spec.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """The name of a format, and the module that renders it."""

    name: str
    module: str
    help: str


FORMATS: tuple[ReportFormat, ...] = (
    ReportFormat("text", "text", "for a person"),
    ReportFormat("json", "record", "for a program"),
    ReportFormat("sarif", "sarif", "for code scanning"),
    ReportFormat("junit", "junit", "for a CI server's test page"),
    ReportFormat("github", "annotations", "marks lines in GitHub Actions"),
)
"""The first is the default."""


@dataclass(frozen=True, slots=True)
class Looks:
    """The abilities of the place that text is written to; formats for machines ignore them.

    `unicode`: the place can show any character. `terminal`: the place interprets
    control sequences. `width` is in columns, None: unlimited. `brief`: one line
    for each finding, and no summary.
    """

    color: bool = False
    unicode: bool = True
    terminal: bool = False
    width: int | None = None
    brief: bool = False


class Renderer(Protocol):
    """The interface of a format's module."""

    def render(self, result: Result, looks: Looks) -> str:
        """The result in this format, ending in a newline; empty if the result has nothing to show."""


def render(result: Result, form: str, looks: Looks) -> str:
    """`result` in the format of that name."""
    module = next(known.module for known in FORMATS if known.name == form)
    return cast("Renderer", import_module(f"pointsman.reporting.{module}")).render(result, looks)


def counted(findings: tuple[Finding, ...]) -> str:
    """The number of findings by severity, such as ``2 errors, 1 note``; empty if there are none."""
    found = Counter(finding.severity for finding in findings)
    return ", ".join(
        f"{found[severity]} {severity}{'s' if found[severity] > 1 else ''}" for severity in Severity if found[severity]
    )


def spoken(result: Result, file: str) -> str:
    """The sentences for standard error when the report is written to a file."""
    parts = [counted(result.findings), result.summary, *(f"Incomplete: {reason}" for reason in result.incomplete)]
    return "\n".join(part for part in (*parts, f"The report is in {file}.") if part)
