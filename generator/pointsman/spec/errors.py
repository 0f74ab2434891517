"""What can go wrong on the way, for callers that use Pointsman as a library."""

from __future__ import annotations

from pointsman.spec.finding import Finding


class PointsmanError(Exception):
    """The root of every error that Pointsman raises on purpose."""


class SpecError(PointsmanError):
    """A spec could not be loaded. `findings` says why, in the order of the file."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("; ".join(f"{f.place}: {f.message}" for f in findings))


class UsageError(PointsmanError):
    """The caller asked for something that cannot be done; the message says what to do instead."""
