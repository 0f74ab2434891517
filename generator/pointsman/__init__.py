"""Pointsman: one spec for the lifecycle of a table's rows, checked and generated.

The functions of the command line, for Python::

    from pointsman import load, lint, check

    lifecycle = load("spec/orders.yaml")
    for finding in lint(lifecycle):
        print(finding.place, finding.code, finding.message)
    assert check(lifecycle).holds

`__all__` lists what is stable; ``docs/api.md`` has a worked example. The conformance kit is a package of its own:
``from pointsman_conformance import conform``.

A name is imported when it is first asked for: ``import pointsman`` alone loads no library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

# Written here and read by the build: asking the installed package's metadata
# for it would cost every run forty milliseconds.
__version__ = "0.1.0"

__all__ = [
    "AuditOptions",
    "AuditReport",
    "CheckOptions",
    "CheckReport",
    "Dropped",
    "Finding",
    "Lifecycle",
    "MigrationPlan",
    "OptionError",
    "Output",
    "Place",
    "PointsmanError",
    "PropertyStanding",
    "Severity",
    "SpecError",
    "StatusCount",
    "Story",
    "TraceStep",
    "UsageError",
    "Verdict",
    "WorldReport",
    "audit",
    "check",
    "generate",
    "lint",
    "load",
    "load_text",
    "migrate",
    "write",
]

if TYPE_CHECKING:
    from pointsman.api.auditing import AuditOptions, AuditReport, audit
    from pointsman.api.checking import CheckOptions, CheckReport, WorldReport, check
    from pointsman.api.generating import generate, write
    from pointsman.api.linting import lint
    from pointsman.api.loading import load, load_text
    from pointsman.api.migrating import MigrationPlan, migrate
    from pointsman.auditing.rows import StatusCount
    from pointsman.checking.laws import Dropped
    from pointsman.checking.verdict import PropertyStanding, Verdict
    from pointsman.spec.errors import OptionError, PointsmanError, SpecError, UsageError
    from pointsman.spec.finding import Finding, Severity
    from pointsman.spec.lifecycle import Lifecycle
    from pointsman.spec.source import Place
    from pointsman.world.story import Story, TraceStep
    from pointsman.writing.output import Output
else:
    from pointsman.lazy_names import lazy_names

    _HOMES = {
        "pointsman.api.auditing": ("AuditOptions", "AuditReport", "audit"),
        "pointsman.api.checking": ("CheckOptions", "CheckReport", "WorldReport", "check"),
        "pointsman.api.generating": ("generate", "write"),
        "pointsman.api.linting": ("lint",),
        "pointsman.api.loading": ("load", "load_text"),
        "pointsman.api.migrating": ("MigrationPlan", "migrate"),
        "pointsman.auditing.rows": ("StatusCount",),
        "pointsman.checking.laws": ("Dropped",),
        "pointsman.checking.verdict": ("PropertyStanding", "Verdict"),
        "pointsman.spec.errors": ("OptionError", "PointsmanError", "SpecError", "UsageError"),
        "pointsman.spec.finding": ("Finding", "Severity"),
        "pointsman.spec.lifecycle": ("Lifecycle",),
        "pointsman.spec.source": ("Place",),
        "pointsman.world.story": ("Story", "TraceStep"),
        "pointsman.writing.output": ("Output",),
    }
    """The module of each public name; a test holds this equal to the imports above, which type checkers read."""
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
