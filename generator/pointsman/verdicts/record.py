"""The result of `check` as JSON values, by a published schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from pointsman.checking.forecast import Forecast
from pointsman.checking.running import PropertyOutcome, Unfinished
from pointsman.checking.verdict import Checked, Verdict
from pointsman.reporting.stories.record import story_schema, to_record
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.premises import PREMISES, Premise
from pointsman.verdicts import laws
from pointsman.verdicts.account import SpecAccount
from pointsman.world.scope import Scope

_SCHEMA = Path(__file__).parent / "check.schema.json"


def to_data(accounts: Sequence[SpecAccount], without: Iterable[str], stories: Iterable[str]) -> dict[str, object]:
    """Return the worlds of each spec with their verdicts, and the premises that the verdicts rest on."""
    dropped = list(without)
    return {
        "without": dropped,
        "premises": [_premise(p, dropped) for p in PREMISES if not p.fairness],
        "fairness": [_premise(p, dropped) for p in PREMISES if p.fairness],
        "specs": [_spec(account) for account in accounts],
        "stories": list(stories),
    }


def check_schema() -> dict[str, object]:
    """Return the JSON Schema of what `to_data` returns."""
    schema: dict[str, object] = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return schema | {"$defs": {**_defs(schema), "story": {"$id": "story.schema.json", **story_schema()}}}


def _defs(schema: dict[str, object]) -> dict[str, object]:
    defs = schema["$defs"]
    assert isinstance(defs, dict)  # noqa: S101 - narrows: it is our own file
    return defs


def _premise(one: Premise, dropped: Iterable[str]) -> dict[str, object]:
    return {
        "id": one.id,
        "sentence": one.sentence,
        "without": one.without,
        "droppable": one.droppable,
        "assumed": one.id not in dropped,
    }


def _spec(account: SpecAccount) -> dict[str, object]:
    return {
        "spec": account.spec,
        "lifecycle": account.lifecycle.name,
        "digest": account.lifecycle.source.digest,
        "worlds": [_world(account.lifecycle, scope, outcome) for scope, outcome in account.worlds],
        "never_reached": list(account.never_reached),
        "laws": None if account.laws is None else laws.to_data(account.laws.dropped),
    }


def _world(lifecycle: Lifecycle, scope: Scope, outcome: PropertyOutcome) -> dict[str, object]:
    size: dict[str, object] = {
        "world": scope.world.name,
        "summary": scope.world.summary,
        "rows": scope.rows,
        "workers": scope.workers,
        "attempts": scope.attempts,
    }
    return size | (_nothing(outcome) if isinstance(outcome, Unfinished) else _checked(lifecycle, outcome))


def _nothing(outcome: Unfinished) -> dict[str, object]:
    none = {"states": 0, "transitions": 0, "depth": 0, "seconds": 0.0, "bytes_per_state": 0.0, "legal_ends": 0}
    found: dict[str, object] = {"verdicts": [], "reached": {}, "blocked": [], "without": [], "reduction": "none"}
    return none | found | {"cut": outcome.why, "interrupted": outcome.interrupted, "estimate": None}


def _estimate(found: Forecast) -> dict[str, object]:
    return {
        "states": list(found.states),
        "seconds": [round(each, 1) for each in found.seconds],
        "bytes": list(found.bytes),
    }


def _checked(lifecycle: Lifecycle, checked: Checked) -> dict[str, object]:
    return {
        "states": int(checked.states),
        "transitions": int(checked.transitions),
        "depth": int(checked.depth),
        "seconds": round(float(checked.seconds), 3),
        "bytes_per_state": round(float(checked.bytes_per_state), 1),
        "legal_ends": int(checked.legal_ends),
        "reduction": checked.reduction,
        "without": list(checked.without),
        "cut": checked.cut or None,
        "interrupted": checked.interrupted,
        "estimate": None if checked.forecast is None else _estimate(checked.forecast),
        "verdicts": [_verdict(verdict) for verdict in checked.verdicts],
        "reached": dict(checked.reached),
        "blocked": [_blocked(lifecycle, number, why) for number, why in checked.blocked.items()],
    }


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {
        "property": verdict.prop,
        "kind": verdict.kind.value,
        "standing": verdict.standing.value,
        "says": verdict.says,
        "subject": verdict.subject,
        "steps": verdict.steps,
        "story": None if verdict.story is None else to_record(verdict.story),
    }


def _blocked(lifecycle: Lifecycle, number: int, why: str) -> dict[str, object]:
    move = lifecycle.transitions[number]
    return {"transition": number, "from": move.source, "to": move.target, "event": move.event, "why": why}
