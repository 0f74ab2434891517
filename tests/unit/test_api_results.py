"""The results of the public API: when a report is green, and what is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pointsman import (
    AuditOptions,
    AuditReport,
    CheckOptions,
    CheckReport,
    Finding,
    Lifecycle,
    MigrationPlan,
    OptionError,
    Output,
    Place,
    PropertyStanding,
    Severity,
    SpecError,
    UsageError,
    Verdict,
    check,
    generate,
    load,
    load_text,
    migrate,
)
from pointsman.api.checking import check_each, scopes
from pointsman.checking.running import PropertyOutcome, Unfinished
from pointsman.checking.verdict import Checked, VerdictKind
from pointsman.cli import main
from pointsman.verdicts.account import SpecAccount
from pointsman.world.scope import ARRIVALS, DEFAULT, Scope
from pointsman_conformance import ConformOptions, ConformReport, Implementation, LawStanding, OfLaw, conform
from pointsman_conformance.core.driver import ImplementationInfo
from pointsman_conformance.report.account import ImplementationAccount
from tests.checkout import TOP

SELLER = TOP / "spec" / "seller_transfer.yaml"
PLAIN = """\
pointsman: 1
lifecycle: plain
statuses: {open: {initial: true}, closed: {terminal: true}}
transitions: [{from: open, to: closed}]
"""


def test_an_option_out_of_range_is_told_by_its_python_name_and_by_its_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OptionError, match=r"^max_states 0 is no limit: give a number above 0\.$"):
        CheckOptions(max_states=0)
    assert main(["check", str(SELLER), "--max-states", "0"]) == 2
    assert capsys.readouterr().err == "pointsman: --max-states 0 is no limit: give a number above 0.\n"


# --- check: when a report is green -------------------------------------------------------


ONE, OTHER = Scope(world=DEFAULT), Scope(workers=1, attempts=1, world=ARRIVALS)
HOLDS, VIOLATED, UNKNOWN, VACUOUS = PropertyStanding


@pytest.fixture(scope="module")
def plain() -> Lifecycle:
    return load_text(PLAIN, "plain.yaml")


def judged(standing: PropertyStanding, prop: str = "no-deadlock") -> Verdict:
    return Verdict(prop, VerdictKind.SAFETY, standing, "why")


def checked(*verdicts: Verdict, scope: Scope = ONE, cut: str = "", interrupted: bool = False) -> Checked:
    return Checked(scope, (), 10, 20, 3, 0.1, 8.0, "tidy", verdicts, cut=cut, interrupted=interrupted)


def report(lifecycle: Lifecycle, *outcomes: PropertyOutcome) -> CheckReport:
    return CheckReport(SpecAccount("a.yaml", lifecycle, (), tuple(zip((ONE, OTHER), outcomes, strict=False))))


def test_a_report_is_green_where_everything_holds(plain: Lifecycle) -> None:
    green = report(plain, checked(judged(HOLDS)), checked(judged(HOLDS), scope=OTHER))
    assert green.holds
    assert green
    assert green.properties == {"no-deadlock": HOLDS}
    assert green.standing("no-deadlock") is HOLDS


NOT_GREEN: dict[str, tuple[PropertyOutcome, ...]] = {
    "no world": (),
    "no property": (checked(),),
    "violated": (checked(judged(VIOLATED)),),
    "violated in one world": (checked(judged(HOLDS)), checked(judged(VIOLATED), scope=OTHER)),
    "unknown": (checked(judged(UNKNOWN)),),
    "unknown in one world": (checked(judged(HOLDS)), checked(judged(UNKNOWN), scope=OTHER)),
    "vacuous": (checked(judged(VACUOUS)),),
    "one vacuous": (checked(judged(HOLDS), judged(VACUOUS, "every-row-is-resolved")),),
    "cut": (checked(judged(HOLDS), cut="the limit of 10 states"),),
    "one world not looked at": (checked(judged(HOLDS)), Unfinished("out of memory")),
    "interrupted": (checked(judged(HOLDS), interrupted=True),),
    "interrupted before": (checked(judged(HOLDS)), Unfinished("interrupted", interrupted=True)),
}


@pytest.mark.parametrize("outcomes", NOT_GREEN.values(), ids=NOT_GREEN)
def test_a_report_with_anything_open_is_not_green(plain: Lifecycle, outcomes: tuple[PropertyOutcome, ...]) -> None:
    told = report(plain, *outcomes)
    assert not told.holds
    assert not told


def test_a_property_of_the_spec_that_no_world_judged_is_unknown() -> None:
    told = report(load(SELLER), checked(judged(HOLDS)))
    assert told.properties["reversed_was_paid"] is UNKNOWN
    assert not told.holds


def test_a_property_holds_where_it_has_nothing_to_hold_for_in_one_world_only(plain: Lifecycle) -> None:
    told = report(plain, checked(judged(HOLDS)), checked(judged(VACUOUS), scope=OTHER))
    assert told.standing("no-deadlock") is HOLDS
    assert told.holds


def test_a_property_that_does_not_exist_has_no_standing(plain: Lifecycle) -> None:
    with pytest.raises(UsageError, match=r"no property 'no-deadlok' was judged\. Did you mean 'no-deadlock'\?"):
        report(plain, checked(judged(HOLDS))).standing("no-deadlok")


def test_checking_says_of_each_world_how_large_it_is(plain: Lifecycle) -> None:
    told = check(plain)
    assert told.holds
    assert [(world.name, world.rows, world.workers, world.states, world.cut) for world in told.worlds] == [
        ("default", 1, 2, 3, "")
    ]
    assert told.findings == ()
    assert told.undecided == ()
    assert told.laws == ()
    assert told.lifecycle is plain


def test_checking_within_too_small_a_limit_is_not_green(plain: Lifecycle) -> None:
    told = check(plain, CheckOptions(max_states=1))
    assert not told.holds
    assert set(told.properties.values()) == {UNKNOWN}
    assert told.worlds[0].cut
    assert told.undecided


def test_one_lifecycle_that_is_checked_twice_has_its_own_worlds_in_each_report(plain: Lifecycle) -> None:
    first, second = check_each((plain, plain), CheckOptions())
    assert [len(each.worlds) for each in (first, second)] == [1, 1]


def test_a_world_that_the_spec_lacks_is_refused_before_anything_is_explored(plain: Lifecycle) -> None:
    with pytest.raises(UsageError, match=r"plain has no world 'partial'"):
        scopes(plain, CheckOptions(worlds=("partial",)))


def test_dropping_each_law_goes_not_with_dropping_some() -> None:
    with pytest.raises(OptionError, match=r"^laws drops each law by itself"):
        CheckOptions(laws=True, without=("stable-key",))


def test_worlds_that_are_one_text_are_refused() -> None:
    with pytest.raises(
        OptionError, match=r"^worlds 'default' is a text: give a tuple of names, such as \('default',\)"
    ):
        CheckOptions(worlds="default")  # type: ignore[arg-type]  # the mistake that is tested


def test_a_law_that_does_not_exist_is_refused_when_the_options_are_made() -> None:
    with pytest.raises(UsageError, match=r"stable-kee"):
        CheckOptions(without=("stable-kee",))


# --- generate and migrate ------------------------------------------------------------


def test_an_option_that_a_target_does_not_have_is_refused(plain: Lifecycle) -> None:
    with pytest.raises(UsageError, match=r"go has no option 'pakage'\. Did you mean 'package'\?"):
        generate(plain, "go", {"pakage": "orders"})


def test_a_target_that_does_not_exist_is_refused(plain: Lifecycle) -> None:
    with pytest.raises(UsageError, match=r"there is no target 'pyton'\. Did you mean 'python'\?"):
        generate(plain, "pyton")


def test_generating_writes_nothing(plain: Lifecycle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (output,) = generate(plain, "python")
    assert output.path == "plain_guard.py"
    assert list(tmp_path.iterdir()) == []


def finding(severity: Severity, code: str = "status-removed") -> Finding:
    return Finding(code, severity, "message", Place("a.yaml"), "help")


def test_a_plan_with_a_danger_is_blocked_and_cannot_be_written(tmp_path: Path) -> None:
    plan = MigrationPlan((), (finding(Severity.NOTE), finding(Severity.ERROR)), tmp_path / "migrations")
    assert plan.blocked
    assert not plan
    with pytest.raises(UsageError, match=r"blocked by status-removed, and nothing was written"):
        plan.write()
    assert not plan.folder.exists()


def test_a_plan_with_dangers_that_were_allowed_is_written(tmp_path: Path) -> None:
    plan = MigrationPlan((Output("1.sql", "SELECT 1;\n"),), (finding(Severity.NOTE),), tmp_path / "migrations")
    assert not plan.blocked
    assert plan
    assert plan.write() == (tmp_path / "migrations" / "1.sql",)


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({"number": "one"}, "number says which number the first file gets, such as 983, and 'one' is no number."),
        ({}, "number says which number the first file gets, such as 983."),
        ({"number": "1", "runner": "flyweay"}, "there is no runner 'flyweay'. Did you mean 'flyway'?"),
        ({"number": "1", "allow": ("everything",)}, "allow everything is not possible"),
    ],
)
def test_a_migration_that_cannot_be_meant_is_refused(named: dict[str, str], says: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        migrate(None, load(SELLER), folder=tmp_path, **named)
    assert str(refused.value).startswith(says)


# --- audit ---------------------------------------------------------------------------


def audited(**different: object) -> AuditReport:
    usual = AuditReport((), (), ("index-missing",), "public.orders", (), 180001)
    return dataclasses.replace(usual, **different)  # type: ignore[arg-type] # the words are the test's


def test_a_table_agrees_where_nothing_contradicts_the_spec() -> None:
    assert audited()
    assert audited(findings=(finding(Severity.NOTE),)).agrees
    assert audited(rows=None).agrees


@pytest.mark.parametrize(
    "different",
    [
        {"findings": (finding(Severity.ERROR),)},
        {"findings": (finding(Severity.WARNING),)},
        {"incomplete": ("Only 10 % of the table was read.",)},
        {"checks": ()},
        {"table": None},
    ],
)
def test_a_table_that_was_not_wholly_looked_at_does_not_agree(different: dict[str, object]) -> None:
    assert not audited(**different).agrees
    assert not audited(**different)


def test_checks_that_are_asked_for_and_skipped_are_not_made() -> None:
    assert AuditOptions(only=("index-missing",), skip=("index-missing",)).checks == ()
    assert "index-missing" in AuditOptions().checks


# --- conform -------------------------------------------------------------------------


def driven(*standings: LawStanding, **different: object) -> ConformReport:
    laws = tuple(OfLaw(f"law {number}", standing) for number, standing in enumerate(standings))
    about = ImplementationInfo("acme", frozenset({"retry_worker"}))
    usual = ImplementationAccount("a.yaml", load_text(PLAIN), about, "pipe", (1,), laws, runs=1)
    return ConformReport(dataclasses.replace(usual, **different))  # type: ignore[arg-type] # the words are the test's


def test_an_implementation_conforms_where_every_law_that_applies_was_kept() -> None:
    assert driven(LawStanding.KEPT, LawStanding.NOT_APPLICABLE).conforms
    assert driven(LawStanding.KEPT)


@pytest.mark.parametrize(
    "told",
    [
        driven(),
        driven(LawStanding.NOT_APPLICABLE),
        driven(LawStanding.KEPT, LawStanding.NO_EVIDENCE),
        driven(LawStanding.KEPT, interrupted=True),
        driven(LawStanding.KEPT, trouble=("The process ended.",)),
        driven(LawStanding.KEPT, stale=("line 3 excuses nothing",)),
    ],
)
def test_an_implementation_that_was_not_wholly_put_to_the_test_does_not_conform(told: ConformReport) -> None:
    assert not told.conforms
    assert not told


def test_a_driver_without_what_it_needs_is_refused() -> None:
    lifecycle = load(SELLER)
    with pytest.raises(UsageError, match=r"the driver black-box needs the command"):
        conform(lifecycle, Implementation(name="acme", driver="black-box", roles=("retry_worker",)))
    with pytest.raises(UsageError, match=r"the driver http needs the URL"):
        conform(lifecycle, Implementation(name="acme", driver="http"))


def test_effort_that_cannot_be_meant_is_refused() -> None:
    with pytest.raises(OptionError, match=r"^jobs 0 is too few"):
        ConformOptions(jobs=0)
    with pytest.raises(OptionError, match=r"^budget 0 is no time"):
        ConformOptions(budget=0)
    with pytest.raises(UsageError, match=r"there is no law 'stable-kee'\. Did you mean 'stable-key'\?"):
        ConformOptions(laws=("stable-kee",))
    with pytest.raises(OptionError, match=r"^tap writes down one conversation"):
        conform(
            load(SELLER),
            Implementation(name="acme", driver="pipe", command=("x",), tap=Path("x")),
            ConformOptions(jobs=2),
        )


def test_failing_runs_are_saved_when_they_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = Implementation(name="wrong", driver="book", roles=("retry_worker",), wrong="fresh_key_each_attempt")
    told = conform(load(SELLER), wrong, ConformOptions(laws=("stable-key",), budget=20, until_covered=True))
    assert not told.conforms
    assert list(tmp_path.iterdir()) == []
    saved = told.save(tmp_path / "replays")
    assert (
        dict(saved.findings[0].facts)["replay"] == (tmp_path / "replays" / "stable-key-create_transfer.json").as_posix()
    )
    assert saved.failures[0].law == "stable-key"


def test_a_spec_that_cannot_be_loaded_has_every_mistake_in_its_error() -> None:
    with pytest.raises(SpecError) as refused:
        load_text(PLAIN.replace("to: closed", "to: closd").replace("initial: true", "initial: maybe"))
    assert [found.code for found in refused.value.findings] == ["wrong-type", "undeclared-status"]
