"""The exceptions that Pointsman raises, for callers that use it as a library."""

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


class OptionError(UsageError):
    """An option of a function, or of a verb, has a value that it does not take.

    `option` is its name as a function of the API spells it (``max_states``), and `problem` the rest of the sentence.
    The command line says the same with its own spelling of the option: `as_flag`.
    """

    def __init__(self, option: str, problem: str) -> None:
        self.option = option
        self.problem = problem
        super().__init__(f"{option} {problem}")

    @property
    def as_flag(self) -> str:
        """The sentence with the option as the command line spells it: ``--max-states 0 is no limit``."""
        return f"--{self.option.replace('_', '-')} {self.problem}"
