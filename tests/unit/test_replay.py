"""A failure as a file: written whole, read with care, and played again on whatever driver there is."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import pointsman_conformance
from pointsman.loading.load import load as load_spec
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import DriverError, ImplementationInfo, Played
from pointsman_conformance.core.history import Columns, Effect, History, Mark, Request, Response, Write
from pointsman_conformance.core.plan import (
    Advance,
    Crash,
    Create,
    Dashboard,
    DeliverWebhooks,
    Fault,
    FaultKind,
    Happen,
    Move,
    Plan,
    Point,
    Settle,
    SetUnknownStatus,
    Step,
    Work,
)
from pointsman_conformance.core.plan import to_json as plan_to_json
from pointsman_conformance.core.shapes import problems
from pointsman_conformance.laws.judgement import Breach, Element, LawVerdict
from pointsman_conformance.replay import (
    Replay,
    Replayed,
    ReplayError,
    ReplayOutcome,
    excerpt,
    load,
    of_failure,
    replay,
    save,
    to_file,
)
from pointsman_conformance.replay_shape import FILE, replay_schema
from pointsman_conformance.report.account import Failure

TOP = Path(__file__).parents[2]
SPEC = load_spec(TOP / "spec" / "seller_transfer.yaml")
PUBLISHED = Path(pointsman_conformance.__file__).parent / "replay.schema.json"
VALIDATOR = Draft202012Validator(replay_schema())

EVERY_STEP: Plan = (
    Create("1", "completed", {"amount_cents": 500, "reversal_cents": None}),
    Happen("1", "refund_requested", "refund_handler", "evt_1", {"amount": 200}),
    Advance(60.5),
    Work("reversal_worker", 2, (Fault(FaultKind.CRASH, Point.WRITE_AFTER, 2), Fault(FaultKind.EXECUTING, seconds=5.0))),
    Work(
        "reversal_worker", faults=(Fault(FaultKind.PAUSE, Point.WRITE_AFTER, during=(Advance(600.0), Work("admin"))),)
    ),
    DeliverWebhooks("1", 3, reverse=True),
    DeliverWebhooks(),
    Dashboard("1", "create_reversal", part=True),
    SetUnknownStatus("1", "limbo"),
    Move("1", "reversed", "admin"),
    Crash("reversal_worker", 2),
    Settle(5, 1),
)


def failure(**changes: object) -> Replay:
    made = Replay(
        lifecycle="seller_transfer",
        spec="spec/seller_transfer.yaml",
        digest=SPEC.source.digest,
        law="backoff",
        requirement="backoff/reversal",
        says="Due 3 s after the write.",
        implementation="acme",
        driver="pipe",
        roles=frozenset({"reversal_worker", "admin"}),
        plan=EVERY_STEP,
        seed=7,
        flaky=(2, 5),
        history=({"kind": "mark", "place": 3},),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by their names


# --- files ---------------------------------------------------------------------


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    path = save(tmp_path / "new folder", failure())
    assert path.name == "backoff-reversal.json"
    assert load(path) == failure()
    assert os.listdir(path.parent) == [path.name]  # noqa: PTH208 - names are asked for


def test_the_published_schema_is_that_of_the_files() -> None:
    """Run with POINTSMAN_UPDATE_PAGES=1 to write it anew."""
    told = json.dumps(replay_schema(), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("POINTSMAN_UPDATE_PAGES"):
        PUBLISHED.write_text(told, encoding="utf-8")
    assert PUBLISHED.read_text(encoding="utf-8") == told
    Draft202012Validator.check_schema(replay_schema())


def test_a_file_of_every_step_fits_the_schema() -> None:
    told = json.loads(json.dumps(to_file(failure())))
    VALIDATOR.validate(told)
    assert list(problems(FILE, told)) == []


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_shapes_and_the_schema_refuse_the_same_plans(data: st.DataObject) -> None:
    told = json.loads(json.dumps(to_file(failure(plan=(data.draw(st.sampled_from(EVERY_STEP)),)))))
    step = told["plan"][0]
    step[data.draw(st.sampled_from([*step, "row", "faults", "extra"]))] = data.draw(
        st.sampled_from(
            [None, True, -1, 0, 1, 1.5, "", "1", "work", [], {}, [{}], [{"kind": "crash"}], [{"kind": "x"}]]
        )
    )
    assert (list(problems(FILE, told)) == []) == VALIDATOR.is_valid(told)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 2}, "is of format 2; this kit, .*, reads 1"),
        ({"plan": [{"do": "dance"}]}, r"plan\[0\]\.do must be one of create, .*, not \"dance\""),
        ({"plan": [{"do": "work"}]}, r"plan\[0\] lacks 'actor'"),
        (
            {"plan": [{"do": "work", "actor": "a", "faults": [{"kind": "flood"}]}]},
            r"plan\[0\]\.faults\[0\]\.kind must be",
        ),
        ({"law": None}, "law must be a text that is not empty, not null"),
        ({"mood": "good"}, "the replay file has no field 'mood'"),
    ],
)
def test_a_file_that_is_wrong_is_told_so(tmp_path: Path, change: dict[str, object], words: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({**to_file(failure()), **change}), encoding="utf-8")
    with pytest.raises(ReplayError, match=words):
        load(path)


@pytest.mark.parametrize(
    ("text", "words"), [("{", "is no JSON"), ("[]", "must be an object"), ("[" * 100_000, "is no JSON")]
)
def test_a_file_that_is_no_replay_is_told_so(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReplayError, match=words):
        load(path)


def test_a_file_that_is_not_there_and_a_folder_that_is_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="cannot be read: No such file"):
        load(tmp_path / "none.json")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ReplayError, match="cannot be written"):
        save(tmp_path / "file", failure())


def test_a_full_disk_leaves_the_old_file_and_no_half_of_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path, failure())

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ReplayError, match="No space left on device"):
        save(tmp_path, failure(says="other"))
    assert load(path) == failure()
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208 - names are asked for


# --- excerpts --------------------------------------------------------------------


def test_an_excerpt_holds_what_concerns_the_row_and_marks_what_shows_the_breach() -> None:
    def write(row: str, at: float) -> Write:
        return Write(at=at, row=row, old=None, new={"id": int(row), "next_retry_at": math.inf})

    history = History(
        (
            write("1", 0),
            write("2", 0),
            Request(at=1, who="a", id="r1", method="POST", path="/v1/transfers/tr_9/reversals", key="reversal-1-0"),
            Effect(at=1, receipt="trr_1", request="r1", row="1", amount=5),
            Response(at=1, request="r1", status=200, body={"id": "trr_1"}),
            Request(at=1, who="a", id="r2", method="POST", path="/v1/transfers/tr_9/reversals", key="reversal-2-0"),
            Response(at=1, request="r2", status=500),
            Mark(at=2, name="end"),
        )
    )
    told = excerpt(history, Breach(Element("reversal"), "...", (4,), row="1"))
    assert [each["place"] for each in told] == [0, 2, 3, 4, 7]
    assert [each["place"] for each in told if each.get("shows")] == [4]
    assert json.loads(json.dumps(told, allow_nan=False))[0]["new"]["next_retry_at"] == "inf"


def test_of_a_long_history_the_part_that_leads_to_the_breach_is_kept() -> None:
    history = History(tuple(Write(at=n, row="1", old=None, new=None) for n in range(1000)))
    told = excerpt(history, Breach(Element("x"), "...", (700,), row="1"))
    assert (told[0]["place"], told[-1]["place"], len(told)) == (511, 710, 200)


def test_what_a_campaign_found_is_kept_with_whose_it_is() -> None:
    history = History((Mark(at=0, name="end"),))
    about = ImplementationInfo("acme", frozenset({"reversal_worker"}))
    found = Failure("backoff", "backoff/reversal", breach("reversal"), EVERY_STEP, history, (1, 3))
    kept = of_failure(found, SPEC, about, spec="spec/x.yaml", driver="pipe", seed=4)
    assert (kept.digest, kept.plan, kept.flaky) == (SPEC.source.digest, EVERY_STEP, (1, 3))
    assert (kept.says, kept.implementation, kept.roles) == ("wrong at reversal", "acme", about.roles)
    assert kept.history == ({"kind": "mark", "place": 0, "at": 0, "name": "end", "who": "kit", "shows": True},)


# --- again -----------------------------------------------------------------------


PLAYED = Played()


class Puppet:
    """A driver that plays nothing and has a history that it was given."""

    def __init__(self, played: Played | DriverError = PLAYED, roles: tuple[str, ...] = ("reversal_worker", "admin")):
        self.about = ImplementationInfo("puppet", frozenset(roles))
        self.steps: list[Step] = []
        self._played = played

    def begin(self, case: str) -> None:
        self.steps = []

    def play(self, step: Step) -> Played:
        if isinstance(self._played, DriverError):
            raise self._played
        self.steps.append(step)
        return self._played

    def rows(self) -> Mapping[str, Columns]:
        return {}

    def now(self) -> float:
        return 0.0

    def key(self, row: str) -> str:
        return row

    def history(self) -> History:
        return History(())

    def close(self) -> None:
        pass


def breach(element: str) -> Breach:
    return Breach(Element(element), f"wrong at {element}", (0,))


def played_again(driver: Puppet, *verdicts: LawVerdict, **changes: object) -> Replayed:
    def judge(lifecycle: Lifecycle, history: History) -> tuple[LawVerdict, ...]:
        return verdicts

    return replay(failure(**changes), SPEC, driver, judge)


KEPT = LawVerdict("backoff", (), (("backoff/reversal", 1),))


@pytest.mark.parametrize(
    ("verdicts", "outcome", "words"),
    [
        ((KEPT,), ReplayOutcome.FIXED, "It keeps backoff/reversal"),
        ((LawVerdict("backoff", (breach("reversal"),), ()),), ReplayOutcome.FAILED, "wrong at reversal"),
        ((LawVerdict("backoff", (breach("transfer"),), ()),), ReplayOutcome.CHANGED, "It breaks backoff/transfer now"),
        (
            (KEPT, LawVerdict("due-only", (breach("reversal"),), ())),
            ReplayOutcome.CHANGED,
            "It breaks due-only/reversal now",
        ),
        ((LawVerdict("backoff", (), ()),), ReplayOutcome.CHANGED, "backoff was not put to the test this time"),
    ],
)
def test_a_replay_says_what_became_of_the_failure(
    verdicts: tuple[LawVerdict, ...], outcome: ReplayOutcome, words: str
) -> None:
    driver = Puppet()
    found = played_again(driver, *verdicts)
    assert (found.outcome, words in found.says) == (outcome, True), found.says
    assert tuple(driver.steps) == EVERY_STEP


def test_an_implementation_that_is_lost_is_no_fix() -> None:
    found = played_again(Puppet(Played(trouble="it ended by itself")), KEPT)
    assert (found.outcome, "it ended by itself" in found.says) == (ReplayOutcome.CHANGED, True)


def test_a_stage_that_fails_is_an_error() -> None:
    found = played_again(Puppet(DriverError("no database")), KEPT)
    assert found == Replayed(ReplayOutcome.ERROR, "It could not be played: no database")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lifecycle": "refund"}, "it is about the lifecycle refund, not seller_transfer"),
        ({"law": "be-nice"}, "there is no law be-nice any more"),
        ({"roles": frozenset({"webhook"})}, "this implementation does not play webhook"),
        ({"plan": (Create("1", "done"),)}, "the spec has no status done"),
        ({"plan": (Create("1", "pending", {"colour": 1}),)}, "the table has no column colour"),
        ({"plan": (Create("1", "pending"), Happen("1", "kick", "admin", "e"))}, "the spec has no event kick"),
        ({"plan": (Create("1", "pending"), Work("boss"))}, "the spec has no actor boss"),
        ({"plan": (Create("1", "pending"), Dashboard("1", "call_home"))}, "the spec has no call call_home"),
        (
            {"plan": (Create("1", "pending"), Work("admin", faults=(Fault(FaultKind.PAUSE, during=(Work("boss"),)),)))},
            "the spec has no actor boss",
        ),
        ({"plan": (Advance(3.0),)}, "it creates no row"),
    ],
)
def test_a_spec_that_moved_on_is_an_error_and_nothing_is_played(changes: dict[str, object], words: str) -> None:
    driver = Puppet()
    found = played_again(driver, KEPT, **changes)
    assert (found.outcome, words in found.says) == (ReplayOutcome.ERROR, True), found.says
    assert driver.steps == []


def test_the_schema_knows_every_step() -> None:
    assert {each["do"] for each in plan_to_json(EVERY_STEP) if isinstance(each, dict)} == {
        case["properties"]["do"]["const"] for case in json.loads(json.dumps(replay_schema()))["$defs"]["step"]["oneOf"]
    }
