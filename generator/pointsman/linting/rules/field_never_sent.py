"""A call reads a field that its provider, as far as it is known, never sends."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity, did_you_mean
from pointsman.spec.lifecycle import Call
from pointsman.spec.meaning import parts_of
from pointsman.spec.provider_objects import ProviderObject, may_be_sent, object_of_request, object_of_webhook
from pointsman.spec.source import Path


def _check(subject: LintContext) -> Iterator[Finding]:
    for call in subject.lifecycle.calls:
        told: set[Path] = set()
        for path, field, known, what in _read(call):
            if path in told or known is None or may_be_sent(known, field):
                continue
            told.add(path)
            guess = did_you_mean(field, known.fields) if parts_of(field)[0] not in known.fields else ""
            yield RULE.finding(
                subject.lifecycle.place("calls", call.name, *path, value=True),
                f"{what} {field}, and Stripe sends no such value in a {known.name}",
                f"Name a field that it sends, such as `id`.{guess}",
                f"call:{call.name}:{'.'.join(map(str, path))}",
            )


def _read(call: Call) -> Iterator[tuple[Path, str, ProviderObject | None, str]]:
    """Each field that is read of the provider's objects: where the spec names it, the object, and words for it."""
    answered = object_of_request(call, call.request.text)
    shown = object_of_request(call, call.look_up.request.text) if call.look_up is not None else None
    for column, field in call.records:
        for known in (answered, shown):
            yield ("records", column), field, known, f"{call.name} records {column} from"
    if call.look_up is not None:
        yield ("look_up", "receipt"), call.look_up.receipt, shown, f"the look-up of {call.name} finds it by"
    for mark, _ in call.marks:
        yield ("marks", mark), mark, shown, f"an effect of {call.name} is known by"
    for hook in call.webhooks:
        if hook.when is not None:
            yield (
                ("webhook", hook.type, "when"), hook.when, object_of_webhook(call, hook), f"{hook.type} tells by"
            )  # fmt: skip


RULE = Rule(
    "field-never-sent",
    Severity.ERROR,
    "A call reads a field that its provider, as far as it is known, never sends.",
    _check,
)
