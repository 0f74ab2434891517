"""Inline ignores: comments in a spec that silence a finding, each with its reason.

``# pointsman-ignore: dead-end reason="handled by hand, see the runbook"`` stands
on the line of the finding, or alone on a line above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pointsman.spec.finding import Finding
from pointsman.spec.source import Comment, Place, Source

_MARK = re.compile(r"pointsman-ignore\b\s*:?\s*(.*)", re.IGNORECASE)
_REASON = re.compile(r"""\breason\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))""")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One rule that a comment silences on one line, counted from 1. `code` is empty if the comment names no rule."""

    code: str
    reason: str
    line: int
    place: Place


def ignores(source: Source) -> tuple[Ignore, ...]:
    """Every ignore of a document, in its order."""
    alone = {comment.line for comment in source.comments if comment.alone}
    return tuple(ignore for comment in source.comments for ignore in _read(comment, alone, source.file))


def _read(comment: Comment, alone: set[int], file: str) -> Iterator[Ignore]:
    mark = _MARK.match(comment.text)
    if mark is None:
        return
    reason = _REASON.search(mark[1])
    words = mark[1][: reason.start()] if reason else mark[1]
    line = comment.line
    while comment.alone and line in alone:
        line += 1
    codes = [code for code in re.split(r"[\s,]+", words) if code] or [""]
    told = next((part for part in reason.groups() if part is not None), "").strip() if reason else ""
    for code in codes:
        yield Ignore(code, told, line, Place(file, comment.line, comment.column))


def silenced(findings: Iterable[Finding], known: Iterable[Ignore]) -> tuple[tuple[Finding, ...], tuple[Ignore, ...]]:
    """Split off the findings that an ignore silences: the findings that remain, and the ignores that silenced none.

    An ignore without a reason silences nothing, and counts neither as used nor
    as unused: it has a finding of its own.
    """
    by_line = {(ignore.code, ignore.line): ignore for ignore in known if ignore.reason}
    used: set[tuple[str, int]] = set()
    kept: list[Finding] = []
    for finding in findings:
        at = (finding.code, finding.place.line)
        if at in by_line:
            used.add(at)
        else:
            kept.append(finding)
    unused = tuple(i for i in known if i.reason and (i.code, i.line) not in used)
    return tuple(kept), unused
