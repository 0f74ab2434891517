"""What a run of the kit came to: the verdict, the findings, the record and the words."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from pointsman.loading.load import load
from pointsman.reporting import Looks, render
from pointsman.result import Grid, Prose, Result
from pointsman.spec.laws import JUDGED, LAWS
from pointsman_conformance.core.driver import ImplementationInfo
from pointsman_conformance.core.history import Effect, History, Mark, Request, Response, Started, Value, Write
from pointsman_conformance.core.plan import Create, Fault, FaultKind, Work
from pointsman_conformance.laws.judgement import Breach, Element
from pointsman_conformance.report.account import (
    Covered,
    Failure,
    ImplementationAccount,
    ImplementationVerdict,
    LawStanding,
    OfLaw,
)
from pointsman_conformance.report.blocks import blocks, summary
from pointsman_conformance.report.findings import findings, undecided
from pointsman_conformance.report.record import certificate, conform_schema, to_data
from pointsman_conformance.report.telling import MOST, clock, grid

SPEC = Path(__file__).parents[3] / "spec" / "seller_transfer.yaml"
LIFECYCLE = load(SPEC)
ABOUT = ImplementationInfo("acme", frozenset({"reversal_worker"}), "1.2", "go")

OLD: dict[str, Value] = {
    "id": 1,
    "status": "reversal_pending",
    "claim_count": 0,
    "next_retry_at": 0.0,
    "stripe_reversal_id": None,
}
HISTORY = History(
    (
        Started(at=0.0, who="acme 1", actor="reversal_worker"),
        Write(at=0.1, row="1", old=None, new=OLD),
        Write(at=0.2, row="2", old=None, new=OLD | {"id": 2}),
        Write(at=0.3, who="acme 1", row="1", old=OLD, new=OLD | {"claim_count": 1, "next_retry_at": 600.3}),
        Request(
            at=0.4, who="acme 1", id="rq_1", method="POST", path="/v1/transfers/tr_1/reversals",
            params={"amount": "10", "metadata[row]": "1"}, key="reversal-1-0",
        ),
        Effect(at=0.5, receipt="trr_1", request="rq_1", call="create_reversal", row="1", amount=10),
        Response(at=0.6, request="rq_1", silence="connection"),
        Mark(at=0.7, name="end"),
    ),
    frozenset({"reversal_worker"}),
    frozenset({"acme 1"}),
)  # fmt: skip

BREACH = Breach(Element("create_reversal", ("calls", "create_reversal", "key")), "sent rq_1 twice", (4,), "1")
FAILURE = Failure(
    "stable-key",
    "stable-key/create_reversal",
    BREACH,
    (Create("1", "reversal_pending"), Work("reversal_worker", faults=(Fault(FaultKind.LOST_REPLY),))),
    HISTORY,
    saved="failures/stable-key.json",
)

KEPT = tuple(OfLaw(law.id, LawStanding.KEPT, ((f"{law.id}/x", 3),)) for law in LAWS)


def _account(**changes: object) -> ImplementationAccount:
    whole = ImplementationAccount(
        "spec/seller_transfer.yaml", LIFECYCLE, ABOUT, "black box", (1,), KEPT, coverage=(Covered("statuses", 4),)
    )
    return replace(whole, **changes)  # type: ignore[arg-type]  # names of its fields


def _result(account: ImplementationAccount) -> Result:
    return Result(
        "conform", findings(account), blocks(account), to_data([account]), summary(account), undecided(account)
    )


def test_conformant_needs_every_law_and_every_cell() -> None:
    assert _account().verdict is ImplementationVerdict.CONFORMANT
    assert _account(coverage=(Covered("statuses", 4, ("failed",)),)).verdict is ImplementationVerdict.INCOMPLETE
    assert (
        _account(laws=(*KEPT[1:], OfLaw(LAWS[0].id, LawStanding.NO_EVIDENCE))).verdict
        is ImplementationVerdict.INCOMPLETE
    )
    assert (
        _account(laws=(*KEPT[1:], OfLaw(LAWS[0].id, LawStanding.NOT_APPLICABLE))).verdict
        is ImplementationVerdict.CONFORMANT
    )
    assert _account(trouble=("no database",)).verdict is ImplementationVerdict.INCOMPLETE
    assert _account(interrupted=True).verdict is ImplementationVerdict.INCOMPLETE


def test_an_implementation_that_no_law_binds_is_not_conformant() -> None:
    unbound = tuple(OfLaw(law.id, LawStanding.NOT_APPLICABLE, why="no queue is played") for law in LAWS)
    account = _account(laws=unbound)
    assert account.verdict is ImplementationVerdict.INCOMPLETE
    assert undecided(account) == (
        "acme: none of the laws that were asked for applies to these roles, so nothing was put to the test.",
    )


def test_for_an_implementation_without_a_record_only_the_cause_is_told() -> None:
    laws = tuple(OfLaw(law.id, LawStanding.NO_EVIDENCE) for law in JUDGED)
    nobody = _account(laws=laws, trouble=("It ended with 3. It said last:\nboom",))
    assert nobody.unseen
    assert undecided(nobody)[0].endswith("It ended with 3. It said last: boom")
    assert "nothing was put to the test" in undecided(nobody)[1]
    assert len(undecided(nobody)) == 2
    assert not any(isinstance(block, Grid) for block in blocks(nobody))
    assert not _account(laws=laws).unseen
    assert not _account(trouble=("no database",)).unseen


def test_a_broken_law_outweighs_what_was_not_reached() -> None:
    account = _account(failures=(FAILURE,), trouble=("no database",))
    assert account.verdict is ImplementationVerdict.NOT_CONFORMANT
    assert _result(account).exit_code == 1
    assert _result(_account(trouble=("no database",))).exit_code == 4
    assert _result(_account()).exit_code == 0


def test_a_stale_list_of_known_failures_fails() -> None:
    account = _account(stale=("stable-key is kept now",))
    assert account.verdict is ImplementationVerdict.NOT_CONFORMANT
    assert [found.code for found in findings(account)] == ["known-failure-stale"]


def test_a_failure_is_a_finding_at_the_line_of_its_requirement() -> None:
    (found,) = findings(_account(failures=(FAILURE,)))
    assert found.code == "stable-key"
    line = SPEC.read_text().splitlines()[found.place.line - 1]
    assert line.strip().startswith('key: "reversal-{id}')
    assert "stable-key/create_reversal" in found.help
    assert "pointsman replay failures/stable-key.json" in found.help


def test_a_flaky_failure_says_how_often() -> None:
    (found,) = findings(_account(failures=(replace(FAILURE, flaky=(2, 5)),)))
    assert "2 of 5 replays" in found.help


@pytest.mark.parametrize("account", [_account(), _account(failures=(FAILURE, replace(FAILURE, flaky=(1, 3))))])
def test_the_record_and_the_certificate_keep_to_their_schemas(account: ImplementationAccount) -> None:
    schema = conform_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(to_data([account]), schema)
    jsonschema.validate(certificate([account]), {**schema["$defs"]["certificate"]})  # type: ignore[index]  # our own file


def test_what_no_run_tests_stands_in_the_report_and_in_the_certificate_and_changes_no_verdict() -> None:
    account = _account(not_tested=("The date in its keys.",))
    assert '"not_tested": ["The date in its keys."]' in json.dumps(certificate([account]))
    assert "Not tested:\n  The date in its keys." in [each.text for each in blocks(account) if isinstance(each, Prose)]
    assert account.verdict is _account().verdict


def test_the_run_is_told_with_the_breach_marked_and_other_rows_left_out() -> None:
    told = grid(LIFECYCLE, HISTORY, (4,), "1")
    lines = [row[3].text for row in told.rows]
    assert lines == [
        "starts as reversal_worker",
        "row 1 is created in reversal_pending",
        "row 1: reversal_pending stays; claim_count 0 → 1, next_retry_at now → 10 min from now",
        "rq_1: POST /v1/transfers/tr_1/reversals (amount=10, metadata[row]=1) under the key reversal-1-0",
    ]
    assert [row[0].text for row in told.rows] == ["", "", "", ">"]


def test_a_long_run_is_shown_from_its_end() -> None:
    many = History(tuple(Write(at=float(n), row="1", old=OLD, new=OLD | {"claim_count": n}) for n in range(1, 100)))
    told = grid(LIFECYCLE, many, (98,), None)
    assert len(told.rows) == MOST
    assert told.legend == f"{99 - MOST} earlier lines are left out."


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.42, "0.42 s"), (90, "90 s"), (600, "10 min"), (72_000, "20 h"), (259_200, "3 d")]
)
def test_durations_are_short(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_the_text_names_the_laws_that_are_broken() -> None:
    laws = (*KEPT[1:], OfLaw("guarded-write", LawStanding.BROKEN, breaches=1))
    text = render(_result(_account(failures=(FAILURE,), laws=laws)), "text", Looks())
    assert text.rstrip().endswith("acme: not conformant: breaks guarded-write; 0 runs, 0 steps, 0 s, seed 1")
