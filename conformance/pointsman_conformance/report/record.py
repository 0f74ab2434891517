"""An account as JSON values by a published schema, and the certificate, which is the lasting part of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pointsman import __version__
from pointsman.reporting.stories.record import to_record
from pointsman_conformance.core import plan as plans
from pointsman_conformance.report.account import Failure, Harm, ImplementationAccount

_SCHEMA = Path(__file__).parent / "conform.schema.json"

CERTIFICATE = 1
"""The version of the certificate. It rises when a key goes away or changes its meaning."""


def to_data(accounts: Sequence[ImplementationAccount]) -> dict[str, object]:
    """All of the accounts: the `data` of `pointsman conform --format json`."""
    return {"implementations": [{**_certified(account), **_found(account)} for account in accounts]}


def certificate(accounts: Sequence[ImplementationAccount]) -> dict[str, object]:
    """The certificate: implementations, verdicts, kit version and spec. It has no times, and no path but the spec's."""
    return {
        "certificate": CERTIFICATE,
        "pointsman": __version__,
        "implementations": [_certified(account) for account in accounts],
    }


def conform_schema() -> dict[str, object]:
    """The JSON Schema of what `to_data` returns; ``$defs/certificate`` is that of the certificate."""
    schema: dict[str, object] = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return schema


def _certified(account: ImplementationAccount) -> dict[str, object]:
    about = account.about
    return {
        "verdict": account.verdict.value,
        "spec": {"file": account.spec, "name": account.lifecycle.name, "sha256": account.lifecycle.source.digest},
        "implementation": {
            "name": about.name,
            "version": about.version,
            "language": about.language,
            "homepage": about.homepage,
        },
        "roles": sorted(about.roles),
        "driver": account.driver,
        "seeds": list(account.seeds),
        "runs": account.runs,
        "steps": account.steps,
        "laws": [
            {"law": law.law, "standing": law.standing.value, "met": dict(law.met), "why": law.why or None}
            for law in account.laws
        ],
        "coverage": [
            {"sort": sort.sort, "required": sort.required, "missing": list(sort.missing)} for sort in account.coverage
        ],
        "not_applicable": dict(account.exempt),
        "known_failures": list(account.known),
        "not_tested": list(account.not_tested),
    }


def _found(account: ImplementationAccount) -> dict[str, object]:
    return {
        "seconds": round(account.seconds, 3),
        "failures": [_failure(failure) for failure in account.failures],
        "trouble": list(account.trouble),
        "stale": list(account.stale),
        "interrupted": account.interrupted,
        "stories": [
            {"name": story.name, "played": story.played, "left_out": list(story.left_out)} for story in account.stories
        ],
    }


def _failure(failure: Failure) -> dict[str, object]:
    return {
        "law": failure.law,
        "requirement": failure.requirement,
        "says": failure.breach.says,
        "row": failure.breach.row,
        "plan": plans.to_json(failure.plan),
        "flaky": None if failure.flaky is None else {"failed": failure.flaky[0], "of": failure.flaky[1]},
        "replay": failure.saved,
        "harm": None if failure.harm is None else _harm(failure.harm),
    }


def _harm(harm: Harm) -> dict[str, object]:
    return {
        "seen": harm.seen.value,
        "says": harm.says,
        "property": harm.prop or None,
        "story": None if harm.story is None else to_record(harm.story),
    }
