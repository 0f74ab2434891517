"""The checkout that the tests run in."""

import subprocess
from pathlib import Path

TOP = Path(__file__).parents[1]
"""The top folder of the checkout."""


def known_files() -> list[str]:
    """Every file that git knows or would add, as a path from the top, in order."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(name for name in listed.stdout.split("\0") if name and (TOP / name).is_file())
