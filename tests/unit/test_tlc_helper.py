"""A verdict of TLC's counts only where TLC did all of its work."""

from pathlib import Path

import pytest

from pointsman.writing.output import Output
from tests.tlc import TlcError, TlcResult, check, read

CHAIN = """---- MODULE Chain ----
EXTENDS Integers
VARIABLE x
Init == x = 0
Next == x < 9 /\\ x' = x + 1
Spec == Init /\\ [][Next]_x /\\ WF_x(Next)
Rests == Init /\\ [][Next \\/ (x = 9 /\\ UNCHANGED x)]_x /\\ WF_x(Next)
Small == x < 7
Ends == (x = 0) ~> (x = 9)
Returns == (x = 5) ~> (x = 0)
====
"""
SUCCESS = (
    "@!@!@STARTMSG 2262:0 @!@!@\nTLC2 Version 2.15 of\n@!@!@ENDMSG 2262 @!@!@\n"
    "@!@!@STARTMSG 2193:0 @!@!@\nNo error has been found.\n@!@!@ENDMSG 2193 @!@!@\n"
    "@!@!@STARTMSG 2199:0 @!@!@\n11 states generated, 10 distinct states found, 0 states left on queue.\n"
    "@!@!@ENDMSG 2199 @!@!@\n@!@!@STARTMSG 2186:0 @!@!@\nFinished.\n@!@!@ENDMSG 2186 @!@!@\n"
)


def chain(folder: Path, configuration: str) -> TlcResult:
    return check((Output("Chain.tla", CHAIN), Output("Chain.cfg", configuration)), "Chain", folder)


def test_what_tlc_prints_is_read(tmp_path: Path) -> None:
    told = chain(tmp_path, "SPECIFICATION\n    Rests\n\nPROPERTY\n    Ends\n")
    assert (told.generated, told.distinct, told.left) == (11, 10, 0)
    assert (told.violated, told.steps, told.temporal, told.deadlock) == (None, None, False, False)


def test_an_invariant_that_falls_is_named_with_the_steps_to_it(tmp_path: Path) -> None:
    told = chain(tmp_path, "SPECIFICATION\n    Rests\nINVARIANT\n    Small\n")
    assert (told.violated, told.steps, told.temporal) == ("Small", 7, False)


def test_a_response_that_falls_is_told(tmp_path: Path) -> None:
    told = chain(tmp_path, "SPECIFICATION\n    Rests\n\nPROPERTY\n    Returns\n")
    assert (told.violated, told.steps, told.temporal) == (None, None, True)


def test_a_state_without_a_step_is_a_deadlock_to_tlc(tmp_path: Path) -> None:
    assert chain(tmp_path, "SPECIFICATION\n    Spec\n").deadlock


def test_a_word_that_this_version_does_not_know_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(TlcError, match="expecting a keyword"):
        chain(tmp_path, "SPECIFICATION\n    Spec\nCHECK_DEADLOCK\n    FALSE\n")


def test_a_report_is_read() -> None:
    assert read(SUCCESS, 0).distinct == 10


@pytest.mark.parametrize(
    ("text", "exit_code", "properties", "said"),
    [
        ("", 0, 0, "no report"),
        (SUCCESS.replace("2193", "2110"), 0, 0, "ended with 0"),
        (SUCCESS, 12, 0, "ended with 12"),
        (SUCCESS.replace("0 states left", "3 states left"), 0, 0, "3 states were not looked at"),
        (SUCCESS.replace("2.15", "2.19"), 0, 0, "another TLC"),
        (SUCCESS.replace("2193:0", "2193:3").replace("2193", "2105"), 0, 0, "what it should not"),
        (SUCCESS, 0, 1, "1 temporal properties were asked for"),
        (SUCCESS.replace("2186", "2185"), 0, 0, "no report"),
    ],
)
def test_what_says_less_than_it_seems_is_no_verdict(text: str, exit_code: int, properties: int, said: str) -> None:
    with pytest.raises(TlcError, match=said):
        read(text, exit_code, properties)
