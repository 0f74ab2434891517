"""Two things in the database would have the same name."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.database_names import derived_names
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.source import Path


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    if lifecycle.table is None:
        return
    names: list[tuple[str, Path]] = [(lifecycle.table.name, ("table", "name"))]
    names += derived_names(lifecycle)
    names += [(queue.index, ("queues", queue.name, "index")) for queue in lifecycle.queues if queue.index is not None]
    first: dict[str, Path] = {}
    for name, path in names:
        known = first.setdefault(name, path)
        if known != path:
            line = lifecycle.place(*known).line
            yield RULE.finding(
                lifecycle.place(*path, value=True),
                f"{name} is already the name of something else in the database (see line {line})",
                "Choose another name.",
                f"name:{name}:{'.'.join(str(part) for part in path)}",
            )


RULE = Rule("name-taken", Severity.ERROR, "Two things in the database would have the same name.", _check)
