"""A result as text for a person.

Only grids need a library, which is imported when there is one to draw.
"""

from __future__ import annotations

from pointsman.reporting import Looks, counted
from pointsman.reporting.excerpt import Excerpt, Excerpts
from pointsman.reporting.folding import wrap
from pointsman.reporting.paint import paint
from pointsman.reporting.visible import legible, visible
from pointsman.result import Block, Code, Grid, Prose, Result
from pointsman.spec.finding import Finding

_LINE, _GUTTER = 160, 10
"""The columns of a source line that are shown if no screen has a width; and the columns before the line."""

STATEMENTS = ("query", "create", "drop", "enable", "validate")
"""The facts of a finding that a person would copy into a database's prompt."""


def render(result: Result, looks: Looks) -> str:
    """Blocks, findings with their source lines, and a summary; separated by empty lines."""
    writer = _Writer(looks)
    findings = ("" if looks.brief else "\n").join(writer.finding(finding) for finding in result.findings)
    parts = [*(writer.block(block) for block in result.blocks), findings, writer.end(result)]
    return "\n".join(part for part in parts if part)


class _Writer:
    """Writes the parts of one report; source files are read once for all parts."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._excerpts = Excerpts(unicode=looks.unicode)

    # --- findings ----------------------------------------------------------

    def finding(self, finding: Finding) -> str:
        """The finding, its source line, and the help."""
        head = (
            f"{self._paint(self._safe(str(finding.place)), 'place')} "
            f"{self._paint(finding.severity, finding.severity)} "
            f"{self._paint(self._safe(finding.code), 'code')}: {self._safe(finding.message)}\n"
        )
        if self._looks.brief:
            return head
        excerpt = self._excerpts.at(finding.place, (self._looks.width or _LINE) - _GUTTER)
        number = str(finding.place.line) if excerpt else ""
        indent = " " * (len(number) + 3 if excerpt else 2)
        told = [("help", finding.help), *_statements(finding)]
        body = "".join(self._told(name, words, indent) for name, words in told if words)
        return head + (self._marked(finding, excerpt) if excerpt else "") + body

    def _marked(self, finding: Finding, excerpt: Excerpt) -> str:
        number, bar = str(finding.place.line), "│" if self._looks.unicode else "|"
        gutter = self._paint(f"  {number} {bar}", "gutter")
        below = self._paint(f"  {' ' * len(number)} {bar}", "gutter")
        mark = self._paint("^" * excerpt.length, finding.severity)
        return f"{gutter} {excerpt.line}\n{below} {' ' * excerpt.indent}{mark}\n"

    def _told(self, name: str, words: str, indent: str) -> str:
        hanging = "\n" + indent + " " * (len(name) + 2)
        shown = self._safe(words, keep="\n").replace("\n", hanging)
        return f"{indent}{self._paint(f'{name}:', 'help')} {shown}\n"

    # --- blocks ------------------------------------------------------------

    def block(self, block: Block) -> str:
        """A grid drawn, text as it stands."""
        match block:
            case Grid():
                from pointsman.reporting.grid import drawn  # noqa: PLC0415 - its library takes time to import

                return drawn(block, self._looks)
            case Prose(text):
                return _closed(wrap(self._safe(text, keep="\n\t"), self._looks.width))
            case Code(text, language):
                # A pipe gets the exact text, such as a query; a terminal would execute its control characters.
                safe = visible(text, keep="\n\t") if self._looks.terminal else text
                return _closed(self._diff(safe) if language == "diff" else safe)

    def _diff(self, text: str) -> str:
        return "".join(self._diff_line(line) for line in text.splitlines(keepends=True))

    def _diff_line(self, line: str) -> str:
        meaning = {"+": "added", "-": "removed", "@": "hunk"}.get(line[:1])
        words = line.rstrip("\n")
        return self._paint(words, meaning) + line[len(words) :] if meaning else line

    # --- the end -----------------------------------------------------------

    def end(self, result: Result) -> str:
        """The parts that were not checked, the number of findings, and the verb's own last line."""
        missed = [f"{self._paint('incomplete', 'warning')}: {self._safe(why)}" for why in result.incomplete]
        summary = [] if self._looks.brief else [line for line in (_count(result), result.summary) if line]
        lines = [*missed, *(self._safe(line, keep="\n") for line in summary)]
        return "\n".join(lines) + "\n" if lines else ""

    # --- looks ------------------------------------------------------

    def _paint(self, text: str, meaning: str) -> str:
        return paint(text, meaning, color=self._looks.color)

    def _safe(self, text: str, keep: str = "") -> str:
        return legible(text, unicode=self._looks.unicode, keep=keep)


def _statements(finding: Finding) -> list[tuple[str, str]]:
    return [(name, words) for name, words in finding.facts if name in STATEMENTS and words not in finding.help]


def _closed(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"


def _count(result: Result) -> str:
    found = counted(result.findings)
    if found:
        files = len({finding.place.file for finding in result.findings})
        return f"{found} in {files} files." if files > 1 else f"{found} in {result.findings[0].place.file}."
    nothing = not (result.blocks or result.summary or result.incomplete)
    return "Nothing to report." if nothing else ""
