"""A queue settles an unknown outcome in a way that the spec gives it no means for."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call, NextStep, Repeat, SettleBy, Settlement
from pointsman.spec.meaning import stated


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for queue in lifecycle.queues:
        call = lifecycle.call_of(queue)
        if call is None:
            continue
        for reply, answer in stated(queue).items():
            why = _missing(call, lifecycle.settle, answer)
            if why is not None:
                said, advice = why
                yield RULE.finding(
                    lifecycle.place("queues", queue.name, "then", reply, value=True),
                    f"after {reply} the queue {queue.name} is to {answer.replace('_', ' ')}, but {said}",
                    advice,
                    f"queue:{queue.name}:{reply}",
                )


def _missing(call: Call, settle: Settlement | None, answer: str) -> tuple[str, str] | None:
    """The part of the spec that the answer needs and that is missing, and the advice; None if nothing is missing."""
    look_up = ("{name} has no look_up", "Say how to ask the provider: `look_up: {{request: ..., receipt: ...}}`.")
    found: tuple[str, str] | None = None
    if answer == NextStep.LOOK_UP and call.look_up is None:
        found = look_up
    elif answer == NextStep.SETTLE and settle is None:
        found = ("the spec does not say how", "Say it: `settle: {{first: resend_same_key, otherwise: look_up}}`.")
    elif answer == NextStep.SETTLE and settle is not None:
        found = _no_way(call, {settle.first, settle.otherwise}, look_up)
    return None if found is None else (found[0].format(name=call.name), found[1].format())


def _no_way(call: Call, ways: set[SettleBy | None], look_up: tuple[str, str]) -> tuple[str, str] | None:
    # With `repeat: already_done` a second send needs no key: the provider answers already done.
    can_resend = call.key is not None or call.repeat is Repeat.ALREADY_DONE
    if SettleBy.LOOK_UP in ways:
        return look_up if call.look_up is None else None
    return None if can_resend else ("{name} has no key to send again", "Give it one: `key: ...`, or settle by look_up.")


RULE = Rule(
    "cannot-settle",
    Severity.ERROR,
    "A queue settles an unknown outcome in a way that the spec gives it no means for.",
    _check,
)
