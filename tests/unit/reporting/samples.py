"""Results to render, and texts that try to be more than text."""

from pointsman.result import Result
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.source import Place

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;http://example.org\x07click\x1b]8;;\x07",
    "\x9b31mC1",
    "line one\nline two",
    "a\r\nb\rc",
    "\n::error file=x::injected",
    "::stop-commands::t",
    "##[add-mask]secret",
    "100%0Aof",
    "]]><failure/>",
    "<a b='c'>&amp;\"",
    "[red]not markup[/red]",
    "[/]",
    "nul \x00 bell \x07 del \x7f",
    "\u202egnp.exe",
    "\u2066isolate",
    "next\x85line\u2028line\u2029paragraph",
    "lone \udc80 surrogate",
    "\ufffe \uffff",
    "漢字 e\u0301 🚂",
    "tab\there",
    "",
    " ",
)


def finding(
    message: str = "Nothing leads here.",
    *,
    code: str = "unreachable",
    severity: Severity = Severity.ERROR,
    place: Place | None = None,
    help: str = "Add a transition to it.",  # noqa: A002 - the name that a finding has for it
    subject: str = "status:lost",
    facts: tuple[tuple[str, str], ...] = (),
) -> Finding:
    """A finding; what a test does not care about is filled in."""
    return Finding(code, severity, message, place or Place("spec/x.yaml", 3, 5), help, subject, facts)


def results() -> dict[str, Result]:
    """One result for each way a run can end."""
    note = finding(severity=Severity.NOTE)
    return {
        "clean": Result("lint", summary="6 statuses, 7 transitions."),
        "silent": Result("lint"),
        "note": Result("lint", (note,)),
        "warning": Result("lint", (finding(severity=Severity.WARNING),)),
        "error": Result("lint", (finding(), note)),
        "twice": Result("lint", (finding(), finding(place=Place("spec/y.yaml", 1, 1)), finding("Another message."))),
        "unloadable": Result("lint", (finding(code="unknown-key"),), unloadable=True),
        "incomplete": Result("audit", incomplete=("The index could not be read: permission denied.",)),
        "both": Result("audit", (finding(facts=(("count", "3"), ("query", "select 1"))),), incomplete=("Timed out.",)),
        "strict": Result("lint", (note,), fails_from=Severity.NOTE),
    }
