"""The estimate of a world's size: how near it comes in worlds that end, and where it is told."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from pointsman import load
from pointsman.api.checking import CheckOptions, check
from pointsman.checking.check import check as check_world
from pointsman.checking.explore import Explorer, Limits, Reduction
from pointsman.checking.forecast import LEVELS, duration, forecast, number, size
from pointsman.checking.verdict import PropertyStanding, VerdictKind
from pointsman.cli import main
from pointsman.result import Exit
from pointsman.world.build import build
from pointsman.world.scope import Scope, world_named

SPEC = Path(__file__).parents[3] / "spec"
AT_A_THIRD = 15
"""The factor within which the likely number of states lies, from a third of the levels."""
AT_HALF = 5
WORLDS = (
    ("seller_transfer", "default", 1, 2, 2),
    ("seller_transfer", "partial", 1, 2, 2),
    ("seller_transfer", "leg:create_transfer", 2, 1, 1),
    ("seller_transfer", "leg:create_reversal", 2, 1, 1),
    ("ach_debit", "default", 1, 2, 2),
    ("ach_debit", "leg:send_first", 2, 1, 1),
    ("payout", "default", 2, 1, 1),
    ("export_file", "default", 2, 1, 1),
    ("subscription", "leg:end_subscription", 2, 1, 1),
    ("job_run", "leg:create_job", 2, 1, 1),
)


def levels(spec: str, world: str, rows: int, workers: int, attempts: int) -> list[int]:
    """How many states each level of a world has."""
    lifecycle = load(SPEC / f"{spec}.yaml")
    system = build(lifecycle, Scope(rows, workers, attempts, world_named(lifecycle, world)), ())
    explorer = Explorer(system, Reduction.FULL if system.rows else Reduction.TIDY)
    found = explorer.explore()
    return [after - before for before, after in pairwise([*found.levels, len(explorer.seen)])]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: "-".join(map(str, world)))
def test_the_size_of_a_world_is_estimated_from_a_third_and_from_half_of_its_levels(
    world: tuple[str, str, int, int, int],
) -> None:
    sizes = levels(*world)
    for share, factor in ((1 / 3, AT_A_THIRD), (1 / 2, AT_HALF)):
        found = forecast(sizes[: max(LEVELS, round(share * len(sizes)))], seconds=1.0, bytes_=1 << 20)
        assert found is not None
        few, likely, many = found.states
        assert few <= likely <= many
        assert sum(sizes) / factor <= likely <= sum(sizes) * factor


def test_seconds_and_bytes_grow_with_the_states() -> None:
    sizes = [1, 2, 4, 8, 15, 26, 40]
    found = forecast(sizes, seconds=3.0, bytes_=9600)
    assert found is not None
    for states, seconds, bytes_ in zip(found.states, found.seconds, found.bytes, strict=True):
        assert seconds == pytest.approx(states * 3.0 / sum(sizes), rel=0.02)
        assert bytes_ == pytest.approx(states * 9600 / sum(sizes), rel=0.02)


def test_levels_that_grow_ever_faster_are_estimated_as_very_many_states() -> None:
    found = forecast([3 ** (depth * depth // 4) for depth in range(12)], seconds=1.0, bytes_=1)
    assert found is not None
    assert number(found.states[2]) == "10^12 or more"


def test_a_few_levels_are_too_few_for_an_estimate() -> None:
    assert forecast([1] * (LEVELS - 1), seconds=1.0, bytes_=1) is None
    assert forecast([1] * LEVELS, seconds=1.0, bytes_=1) is not None


def test_figures_of_an_estimate_have_two_digits_and_a_unit() -> None:
    assert [number(each) for each in (7, 99, 1234, 45_678, 9_999_999)] == ["7", "99", "1.2 k", "46 k", "10 M"]
    assert [duration(each) for each in (0.2, 100, 600, 20_000, 10**6)] == ["1 s", "100 s", "10 min", "6 h", "12 days"]
    assert [size(each) for each in (1, 700 << 20, 5 << 30)] == ["1 MiB", "700 MiB", "5 GiB"]


def test_a_run_that_a_limit_cuts_tells_the_estimate_and_its_properties_are_unknown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["check", str(SPEC / "seller_transfer.yaml"), "--world", "default", "--max-states", "2000"]
    assert main(words) is Exit.INCOMPLETE
    out, err = capsys.readouterr()
    assert "world default: estimate for the whole world: about " in out + err
    assert main([*words, "--format", "json"]) is Exit.INCOMPLETE
    (world,) = json.loads(capsys.readouterr().out)["data"]["specs"][0]["worlds"]
    few, likely, many = world["estimate"]["states"]
    assert 2000 < few <= likely <= many
    kinds = {verdict["standing"] for verdict in world["verdicts"] if verdict["kind"] != "reachability"}
    assert kinds == {"unknown"}


def test_a_run_that_comes_to_its_end_tells_no_estimate(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["check", str(SPEC / "payout.yaml"), "--world", "default", "--format", "json"]
    assert main(words) is Exit.OK
    (world,) = json.loads(capsys.readouterr().out)["data"]["specs"][0]["worlds"]
    assert world["estimate"] is None


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_long_run_tells_its_estimate_while_it_goes_on(jobs: int) -> None:
    told: list[str] = []
    options = CheckOptions(worlds=("default", "partial"), rows=2, workers=1, attempts=1, max_states=150_000, jobs=jobs)
    check(load(SPEC / "seller_transfer.yaml"), options, tell=told.append)
    assert any(", estimated " in words and " in all, " in words for words in told)


def test_a_run_without_end_that_a_limit_keeps_from_being_shown_is_estimated_too() -> None:
    lifecycle, without = load(SPEC / "payout.yaml"), ["requests-end"]
    scope = Scope(2, 1, 1, world_named(lifecycle, "default"))
    swapped = Explorer(build(lifecycle, scope, without), Reduction.FULL)
    swapped.explore()
    checked = check_world(lifecycle, scope, without, limits=Limits(states=len(swapped.seen)))
    (fallen,) = (one for one in checked.verdicts if one.standing is PropertyStanding.VIOLATED)
    assert fallen.kind is VerdictKind.LIVENESS
    assert fallen.story is None
    assert f"no run is shown: the limit of {len(swapped.seen):,} states" in fallen.says
    assert not checked.cut
    assert checked.forecast is not None
    assert checked.forecast.states[1] > len(swapped.seen)
