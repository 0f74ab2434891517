"""A time that the safety of a call rests on is not declared."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call, ClaimBy, Lifecycle, Repeat
from pointsman.spec.source import Path


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for path, what in _missing(lifecycle):
        yield RULE.finding(
            lifecycle.place(*path),
            f"{'.'.join(str(part) for part in path)} is not declared: {what}",
            "Declare it, as a duration such as 90s, 10m or 24h.",
            "premise:" + ".".join(str(part) for part in path),
        )


def _missing(lifecycle: Lifecycle) -> Iterator[tuple[Path, str]]:
    made = dict.fromkeys(queue.call for queue in lifecycle.queues if queue.call is not None)
    claims = lifecycle.claims
    if made and claims is not None and claims.by is ClaimBy.BUMP:
        if claims.lease is None:
            yield ("claims", "lease"), "a row whose worker died would never be claimed again, or at once"
        if claims.longest_pause is None:
            yield ("claims", "longest_pause"), "it is unknown how old a claim may be when its request goes out"
    for name in made:
        yield from _of_call(lifecycle.call[name])


def _of_call(call: Call) -> Iterator[tuple[Path, str]]:
    if call.settles_within is None:
        yield ("calls", call.name, "settles_within"), "a look-up may say no while the request still takes effect"
    if call.key is not None and call.key_lifetime is None and not _goes_without(call):
        yield ("calls", call.name, "key_lifetime"), "it is unknown until when the provider remembers a key"


def _goes_without(call: Call) -> bool:
    """True if a key may be forgotten at any time: another send has no other effect, and no column has the key's age."""
    return call.repeat is Repeat.ALREADY_DONE and call.key_first_used is None


RULE = Rule("missing-premise", Severity.ERROR, "A time that the safety of a call rests on is not declared.", _check)
