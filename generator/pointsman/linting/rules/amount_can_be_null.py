"""A call is made for rows whose amount can be null."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    columns = lifecycle.table.column if lifecycle.table is not None else {}
    for queue in lifecycle.queues:
        call = lifecycle.call_of(queue)
        amount = call.amount if call is not None else None
        if amount is None or amount not in columns or not columns[amount].nullable:
            continue
        for position, name in enumerate(queue.statuses):
            if amount not in lifecycle.status[name].requires:
                yield RULE.finding(
                    lifecycle.place("queues", queue.name, "statuses", position, value=True),
                    f"the queue {queue.name} calls {queue.call} for rows in {name}, "
                    f"where {amount}, its amount, can be null",
                    f"Let {name} require it (`requires: [{amount}]`), or declare the column without `nullable:`.",
                    f"queue:{queue.name}:{name}:{amount}",
                )


RULE = Rule("amount-can-be-null", Severity.ERROR, "A call is made for rows whose amount can be null.", _check)
