"""The numbers that the workers were written with are those of the spec."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import timedelta

from pointsman.loading.load import load
from pointsman.spec.lifecycle import NextStep
from tests.acceptance.reference.shop import EXAMPLES, SERVICE
from tests.checkout import TOP

LIFECYCLE = load(TOP / "spec/seller_transfer.yaml")

DUMP = """
import dataclasses, json
from service import rules
told = {name: getattr(rules, name) for name in dir(rules) if name.isupper() and name != "QUEUES"}
def plain(value):
    return value.total_seconds() if hasattr(value, "total_seconds") else str(value)
queues = [dataclasses.asdict(queue) for queue in rules.QUEUES]
print(json.dumps({"queues": queues, "numbers": told}, default=plain))
"""


def test_the_service_has_the_numbers_of_the_spec() -> None:
    run = subprocess.run([sys.executable, "-c", DUMP], check=True, capture_output=True, text=True, cwd=SERVICE)
    told = json.loads(run.stdout)
    claims, call, queue = LIFECYCLE.claims, LIFECYCLE.call["create_reversal"], LIFECYCLE.queues[0]
    assert claims is not None
    assert queue.backoff is not None
    expected = {
        "LEASE": claims.lease,
        "LONGEST_PAUSE": claims.longest_pause,
        "SETTLES_WITHIN": call.settles_within,
        "KEY_LIFETIME": call.key_lifetime,
        "FIRST_PAUSE": queue.backoff.first,
        "CEILING": queue.backoff.ceiling,
    }
    assert {name: told["numbers"][name] for name in expected} == {
        name: value.total_seconds() for name, value in expected.items() if value is not None
    }
    assert (told["numbers"]["FACTOR"], told["numbers"]["JITTER"]) == (queue.backoff.factor, queue.backoff.jitter)
    assert {each.backoff for each in LIFECYCLE.queues} == {queue.backoff}


def test_the_service_has_the_queues_of_the_spec() -> None:
    run = subprocess.run([sys.executable, "-c", DUMP], check=True, capture_output=True, text=True, cwd=SERVICE)
    told = {queue["name"]: queue for queue in json.loads(run.stdout)["queues"]}
    for queue in LIFECYCLE.queues:
        mine, answers = told.pop(queue.name), {str(reply): answer for reply, answer in queue.then}
        assert queue.attempts is not None
        assert (mine["limit"], mine["worker"], mine["call"]) == (queue.attempts.limit, queue.worker, queue.call)
        assert [mine["status"]] == list(queue.statuses)
        assert mine["accepted"] == answers["accepted"] == answers["settled_done"]
        assert mine["absent"] == answers["settled_absent"]
        assert mine["refused"] == (None if answers["refused"] == NextStep.AGAIN else answers["refused"])
    assert not told


def test_the_worker_in_go_has_the_numbers_of_the_spec() -> None:
    source = (EXAMPLES / "go_reversal_worker/worker.go").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\t(\w+) += (.+)$", source.split("const (")[1].split(")")[0], flags=re.MULTILINE))
    units = {"time.Second": 1, "time.Minute": 60, "time.Hour": 3600}

    def length(text: str) -> timedelta:
        number, _, unit = text.rpartition(" * ")
        return timedelta(seconds=int(number or 1) * units[unit])

    claims, queue = LIFECYCLE.claims, LIFECYCLE.queue["reversal"]
    call = LIFECYCLE.call["create_reversal"]
    assert claims is not None
    assert queue.attempts is not None
    assert queue.backoff is not None
    assert (int(told["attemptLimit"]), float(told["jitter"])) == (queue.attempts.limit, queue.backoff.jitter)
    assert (length(told["lease"]), length(told["longestPause"])) == (claims.lease, claims.longest_pause)
    assert (length(told["settlesWithin"]), length(told["keyLifetime"])) == (call.settles_within, call.key_lifetime)
    assert (length(told["firstPause"]), length(told["pauseCeiling"])) == (queue.backoff.first, queue.backoff.ceiling)
