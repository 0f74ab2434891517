"""A verdict of Spin's counts only where Spin did all of its work."""

from pathlib import Path

import pytest

from tests import spin
from tests.spin import SpinError, check_response, check_safety, read
from tests.toolchains import need

CHAIN = "byte x;\nactive proctype p() {\nend_it:\n  do\n  :: d_step { x < 100 -> x = x + 1 }\n  od\n}\n"


def test_what_pan_prints_is_read_without_its_transition_into_the_initial_state(tmp_path: Path) -> None:
    spun = check_safety(CHAIN, tmp_path)
    assert (spun.states, spun.transitions, spun.errors, spun.depth) == (101, 100, 0, None)


@pytest.mark.parametrize("compiler", ["gcc", "tcc"])
def test_a_verifier_of_either_compiler_counts_and_finds_the_same(
    compiler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spin, "c_compiler", lambda: need(compiler))
    assert (check_safety(CHAIN, tmp_path).states, check_safety(CHAIN, tmp_path).transitions) == (101, 100)
    broken = check_safety(CHAIN.replace("x < 100 ->", "x < 100 -> assert(x < 7);"), tmp_path, bfs=True)
    assert (broken.errors, broken.broken, broken.depth) == (1, True, 7)
    left_for_ever = check_response(CHAIN + "never response_1 { accept: do :: x < 100 od }\n", tmp_path, 1)
    assert not left_for_ever.cycle
    rings = CHAIN.replace("x = x + 1", "x = (x + 1) % 4")
    assert check_response(rings + "never response_1 { accept: do :: x < 100 od }\n", tmp_path, 1).cycle


def test_a_depth_that_is_too_small_is_an_error_though_pan_says_errors_0(tmp_path: Path) -> None:
    with pytest.raises(SpinError, match="max search depth too small") as caught:
        check_safety(CHAIN, tmp_path, depth=20)
    assert "errors: 0" in str(caught.value)


def test_what_pan_finds_is_read_from_its_words_for_it_always_exits_with_0(tmp_path: Path) -> None:
    spun = check_safety(CHAIN.replace("x < 100 ->", "x < 100 -> assert(x < 7);"), tmp_path, bfs=True)
    assert (spun.errors, spun.broken, spun.deadlock, spun.depth) == (1, True, False, 7)


def test_a_state_without_commands_is_a_dead_end_unless_a_label_says_that_one_may_end_there(tmp_path: Path) -> None:
    assert not check_safety(CHAIN, tmp_path).deadlock
    assert check_safety(CHAIN.replace("end_it:", ""), tmp_path).deadlock


def test_a_claim_that_is_not_there_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(SpinError, match="response_1 was not checked"):
        check_response(CHAIN, tmp_path, 1)


def test_a_model_that_spin_does_not_take_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(SpinError, match="syntax error"):
        check_safety(CHAIN + "ltl p { [] (x == (x == 1 -> 1 : 2)) }\n", tmp_path)


@pytest.mark.parametrize("text", ["", "pan: out of memory\nerrors: 0", "errors: 0"])
def test_what_is_no_report_is_no_verdict(text: str) -> None:
    with pytest.raises(SpinError):
        read(text)
