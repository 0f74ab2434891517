"""Programs that some tests need and that a user's machine may lack."""

import os
import shutil
from typing import NoReturn

import pytest


def need(program: str, *, why: str = "") -> str:
    """The path of `program`, or the end of this test.

    On a user's machine the test is skipped and says what is missing. With `CI`
    in the environment it fails: there, a skipped test would be a test that
    never runs.
    """
    found = shutil.which(program)
    if found is None:
        missing(f"{program} is not on the path" + (f"; {why}" if why else ""))
    return found


def c_compiler() -> str:
    """The path of a compiler of C: tcc, which takes a hundredth of gcc's time, or gcc where there is no tcc."""
    return shutil.which("tcc") or need("gcc", why="tcc would do too")


def missing(reason: str) -> NoReturn:
    """End this test because something outside the project is not there."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (CI is set, so this is a failure and not a skip)", pytrace=False)
    pytest.skip(reason)
