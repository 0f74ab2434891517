"""A name that the SQL makes up is longer than PostgreSQL keeps."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.database_names import LONGEST, derived_names
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for name, path in derived_names(subject.lifecycle):
        if len(name.encode()) > LONGEST:
            yield RULE.finding(
                subject.lifecycle.place(*path),
                f"the SQL makes up the name {name}, which has {len(name.encode())} bytes; "
                f"PostgreSQL would cut it to {LONGEST} without an error",
                "Shorten the table's name, or that of the status, column or event in it.",
                f"name:{name}",
            )


RULE = Rule("truncated-name", Severity.ERROR, "A name that the SQL makes up is longer than PostgreSQL keeps.", _check)
